//! Sends the events in the queue of one subscription, for as long as the process runs.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, Either, pending, select},
    stream::FuturesUnordered,
};
use tokio::sync::Notify;

use super::{
    Clock,
    attempt::{AttemptEnd, attempt},
    happening::timestamp,
    lease::Lease,
    line::Line,
    outgoing::Courier,
    queued::QueuedEvent,
    rows::{ENDED, queue_partition, row},
    stop::Stop,
    subscription::Subscription,
};
use crate::{parts::Parts, store::Unavailable};

/// How many events are sent at once to one receiver.
const MOST_AT_ONCE: usize = 10;
/// How many events of the queue are kept in memory. The others are read after these were sent.
const MOST_KNOWN: usize = 20_000;
/// How many rows one read returns.
const PAGE: usize = 200;
/// How often the queue is polled: another process or a command may have added events without waking this post.
const POLL: Duration = Duration::from_secs(15);
/// The pause after the store did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// By how much the clocks of two processes may differ. Events of this last period are read again.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The sender of a subscription.
pub(crate) struct Post {
    pub(crate) parts: Arc<Parts>,
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) clock: Clock,
    pub(crate) bell: Arc<Notify>,
    pub(crate) lease: Lease,
    pub(crate) stop: Stop,
}

/// The outcome of an attempt, with the key of its event.
type Attempted = (String, Result<AttemptEnd, Unavailable>);

impl Post {
    /// Sends until it is stopped, and then finishes the attempts under way.
    pub(crate) async fn run(mut self) {
        let mut line = Line::default();
        let mut last = String::new();
        let mut under_way: FuturesUnordered<BoxFuture<'static, Attempted>> = FuturesUnordered::new();
        // `looked` is when the queue was last read; `None` if it has to be read again. `is_full` says whether the queue
        // had more events than are kept.
        let (mut looked, mut is_full) = (None, false);
        while !self.stop.is_asked() {
            let now = (self.clock)();
            let mut pause = POLL;
            // Poll even while attempts end all the time: other processes may add to the queue, and the lease has to be
            // renewed.
            if looked.is_none_or(|at| now.duration_since(at).map_or(true, |since| since >= POLL)) {
                match self.look(&mut line, &mut last, now).await {
                    Ok(has_more) => (looked, is_full) = (Some(now), has_more),
                    // The store's own log says why it does not answer.
                    Err(Unavailable(_)) => pause = PAUSE,
                }
            }
            while under_way.len() < MOST_AT_ONCE
                && let Some(key) = line.take(timestamp(now))
            {
                under_way.push(self.attempt(key));
            }
            if under_way.len() < MOST_AT_ONCE
                && let Some(due) = line.next_due()
            {
                let wait = u64::try_from(due.as_ms() - timestamp(now).as_ms()).unwrap_or_default();
                pause = pause.min(Duration::from_millis(wait + 1));
            }
            let (executor, bell) = (Arc::clone(&self.parts.world.executor), Arc::clone(&self.bell));
            let mut stop = self.stop.clone();
            let rest = async move {
                let rest = select(bell.notified().boxed(), executor.sleep(pause));
                drop(select(rest, stop.asked().boxed()).await);
            }
            .boxed();
            let finished = async {
                match under_way.next().await {
                    Some(attempted) => attempted,
                    None => pending().await,
                }
            };
            match select(finished.boxed(), rest).await {
                Either::Left(((key, end), _)) => {
                    let has_ended = matches!(end, Ok(AttemptEnd::Ended));
                    self.settle(&mut line, &key, end);
                    if has_ended || (is_full && line.len() < MOST_KNOWN / 2) {
                        looked = None;
                    }
                }
                Either::Right(_) => looked = None,
            }
        }
        while let Some((key, end)) = under_way.next().await {
            self.settle(&mut line, &key, end);
        }
        self.lease.release(&*self.parts.world.store, (self.clock)()).await;
    }

    /// Reads the new events in the queue, and returns whether there are more than are kept. The queue in memory is
    /// emptied if another process holds the lease, or if the subscription was ended.
    async fn look(&mut self, line: &mut Line, last: &mut String, now: SystemTime) -> Result<bool, Unavailable> {
        let store = Arc::clone(&self.parts.world.store);
        let name = &self.subscription.name;
        let is_mine = self.lease.hold(&*store, now).await?;
        let is_ended = is_mine && row(&*store, ENDED, name, now).await?.is_some();
        if !is_mine || is_ended {
            *line = Line::default();
            last.clear();
            self.parts.outbox.posts.update(name, |post| {
                (post.is_ended, post.waiting, post.oldest) = (is_ended, 0, None);
            });
            return Ok(false);
        }
        let partition = queue_partition(name);
        // New events may have earlier times than those that were read: another process created them, or this one after
        // its clock was set back.
        let skewed = timestamp(now.checked_sub(CLOCK_SKEW).unwrap_or(now)).to_string();
        let mut after = if line.len() == 0 { String::new() } else { skewed.min(last.clone()) };
        while line.len() < MOST_KNOWN {
            let page = store.rows(&partition, &after, PAGE, now).await?;
            for row in &page {
                match QueuedEvent::read(&row.value) {
                    Some(queued) => line.add(&row.key, &queued),
                    None => tracing::error!(subscription = name, key = row.key, "an event that waits is damaged"),
                }
            }
            let is_last = page.len() < PAGE;
            let Some(read) = page.into_iter().next_back() else { break };
            after = read.key;
            *last = after.clone().max(std::mem::take(last));
            if is_last {
                break;
            }
        }
        self.note(line);
        Ok(line.len() >= MOST_KNOWN)
    }

    /// Updates the progress of this post for `/health`.
    fn note(&self, line: &Line) {
        self.parts.outbox.posts.update(&self.subscription.name, |post| {
            (post.is_ended, post.waiting, post.oldest) = (false, line.len(), line.oldest());
        });
    }

    fn attempt(&self, key: String) -> BoxFuture<'static, Attempted> {
        let (parts, subscription) = (Arc::clone(&self.parts), Arc::clone(&self.subscription));
        let (courier, now) = (Arc::clone(&self.courier), (self.clock)());
        async move {
            let end = attempt(&parts, &subscription, &*courier, &key, now).await;
            (key, end)
        }
        .boxed()
    }

    fn settle(&self, line: &mut Line, key: &str, end: Result<AttemptEnd, Unavailable>) {
        if end == Ok(AttemptEnd::Delivered) {
            let now = timestamp((self.clock)()).to_string();
            self.parts.outbox.posts.update(&self.subscription.name, |post| post.last_delivery = Some(now));
        }
        match end {
            Ok(AttemptEnd::Delivered | AttemptEnd::Dead) => line.finish(key),
            Ok(AttemptEnd::Again(due)) => line.put_back(key, due),
            // The next `look` finds that the subscription was ended, and empties the queue in memory.
            Ok(AttemptEnd::Ended) => line.put_back(key, timestamp((self.clock)())),
            Err(_) => line.put_back(key, timestamp((self.clock)() + PAUSE)),
        }
        self.note(line);
    }
}
