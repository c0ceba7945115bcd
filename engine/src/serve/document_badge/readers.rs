//! Worker threads that parse documents: a semaphore limits how many, with a share for each document and each origin.

use std::{fmt, sync::Arc};

use badgesmith_provider::Failure;
use tokio::sync::oneshot;
use url::Url;

use crate::{
    call::broken::Broken,
    error::busy_failure,
    origin::Origin,
    permits::{Busy, Permit, Permits, Share},
    world::Executor,
};

/// How many documents are parsed at once.
const READERS: usize = 4;
/// How many readers one document may have, so that many queries of one large document take at most half of all readers.
const READERS_OF_DOCUMENT: usize = 2;
/// How many readers the documents of one origin may have, so that one reader is left for all other origins.
const READERS_OF_ORIGIN: usize = 3;
/// A document of more bytes than this is large. Parsing takes many times its size in memory, so only one is parsed at a
/// time.
const LARGE: usize = 1024 * 1024;
/// The capacity of the queue, in bytes of documents: 16 documents of 1 MiB, or more smaller ones.
const WAITING: u64 = 16 * 1024 * 1024;
/// How much of it one document, or one origin, may use.
const WAITING_OF_ONE: u64 = WAITING / 2;
/// The least weight of a document in the queue, in bytes, so that at most 4,096 badges wait. There is room for a
/// thousand badges of small documents of one origin.
const LIGHTEST: usize = 4 * 1024;

/// Reads documents on worker threads.
pub(crate) struct Readers {
    permits: Permits,
    executor: Arc<dyn Executor>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    pub(crate) fn new(executor: Arc<dyn Executor>) -> Self {
        Self { permits: Permits::new(READERS, WAITING), executor }
    }

    /// A permit to read a document of this many bytes, as soon as one is free.
    ///
    /// # Errors
    /// `too busy`, at once, if the queue is full.
    pub(super) async fn permit(&self, url: &Url, bytes: usize) -> Result<Permit, Failure> {
        let share = |name: String, permits| Share { name, permits, waiting: WAITING_OF_ONE };
        // The query is left out: it can be anything, and must not make one document count as many.
        let origin = Origin::of_web(url);
        let document = share(format!("{origin}{}", url.path()), READERS_OF_DOCUMENT);
        let weight = bytes.max(LIGHTEST) as u64;
        let mut shares = vec![document, share(origin.to_string(), READERS_OF_ORIGIN)];
        if bytes > LARGE {
            shares.push(share("large".to_owned(), 1));
        }
        self.permits.take(&shares, weight).await.map_err(|Busy| busy_failure())
    }

    /// Does the work on a worker thread, and returns the permit when it is done.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        permit: Permit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Broken> {
        let (sender, receiver) = oneshot::channel();
        self.executor.run(Box::new(move || {
            let outcome = work();
            drop(permit);
            // The caller may have given up.
            let _ = sender.send(outcome);
        }));
        receiver.await.map_err(|_| Broken::Engine("reading a document broke off"))
    }
}
