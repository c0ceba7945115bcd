//! Single flight: concurrent requests for the same key share one execution of the work.

use std::{
    collections::HashMap,
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::sync::oneshot;

use crate::world::Executor;

/// Single flights that run to their end in the background.
pub struct Flights<T>(Arc<Mutex<HashMap<String, Flight<T>>>>);

type Flight<T> = Shared<oneshot::Receiver<T>>;

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flights")
    }
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// No flights.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the flight of `key`, and starts it if there is none. It runs to its end even if all callers leave.
    /// `None` means that the work panicked or was dropped.
    ///
    /// `cached` looks up a result once more, under the lock: a flight may have ended since the caller's own lookup.
    pub async fn join(
        &self,
        key: &str,
        executor: &dyn Executor,
        cached: impl FnOnce() -> Option<T>,
        work: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let (flight, work) = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(key) {
                Some(flight) => (flight.clone(), None),
                None => {
                    if let Some(value) = cached() {
                        return Some(value);
                    }
                    let (sender, receiver) = oneshot::channel();
                    let flight = receiver.shared();
                    flights.insert(key.to_owned(), flight.clone());
                    let removal = RemoveFlight { flights: Arc::clone(&self.0), key: key.to_owned() };
                    let work = work();
                    let work = async move {
                        let value = work.await;
                        drop(removal);
                        // All callers may have left.
                        let _ = sender.send(value);
                    };
                    (flight, Some(work))
                }
            }
        };
        // Spawn without the lock: if the executor drops the work at once, `RemoveFlight` takes the lock.
        if let Some(work) = work {
            executor.spawn(Box::pin(work));
        }
        flight.await.ok()
    }

    /// The flight of `key`, if there is one.
    pub(crate) fn under_way(&self, key: &str) -> Option<impl Future<Output = Option<T>> + use<T>> {
        let flight = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        flight.map(|flight| flight.map(Result::ok))
    }
}

/// Removes a flight from the map when it is dropped, also if its work panics.
struct RemoveFlight<T> {
    flights: Arc<Mutex<HashMap<String, Flight<T>>>>,
    key: String,
}

impl<T> Drop for RemoveFlight<T> {
    fn drop(&mut self) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Single flights that are cancelled when their last caller leaves.
pub(crate) struct CancellableFlights<T>(Arc<Mutex<Running<T>>>);

/// Work that its callers share.
type Work<T> = BoxFuture<'static, Option<T>>;

/// The flights by key, each with a unique number.
struct Running<T> {
    flights: HashMap<String, (u64, WeakShared<Work<T>>)>,
    started: u64,
}

impl<T> fmt::Debug for CancellableFlights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancellableFlights")
    }
}

impl<T: Clone + Send + Sync + 'static> CancellableFlights<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Running { flights: HashMap::new(), started: 0 })))
    }

    /// Waits for the flight of `key`, and starts it if there is none. `None` means that the work panicked.
    ///
    /// `cached` looks up a result once more, under the lock: a flight may have ended since the caller's own lookup.
    pub(crate) async fn join(
        &self,
        key: &str,
        cached: impl FnOnce() -> Option<T>,
        work: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let flight = {
            let mut running = lock(&self.0);
            match running.flights.get(key).and_then(|(_, flight)| flight.upgrade()) {
                Some(flight) => flight,
                None => {
                    if let Some(value) = cached() {
                        return Some(value);
                    }
                    running.started += 1;
                    let number = running.started;
                    let removal = RemoveCancellable { running: Arc::clone(&self.0), key: key.to_owned(), number };
                    let work = work();
                    let flight = async move {
                        let value = AssertUnwindSafe(work).catch_unwind().await.ok();
                        drop(removal);
                        value
                    };
                    let flight = flight.boxed().shared();
                    // `downgrade` fails only for a completed future, and this one has not been polled.
                    if let Some(weak) = flight.downgrade() {
                        running.flights.insert(key.to_owned(), (number, weak));
                    }
                    flight
                }
            }
        };
        flight.await
    }
}

/// Removes a flight from the map when it ends or is cancelled, unless its key has a newer flight by now.
struct RemoveCancellable<T> {
    running: Arc<Mutex<Running<T>>>,
    key: String,
    number: u64,
}

impl<T> Drop for RemoveCancellable<T> {
    fn drop(&mut self) {
        let mut running = lock(&self.running);
        if running.flights.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            running.flights.remove(&self.key);
        }
    }
}

fn lock<T>(running: &Mutex<Running<T>>) -> MutexGuard<'_, Running<T>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_is_cancelled_with_its_last_caller_and_runs_once_for_all_callers() {
        let flights = CancellableFlights::<u32>::new();
        let (started, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (sender, receiver) = oneshot::channel::<()>();
        let receiver = receiver.shared();
        let join = || {
            let (started, ended, receiver) = (Arc::clone(&started), Arc::clone(&ended), receiver.clone());
            flights.join(
                "a",
                || None,
                move || {
                    started.fetch_add(1, Ordering::Relaxed);
                    Box::pin(async move {
                        let _ = receiver.await;
                        ended.fetch_add(1, Ordering::Relaxed);
                        7
                    })
                },
            )
        };
        let (mut one, mut other) = (Box::pin(join()), Box::pin(join()));
        assert!(one.as_mut().now_or_never().is_none() && other.as_mut().now_or_never().is_none());
        drop(one);
        assert!(other.as_mut().now_or_never().is_none(), "one caller is left");
        drop(other);
        assert!(lock(&flights.0).flights.is_empty(), "it was cancelled with the last caller");
        let mut again = Box::pin(join());
        assert!(again.as_mut().now_or_never().is_none());
        assert_eq!(started.load(Ordering::Relaxed), 2);
        sender.send(()).unwrap();
        assert_eq!(again.await, Some(7));
        assert_eq!(ended.load(Ordering::Relaxed), 1);
        let broken = flights.join("b", || None, || Box::pin(async { panic!("on purpose") }));
        assert_eq!(broken.await, None);
        assert!(lock(&flights.0).flights.is_empty());
    }
}
