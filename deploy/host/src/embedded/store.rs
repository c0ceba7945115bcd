//! The store's handle: it reads, mostly on the calling thread, and sends writes to the writer thread.

use std::{
    error::Error,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
    time::SystemTime,
};

use badgesmith_engine::{
    Settings,
    store::{
        Delivery, Entry, EveryPart, ListedSubject, MarkedAnswer, Nonce, Recorded, Row, RowChange, Span, States, Store,
        Subject, Unavailable, Unhealthy, nonce_partition, state_subject,
    },
};
use badgesmith_provider::{FoundParts, FoundState, Record, State};
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use redb::{Database, ReadTransaction, ReadableDatabase};
use tokio::sync::oneshot;

use super::{
    cached_answers::{self, CachedAnswer},
    event_rows::{self, RowPage},
    lists::{self, Page},
    live_database,
    long_reads::{LARGEST_AT_ONCE, LongReads, MOST_AT_ONCE},
    marks,
    panic_guard::{drop_quietly, guard, silence_guarded_panics},
    part_records, records,
    shared_state::{CurrentDatabase, SharedState, wait_for_readers},
    states::{self, NewState},
    store_error::StoreError,
    store_file::{self, IfMissing, StoreFile, StoreRefusal},
    store_write::{StoreWrite, StoreWritten},
    write_command::WriteCommand,
    writer::Writer,
};
use crate::{
    data_directory::{self, DataDirectoryError},
    unix_time::unix_seconds,
};

/// The most bytes of answers that may wait in the queue to be cached. An answer that would exceed this is not cached.
const QUEUE_LIMIT: u64 = 16 * 1024 * 1024;

/// A store in one redb file.
///
/// One thread writes. All writes that arrive while it commits a transaction go into the next transaction together.
/// Short reads happen on the calling thread.
#[derive(Debug)]
pub struct EmbeddedStore {
    shared: Arc<SharedState>,
    long_reads: LongReads,
    commands: Mutex<Option<Sender<WriteCommand>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Why the store of a data directory cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The directory cannot be created.
    Directory(DataDirectoryError),
    /// The file is refused.
    File(StoreRefusal),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(error) => error.fmt(f),
            Self::File(refusal) => refusal.fmt(f),
        }
    }
}

impl Error for OpenError {}

