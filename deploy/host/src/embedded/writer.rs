//! The writer thread: it groups writes into transactions, and recovers the store after errors.
//!
//! After every error the file is opened again and the write is tried a second time. If that fails too, an outage
//! begins: results are refused at once, and recovery is tried with exponential backoff until it succeeds.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::store::{Unavailable, Unhealthy};

use super::{
    cached_answers::{self, CachedAnswer},
    list_filling,
    live_database::LiveDatabase,
    rows::Tables,
    shared_state::SharedState,
    store_error::StoreError,
    store_file::StoreFile,
    store_write::{StoreWrite, StoreWritten},
    sweep::sweep,
    write_command::WriteCommand,
};
use crate::unix_time::unix_seconds;

/// How many commands go into one transaction at most.
const BATCH_LIMIT: usize = 1024;
/// The first pause between two attempts at recovery; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause. Each attempt reads the whole file.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause while the disk is full. Checking for room does not touch the store.
const ROOM_PAUSE: Duration = Duration::from_secs(1);
/// How long no answer is cached after the disk was full, so that the free space is left for results.
const CACHING_PAUSE: Duration = Duration::from_secs(60);
/// The room that is left on the disk for results when answers are cached, in bytes.
const ROOM_BESIDE_CACHE: u64 = 4 * 1024 * 1024;
/// How many answers are evicted at first to make room for results; the number doubles. Evicting many needs room too.
const FIRST_EVICTION: usize = 8;

/// The state of the writer thread.
pub(super) struct Writer {
    database: LiveDatabase,
    /// During an outage, when recovery is tried next.
    retry_at: Option<Instant>,
    pause: Duration,
    /// Until when no answer is cached.
    caching_paused_until: Option<Instant>,
}

impl Writer {
    /// A writer over an open database. `error` begins an outage at once.
    pub(super) fn new(file: StoreFile, shared: Arc<SharedState>, error: Option<&StoreError>) -> Self {
        let database = LiveDatabase::new(file, shared);
        let mut writer = Self { database, retry_at: None, pause: FIRST_PAUSE, caching_paused_until: None };
        writer.database.file.reserve();
        if let Some(error) = error {
            writer.begin_outage(error);
        }
        writer
    }

