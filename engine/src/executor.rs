//! The trait through which the engine waits and works in the background.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// Timers, background tasks and threads.
pub trait Executor: Send + Sync {
    /// Runs a future in the background, to its end.
    fn spawn(&self, work: BoxFuture<'static, ()>);
    /// Completes after this time.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
    /// Runs blocking work, which may never return, on a thread on which it blocks nothing else.
    fn run(&self, work: Box<dyn FnOnce() + Send>);
    /// A monotonic clock: the time since a fixed moment.
    fn clock(&self) -> Duration;
    /// A random number from 0 to 1, for the jitter of retries.
    fn spread(&self) -> f64;
}
