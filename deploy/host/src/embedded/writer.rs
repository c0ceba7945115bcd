//! The one thread that writes: many writes a transaction, and the file opened again after whatever went wrong.
//!
//! redb refuses everything after an I/O error until its file is opened again, and may panic on damaged bytes. So every
//! fault is followed by that, once at once; what still cannot be done then is tried again at a bounded pace, and until it
//! succeeds no result is taken: whoever brings one is told so without waiting.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::store::{Entry, Ill, Recorded, Unavailable};
use redb::TableDefinition;
use tokio::sync::oneshot;

use super::{
    answers::{self, Answer},
    fault::{Fault, guard},
    file::{self, Missing, Opened, StoreFile},
    records, seconds,
    shared::{Shared, alone},
};

/// How many writes go into one transaction at the most.
const MOST_AT_ONCE: usize = 1024;
/// How long the writer waits before it tries again what did not succeed; the pause doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause: each try reads the whole file.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause where there is no room. Finding out whether there is some does not touch the store.
const ROOM_PAUSE: Duration = Duration::from_secs(1);
/// How long no answer is kept after there was no room, so that results have what there is.
const ANSWERS_PAUSE: Duration = Duration::from_secs(60);
/// For how long a transaction that succeeded shows that the next one would. So nobody who asks how the store is can make
/// it write more often.
const PROOF: Duration = Duration::from_secs(15);
/// How much is written to prove that a result could be, in bytes: more pages than most results need.
const PROBE: usize = 16 * 1024;
/// How many answers make way for results at once to begin with; the number doubles. Taking many away needs room too.
const FIRST_AWAY: usize = 8;

/// One row that is written over and over.
const PROBES: TableDefinition<&str, &[u8]> = TableDefinition::new("probes");

/// One thing for the writer to do.
#[derive(Debug)]
pub(super) enum Write {
    /// Keep an answer.
    Answer(Answer),
    /// Record a result.
    Entry { entry: Box<Entry>, said: oneshot::Sender<Result<Recorded, Unavailable>> },
    /// Say whether a result could be recorded.
    Check(oneshot::Sender<Result<(), Ill>>),
    /// Look after the file that was opened so many files after the first: a reader met a fault.
    Suspect(u64),
}

/// The writer's side of a store.
pub(super) struct Writer {
    file: StoreFile,
    shared: Arc<Shared>,
    generation: u64,
    /// Whether the open file met a fault and has to be opened again.
    is_spoiled: bool,
    /// When to try again, where no result is taken.
    again: Option<Instant>,
    pause: Duration,
    /// When a transaction succeeded last.
    proven: Option<Instant>,
    /// Until when no answer is kept.
    answers_again: Option<Instant>,
}

impl Writer {
    /// A writer over an open file, which is ill from the start where `fault` says why.
    pub(super) fn new(file: StoreFile, shared: Arc<Shared>, fault: Option<&Fault>) -> Self {
        let mut writer = Self {
            file,
            shared,
            generation: 0,
            is_spoiled: false,
            again: None,
            pause: FIRST_PAUSE,
            proven: None,
            answers_again: None,
        };
        writer.file.reserve();
        if let Some(fault) = fault {
            writer.give_up(fault);
        }
        writer
    }

