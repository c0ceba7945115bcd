//! Expensive pictures are drawn on worker threads, with limited concurrency, a bounded queue and a timeout.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use crate::{
    permits::{Permit, Permits},
    world::Executor,
};

/// How many pictures of a queue are drawn at once. A server has few cores, and each picture takes up to 10 MB while it
/// is drawn, and a chart at scale 4 up to 15.
const AT_ONCE: usize = 2;
/// The capacity of a queue: a page full of badges, opened by several people.
const MOST_WAITING: u64 = 64;
/// The timeout of a picture, including its time in the queue. The renderer bounds the work of a picture: on an idle
/// machine it takes less than a tenth of this time, and on a Lambda function with a seventh of a core most of it.
const PATIENCE: Duration = Duration::from_millis(1500);
/// After how long a thread counts as stuck. The renderer bounds the work of a picture, which takes far less.
const STUCK_AFTER: Duration = Duration::from_secs(30);
/// How many stuck threads of a queue are replaced. Each may use a whole core, so further ones keep their permits, and
/// the queue stops once they hold all of them.
const MOST_STUCK: usize = 2;

/// The queues of pictures that are drawn on worker threads.
#[derive(Debug, Default)]
pub(crate) struct DrawingThreads {
    /// For pictures with a logo that a caller sent. They have a queue of their own, so that a malicious logo delays no
    /// other pictures.
    pub(super) callers_logos: DrawingQueue,
    /// For other large pictures.
    pub(super) large: DrawingQueue,
}

/// Why a picture was not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrawingFault {
    /// The queue is full, or the picture timed out in it.
    Busy,
    /// Drawing timed out.
    Late,
    /// Drawing panicked, or no thread could be started.
    Broken,
}

/// A queue of pictures, and the ones that are being drawn.
#[derive(Debug)]
pub(super) struct DrawingQueue {
    permits: Permits,
    /// Drawings that were started, ended ones included until the next call.
    running: Mutex<Vec<RunningDrawing>>,
    stuck: Arc<AtomicUsize>,
}

/// A drawing that was started. The permit is `None` once it has ended or counts as stuck.
#[derive(Debug)]
struct RunningDrawing {
    since: Duration,
    permit: Arc<Mutex<Option<Permit>>>,
}

impl Default for DrawingQueue {
    fn default() -> Self {
        Self { permits: Permits::new(AT_ONCE, MOST_WAITING), running: Mutex::default(), stuck: Arc::default() }
    }
}

impl DrawingQueue {
    /// Draws on a worker thread, as soon as a permit is free. A drawing that was started runs to its end and keeps its
    /// permit until then. Dropping the future of a waiting picture removes it from the queue.
    pub(super) async fn draw<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DrawingFault> {
        let patience = executor.sleep(PATIENCE);
        self.reclaim_stuck(executor.clock());
        let (permit, patience) = match select(Box::pin(self.permits.take(&[], 1)), patience).await {
            Either::Left((permit, patience)) => (permit.map_err(|_| DrawingFault::Busy)?, patience),
            Either::Right(_) => return Err(DrawingFault::Busy),
        };
        let permit = Arc::new(Mutex::new(Some(permit)));
        lock(&self.running).push(RunningDrawing { since: executor.clock(), permit: Arc::clone(&permit) });
        let (sender, receiver) = oneshot::channel();
        let release = ReleasePermit { permit, stuck: Arc::clone(&self.stuck) };
        executor.run(Box::new(move || {
            let drawn = work();
            drop(release);
            // The caller may have left.
            let _ = sender.send(drawn);
        }));
        match select(receiver, patience).await {
            Either::Left((drawn, _)) => drawn.map_err(|_| DrawingFault::Broken),
            Either::Right(_) => Err(DrawingFault::Late),
        }
    }

    /// Removes drawings that have ended, and takes the permits of stuck ones back.
    fn reclaim_stuck(&self, now: Duration) {
        lock(&self.running).retain(|drawing| {
            let mut permit = lock(&drawing.permit);
            let is_stuck = permit.is_some()
                && now.saturating_sub(drawing.since) >= STUCK_AFTER
                && self.stuck.load(Ordering::Relaxed) < MOST_STUCK;
            if is_stuck {
                self.stuck.fetch_add(1, Ordering::Relaxed);
                tracing::error!("a picture is still being drawn after 30 seconds; its thread is given up");
                *permit = None;
            }
            permit.is_some()
        });
    }
}

/// Releases the permit of a drawing when it ends, also if it panics. A drawing that counted as stuck and ends after
/// all, for example because the process was suspended, does not count as stuck any more.
struct ReleasePermit {
    permit: Arc<Mutex<Option<Permit>>>,
    stuck: Arc<AtomicUsize>,
}

