//! Drawing on threads of their own: a limited number of pictures at once, a short queue, and a deadline.

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

/// How many pictures of one kind are drawn at once. More would only take turns: a server has few cores, and each
/// picture takes up to 10 MB while it is drawn.
const AT_ONCE: usize = 2;
/// How many pictures of one kind wait for their turn: a page full of badges, read by several people.
const QUEUE: u64 = 64;
/// How long a picture is waited for, the queue included. Counting lets none take a tenth of it on a machine that does
/// nothing else; a function with a seventh of a core takes most of it.
const PATIENCE: Duration = Duration::from_millis(1500);
/// After how long a thread counts as lost: the work of a picture is limited by counting, and takes far less.
const LOST: Duration = Duration::from_secs(30);
/// How many threads may be lost at once. Each takes a core's time, so while more do not end, nothing of their kind is
/// drawn.
const MOST_LOST: usize = 2;

/// The threads that draw.
#[derive(Debug, Default)]
pub(crate) struct Drawers {
    /// For pictures with a logo that a caller sent. They have turns of their own, so that whatever is wrong with them
    /// holds up no others.
    pub(super) callers_logos: Turns,
    /// For pictures that are merely large.
    pub(super) large: Turns,
}

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undrawn {
    /// Too many others are being drawn.
    Busy,
    /// It took too long.
    Late,
    /// Drawing it panicked, or there was no thread.
    Broken,
}

/// Turns to draw pictures of one kind.
#[derive(Debug)]
pub(super) struct Turns {
    permits: Permits,
    /// Those that were taken and perhaps not given back.
    taken: Mutex<Vec<Turn>>,
    lost: Arc<AtomicUsize>,
}

/// A turn that was taken, and since when. The permit is gone once the drawing has ended.
#[derive(Debug)]
struct Turn {
    since: Duration,
    permit: Arc<Mutex<Option<Permit>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { permits: Permits::new(AT_ONCE, QUEUE), taken: Mutex::default(), lost: Arc::default() }
    }
}

impl Turns {
    /// Draws on a thread of its own, when it is this picture's turn. A drawing that has begun goes on to its end, and
    /// keeps its turn until then; dropping the future of one that waits takes it off the queue.
    pub(super) async fn draw<T: Send + 'static>(
        &self,
        executor: &dyn Executor,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undrawn> {
        let patience = executor.sleep(PATIENCE);
        self.take_back_lost(executor.clock());
        let (permit, patience) = match select(Box::pin(self.permits.take(&[], 1)), patience).await {
            Either::Left((permit, patience)) => (permit.map_err(|_| Undrawn::Busy)?, patience),
            Either::Right(_) => return Err(Undrawn::Busy),
        };
        let permit = Arc::new(Mutex::new(Some(permit)));
        lock(&self.taken).push(Turn { since: executor.clock(), permit: Arc::clone(&permit) });
        let (sender, receiver) = oneshot::channel();
        let end = End { permit, lost: Arc::clone(&self.lost) };
        executor.run(Box::new(move || {
            let drawn = work();
            drop(end);
            // Nobody may be waiting any more.
            let _ = sender.send(drawn);
        }));
        match select(receiver, patience).await {
            Either::Left((drawn, _)) => drawn.map_err(|_| Undrawn::Broken),
            Either::Right(_) => Err(Undrawn::Late),
        }
    }

    /// Forgets turns that ended, and gives others those that were lost.
    fn take_back_lost(&self, now: Duration) {
        lock(&self.taken).retain(|turn| {
            let mut permit = lock(&turn.permit);
            let is_lost = permit.is_some()
                && now.saturating_sub(turn.since) >= LOST
                && self.lost.load(Ordering::Relaxed) < MOST_LOST;
            if is_lost {
                self.lost.fetch_add(1, Ordering::Relaxed);
                tracing::error!("a picture is still being drawn after 30 seconds; its thread is given up");
                *permit = None;
            }
            permit.is_some()
        });
    }
}

/// Gives a turn back, also where drawing panics. What was given up and ends after all, since the process stood still
/// meanwhile, was not lost.
struct End {
    permit: Arc<Mutex<Option<Permit>>>,
    lost: Arc<AtomicUsize>,
}