impl EmbeddedStore {
    /// Opens the store of a data directory or creates a new one, with the default memory of [`Settings`].
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to do.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        Self::open_within(directory, Settings::default().store_bytes())
    }

    /// As [`EmbeddedStore::open`], with `memory` bytes for redb's cache.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`]. A file that is damaged is refused, and left as it is.
    pub fn open_within(directory: &Path, memory: u64) -> Result<Self, OpenError> {
        silence_guarded_panics();
        data_directory::create(directory).map_err(OpenError::Directory)?;
        let file = StoreFile::new(directory, usize::try_from(memory).unwrap_or(usize::MAX));
        let refuse = |error| OpenError::File(file.refusal(error));
        let mut opened = file.open(IfMissing::Create).map_err(refuse)?;
        let prepared = guard(|| live_database::prepare(&opened));
        let outage = match prepared {
            Ok(()) => {
                file.record_length(&opened);
                None
            }
            // On a full disk the results can be read, and the writer recovers without a restart.
            Err(error @ StoreError::Full(_)) => {
                store_file::close(opened);
                opened = file.open(IfMissing::Refuse).map_err(refuse)?;
                Some(error)
            }
            Err(error) => return Err(refuse(error)),
        };
        let shared = Arc::new(SharedState::new(opened));
        let (commands, received) = mpsc::channel();
        let writer = Writer::new(file.clone(), Arc::clone(&shared), outage.as_ref());
        let writer = thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(&received));
        let writer = writer.map_err(|error| refuse(StoreError::Io(error.to_string())))?;
        let (commands, writer) = (Mutex::new(Some(commands)), Mutex::new(Some(writer)));
        Ok(Self { shared, long_reads: LongReads::new(), commands, writer })
    }

    /// Commits all writes that were queued. Later writes are refused.
    pub fn close(&self) {
        drop(self.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic of the writer was logged when it happened.
            let _ = writer.join();
        }
    }

    /// Begins to read the store as it is now.
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        let current = self.shared.current().ok_or(StoreError::NotOpen)?;
        guard(|| current.opened.database.begin_read().map_err(redb::Error::from))
    }

    fn send(&self, command: WriteCommand) -> Result<(), Unavailable> {
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let is_sent = commands.as_ref().is_some_and(|commands| commands.send(command).is_ok());
        if is_sent { Ok(()) } else { Err(Unavailable("the store is closed".to_owned())) }
    }

    /// Has the writer thread write and waits until the write is durable. `read` takes the outcome of such a write.
    fn write<T: Send + 'static>(
        &self,
        write: StoreWrite,
        read: fn(StoreWritten) -> Option<T>,
    ) -> BoxFuture<'static, Result<T, Unavailable>> {
        if let Some(outage) = self.shared.outage() {
            return Box::pin(ready(Err(Unavailable(outage.fault))));
        }
        let (reply, outcome) = oneshot::channel();
        let sent = self.send(WriteCommand::Write { write, reply });
        Box::pin(async move {
            sent?;
            let gone = || Unavailable("the writer of the store is gone".to_owned());
            read(outcome.await.unwrap_or_else(|_| Err(gone()))?).ok_or_else(gone)
        })
    }

    /// As `write`, for a write with outbox rows, whose lengths are checked first.
    fn write_told<'a, T: Send + 'static>(
        &self,
        write: StoreWrite,
        outbox: impl IntoIterator<Item = &'a Row>,
        read: fn(StoreWritten) -> Option<T>,
    ) -> BoxFuture<'static, Result<T, Unavailable>> {
        match outbox.into_iter().try_for_each(Row::check) {
            Ok(()) => self.write(write, read),
            Err(refusal) => Box::pin(ready(Err(refusal.into()))),
        }
    }

    fn current(&self) -> Result<CurrentDatabase, Unavailable> {
        self.shared.current().ok_or_else(|| Unavailable("the store's file is not open".to_owned()))
    }

    /// Reads from the file on this thread.
    fn read<T, E: Into<StoreError>>(&self, read: impl FnOnce(&Database) -> Result<T, E>) -> Result<T, Unavailable> {
        let current = self.current()?;
        let (generation, found) = (current.generation, guard(|| read(&current.opened.database)));
        // The last reader of a replaced file closes it.
        drop_quietly(current);
        self.judge(generation, found)
    }

    /// The result of a read. After an error the writer checks the file.
    fn judge<T>(&self, generation: u64, found: Result<T, StoreError>) -> Result<T, Unavailable> {
        if let Err(error) = &found
            && !matches!(error, StoreError::DamagedValue(_))
        {
            let _ = self.send(WriteCommand::Suspect(generation));
        }
        Ok(found?)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
        if let Some(Ok(opened)) = self.shared.replace(None, 0).map(wait_for_readers) {
            store_file::close(opened);
        }
    }
}

