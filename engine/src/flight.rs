//! One flight per key: however many ask for the same thing at once, it is done once.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::oneshot;

use crate::world::Executor;

/// What is under way, by key.
pub(crate) struct Flights<T>(Arc<Mutex<HashMap<String, Flight<T>>>>);

type Flight<T> = Shared<oneshot::Receiver<T>>;

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flights")
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Waits for what is under way for `key`, and starts it first if nothing is. It goes on to its end even when
    /// nobody waits any more; `None` is work that broke off.
    ///
    /// `landed` looks once more whether it was done while this caller came here.
    pub(crate) async fn join(
        &self,
        key: &str,
        executor: &dyn Executor,
        landed: impl FnOnce() -> Option<T>,
        work: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(key) {
                Some(flight) => flight.clone(),
                None => {
                    if let Some(value) = landed() {
                        return Some(value);
                    }
                    let (sender, receiver) = oneshot::channel();
                    let flight = receiver.shared();
                    flights.insert(key.to_owned(), flight.clone());
                    let landing = Landing { flights: Arc::clone(&self.0), key: key.to_owned() };
                    let work = work();
                    executor.spawn(Box::pin(async move {
                        let value = work.await;
                        drop(landing);
                        // Nobody may be waiting any more.
                        let _ = sender.send(value);
                    }));
                    flight
                }
            }
        };
        flight.await.ok()
    }
}

/// Takes the flight off the list, also when its work panics.
struct Landing<T> {
    flights: Arc<Mutex<HashMap<String, Flight<T>>>>,
    key: String,
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
