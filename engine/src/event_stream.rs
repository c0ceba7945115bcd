//! A stream of Server-Sent Events as data: a server sends its messages for as long as the client is connected.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::{
    executor::Executor,
    live::ring::{Changed, Event, Lost, Ring},
};

/// After how long without an event a comment is sent, so that proxies do not close the connection.
const SILENCE: Duration = Duration::from_secs(25);
/// How long a client waits before it connects again, in milliseconds.
const RETRY: u32 = 2000;
/// How many events are sent at once, at most.
const AT_ONCE: usize = 64;

/// The messages for one listener. The stream never ends by itself.
#[derive(Clone)]
pub struct EventStream {
    ring: Arc<Ring>,
    news: watch::Receiver<u64>,
    executor: Arc<dyn Executor>,
    /// Only events of this owner and repository, case-folded, are sent; without them, events of all.
    owner: Option<String>,
    repo: Option<String>,
    /// The number of the last event that was sent or skipped.
    told: u64,
    /// The message that is sent first.
    opening: Option<String>,
}

impl EventStream {
    /// A stream of the events after the one with this id; without an id, of the events from now on. If the id is
    /// unknown, the first message is `reset`: the listener has to read everything again.
    pub(crate) fn new(ring: &Arc<Ring>, executor: &Arc<dyn Executor>, after: Option<&str>) -> Self {
        let known = after.map(|id| ring.number(id));
        let told = known.flatten().unwrap_or_else(|| ring.newest());
        let mut opening = format!("retry: {RETRY}\n\n");
        opening += &match known {
            Some(None) => message(&ring.id(told), "reset", "{}"),
            // A client remembers the id of an event only if the event has data.
            _ => message(&ring.id(told), "ready", "{}"),
        };
        Self {
            ring: Arc::clone(ring),
            news: ring.news(),
            executor: Arc::clone(executor),
            owner: None,
            repo: None,
            told,
            opening: Some(opening),
        }
    }

    /// The same stream, with the events of this owner and this repository only.
    pub(crate) fn about(self, owner: Option<String>, repo: Option<String>) -> Self {
        Self { owner, repo, ..self }
    }

    /// The next bytes to send, once there are any. Dropping the future loses no event.
    pub async fn next(&mut self) -> Bytes {
        if let Some(opening) = self.opening.take() {
            return opening.into();
        }
        loop {
            // An event that arrives after `read` wakes the wait below.
            self.news.borrow_and_update();
            let text = self.read();
            if !text.is_empty() {
                return text.into();
            }
            if self.told < self.ring.newest() {
                continue;
            }
            let silence = self.executor.sleep(SILENCE);
            match select(Box::pin(self.news.changed()), silence).await {
                Either::Left((Ok(()), _)) => {}
                // The sender is a part of the ring, which is alive.
                Either::Left((Err(_), _)) | Either::Right(_) => return Bytes::from_static(b": nothing new\n\n"),
            }
        }
    }

    /// The next events as text; empty if none of them is for this listener.
    fn read(&mut self) -> String {
        let Ok(events) = self.ring.after(self.told, AT_ONCE) else {
            let Lost = Lost;
            self.told = self.ring.newest();
            return message(&self.ring.id(self.told), "reset", "{}");
        };
        let mut text = String::new();
        for (number, event) in events {
            self.told = number;
            match event {
                Event::Change(changed) if self.is_about(&changed) => {
                    // Strings always have a JSON form, in which no line ends.
                    let data = serde_json::to_string(&changed).unwrap_or_default();
                    text += &message(&self.ring.id(number), "change", &data);
                }
                Event::Reset => text += &message(&self.ring.id(number), "reset", "{}"),
                Event::Change(_) | Event::Withdrawn => {}
            }
        }
        text
    }

    fn is_about(&self, changed: &Changed) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        is(&self.owner, &changed.owner) && is(&self.repo, &changed.repo)
    }
}

fn message(id: &str, event: &str, data: &str) -> String {
    format!("id: {id}\nevent: {event}\ndata: {data}\n\n")
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStream")
    }
}