impl Store for EmbeddedStore {
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        // The file is in the page cache or read within microseconds, which needs no other thread.
        Box::pin(ready(self.read(|database| cached_answers::read(database, key, unix_seconds(now)))))
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        let bytes = answer.len() as u64;
        if self.shared.outage().is_some() || !self.shared.enqueue(bytes, QUEUE_LIMIT) {
            return;
        }
        // An answer that is not cached is fetched from its upstream again.
        let answer = CachedAnswer { key: key.to_owned(), answer, expires: unix_seconds(expires) };
        let _ = self.send(WriteCommand::CacheAnswer(answer));
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        let write = StoreWrite::Record(Box::new(entry.clone()));
        self.write_told(write, entry.outbox.as_ref(), |written| match written {
            StoreWritten::Recorded(recorded) => Some(recorded),
            StoreWritten::IsNew(_) => None,
        })
    }

    fn claim_nonce<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        nonce: &'a Nonce,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let partition = nonce_partition(collection, subject);
        let write = StoreWrite::Claim { partition, nonce: nonce.clone(), at: now };
        self.write(write, |written| match written {
            StoreWritten::IsNew(is_new) => Some(is_new),
            StoreWritten::Recorded(_) => None,
        })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        let now = unix_seconds(now);
        if span.last <= MOST_AT_ONCE {
            let read =
                |database: &Database| records::history(database, collection, subject, &span, now, LARGEST_AT_ONCE);
            if let Some(found) = self.read(read).transpose() {
                return Box::pin(ready(found));
            }
        }
        let (collection, subject) = (collection.to_owned(), subject.clone());
        Box::pin(async move {
            let turn = self.long_reads.turn().await;
            let current = self.current()?;
            let generation = current.generation;
            let read =
                move |database: &Database| records::history(database, &collection, &subject, &span, now, usize::MAX);
            self.judge(generation, turn.read(current, read).await).map(Option::unwrap_or_default)
        })
    }

    fn part_records<'a>(
        &'a self,
        every: &'a EveryPart,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<FoundParts, Unavailable>> {
        let (every, now) = (every.clone(), unix_seconds(now));
        Box::pin(async move {
            let turn = self.long_reads.turn().await;
            let current = self.current()?;
            let generation = current.generation;
            let read = move |database: &Database| part_records::read(database, &every, now);
            self.judge(generation, turn.read(current, read).await)
        })
    }

    fn put_told_state<'a>(
        &'a self,
        state: &'a State,
        now: SystemTime,
        outbox: Option<&'a Row>,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        match state_subject(state) {
            Ok(subject) => {
                let new = NewState { state: state.clone(), subject, now, outbox: outbox.cloned() };
                self.write_told(StoreWrite::State(Box::new(new)), outbox, is_new)
            }
            Err(refusal) => Box::pin(ready(Err(refusal))),
        }
    }

    fn states<'a>(
        &'a self,
        states: &'a States,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>> {
        Box::pin(ready(self.read(|database| states::read(database, states, unix_seconds(now)))))
    }

    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let outbox = delivery.records.iter().filter_map(|record| record.outbox.as_ref());
        self.write_told(StoreWrite::Delivery(Box::new(delivery.clone())), outbox, is_new)
    }

    fn owners<'a>(&'a self, after: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>> {
        let page = Page { after, limit, now: unix_seconds(SystemTime::now()) };
        Box::pin(ready(self.read(|database| lists::owners(database, &page))))
    }

    fn subjects<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>> {
        let page = Page { after, limit, now: unix_seconds(now) };
        Box::pin(ready(self.read(|database| lists::subjects(database, owner, repo, &page))))
    }

    fn mark_stale<'a>(&'a self, about: &'a str, at: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.write(StoreWrite::Mark { about: about.to_owned(), at }, |written| is_new(written).map(drop))
    }

    fn answer_about<'a>(
        &'a self,
        key: &'a str,
        about: &'a str,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>> {
        let found = self.read(|database| {
            let answer = cached_answers::read(database, key, unix_seconds(now))?;
            Ok::<_, redb::Error>(MarkedAnswer { answer, stale_since: marks::read(database, about, unix_seconds(now))? })
        });
        Box::pin(ready(found))
    }

    fn rows<'a>(
        &'a self,
        partition: &'a str,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Row>, Unavailable>> {
        let (partition, after) = (partition.to_owned(), after.to_owned());
        let page = RowPage { partition, after, limit, now: unix_seconds(now) };
        if limit <= MOST_AT_ONCE {
            return Box::pin(ready(self.read(|database| event_rows::read(database, &page))));
        }
        Box::pin(async move {
            let turn = self.long_reads.turn().await;
            let current = self.current()?;
            let generation = current.generation;
            self.judge(generation, turn.read(current, move |database| event_rows::read(database, &page)).await)
        })
    }

    fn change_rows<'a>(
        &'a self,
        changes: &'a [RowChange],
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        match RowChange::check(changes) {
            Ok(()) => self.write(StoreWrite::Rows { changes: changes.to_vec(), now }, is_new),
            Err(refusal) => Box::pin(ready(Err(refusal.into()))),
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        if let Some(outage) = self.shared.outage() {
            return Box::pin(ready(Err(outage)));
        }
        let (reply, outcome) = oneshot::channel();
        let sent = self.send(WriteCommand::Check(reply));
        Box::pin(async move {
            let ill = |fault: &str| Unhealthy { fault: fault.to_owned(), since: None };
            sent.map_err(|error| ill(&error.0))?;
            outcome.await.unwrap_or_else(|_| Err(ill("the writer of the store is gone")))
        })
    }
}

