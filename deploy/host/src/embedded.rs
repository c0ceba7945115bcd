//! The embedded store: one file, one process, every write in a transaction.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::SystemTime,
};

use badgesmith_engine::store::{Entry, Recorded, Span, Store, Subject, Unavailable};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use tokio::sync::oneshot;

use crate::{data, transfer::Line};

mod records;

/// The file's name in the data directory.
const NAME: &str = "store.redb";
/// The most bytes of kept answers; those that expire first go first.
const MOST_ANSWERS: u64 = 64 * 1024 * 1024;
/// How many writes go into one transaction at the most.
const MOST_AT_ONCE: usize = 1024;

/// Key → when it expires, in seconds since 1970 in eight bytes, and the answer.
const ANSWERS: TableDefinition<&str, &[u8]> = TableDefinition::new("answers");
/// (When it expires, key) → how many bytes it takes: the order in which answers go.
const ANSWERS_BY_EXPIRY: TableDefinition<(u64, &str), u64> = TableDefinition::new("answers-by-expiry");
/// How many bytes all answers take.
const SIZES: TableDefinition<&str, u64> = TableDefinition::new("sizes");

/// A store over one redb file.
///
/// One thread writes. What came in while it made the last transaction durable goes into the next one, all together.
#[derive(Debug)]
pub struct EmbeddedStore {
    database: Arc<Database>,
    writes: Mutex<Option<Sender<Write>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// One thing to write.
#[derive(Debug)]
enum Write {
    Answer { key: String, answer: Bytes, expires: u64 },
    Entry { entry: Box<Entry>, said: oneshot::Sender<Result<Recorded, Unavailable>> },
}

impl EmbeddedStore {
    /// Opens the store of a data directory, or makes a new one.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to do.
    pub fn open(directory: &Path) -> Result<Self, String> {
        data::open(directory)?;
        let path = directory.join(NAME);
        let named = |fault: &dyn std::fmt::Display| format!("{}: {fault}", path.display());
        let file = data::file(&path).map_err(|fault| named(&fault))?;
        let database = Database::builder().create_file(file).map_err(|fault| match fault {
            redb::DatabaseError::DatabaseAlreadyOpen => {
                named(&"another badgesmith has it open; stop that one, or name another directory with --data")
            }
            fault => named(&fault),
        })?;
        prepare(&database).map_err(|fault| named(&fault))?;
        let database = Arc::new(database);
        let (writes, received) = mpsc::channel();
        let writing = Arc::clone(&database);
        let writer = thread::Builder::new().name("store".to_owned()).spawn(move || write_all(&writing, &received));
        let writer = writer.map_err(|fault| named(&fault))?;
        Ok(Self { database, writes: Mutex::new(Some(writes)), writer: Mutex::new(Some(writer)) })
    }

    /// Makes everything durable that was handed over; nothing is written afterwards.
    pub fn close(&self) {
        drop(self.writes.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A writer that panicked has said so.
            let _ = writer.join();
        }
    }

    /// Hands every result over that is not expired at `now`, in the order of keys.
    ///
    /// # Errors
    /// The first fault of the file's or of `each`.
    pub fn export(&self, now: SystemTime, each: &mut dyn FnMut(Line) -> Result<(), String>) -> Result<(), String> {
        records::export(&self.database, seconds(now), each)
    }

    fn write(&self, write: Write) -> Result<(), Unavailable> {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let handed_over = writes.as_ref().is_some_and(|writes| writes.send(write).is_ok());
        if handed_over { Ok(()) } else { Err(Unavailable("the store is closed".to_owned())) }
    }

