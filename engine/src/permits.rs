//! A semaphore with a bounded queue, in which each name can have only a share of the permits and of the queue.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A semaphore with a queue that is bounded by the total weight of its waiters. A request that does not fit into the
/// queue is refused at once. Each name, such as a host, can have only a share of the permits and of the queue, so one
/// name cannot take them all.
#[derive(Clone)]
pub struct Permits(Arc<Inner>);

struct Inner {
    all: Arc<Semaphore>,
    /// The largest total weight of the queue.
    most_waiting: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: u64,
    names: HashMap<String, Name>,
}

/// The state of a name that has a permit or waits for one.
struct Name {
    permits: Arc<Semaphore>,
    waiting: u64,
    users: usize,
}

/// The limits of one name.
#[derive(Clone, Debug)]
pub struct Share {
    /// The name.
    pub name: String,
    /// How many permits it may have at once.
    pub permits: usize,
    /// How much weight it may have in the queue.
    pub waiting: u64,
}

/// No permit is free, and the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A permit; dropping it returns it.
#[derive(Debug)]
pub struct Permit {
    semaphore: Permits,
    names: Vec<String>,
    /// Its weight in the queue; 0 once the permit is granted.
    waiting: u64,
    permits: Vec<OwnedSemaphorePermit>,
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permits")
    }
}

impl Permits {
    /// A semaphore with this number of permits, and a queue for this total weight.
    #[must_use]
    pub fn new(permits: usize, most_waiting: u64) -> Self {
        let all = Arc::new(Semaphore::new(permits));
        Self(Arc::new(Inner { all, most_waiting, state: Mutex::default() }))
    }

    /// Takes a permit, or waits in the queue for one. Dropping the future leaves the queue.
    ///
    /// # Errors
    /// [`Busy`], at once, if no permit is free and the queue has no room for this weight.
    pub async fn take(&self, shares: &[Share], weight: u64) -> Result<Permit, Busy> {
        let (mut permit, awaited) = self.enter(shares, weight)?;
        for semaphore in awaited {
            // These semaphores are never closed.
            permit.permits.extend(semaphore.acquire_owned().await);
        }
        permit.leave_queue();
        Ok(permit)
    }

    /// Takes a permit if one is free, or else enters the queue and returns the semaphores to wait for.
    fn enter(&self, shares: &[Share], weight: u64) -> Result<(Permit, Vec<Arc<Semaphore>>), Busy> {
        let mut state = self.lock();
        let mut semaphores = Vec::with_capacity(shares.len() + 1);
        for share in shares {
            let new = || Name { permits: Arc::new(Semaphore::new(share.permits)), waiting: 0, users: 0 };
            let name = state.names.entry(share.name.clone()).or_insert_with(new);
            name.users += 1;
            semaphores.push(Arc::clone(&name.permits));
        }
        // The semaphore of all permits comes last, so that waiting for a name's share holds no permit.
        semaphores.push(Arc::clone(&self.0.all));
        let names = shares.iter().map(|share| share.name.clone()).collect();
        let mut permit = Permit { semaphore: self.clone(), names, waiting: 0, permits: Vec::new() };
        let free: Result<Vec<_>, _> =
            semaphores.iter().map(|semaphore| Arc::clone(semaphore).try_acquire_owned()).collect();
        if let Ok(permits) = free {
            permit.permits = permits;
            return Ok((permit, Vec::new()));
        }
        let name_waits = |share: &Share| state.names.get(&share.name).map_or(0, |name| name.waiting);
        let has_room = state.waiting + weight <= self.0.most_waiting
            && shares.iter().all(|share| name_waits(share) + weight <= share.waiting);
        if !has_room {
            // Dropping `permit` takes the lock.
            drop(state);
            return Err(Busy);
        }
        state.waiting += weight;
        for share in shares {
            state.names.entry(share.name.clone()).and_modify(|name| name.waiting += weight);
        }
        permit.waiting = weight;
        Ok((permit, semaphores))
    }

    /// How many permits are free.
    pub(crate) fn free(&self) -> usize {
        self.0.all.available_permits()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    fn leave_queue(&mut self) {
        let mut state = self.semaphore.lock();
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
        let mut state = self.semaphore.lock();
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
        [Share { name: name.to_owned(), permits: 2, waiting: 3 }]
    }

    #[tokio::test]
    async fn one_name_takes_neither_all_permits_nor_the_whole_queue() {
        let semaphore = Permits::new(3, 4);
        let first = semaphore.take(&share("a"), 1).await.unwrap();
        let _second = semaphore.take(&share("a"), 1).await.unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(async { semaphore.take(&share("a"), 1).await })).collect();
        assert!(waiting.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        // A future that was polled once and given up has left the queue.
        drop(waiting);
        let (one, other) = (share("a"), share("a"));
        let mut waiting = [Box::pin(semaphore.take(&one, 1)), Box::pin(semaphore.take(&other, 2))];
        assert!(waiting.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
        assert_eq!(semaphore.take(&share("a"), 1).now_or_never().unwrap().unwrap_err(), Busy);
        let other = semaphore.take(&share("b"), 1).now_or_never().unwrap().unwrap();
        assert!(semaphore.take(&share("c"), 1).now_or_never().is_none(), "the queue has room for one more");
        assert_eq!(semaphore.take(&share("c"), 2).now_or_never().unwrap().unwrap_err(), Busy);
        drop(first);
        assert!(waiting[0].as_mut().now_or_never().unwrap().is_ok(), "the queue is first in, first out");
        drop((other, waiting));
        drop(_second);
        assert!(semaphore.lock().names.is_empty() && semaphore.lock().waiting == 0, "unused names are removed");
    }
}
