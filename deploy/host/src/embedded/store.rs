//! The embedded store: one file, one process, every write in a transaction.

use std::{
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
    store::{Entry, Ill, Recorded, Span, Store, Subject, Unavailable},
};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use redb::Database;
use tokio::sync::oneshot;

use self::{
    answers::Answer,
    fault::{Fault, guard, let_go},
    file::{Missing, StoreFile},
    shared::{Shared, alone},
    writer::{Write, Writer},
};
use crate::{
    data,
    transfer::{Exported, Line},
};

mod answers;
mod fault;
mod file;
mod overlay;
mod records;
mod sealed;
mod shared;
mod writer;

/// The most bytes of answers that wait to be written; what comes on top is asked of its upstream another time.
const MOST_WAITING: u64 = 16 * 1024 * 1024;

/// A store over one redb file.
///
/// One thread writes. What came in while it made the last transaction durable goes into the next one, all together.
/// Whoever reads does so on a thread of its own.
#[derive(Debug)]
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    writes: Mutex<Option<Sender<Write>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the store of a data directory, or makes a new one, with the memory that [`Settings`] have for it.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to do.
    pub fn open(directory: &Path) -> Result<Self, String> {
        Self::open_within(directory, Settings::default().store_bytes())
    }

    /// The same, with this much memory for what redb keeps of the file, in bytes.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`]. A file that is damaged is refused, and left as it is.
    pub fn open_within(directory: &Path, memory: u64) -> Result<Self, String> {
        fault::silence_guarded();
        data::open(directory)?;
        let file = StoreFile::new(directory, usize::try_from(memory).unwrap_or(usize::MAX));
        let refuse = |fault: Fault| file.refusal(&fault);
        let mut opened = file.open(Missing::Make).map_err(refuse)?;
        let prepared = guard(|| writer::prepare(&opened));
        let ill = match prepared {
            Ok(()) => {
                file.note(&opened);
                None
            }
            // What is there can be read all the same, and the rest may be mended without a restart.
            Err(fault @ Fault::Full(_)) => {
                file::close(opened);
                opened = file.open(Missing::Refuse).map_err(refuse)?;
                Some(fault)
            }
            Err(fault) => return Err(refuse(fault)),
        };
        let shared = Arc::new(Shared::new(opened));
        let (writes, received) = mpsc::channel();
        let writing = Writer::new(file.clone(), Arc::clone(&shared), ill.as_ref());
        let writer = thread::Builder::new().name("store".to_owned()).spawn(move || writing.run(&received));
        let writer = writer.map_err(|fault| refuse(Fault::Failed(fault.to_string())))?;
        Ok(Self { shared, writes: Mutex::new(Some(writes)), writer: Mutex::new(Some(writer)) })
    }

    /// Makes everything durable that was handed over; nothing is written afterwards.
    pub fn close(&self) {
        drop(self.writes.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A writer that panicked has said so.
            let _ = writer.join();
        }
    }

    fn write(&self, write: Write) -> Result<(), Unavailable> {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let handed_over = writes.as_ref().is_some_and(|writes| writes.send(write).is_ok());
        if handed_over { Ok(()) } else { Err(Unavailable("the store is closed".to_owned())) }
    }

    /// Reads from the file on this thread. A fault of the file's is for the writer to look after.
    fn read<T, E: Into<Fault>>(&self, read: impl FnOnce(&Database) -> Result<T, E>) -> Result<T, Unavailable> {
        let current = self.shared.current();
        let current = current.ok_or_else(|| Unavailable("the store's file is not open".to_owned()))?;
        let found = guard(|| read(&current.opened.database));
        if let Err(fault) = &found
            && !matches!(fault, Fault::Value(_))
        {
            let _ = self.write(Write::Suspect(current.generation));
        }
        // The last one that reads a file closes it.
        let_go(current);
        Ok(found?)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
        if let Some(Ok(opened)) = self.shared.replace(None, 0).map(alone) {
            file::close(opened);
        }
    }
}

impl Store for EmbeddedStore {
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        // The file is in the page cache or read in microseconds, so this does not leave the thread.
        Box::pin(ready(self.read(|database| answers::read(database, key, seconds(now)))))
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        let bytes = answer.len() as u64;
        if self.shared.ill().is_some() || !self.shared.queue(bytes, MOST_WAITING) {
            return;
        }
        // What cannot be kept is asked again.
        let _ = self.write(Write::Answer(Answer { key: key.to_owned(), answer, expires: seconds(expires) }));
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        if let Some(ill) = self.shared.ill() {
            return Box::pin(ready(Err(Unavailable(ill.fault))));
        }
        let (said, hear) = oneshot::channel();
        let handed_over = self.write(Write::Entry { entry: Box::new(entry.clone()), said });
        Box::pin(async move {
            handed_over?;
            hear.await.unwrap_or_else(|_| Err(Unavailable("the writer of the store is gone".to_owned())))
        })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        let found = self.read(|database| records::history(database, collection, subject, span, seconds(now)));
        Box::pin(ready(found))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        if let Some(ill) = self.shared.ill() {
            return Box::pin(ready(Err(ill)));
        }
        let (said, hear) = oneshot::channel();
        let handed_over = self.write(Write::Check(said));
        Box::pin(async move {
            let ill = |fault: &str| Ill { fault: fault.to_owned(), since: None };
            handed_over.map_err(|fault| ill(&fault.0))?;
            hear.await.unwrap_or_else(|_| Err(ill("the writer of the store is gone")))
        })
    }
}

/// Hands every result of a data directory over that is not expired at `now`, in the order of keys, and says which ones
/// are damaged. The file is not changed, whatever state it is in.
///
/// # Errors
/// There is no store, a server has it open, nothing of it can be read, or the first fault of `each`.
pub fn export(
    directory: &Path,
    now: SystemTime,
    each: &mut dyn FnMut(Line) -> Result<(), String>,
) -> Result<Exported, String> {
    fault::silence_guarded();
    let memory = usize::try_from(Settings::default().store_bytes()).unwrap_or(usize::MAX);
    let file = StoreFile::new(directory, memory);
    let store = file.open_unchecked().map_err(|fault| file.refusal(&fault))?;
    let exported = records::export(&store, seconds(now), each);
    // Nothing of it was written, so nothing of it can be lost.
    let_go(store);
    exported
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
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
        assert_eq!(get(&store, "a", now + Duration::from_secs(101)), None, "expired, though nobody swept it");
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
            // No more of them wait to be written than fit into memory.
            while store.shared.waiting.load(Ordering::Relaxed) > MOST_WAITING / 2 {
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
        let refusal = EmbeddedStore::open(&directory).unwrap_err();
        assert!(refusal.contains("another badgesmith has it open") && refusal.contains("--data"), "{refusal}");
    }

    #[test]
    fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
        let directory = directory("rubbish");
        data::open(&directory).unwrap();
        fs::write(directory.join("store.redb"), b"rubbish, but not ours to delete").unwrap();
        assert!(EmbeddedStore::open(&directory).is_err());
        assert_eq!(fs::read(directory.join("store.redb")).unwrap(), b"rubbish, but not ours to delete");
        fs::remove_dir_all(directory).unwrap();
    }
}
