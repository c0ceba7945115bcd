//! The pump makes events from the rows of the outbox, and starts the posts that send them, for as long as the process
//! runs.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt, future::select};
use tokio::sync::Notify;

use super::{
    Clock,
    happening::{OUTBOX_SHARDS, outbox_partition},
    lease::Lease,
    outgoing::Courier,
    post::Post,
    stop::{EventPump, Stop},
    subscription::Subscription,
    teller::{Telling, tell},
};
use crate::{parts::Parts, store::Unavailable};

/// How often the outbox is polled in a shared store: another process may have written to it without waking this pump.
const POLL: Duration = Duration::from_secs(5);
/// How often the outbox is polled in a store that only this process writes to. It may have rows that an earlier process
/// left.
const OWN_POLL: Duration = Duration::from_secs(60);
/// The pause after the store did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// How many rows one read returns.
const PAGE: usize = 100;

/// Starts the pump in the background.
pub(crate) fn start(
    parts: &Arc<Parts>,
    subscriptions: &[Subscription],
    courier: &Arc<dyn Courier>,
    clock: &Clock,
) -> EventPump {
    let (pumping, stop) = EventPump::new();
    let executor = &parts.world.executor;
    // More than 52 random bits.
    let holder = format!("{:x}{:x}", executor.spread().to_bits(), executor.spread().to_bits());
    let subscriptions: Vec<_> = subscriptions.iter().cloned().map(Arc::new).collect();
    let mut bells = Vec::new();
    for subscription in &subscriptions {
        let bell = Arc::new(Notify::new());
        bells.push(Arc::clone(&bell));
        let post = Post {
            parts: Arc::clone(parts),
            subscription: Arc::clone(subscription),
            courier: Arc::clone(courier),
            clock: Arc::clone(clock),
            bell,
            lease: Lease::new(format!("to-{}", subscription.name), &holder),
            stop: stop.clone(),
        };
        executor.spawn(post.run().boxed());
    }
    let leases = (0..OUTBOX_SHARDS).map(|shard| Lease::new(format!("shard-{shard:02}"), &holder)).collect();
    let subscriptions = subscriptions.iter().map(|subscription| Subscription::clone(subscription)).collect();
    let pump = Pump { parts: Arc::clone(parts), subscriptions, clock: Arc::clone(clock), bells, leases, stop };
    executor.spawn(pump.run().boxed());
    pumping
}

struct Pump {
    parts: Arc<Parts>,
    subscriptions: Vec<Subscription>,
    clock: Clock,
    /// The bells of the subscriptions' senders.
    bells: Vec<Arc<Notify>>,
    /// One for each shard.
    leases: Vec<Lease>,
    stop: Stop,
}

impl Pump {
    async fn run(mut self) {
        let (executor, bell) = (Arc::clone(&self.parts.world.executor), Arc::clone(&self.parts.outbox.bell));
        while !self.stop.is_asked() {
            let is_shared = self.parts.world.store.is_shared();
            let pause = match self.empty((self.clock)()).await {
                Ok(()) if is_shared => POLL,
                Ok(()) => OWN_POLL,
                // The store's own log says why it does not answer.
                Err(_) => PAUSE,
            };
            let rest = select(bell.notified().boxed(), executor.sleep(pause));
            select(rest, self.stop.asked().boxed()).await;
        }
        // The pump that takes over is not woken for the rows that this pump left, so wake it now.
        bell.notify_one();
        let now = (self.clock)();
        for lease in self.leases {
            lease.release(&*self.parts.world.store, now).await;
        }
    }

    /// Makes events from all rows of the outbox.
    async fn empty(&mut self, now: SystemTime) -> Result<(), Unavailable> {
        let store = Arc::clone(&self.parts.world.store);
        for shard in 0..OUTBOX_SHARDS {
            if !self.leases[usize::from(shard)].hold(&*store, now).await? {
                continue;
            }
            let partition = outbox_partition(shard);
            loop {
                let page = store.rows(&partition, "", PAGE, now).await?;
                for row in &page {
                    if self.stop.is_asked() {
                        return Ok(());
                    }
                    let told = tell(&self.parts, &self.subscriptions, row, (self.clock)()).await?;
                    if matches!(told, Telling::Told(count) if count > 0) {
                        self.bells.iter().for_each(|bell| bell.notify_one());
                    }
                }
                if page.len() < PAGE {
                    break;
                }
            }
        }
        Ok(())
    }
}