impl Drop for ReleasePermit {
    fn drop(&mut self) {
        if lock(&self.permit).take().is_none() {
            self.stuck.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::BoxFuture};

    use super::*;

    /// Holds work until the test runs it. Its clock is tokio's.
    #[derive(Default)]
    struct ManualExecutor {
        work: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
        start: std::sync::OnceLock<tokio::time::Instant>,
    }

    impl ManualExecutor {
        fn finish(&self, index: usize) {
            let work = lock(&self.work).remove(index);
            work();
        }

        fn begun(&self) -> usize {
            lock(&self.work).len()
        }
    }

    impl Executor for ManualExecutor {
        fn spawn(&self, work: BoxFuture<'static, ()>) {
            tokio::spawn(work);
        }

        fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
            Box::pin(tokio::time::sleep(time))
        }

        fn run(&self, work: Box<dyn FnOnce() + Send>) {
            lock(&self.work).push(work);
        }

        fn clock(&self) -> Duration {
            self.start.get_or_init(tokio::time::Instant::now).elapsed()
        }

        fn spread(&self) -> f64 {
            0.5
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_limited_number_of_pictures_is_drawn_at_once_and_the_others_wait_until_the_timeout() {
        let (queue, executor) = (DrawingQueue::default(), ManualExecutor::default());
        let number = |number: u8| move || number;
        let mut first = Box::pin(queue.draw(&executor, number(1)));
        let mut second = Box::pin(queue.draw(&executor, number(2)));
        let mut third = Box::pin(queue.draw(&executor, number(3)));
        for waiting in [&mut first, &mut second, &mut third] {
            assert!(waiting.now_or_never().is_none());
        }
        assert_eq!(executor.begun(), AT_ONCE);
        executor.finish(0);
        assert_eq!(first.await, Ok(1));
        assert!((&mut third).now_or_never().is_none());
        assert_eq!(executor.begun(), AT_ONCE);
        tokio::time::advance(PATIENCE).await;
        assert_eq!(second.await, Err(DrawingFault::Late));
        // Both drawings still run, so no other one starts.
        let mut fourth = Box::pin(queue.draw(&executor, number(4)));
        assert!((&mut fourth).now_or_never().is_none());
        tokio::time::advance(PATIENCE).await;
        assert_eq!(fourth.await, Err(DrawingFault::Busy));
        executor.finish(0);
        executor.finish(0);
        let mut fifth = Box::pin(queue.draw(&executor, number(5)));
        assert!((&mut fifth).now_or_never().is_none());
        executor.finish(0);
        assert_eq!(fifth.await, Ok(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_picture_leaves_the_queue_with_its_caller_and_the_queue_is_bounded() {
        let (queue, executor) = (DrawingQueue::default(), ManualExecutor::default());
        let mut waiting: Vec<_> =
            (0..AT_ONCE as u64 + MOST_WAITING).map(|_| Box::pin(queue.draw(&executor, || ()))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert_eq!(queue.draw(&executor, || ()).await, Err(DrawingFault::Busy));
        waiting.clear();
        assert_eq!(executor.begun(), AT_ONCE, "waiting drawings have not started");
        executor.finish(0);
        let mut next = Box::pin(queue.draw(&executor, || ()));
        assert!((&mut next).now_or_never().is_none());
        executor.finish(1);
        assert_eq!(next.await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limited_number_of_stuck_drawings_give_up_their_permits() {
        let (queue, executor) = (DrawingQueue::default(), ManualExecutor::default());
        for stuck in 0..AT_ONCE + MOST_STUCK {
            let drawn = queue.draw(&executor, || ()).await;
            assert_eq!(drawn, Err(DrawingFault::Late), "{stuck}");
            if stuck + 1 >= AT_ONCE {
                tokio::time::advance(STUCK_AFTER).await;
            }
        }
        assert_eq!(executor.begun(), AT_ONCE + MOST_STUCK);
        tokio::time::advance(STUCK_AFTER).await;
        assert_eq!(queue.draw(&executor, || ()).await, Err(DrawingFault::Busy));
        // A stuck drawing that ends after all releases no permit, since its permit was taken back before.
        executor.finish(0);
        assert_eq!(queue.permits.free(), 0);
        executor.finish(2);
        assert_eq!(queue.permits.free(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn drawings_that_end_after_the_process_was_suspended_do_not_count_as_stuck() {
        let (queue, executor) = (DrawingQueue::default(), ManualExecutor::default());
        for _ in 0..2 * MOST_STUCK {
            assert_eq!(queue.draw(&executor, || ()).await, Err(DrawingFault::Late));
            tokio::time::advance(STUCK_AFTER).await;
            let mut next = Box::pin(queue.draw(&executor, || ()));
            assert!((&mut next).now_or_never().is_none());
            assert_eq!(queue.stuck.load(Ordering::Relaxed), 1);
            executor.finish(0);
            executor.finish(0);
            assert_eq!(next.await, Ok(()));
            assert_eq!(queue.stuck.load(Ordering::Relaxed), 0);
        }
        assert_eq!(queue.permits.free(), AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drawing_that_panics_releases_its_permit() {
        let (queue, executor) = (DrawingQueue::default(), ManualExecutor::default());
        let mut drawing = Box::pin(queue.draw(&executor, || panic!("on purpose")));
        assert!((&mut drawing).now_or_never().is_none());
        let work = lock(&executor.work).remove(0);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert_eq!(drawing.await, Err::<(), _>(DrawingFault::Broken));
        assert_eq!(queue.permits.free(), AT_ONCE);
    }
}