    fn read(&self, key: &str, now: u64) -> Result<Option<Bytes>, redb::Error> {
        let table = self.database.begin_read()?.open_table(ANSWERS)?;
        let Some(value) = table.get(key)? else { return Ok(None) };
        let Some((expires, answer)) = value.value().split_first_chunk::<8>() else { return Ok(None) };
        // Whatever is expired is gone, swept or not.
        Ok((u64::from_le_bytes(*expires) > now).then(|| Bytes::copy_from_slice(answer)))
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for EmbeddedStore {
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        // The file is in the page cache or read in microseconds, so this does not leave the thread.
        let found = self.read(key, seconds(now)).map_err(|fault| Unavailable(fault.to_string()));
        Box::pin(async move { found })
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        // What cannot be kept is asked again.
        let _ = self.write(Write::Answer { key: key.to_owned(), answer, expires: seconds(expires) });
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
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
        let found = records::history(&self.database, collection, subject, span, seconds(now));
        Box::pin(async move { found.map_err(|fault| Unavailable(fault.to_string())) })
    }
}

/// Makes the tables, and sweeps what expired while nobody looked.
fn prepare(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(ANSWERS)?;
    records::prepare(&transaction)?;
    make_room(&transaction, MOST_ANSWERS)?;
    transaction.commit()?;
    Ok(())
}

fn write_all(database: &Database, writes: &Receiver<Write>) {
    while let Ok(first) = writes.recv() {
        let batch: Vec<Write> = [first].into_iter().chain(writes.try_iter().take(MOST_AT_ONCE - 1)).collect();
        let mut recorded = Vec::new();
        let written = write(database, &batch, &mut recorded);
        if let Err(fault) = &written {
            tracing::error!(%fault, writes = batch.len(), "nothing could be written");
        }
        let mut recorded = recorded.into_iter();
        for write in batch {
            if let Write::Entry { said, .. } = write {
                let outcome = match &written {
                    Ok(()) => recorded.next().ok_or_else(|| Unavailable("an entry was passed over".to_owned())),
                    Err(fault) => Err(Unavailable(fault.to_string())),
                };
                // Whoever waited may have gone away; what is written is written.
                let _ = said.send(outcome);
            }
        }
    }
}

/// Writes all of it in one transaction, and says what became of each entry, in their order.
fn write(database: &Database, batch: &[Write], recorded: &mut Vec<Recorded>) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for write in batch {
        match write {
            Write::Answer { key, answer, expires } => keep(&transaction, key, answer, *expires)?,
            Write::Entry { entry, .. } => recorded.push(records::record(&transaction, entry)?),
        }
    }
    let now = SystemTime::now();
    make_room(&transaction, MOST_ANSWERS)?;
    records::sweep(&transaction, seconds(now))?;
    transaction.commit()?;
    Ok(())
}

fn keep(transaction: &WriteTransaction, key: &str, answer: &[u8], expires: u64) -> Result<(), redb::Error> {
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(ANSWERS_BY_EXPIRY)?;
    let mut sizes = transaction.open_table(SIZES)?;
    let mut total = sizes.get("answers")?.map_or(0, |size| size.value());
    let value = [&expires.to_le_bytes()[..], answer].concat();
    if let Some(before) = answers.insert(key, &*value)?
        && let Some((expired, _)) = before.value().split_first_chunk::<8>()
    {
        let size = by_expiry.remove((u64::from_le_bytes(*expired), key))?;
        total = total.saturating_sub(size.map_or(0, |size| size.value()));
    }
    let size = (key.len() + value.len()) as u64;
    by_expiry.insert((expires, key), size)?;
    sizes.insert("answers", total + size)?;
    Ok(())
}

/// Takes away what is expired, and what expires first while there is more than `most` bytes.
fn make_room(transaction: &WriteTransaction, most: u64) -> Result<(), redb::Error> {
    let mut answers = transaction.open_table(ANSWERS)?;
    let mut by_expiry = transaction.open_table(ANSWERS_BY_EXPIRY)?;
    let mut sizes = transaction.open_table(SIZES)?;
    let mut total = sizes.get("answers")?.map_or(0, |size| size.value());
    let now = seconds(SystemTime::now());
    loop {
        let first = by_expiry.first()?.map(|(key, size)| {
            let (expires, key) = key.value();
            (expires, key.to_owned(), size.value())
        });
        let Some((expires, key, size)) = first.filter(|(expires, ..)| *expires <= now || total > most) else { break };
        by_expiry.remove((expires, &*key))?;
        answers.remove(&*key)?;
        total = total.saturating_sub(size);
    }
    sizes.insert("answers", total)?;
    Ok(())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, time::Duration};

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
        fs::write(directory.join(NAME), b"rubbish, but not ours to delete").unwrap();
        assert!(EmbeddedStore::open(&directory).is_err());
        assert_eq!(fs::read(directory.join(NAME)).unwrap(), b"rubbish, but not ours to delete");
        fs::remove_dir_all(directory).unwrap();
    }
}