    /// Handles commands until every sender is gone.
    pub(super) fn run(mut self, commands: &Receiver<WriteCommand>) {
        loop {
            let wait = self.retry_at.map(|retry_at| retry_at.saturating_duration_since(Instant::now()));
            if wait == Some(Duration::ZERO) {
                self.catch_panic(Self::recover);
                continue;
            }
            let first = match wait {
                None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => commands.recv_timeout(wait),
            };
            match first {
                Ok(first) => {
                    let batch = [first].into_iter().chain(commands.try_iter().take(BATCH_LIMIT - 1)).collect();
                    self.catch_panic(|writer| writer.handle(batch));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Keeps the thread alive after a panic: without it nothing would be written until the next start.
    fn catch_panic(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.database.needs_reopen = true;
            self.begin_outage(&StoreError::WriterPanicked);
        }
    }

    fn handle(&mut self, batch: Vec<WriteCommand>) {
        let (mut writes, mut replies, mut checks, mut answers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut is_suspect = false;
        for command in batch {
            match command {
                WriteCommand::Write { write, reply } => {
                    writes.push(write);
                    replies.push(reply);
                }
                WriteCommand::Check(reply) => checks.push(reply),
                WriteCommand::CacheAnswer(answer) => {
                    let bytes = answer.answer.len() as u64;
                    self.database.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                    answers.push(answer);
                }
                WriteCommand::Suspect(generation) => is_suspect |= self.database.suspect(generation),
            }
        }
        if is_suspect
            && self.retry_at.is_none()
            && let Err(error) = self.database.reopen()
        {
            self.begin_outage(&error);
        }
        for (reply, outcome) in replies.into_iter().zip(self.write(&writes)) {
            // The request may have been cancelled meanwhile; its write is committed all the same.
            let _ = reply.send(outcome);
        }
        if !checks.is_empty() {
            let outcome = self.check();
            for reply in checks {
                let _ = reply.send(outcome.clone());
            }
        }
        self.cache(&answers);
    }

    /// Makes all writes in one transaction, or in a second one if the first failed and recovery succeeded, and returns
    /// the outcome of each.
    fn write(&mut self, writes: &[StoreWrite]) -> Vec<Result<StoreWritten, Unavailable>> {
        if let Some(outage) = self.database.shared.outage() {
            return writes.iter().map(|_| Err(Unavailable(outage.fault.clone()))).collect();
        }
        if writes.is_empty() {
            return Vec::new();
        }
        let mut first = Vec::new();
        let outcomes = self.try_write(writes, &mut first).or_else(|fault| {
            tracing::error!(%fault, results = writes.len(), "results could not be written");
            self.mend(&fault)?;
            let mut second = Vec::new();
            self.try_write(writes, &mut second)?;
            // The first transaction may have been committed although it failed. An entry that was new in the first is
            // then a duplicate in the second, but still counts as new: no other thread writes.
            let both = second.into_iter().zip(first.into_iter().map(Some).chain(std::iter::repeat(None)));
            Ok(both.map(|(second, first)| first.filter(|first| first.is_new()).unwrap_or(second)).collect())
        });
        match outcomes {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error) => {
                self.begin_outage(&error);
                writes.iter().map(|_| Err(Unavailable(error.to_string()))).collect()
            }
        }
    }

    fn try_write(
        &mut self,
        writes: &[StoreWrite],
        outcomes: &mut Vec<StoreWritten>,
    ) -> Result<Vec<StoreWritten>, StoreError> {
        self.database.commit(|transaction| {
            cached_answers::mark_checksummed(transaction)?;
            list_filling::fill(transaction)?;
            let mut tables = Tables::open(transaction)?;
            for write in writes {
                outcomes.push(write.apply(&mut tables)?);
            }
            sweep(&mut tables, unix_seconds(SystemTime::now()))
        })?;
        Ok(outcomes.clone())
    }

    /// Whether a result could be recorded now: a transaction succeeded a short time ago, or one succeeds now.
    fn check(&mut self) -> Result<(), Unhealthy> {
        if let Some(outage) = self.database.shared.outage() {
            return Err(outage);
        }
        if self.database.is_proven() {
            return Ok(());
        }
        if let Err(fault) = self.database.probe() {
            tracing::error!(%fault, "the store cannot be written");
            if let Err(error) = self.mend(&fault).and_then(|()| self.database.probe()) {
                self.begin_outage(&error);
                let outage = self.database.shared.outage();
                return Err(outage.unwrap_or(Unhealthy { fault: error.to_string(), since: None }));
            }
        }
        Ok(())
    }

    /// Caches answers if there is room for them. An answer that is not cached is fetched from its upstream again.
    fn cache(&mut self, answers: &[CachedAnswer]) {
        if answers.is_empty() || self.retry_at.is_some() || !self.has_room(answers) {
            return;
        }
        if let Some(until) = self.caching_paused_until {
            if Instant::now() < until {
                return;
            }
            if self.database.file.check_room().is_err() {
                self.caching_paused_until = Some(Instant::now() + CACHING_PAUSE);
                return;
            }
            self.caching_paused_until = None;
            self.database.file.reserve();
        }
        if let Err(fault) = self.database.commit(|transaction| cached_answers::write(transaction, answers)) {
            tracing::warn!(%fault, answers = answers.len(), "answers could not be cached");
            if let Err(error) = self.mend(&fault) {
                // Where no answer is left to evict there may still be room for a result.
                match error {
                    StoreError::Full(_) if !self.database.needs_reopen => {}
                    error => self.begin_outage(&error),
                }
            }
        }
    }

    /// Whether the disk has more free space than these answers need, so that the cache does not fill it.
    fn has_room(&self, answers: &[CachedAnswer]) -> bool {
        let size = answers.iter().map(|answer| answer.answer.len() as u64).sum::<u64>();
        // New answers are written before the ones that they replace are removed.
        let needed = 2 * size + ROOM_BESIDE_CACHE;
        self.database.file.free_space().is_none_or(|free| free >= needed)
    }

    /// Opens the file again after an error, and evicts answers if the disk was full.
    ///
    /// # Errors
    /// What is still wrong.
    fn mend(&mut self, error: &StoreError) -> Result<(), StoreError> {
        if self.retry_at.is_some() {
            return Err(error.clone());
        }
        match error {
            StoreError::Replaced => Err(StoreError::Replaced),
            StoreError::Full(_) if self.make_room()? => Ok(()),
            StoreError::Full(_) => Err(error.clone()),
            _ => self.database.reopen(),
        }
    }

    /// Evicts all answers from a full disk, and caches none for a while. Returns whether there were any.
    fn make_room(&mut self) -> Result<bool, StoreError> {
        if let Err(StoreError::Full(_)) = self.database.reopen() {
            // Repairing the file needs room, because it writes pages.
            self.database.file.release_reserve();
        }
        self.database.reopen()?;
        self.caching_paused_until = Some(Instant::now() + CACHING_PAUSE);
        self.evict_answers()
    }

    /// Evicts all answers, a few at first, so that results get their pages. Returns whether there were any.
    fn evict_answers(&mut self) -> Result<bool, StoreError> {
        if self.database.has_no_answers()? {
            return Ok(false);
        }
        // Deleting rows also needs room, because it writes pages.
        self.database.file.release_reserve();
        let (mut count, mut bytes) = (FIRST_EVICTION, 0);
        loop {
            let mut freed = 0;
            let evicted = self.database.commit(|transaction| {
                freed = cached_answers::evict_first(transaction, count)?;
                Ok(())
            });
            if let Err(error) = evicted {
                self.database.reopen()?;
                return if bytes > 0 { Ok(true) } else { Err(error) };
            }
            if freed == 0 {
                tracing::warn!(bytes, "there is no room: kept answers were taken away to make some for results");
                return Ok(true);
            }
            bytes += freed;
            count *= 2;
        }
    }

    /// Begins an outage or continues the present one, and sets the time of the next attempt at recovery.
    fn begin_outage(&mut self, fault: &StoreError) {
        if self.database.shared.outage().is_none() {
            let path = self.database.file.path();
            tracing::error!(%fault, path = %path.display(), "results are refused until the store can be written");
            self.pause = FIRST_PAUSE;
        }
        self.database.shared.set_outage(fault);
        // A store that cannot be written may still be readable. If opening the file was what failed, it is not open.
        if self.database.needs_reopen
            && self.database.shared.current().is_some()
            && let Err(fault) = self.database.reopen()
        {
            tracing::error!(%fault, "the store cannot be read either");
        }
        self.retry_at = Some(Instant::now() + self.pause);
    }

    /// Tries to end the outage.
    fn recover(&mut self) {
        if let Err(error) = self.database.file.check_room() {
            // The cached answers may be what fills the disk. Without the reserve there is no room to evict them.
            if !self.database.file.has_reserve() || !self.make_room().unwrap_or(false) {
                self.database.shared.set_outage(&error);
                self.retry_at = Some(Instant::now() + ROOM_PAUSE);
                return;
            }
        }
        if let Err(error) = self.database.reopen().and_then(|()| self.database.probe()) {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            self.begin_outage(&error);
            return;
        }
        self.retry_at = None;
        self.database.file.reserve();
        if let Some(outage) = self.database.shared.end_outage() {
            let lasted = outage.since.and_then(|since| since.elapsed().ok()).unwrap_or_default();
            tracing::info!(seconds = lasted.as_secs(), "the outage is over: results are recorded again");
        }
    }
}