impl Drop for End {
    fn drop(&mut self) {
        if lock(&self.permit).take().is_none() {
            self.lost.fetch_sub(1, Ordering::Relaxed);
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

    /// Runs work when it is told to, on a clock that is tokio's.
    #[derive(Default)]
    struct Held {
        work: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
        start: std::sync::OnceLock<tokio::time::Instant>,
    }

    impl Held {
        fn finish(&self, index: usize) {
            let work = lock(&self.work).remove(index);
            work();
        }

        fn begun(&self) -> usize {
            lock(&self.work).len()
        }
    }

    impl Executor for Held {
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
    async fn so_many_are_drawn_at_once_and_the_others_wait_their_turn_but_not_for_ever() {
        let (turns, executor) = (Turns::default(), Held::default());
        let number = |number: u8| move || number;
        let mut first = Box::pin(turns.draw(&executor, number(1)));
        let mut second = Box::pin(turns.draw(&executor, number(2)));
        let mut third = Box::pin(turns.draw(&executor, number(3)));
        for waiting in [&mut first, &mut second, &mut third] {
            assert!(waiting.now_or_never().is_none());
        }
        assert_eq!(executor.begun(), AT_ONCE);
        executor.finish(0);
        assert_eq!(first.await, Ok(1));
        assert!((&mut third).now_or_never().is_none());
        assert_eq!(executor.begun(), AT_ONCE);
        tokio::time::advance(PATIENCE).await;
        assert_eq!(second.await, Err(Undrawn::Late));
        // Both go on, so nobody else begins.
        let mut fourth = Box::pin(turns.draw(&executor, number(4)));
        assert!((&mut fourth).now_or_never().is_none());
        tokio::time::advance(PATIENCE).await;
        assert_eq!(fourth.await, Err(Undrawn::Busy));
        executor.finish(0);
        executor.finish(0);
        let mut fifth = Box::pin(turns.draw(&executor, number(5)));
        assert!((&mut fifth).now_or_never().is_none());
        executor.finish(0);
        assert_eq!(fifth.await, Ok(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_forgotten_with_its_caller_and_the_queue_ends() {
        let (turns, executor) = (Turns::default(), Held::default());
        let mut waiting: Vec<_> = (0..AT_ONCE as u64 + QUEUE).map(|_| Box::pin(turns.draw(&executor, || ()))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert_eq!(turns.draw(&executor, || ()).await, Err(Undrawn::Busy));
        waiting.clear();
        assert_eq!(executor.begun(), AT_ONCE, "those that wait have not begun");
        executor.finish(0);
        let mut next = Box::pin(turns.draw(&executor, || ()));
        assert!((&mut next).now_or_never().is_none());
        executor.finish(1);
        assert_eq!(next.await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn drawings_that_never_end_hold_up_others_for_a_while_and_their_number_is_bounded() {
        let (turns, executor) = (Turns::default(), Held::default());
        for lost in 0..AT_ONCE + MOST_LOST {
            let drawn = turns.draw(&executor, || ()).await;
            assert_eq!(drawn, Err(Undrawn::Late), "{lost}");
            if lost + 1 >= AT_ONCE {
                tokio::time::advance(LOST).await;
            }
        }
        assert_eq!(executor.begun(), AT_ONCE + MOST_LOST);
        tokio::time::advance(LOST).await;
        assert_eq!(turns.draw(&executor, || ()).await, Err(Undrawn::Busy));
        // One that ends after all gives its turn to nobody, or it would be two.
        executor.finish(0);
        assert_eq!(turns.permits.free(), 0);
        executor.finish(2);
        assert_eq!(turns.permits.free(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn drawings_that_end_after_the_process_stood_still_were_not_lost() {
        let (turns, executor) = (Turns::default(), Held::default());
        for _ in 0..2 * MOST_LOST {
            assert_eq!(turns.draw(&executor, || ()).await, Err(Undrawn::Late));
            tokio::time::advance(LOST).await;
            let mut next = Box::pin(turns.draw(&executor, || ()));
            assert!((&mut next).now_or_never().is_none());
            assert_eq!(turns.lost.load(Ordering::Relaxed), 1);
            executor.finish(0);
            executor.finish(0);
            assert_eq!(next.await, Ok(()));
            assert_eq!(turns.lost.load(Ordering::Relaxed), 0);
        }
        assert_eq!(turns.permits.free(), AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drawing_that_panics_gives_its_turn_back() {
        let (turns, executor) = (Turns::default(), Held::default());
        let mut drawing = Box::pin(turns.draw(&executor, || panic!("on purpose")));
        assert!((&mut drawing).now_or_never().is_none());
        let work = lock(&executor.work).remove(0);
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert_eq!(drawing.await, Err::<(), _>(Undrawn::Broken));
        assert_eq!(turns.permits.free(), AT_ONCE);
    }
}
