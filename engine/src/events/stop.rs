//! Stops the tasks that make and send events.

use std::future::pending;

use tokio::sync::watch;

/// The tasks that make and send events in the background. They go on if this is dropped.
#[derive(Debug)]
pub struct EventPump(watch::Sender<bool>);

/// The task's side of [`EventPump`]. [`EventPump::stop`] waits until every task has dropped it.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl EventPump {
    pub(crate) fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Stops the tasks, and returns when each has finished the work that it had begun. After that no events are made or
    /// sent; those in the queues stay in the store.
    pub async fn stop(self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

impl Stop {
    /// Whether the task is to end.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the task is to end.
    pub(crate) async fn asked(&mut self) {
        let is_dropped = self.0.wait_for(|is_asked| *is_asked).await.is_err();
        if is_dropped {
            pending().await
        }
    }
}
