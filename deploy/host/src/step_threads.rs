//! Threads for work that may never come back: a new one where none is idle, and one that did come back again.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// How long a thread waits for more.
const IDLE: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// Work that an idle thread is about to take, and how many are idle.
struct Waiting {
    work: VecDeque<Work>,
    idle: usize,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { work: VecDeque::new(), idle: 0 });
static MORE: Condvar = Condvar::new();

/// Runs `work` at once, whatever else is running.
///
/// # Errors
/// Why there is no thread for it.
pub(crate) fn run(work: Work) -> io::Result<()> {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.idle > waiting.work.len() {
        waiting.work.push_back(work);
        MORE.notify_one();
        return Ok(());
    }
    drop(waiting);
    thread::Builder::new().name("step".to_owned()).spawn(|| work_on(work)).map(drop)
}

fn work_on(mut work: Work) {
    loop {
        // A panic was printed by its hook; whoever waits for the work sees that it was dropped.
        let _ = catch_unwind(AssertUnwindSafe(work));
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.idle += 1;
        let waited = MORE.wait_timeout_while(waiting, IDLE, |waiting| waiting.work.is_empty());
        (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.idle -= 1;
        let Some(next) = waiting.work.pop_front() else { return };
        drop(waiting);
        work = next;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::mpsc, thread::ThreadId};

    use super::*;

    fn thread_of_next() -> ThreadId {
        let (sender, receiver) = mpsc::channel();
        run(Box::new(move || sender.send(thread::current().id()).unwrap())).unwrap();
        let found = receiver.recv().unwrap();
        // It says so a moment before it is idle.
        while WAITING.lock().unwrap().idle == 0 {
            thread::yield_now();
        }
        found
    }

    #[test]
    fn a_thread_that_came_back_is_used_again_and_one_that_did_not_is_in_nobodys_way() {
        // Other tests may be using the same threads.
        let threads: HashSet<_> = (0..40).map(|_| thread_of_next()).collect();
        assert!(threads.len() < 10, "{threads:?}");
        let (keep, never) = mpsc::channel::<()>();
        let never = std::sync::Arc::new(Mutex::new(never));
        for _ in 0..4 {
            let never = std::sync::Arc::clone(&never);
            run(Box::new(move || {
                let _ = never.lock().unwrap().recv();
            }))
            .unwrap();
        }
        thread_of_next();
        run(Box::new(|| panic!("on purpose"))).unwrap();
        thread_of_next();
        drop(keep);
    }
}
