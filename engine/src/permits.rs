//! A semaphore with a bounded queue, of whose permits and queue one name can have a share only.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places (permits), and a queue in front of them that is bounded by the weight of what waits. A request
/// that the queue has no room for is refused at once. Each name, such as a host, can have only a share of the places and
/// of the queue, so one name cannot take them all.
#[derive(Clone)]
pub struct Permits(Arc<Inner>);

struct Inner {
    all: Arc<Semaphore>,
    /// The largest weight of all that waits.
    most_waiting: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: u64,
    names: HashMap<String, Name>,
}

/// What is known of a name while somebody has a place under it or waits for one.
struct Name {
    places: Arc<Semaphore>,
    waiting: u64,
    users: usize,
}

/// What one name may have.
#[derive(Clone, Debug)]
pub struct Share {
    /// The name.
    pub name: String,
    /// How many places it may have at once.
    pub places: usize,
    /// How much weight may wait under it.
    pub waiting: u64,
}

/// No place is free, and the queue is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Permit {
    places: Permits,
    names: Vec<String>,
    /// Its weight in the queue; 0 once the place is taken.
    waiting: u64,
    permits: Vec<OwnedSemaphorePermit>,
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permits")
    }
}

impl Permits {
    /// So many places, and so much weight that may wait for them.
    #[must_use]
    pub fn new(places: usize, most_waiting: u64) -> Self {
        let all = Arc::new(Semaphore::new(places));
        Self(Arc::new(Inner { all, most_waiting, state: Mutex::default() }))
    }

    /// Takes a place, or waits for one if the queue has room for this weight. Dropping the future leaves the queue.
    ///
    /// # Errors
    /// [`Busy`], at once, where the queue has no room.
    pub async fn take(&self, shares: &[Share], weight: u64) -> Result<Permit, Busy> {
        let (mut place, awaited) = self.enter(shares, weight)?;
        for semaphore in awaited {
            // These semaphores are never closed.
            place.permits.extend(semaphore.acquire_owned().await);
        }
        place.leave_queue();
        Ok(place)
    }

    /// Takes a place at once, or one in the queue; then the semaphores that are to be waited for are returned, too.
    fn enter(&self, shares: &[Share], weight: u64) -> Result<(Permit, Vec<Arc<Semaphore>>), Busy> {
        let mut state = self.lock();
        let mut semaphores = Vec::with_capacity(shares.len() + 1);
        for share in shares {
            let new = || Name { places: Arc::new(Semaphore::new(share.places)), waiting: 0, users: 0 };
            let name = state.names.entry(share.name.clone()).or_insert_with(new);
            name.users += 1;
            semaphores.push(Arc::clone(&name.places));
        }
        // The semaphore of all places comes last, so that waiting for a name's share occupies no place.
        semaphores.push(Arc::clone(&self.0.all));
        let names = shares.iter().map(|share| share.name.clone()).collect();
        let mut place = Permit { places: self.clone(), names, waiting: 0, permits: Vec::new() };
        let free: Result<Vec<_>, _> =
            semaphores.iter().map(|semaphore| Arc::clone(semaphore).try_acquire_owned()).collect();
        if let Ok(permits) = free {
            place.permits = permits;
            return Ok((place, Vec::new()));
        }
        let name_waits = |share: &Share| state.names.get(&share.name).map_or(0, |name| name.waiting);
        let has_room = state.waiting + weight <= self.0.most_waiting
            && shares.iter().all(|share| name_waits(share) + weight <= share.waiting);
        if !has_room {
            // Dropping `place` takes the lock.
            drop(state);
            return Err(Busy);
        }
        state.waiting += weight;
        for share in shares {
            state.names.entry(share.name.clone()).and_modify(|name| name.waiting += weight);
        }
        place.waiting = weight;
        Ok((place, semaphores))
    }

    /// How many places are free.
    pub(crate) fn free(&self) -> usize {
        self.0.all.available_permits()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    fn leave_queue(&mut self) {
        let mut state = self.places.lock();
        state.waiting -= self.waiting;
        for name in &self.names {
            state.names.entry(name.clone()).and_modify(|name| name.waiting -= self.waiting);
        }
        self.waiting = 0;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.leave_queue();
        self.permits.clear();
        let mut state = self.places.lock();
        for name in &self.names {
            let Some(known) = state.names.get_mut(name) else { continue };
            known.users -= 1;
            if known.users == 0 {
                state.names.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn share(name: &str) -> [Share; 1] {
        [Share { name: name.to_owned(), places: 2, waiting: 3 }]
    }

    #[tokio::test]
    async fn one_name_takes_neither_all_places_nor_the_whole_queue() {
        let places = Permits::new(3, 4);
        let first = places.take(&share("a"), 1).await.unwrap();
        let _second = places.take(&share("a"), 1).await.unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(async { places.take(&share("a"), 1).await })).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        // A future that was polled once and given up has left the queue.
        drop(waiting);
        let (one, other) = (share("a"), share("a"));
        let mut waiting = [Box::pin(places.take(&one, 1)), Box::pin(places.take(&other, 2))];
        assert!(waiting.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
        assert_eq!(places.take(&share("a"), 1).now_or_never().unwrap().unwrap_err(), Busy);
        let other = places.take(&share("b"), 1).now_or_never().unwrap().unwrap();
        assert!(places.take(&share("c"), 1).now_or_never().is_none(), "the queue has room for one more");
        assert_eq!(places.take(&share("c"), 2).now_or_never().unwrap().unwrap_err(), Busy);
        drop(first);
        assert!(waiting[0].as_mut().now_or_never().unwrap().is_ok(), "who came first is first");
        drop((other, waiting));
        drop(_second);
        assert!(places.lock().names.is_empty() && places.lock().waiting == 0, "nothing is remembered of names");
    }
}
