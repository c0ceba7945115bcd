//! The engine's executor: futures run on tokio, and providers' steps on threads of their own.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use badgesmith_engine::world::Executor;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::step_threads;

/// tokio's tasks and timers, and a separate thread pool for steps. To be used within a tokio runtime with its timer.
///
/// A step may never return. It would block one of tokio's blocking threads forever; their number is bounded, and they
/// also look up host names. The separate pool is unbounded, and its threads do not keep the process from ending.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioExecutor;

impl TokioExecutor {
    /// An executor. It starts no thread yet.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Executor for TokioExecutor {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        // Work that outlives its request still belongs to the request's span.
        tokio::spawn(work.in_current_span());
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        // The duration counts from this call, not from the first poll.
        Box::pin(tokio::time::sleep(time))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        // Without a thread the work is dropped, which its waiting caller sees.
        if let Err(fault) = step_threads::run(work) {
            tracing::error!(%fault, "no thread could be started for a provider's step");
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
        // With one blocking thread, a step on it would block the rest of the test.
        runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap()
    }

    #[test]
    fn steps_that_never_return_block_neither_the_next_step_nor_a_lookup_nor_the_shutdown() {
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
    fn a_step_that_panics_ends_nothing_else() {
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