    /// Writes until nobody can hand anything over any more.
    pub(super) fn run(mut self, writes: &Receiver<Write>) {
        loop {
            let wait = self.again.map(|again| again.saturating_duration_since(Instant::now()));
            if wait == Some(Duration::ZERO) {
                self.survive(Self::recover);
                continue;
            }
            let first = match wait {
                None => writes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => writes.recv_timeout(wait),
            };
            match first {
                Ok(first) => {
                    let batch = [first].into_iter().chain(writes.try_iter().take(MOST_AT_ONCE - 1)).collect();
                    self.survive(|writer| writer.work(batch));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does something, whatever becomes of it: without this thread nothing would be written until the next start.
    fn survive(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.is_spoiled = true;
            self.give_up(&Fault::Failed("the writer of the store broke off".to_owned()));
        }
    }

    fn work(&mut self, batch: Vec<Write>) {
        let (mut entries, mut checks, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_suspect = false;
        for write in batch {
            match write {
                Write::Entry { entry, said } => entries.push((entry, said)),
                Write::Check(said) => checks.push(said),
                Write::Answer(answer) => {
                    self.shared.waiting.fetch_sub(answer.answer.len() as u64, Ordering::Relaxed);
                    answers.push(answer);
                }
                // A file that was opened since is another one.
                Write::Suspect(generation) => is_suspect |= generation == self.generation,
            }
        }
        self.is_spoiled |= is_suspect;
        if is_suspect
            && self.again.is_none()
            && let Err(fault) = self.reopen()
        {
            self.give_up(&fault);
        }
        let (entries, said): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let outcomes = self.record(&entries);
        for (said, outcome) in said.into_iter().zip(outcomes) {
            // Whoever waited may have gone away; what is written is written.
            let _ = said.send(outcome);
        }
        if !checks.is_empty() {
            let outcome = self.check();
            for said in checks {
                let _ = said.send(outcome.clone());
            }
        }
        self.keep(&answers);
    }

    /// Records all entries in one transaction, in a second one if the first met a fault that could be mended, and says
    /// what became of each.
    fn record(&mut self, entries: &[Box<Entry>]) -> Vec<Result<Recorded, Unavailable>> {
        if let Some(ill) = self.shared.ill() {
            return entries.iter().map(|_| Err(Unavailable(ill.fault.clone()))).collect();
        }
        if entries.is_empty() {
            return Vec::new();
        }
        let mut first = Vec::new();
        let outcomes = self.try_record(entries, &mut first).or_else(|fault| {
            tracing::error!(%fault, results = entries.len(), "results could not be written");
            self.mend(&fault)?;
            let mut second = Vec::new();
            self.try_record(entries, &mut second)?;
            // What the first transaction was about to write may be there: only this thread writes.
            let both = second.into_iter().zip(first.into_iter().map(Some).chain(std::iter::repeat(None)));
            Ok(both.map(|(second, first)| first.filter(|first| *first == Recorded::New).unwrap_or(second)).collect())
        });
        match outcomes {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(fault) => {
                self.give_up(&fault);
                entries.iter().map(|_| Err(Unavailable(fault.to_string()))).collect()
            }
        }
    }

    fn try_record(&mut self, entries: &[Box<Entry>], outcomes: &mut Vec<Recorded>) -> Result<Vec<Recorded>, Fault> {
        self.commit(|transaction| {
            answers::mark(transaction)?;
            for entry in entries {
                outcomes.push(records::record(transaction, entry)?);
            }
            records::sweep(transaction, seconds(SystemTime::now()))
        })?;
        Ok(outcomes.clone())
    }

    /// Makes one transaction durable, in the file that lies where it should.
    fn commit(&mut self, work: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>) -> Result<(), Fault> {
        let current = self.shared.current().ok_or_else(|| Fault::Failed("the file is not open".to_owned()))?;
        let opened = &*current.opened;
        let written = if self.file.holds(opened) && !self.file.is_as_long(opened) {
            Err(Fault::Damaged("somebody made it shorter while it was open".to_owned()))
        } else {
            guard(|| commit(opened, work))
        };
        if let Err(fault) = written {
            self.is_spoiled = true;
            self.proven = None;
            return Err(fault);
        }
        // What was written to a file that nobody will find again is not durable.
        if !self.file.holds(opened) {
            return Err(Fault::Gone);
        }
        self.file.note(opened);
        self.proven = Some(Instant::now());
        Ok(())
    }

    /// Whether a result could be recorded: it could if one was lately, or if as much can be written now.
    fn check(&mut self) -> Result<(), Ill> {
        if let Some(ill) = self.shared.ill() {
            return Err(ill);
        }
        let is_proven = self.proven.is_some_and(|proven| proven.elapsed() < PROOF);
        let is_held = || self.shared.current().is_some_and(|current| self.file.holds(&current.opened));
        if is_proven && is_held() {
            return Ok(());
        }
        if let Err(fault) = self.probe() {
            tracing::error!(%fault, "the store cannot be written");
            if let Err(fault) = self.mend(&fault).and_then(|()| self.probe()) {
                self.give_up(&fault);
                return Err(self.shared.ill().unwrap_or(Ill { fault: fault.to_string(), since: None }));
            }
        }
        Ok(())
    }

    fn probe(&mut self) -> Result<(), Fault> {
        self.commit(|transaction| {
            transaction.open_table(PROBES)?.insert("probe", &*vec![0; PROBE])?;
            Ok(())
        })
    }

    /// Keeps answers, where there is room for them.
    fn keep(&mut self, answers: &[Answer]) {
        if answers.is_empty() || self.again.is_some() {
            return;
        }
        if let Some(again) = self.answers_again {
            if Instant::now() < again {
                return;
            }
            if self.file.has_room().is_err() {
                self.answers_again = Some(Instant::now() + ANSWERS_PAUSE);
                return;
            }
            self.answers_again = None;
            self.file.reserve();
        }
        // What cannot be kept is asked again.
        if let Err(fault) = self.commit(|transaction| answers::keep(transaction, answers)) {
            tracing::warn!(%fault, answers = answers.len(), "answers could not be kept");
            if let Err(fault) = self.mend(&fault) {
                // Without an answer to take away there may still be room for a result.
                match fault {
                    Fault::Full(_) if !self.is_spoiled => {}
                    fault => self.give_up(&fault),
                }
            }
        }
    }

    /// Opens the file again after a fault, and makes room in it where there was none.
    ///
    /// # Errors
    /// What cannot be mended now.
    fn mend(&mut self, fault: &Fault) -> Result<(), Fault> {
        if self.again.is_some() {
            return Err(fault.clone());
        }
        if !matches!(fault, Fault::Gone) {
            self.reopen()?;
        }
        match fault {
            Fault::Gone => Err(Fault::Gone),
            Fault::Full(_) => {
                self.answers_again = Some(Instant::now() + ANSWERS_PAUSE);
                if self.take_answers_away()? { Ok(()) } else { Err(fault.clone()) }
            }
            _ => Ok(()),
        }
    }

    /// Takes all answers away, a few at first, so that results have their pages; says whether there were any.
    fn take_answers_away(&mut self) -> Result<bool, Fault> {
        let current = self.shared.current().ok_or_else(|| Fault::Failed("the file is not open".to_owned()))?;
        if guard(|| answers::is_empty(&current.opened.database))? {
            return Ok(false);
        }
        drop(current);
        // Taking something away is written, too.
        self.file.release();
        let (mut count, mut bytes) = (FIRST_AWAY, 0);
        loop {
            let mut gone = 0;
            let taken = self.commit(|transaction| {
                gone = answers::take_away(transaction, count)?;
                Ok(())
            });
            if let Err(fault) = taken {
                self.reopen()?;
                return if bytes > 0 { Ok(true) } else { Err(fault) };
            }
            if gone == 0 {
                tracing::warn!(bytes, "there is no room: kept answers were taken away to make some for results");
                return Ok(true);
            }
            bytes += gone;
            count *= 2;
        }
    }

    /// Opens the file again if it met a fault or is not the one at the path.
    fn reopen(&mut self) -> Result<(), Fault> {
        let held = self.shared.current();
        let is_same = held.as_ref().is_none_or(|held| self.file.holds(&held.opened));
        if !self.is_spoiled && is_same && held.is_some() {
            return Ok(());
        }
        drop(held);
        if is_same && let Some(current) = self.shared.replace(None, self.generation) {
            // One file is never open twice: first everybody lets go of it.
            match alone(current) {
                Ok(opened) => file::close(opened),
                Err(_) => tracing::warn!("somebody reads the store for seconds; it is closed when that is over"),
            }
        }
        // What was read until now stays readable until another file turns out to be a store.
        let opened = self.file.open(Missing::Refuse)?;
        self.generation += 1;
        self.is_spoiled = false;
        if let Some(Ok(before)) = self.shared.replace(Some(opened), self.generation).map(alone) {
            file::close(before);
        }
        tracing::info!("the store is open again");
        Ok(())
    }

    /// Takes no result from now on, until something changes; after a pause that is looked for.
    fn give_up(&mut self, fault: &Fault) {
        if self.shared.ill().is_none() {
            let path = self.file.path();
            tracing::error!(%fault, path = %path.display(), "no result is taken until the store can be written");
            self.pause = FIRST_PAUSE;
        }
        self.shared.fall_ill(fault);
        // What cannot be written may be readable; where opening the file was the fault, it is not open.
        if self.is_spoiled
            && self.shared.current().is_some()
            && let Err(fault) = self.reopen()
        {
            tracing::error!(%fault, "the store cannot be read either");
        }
        self.again = Some(Instant::now() + self.pause);
    }

    /// Tries whether results can be taken again.
    fn recover(&mut self) {
        if let Err(fault) = self.file.has_room() {
            self.shared.fall_ill(&fault);
            self.again = Some(Instant::now() + ROOM_PAUSE);
            return;
        }
        if let Err(fault) = self.reopen().and_then(|()| self.probe()) {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            self.give_up(&fault);
            return;
        }
        self.again = None;
        self.file.reserve();
        if let Some(ill) = self.shared.recover() {
            let since = ill.since.and_then(|since| since.elapsed().ok()).unwrap_or_default();
            tracing::info!(seconds = since.as_secs(), "results are taken again");
        }
    }
}

fn commit(
    opened: &Opened,
    work: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    let transaction = opened.database.begin_write()?;
    work(&transaction)?;
    transaction.commit()?;
    Ok(())
}

/// Makes the tables, and sweeps answers that expired while nobody looked.
pub(super) fn prepare(opened: &Opened) -> Result<(), redb::Error> {
    commit(opened, |transaction| {
        records::prepare(transaction)?;
        answers::prepare(transaction)
    })
}
