//! A message in a queue of dead letters, and the reason why it is there, as far as it can be known.
//!
//! SQS does not say why a consumer gave up on a message. So the message is checked as its consumer would check it, and
//! the reason is the error that is found now.

use std::time::SystemTime;

use badgesmith_aws::{DeadMessage, EventMessage};
use badgesmith_engine::{
    Plugin, QueuedError, QueuedSubject,
    events::{QueuedEvent, waiting_event},
    world::{Store, Unavailable},
};
use serde_json::{Value, json};

use super::since::timestamp;

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueKind {
    Events,
    Reports,
}

/// The result of checking a message.
#[derive(Debug)]
enum Found {
    /// The consumer cannot read it.
    Damaged,
    /// The location of a waiting event, and the event itself; `None` if it does not wait there any more.
    Event(EventMessage, Option<Box<QueuedEvent>>),
    Report(QueuedSubject),
}

/// A message, and the result of checking it.
#[derive(Debug)]
pub(super) struct QueueLetter {
    pub(super) message: DeadMessage,
    found: Found,
    reason: String,
}

impl QueueLetter {
    /// Reads a message of a queue.
    pub(super) async fn read(
        kind: QueueKind,
        message: DeadMessage,
        store: &dyn Store,
        plugins: &[Plugin],
    ) -> Result<Self, Unavailable> {
        let (found, reason) = match kind {
            QueueKind::Events => event(&message.body, store).await?,
            QueueKind::Reports => report(&message.body, plugins),
        };
        Ok(Self { message, found, reason })
    }

    /// The subscription of an event.
    pub(super) fn subscription(&self) -> Option<&str> {
        match &self.found {
            Found::Event(message, _) => Some(&message.subscription),
            Found::Damaged | Found::Report(_) => None,
        }
    }

    /// The line of a list: the id, the subscription or the collection, the event, its subject, why it is dead, and the
    /// queue.
    pub(super) fn line(&self, queue: &str) -> String {
        let place = |[owner, repo, part, branch]: [&str; 4]| format!("{owner}/{repo} {part} {branch}");
        let (whose, what, subject) = match &self.found {
            Found::Damaged => ("-", "damaged", "-".to_owned()),
            Found::Event(EventMessage { subscription, .. }, None) => (&**subscription, "gone", "-".to_owned()),
            Found::Event(EventMessage { subscription, .. }, Some(queued)) => {
                let subject = &queued.event.subject;
                let names = [&*subject.owner, &*subject.repo, &*subject.part, &*subject.branch];
                (&**subscription, queued.event.name.name(), place(names))
            }
            Found::Report(QueuedSubject { collection, subject, .. }) => {
                let names = [subject.owner(), subject.repo(), subject.platform(), subject.branch()];
                (&**collection, "report", place(names))
            }
        };
        let DeadMessage { id, since, receives, .. } = &self.message;
        let (reason, since) = (&self.reason, timestamp(*since));
        format!("{id}\t{whose}\t{what}\t{subject}\t{reason}\tin {queue} since {since}, received {receives} times\n")
    }

    /// The whole message as a line of JSON.
    pub(super) fn json(&self, queue: &str) -> String {
        let DeadMessage { id, since, receives, body, .. } = &self.message;
        let message = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.clone()));
        let mut whole = json!({
            "queue": queue, "id": id, "since": timestamp(*since).to_string(), "receives": receives,
            "reason": self.reason, "message": message,
        });
        if let Found::Event(_, Some(queued)) = &self.found {
            whole["waiting"] = serde_json::to_value(queued).unwrap_or_default();
        }
        format!("{whole}\n")
    }
}

async fn event(body: &str, store: &dyn Store) -> Result<(Found, String), Unavailable> {
    let message: EventMessage = match serde_json::from_str(body) {
        Ok(message) => message,
        Err(fault) => {
            let reason = format!("the message names no subscription and key: {fault}");
            return Ok((Found::Damaged, reason));
        }
    };
    let queued = waiting_event(store, &message.subscription, &message.key, SystemTime::now()).await?;
    let reason = match &queued {
        None => "its event does not wait any more: it was sent, was deleted, or has expired".to_owned(),
        Some(queued) if queued.attempts == 0 => "it was never sent: the function came to no end with it".to_owned(),
        Some(queued) => format!("{} after {} attempts", queued.reason, queued.attempts),
    };
    Ok((Found::Event(message, queued.map(Box::new)), reason))
}

fn report(body: &str, plugins: &[Plugin]) -> (Found, String) {
    let found = match QueuedSubject::read(body) {
        Ok(found) => found,
        Err(fault) => return (Found::Damaged, fault.to_string()),
    };
    let is_kept = plugins.iter().any(|plugin| plugin.keeps(&found.collection));
    let reason = if is_kept {
        "nothing is wrong with it now: the store did not answer, or a plugin was missing".to_owned()
    } else {
        QueuedError::NoPlugin(found.collection.clone()).to_string()
    };
    (Found::Report(found), reason)
}
