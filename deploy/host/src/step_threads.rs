//! An unbounded thread pool for providers' steps, which may never return: an idle thread is reused, otherwise one is
//! spawned.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// How long an idle thread waits for more work before it ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// Work that an idle thread is about to take, and how many threads are idle.
struct WorkQueue {
    work: VecDeque<Work>,
    idle: usize,
}

static QUEUE: Mutex<WorkQueue> = Mutex::new(WorkQueue { work: VecDeque::new(), idle: 0 });
static MORE: Condvar = Condvar::new();

/// Runs `work` at once, however much else is running.
///
/// # Errors
/// Why no thread can be spawned for it.
pub(crate) fn run(work: Work) -> io::Result<()> {
    let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
    if queue.idle > queue.work.len() {
        queue.work.push_back(work);
        MORE.notify_one();
        return Ok(());
    }
    drop(queue);
    thread::Builder::new().name("step".to_owned()).spawn(|| work_on(work)).map(drop)
}

fn work_on(mut work: Work) {
    loop {
        // The panic hook has logged the panic, and the waiting caller sees that the work was dropped.
        let _ = catch_unwind(AssertUnwindSafe(work));
        let mut queue = QUEUE.lock().unwrap_or_else(PoisonError::into_inner);
        queue.idle += 1;
        let waited = MORE.wait_timeout_while(queue, IDLE_TIMEOUT, |queue| queue.work.is_empty());
        (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        let Some(next) = queue.work.pop_front() else { return };
        drop(queue);
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
        // The thread sends its result a moment before it becomes idle.
        while QUEUE.lock().unwrap().idle == 0 {
            thread::yield_now();
        }
        found
    }

    #[test]
    fn a_thread_that_returned_is_reused_and_one_that_never_returns_blocks_no_other() {
        // Other tests may use the same threads.
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