/// Whether a state or a delivery is new, or changes of rows were made.
fn is_new(written: StoreWritten) -> Option<bool> {
    match written {
        StoreWritten::IsNew(is_new) => Some(is_new),
        StoreWritten::Recorded(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, sync::atomic::Ordering, time::Duration};

    use futures_util::FutureExt;

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("badgesmith-embedded-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn get(store: &EmbeddedStore, key: &str, now: SystemTime) -> Option<Bytes> {
        store.answer(key, now).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn what_was_kept_is_there_after_a_restart_until_it_expires() {
        let directory = directory("kept");
        let now = SystemTime::now();
        let store = EmbeddedStore::open(&directory).unwrap();
        store.keep_answer("a", Bytes::from_static(b"old"), now + Duration::from_secs(1000));
        store.keep_answer("a", Bytes::from_static(b"new"), now + Duration::from_secs(100));
        drop(store);
        let store = EmbeddedStore::open(&directory).unwrap();
        assert_eq!(get(&store, "a", now).as_deref(), Some(&b"new"[..]));
        assert_eq!(get(&store, "a", now + Duration::from_secs(101)), None, "expired, and not swept yet");
        assert_eq!(get(&store, "b", now), None);
        drop(store);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_expires_first_goes_first_when_there_is_too_much() {
        let directory = directory("room");
        let store = EmbeddedStore::open(&directory).unwrap();
        let now = SystemTime::now();
        let answer = Bytes::from(vec![7; 1024 * 1024]);
        for index in 0..80 {
            store.keep_answer(&index.to_string(), answer.clone(), now + Duration::from_secs(100 + index));
            // The queue is bounded, so the test waits for room in it.
            while store.shared.queued_bytes.load(Ordering::Relaxed) > QUEUE_LIMIT / 2 {
                thread::yield_now();
            }
        }
        store.close();
        assert_eq!(get(&store, "0", now), None);
        assert!(get(&store, "79", now).is_some());
        let kept = (0..80).filter(|index| get(&store, &index.to_string(), now).is_some()).count();
        assert!((60..=64).contains(&kept), "{kept}");
        drop(store);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_store_that_is_open_already_is_refused_with_the_remedy() {
        let directory = directory("locked");
        let _store = EmbeddedStore::open(&directory).unwrap();
        let refusal = EmbeddedStore::open(&directory).unwrap_err().to_string();
        assert!(refusal.contains("another badgesmith has it open") && refusal.contains("--data"), "{refusal}");
    }

    #[test]
    fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
        let directory = directory("rubbish");
        data_directory::create(&directory).unwrap();
        fs::write(directory.join("store.redb"), b"rubbish, but not ours to delete").unwrap();
        assert!(EmbeddedStore::open(&directory).is_err());
        assert_eq!(fs::read(directory.join("store.redb")).unwrap(), b"rubbish, but not ours to delete");
        fs::remove_dir_all(directory).unwrap();
    }
}
