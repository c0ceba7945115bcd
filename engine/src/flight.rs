//! One flight per key: however many ask for the same thing at once, it is done once.

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
        let (flight, work) = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(key) {
                Some(flight) => (flight.clone(), None),
                None => {
                    if let Some(value) = landed() {
                        return Some(value);
                    }
                    let (sender, receiver) = oneshot::channel();
                    let flight = receiver.shared();
                    flights.insert(key.to_owned(), flight.clone());
                    let landing = Landing { flights: Arc::clone(&self.0), key: key.to_owned() };
                    let work = work();
                    let work = async move {
                        let value = work.await;
                        drop(landing);
                        // No caller may be waiting any more.
                        let _ = sender.send(value);
                    };
                    (flight, Some(work))
                }
            }
        };
        // An executor that drops the work at once makes `Landing` take the lock again.
        if let Some(work) = work {
            executor.spawn(Box::pin(work));
        }
        flight.await.ok()
    }

    /// What is under way for `key`, if anything is.
    pub(crate) fn under_way(&self, key: &str) -> Option<impl Future<Output = Option<T>> + use<T>> {
        let flight = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        flight.map(|flight| flight.map(Result::ok))
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

/// Single flights that are cancelled when no caller waits for them any more.
pub(crate) struct WantedFlights<T>(Arc<Mutex<Wanted<T>>>);

/// Work that lives as long as somebody waits for it.
type Work<T> = BoxFuture<'static, Option<T>>;

/// What is under way and wanted, by key, each with a number of its own.
struct Wanted<T> {
    flights: HashMap<String, (u64, WeakShared<Work<T>>)>,
    begun: u64,
}

impl<T> fmt::Debug for WantedFlights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WantedFlights")
    }
}

impl<T: Clone + Send + Sync + 'static> WantedFlights<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Wanted { flights: HashMap::new(), begun: 0 })))
    }

    /// Waits for what is under way for `key`, and begins it first if nothing is. `None` is work that broke off.
    ///
    /// `landed` looks once more whether it was done while this caller came here.
    pub(crate) async fn join(
        &self,
        key: &str,
        landed: impl FnOnce() -> Option<T>,
        work: impl FnOnce() -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let flight = {
            let mut wanted = lock(&self.0);
            match wanted.flights.get(key).and_then(|(_, flight)| flight.upgrade()) {
                Some(flight) => flight,
                None => {
                    if let Some(value) = landed() {
                        return Some(value);
                    }
                    wanted.begun += 1;
                    let number = wanted.begun;
                    let ending = Ending { wanted: Arc::clone(&self.0), key: key.to_owned(), number };
                    let work = work();
                    let flight = async move {
                        let value = AssertUnwindSafe(work).catch_unwind().await.ok();
                        drop(ending);
                        value
                    };
                    let flight = flight.boxed().shared();
                    // It has not been polled, so it is not at its end.
                    if let Some(weak) = flight.downgrade() {
                        wanted.flights.insert(key.to_owned(), (number, weak));
                    }
                    flight
                }
            }
        };
        flight.await
    }
}

/// Takes a flight off the list, also when it is dropped, unless another one stands there by now.
struct Ending<T> {
    wanted: Arc<Mutex<Wanted<T>>>,
    key: String,
    number: u64,
}

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        let mut wanted = lock(&self.wanted);
        if wanted.flights.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            wanted.flights.remove(&self.key);
        }
    }
}

fn lock<T>(wanted: &Mutex<Wanted<T>>) -> MutexGuard<'_, Wanted<T>> {
    wanted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_dropped_and_work_that_somebody_waits_for_is_done_once() {
        let flights = WantedFlights::<u32>::new();
        let (begun, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (sender, receiver) = oneshot::channel::<()>();
        let receiver = receiver.shared();
        let join = || {
            let (begun, ended, receiver) = (Arc::clone(&begun), Arc::clone(&ended), receiver.clone());
            flights.join(
                "a",
                || None,
                move || {
                    begun.fetch_add(1, Ordering::Relaxed);
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
        assert!(other.as_mut().now_or_never().is_none(), "somebody waits still");
        drop(other);
        assert!(lock(&flights.0).flights.is_empty(), "it went with the last one");
        let mut again = Box::pin(join());
        assert!(again.as_mut().now_or_never().is_none());
        assert_eq!(begun.load(Ordering::Relaxed), 2);
        sender.send(()).unwrap();
        assert_eq!(again.await, Some(7));
        assert_eq!(ended.load(Ordering::Relaxed), 1);
        let broken = flights.join("b", || None, || Box::pin(async { panic!("on purpose") }));
        assert_eq!(broken.await, None);
        assert!(lock(&flights.0).flights.is_empty());
    }
}
