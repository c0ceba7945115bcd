//! Runs what takes time: futures on tokio, and a provider's steps on threads of their own.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use badgesmith_engine::world::Executor;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::threads;

/// tokio's tasks and timers, and threads of our own for steps. To be used within a tokio runtime that has its timer.
///
/// A step may never come back. On tokio's blocking threads it would hold one of them for good, and names are looked
/// up on these; a thread of ours holds up nobody, and ends with the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioExecutor;

impl TokioExecutor {
    /// An executor. It starts nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Executor for TokioExecutor {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        // What comes of a request belongs to its span, also when it goes on without it.
        tokio::spawn(work.in_current_span());
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        // The time counts from here, not from the first poll.
        Box::pin(tokio::time::sleep(time))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        // Without a thread the work is dropped, and whoever waits for it sees that.
        if let Err(fault) = threads::run(work) {
            tracing::error!(%fault, "a step got no thread");
        }
    }

    fn clock(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn spread(&self) -> f64 {
        fastrand::f64()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};

    use futures_util::FutureExt;
    use tokio::{runtime, sync::oneshot};

    use super::*;

    fn runtime() -> runtime::Runtime {
        // One blocking thread: whoever used it for steps would be found out.
        runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap()
    }

    #[test]
    fn steps_that_never_come_back_hold_up_neither_the_next_step_nor_a_lookup_nor_the_end() {
        let (keep, never) = mpsc::channel::<()>();
        let never = Arc::new(Mutex::new(never));
        let runtime = runtime();
        let before = Instant::now();
        runtime.block_on(async {
            for _ in 0..4 {
                let never = Arc::clone(&never);
                TokioExecutor::new().run(Box::new(move || {
                    let _ = never.lock().unwrap().recv();
                }));
            }
            let (sender, receiver) = oneshot::channel();
            TokioExecutor::new().run(Box::new(move || sender.send(7).unwrap()));
            assert_eq!(receiver.await, Ok(7));
            assert_eq!(tokio::task::spawn_blocking(|| 8).await.unwrap(), 8);
        });
        drop(runtime);
        assert!(before.elapsed() < Duration::from_secs(5));
        drop(keep);
    }

    #[test]
    fn a_step_that_panics_takes_nothing_with_it() {
        let (sender, receiver) = oneshot::channel::<()>();
        runtime().block_on(async {
            TokioExecutor::new().run(Box::new(move || {
                let _sender = sender;
                panic!("on purpose");
            }));
            assert!(receiver.await.is_err());
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_from_when_it_was_asked_for() {
        let wait = TokioExecutor::new().sleep(Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(wait.now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn work_runs_to_its_end_without_being_waited_for() {
        let (sender, receiver) = oneshot::channel();
        TokioExecutor::new().spawn(Box::pin(async { sender.send(()).unwrap() }));
        assert_eq!(receiver.await, Ok(()));
    }
}
