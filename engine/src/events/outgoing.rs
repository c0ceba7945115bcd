//! The request or the message that is sent for an event, and the trait through which it is sent.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Map;
use url::Url;

use super::{
    address::shown,
    chat,
    event::{Event, EventSubject},
    form::Form,
    webhook_secret::WebhookSecret,
};
use crate::{
    digest::digest,
    world::{Fault, Reply},
};

/// The largest message to a topic, in bytes: SNS accepts 256 KiB including the attributes, which have at most 1 KiB
/// each here.
const LARGEST_MESSAGE: usize = 250 * 1024;

/// How long one attempt may take, from the DNS lookup to the end of the answer.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of a receiver's answer is read, in bytes. Only the status and `Retry-After` are used.
pub const LARGEST_ANSWER: usize = 16 * 1024;

/// Sends events. Each call is one attempt.
pub trait Courier: Send + Sync {
    /// Sends a request or a message, and returns the receiver's answer, whatever its status is. Redirects are not
    /// followed.
    ///
    /// # Errors
    /// [`Fault`] if there is no complete answer.
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>>;
}

/// The target of a subscription, with its secrets looked up.
#[derive(Clone, PartialEq, Eq)]
pub enum ResolvedTarget {
    /// To an address.
    Webhook {
        /// The address.
        url: Url,
        /// The signing secrets, the newest first: two during a rotation, none if the form is not signed.
        secrets: Vec<WebhookSecret>,
    },
    /// To the SNS topic of this ARN.
    Topic(String),
}

/// A request or a message for a receiver. Its debug output shows only the origin of the address.
#[derive(Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A POST.
    Webhook {
        /// The address.
        url: Url,
        /// The headers, without `User-Agent`, which the client adds.
        headers: HeaderMap,
        /// The body.
        body: Bytes,
    },
    /// A message to an SNS topic.
    Topic {
        /// The topic.
        arn: String,
        /// The event's JSON.
        message: String,
        /// The attributes for SNS filters: `event`, `owner`, `repo`, `part`, `branch`. Empty ones are left out.
        attributes: BTreeMap<&'static str, String>,
        /// The message group of a FIFO topic: one for each subject.
        group: Option<String>,
        /// The deduplication id of a FIFO topic: the event's id.
        deduplication: Option<String>,
    },
}

/// The request or the message to send at `now` for an event. The id and the body are the same in every attempt; the
/// timestamp, and therefore the signature, is of this attempt.
#[must_use]
pub fn outgoing(event: &Event, form: Form, target: &ResolvedTarget, now: SystemTime) -> Outgoing {
    match target {
        ResolvedTarget::Topic(arn) => topic(event, arn),
        ResolvedTarget::Webhook { url, secrets } => {
            let body = match form {
                Form::Json => json(event).into(),
                Form::Slack => chat::slack(event),
                Form::Discord => chat::discord(event),
            };
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if form == Form::Json {
                sign(&mut headers, &event.id, secrets, &body, now);
            }
            Outgoing::Webhook { url: url.clone(), headers, body }
        }
    }
}

/// The three headers of Standard Webhooks.
fn sign(headers: &mut HeaderMap, id: &str, secrets: &[WebhookSecret], body: &[u8], now: SystemTime) {
    let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
    for (name, value) in [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ] {
        // Ids, numbers and base64 are always valid in a header.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn topic(event: &Event, arn: &str) -> Outgoing {
    let EventSubject { owner, repo, part, branch, .. } = &event.subject;
    let attributes =
        [("event", event.name.name()), ("owner", owner), ("repo", repo), ("part", part), ("branch", branch)];
    // SNS refuses a message with an empty attribute.
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let is_fifo = arn.ends_with(".fifo");
    Outgoing::Topic {
        arn: arn.to_owned(),
        message: message(event),
        attributes: attributes.map(|(name, value)| (name, value.to_owned())).collect(),
        group: is_fifo.then(|| group(&event.subject)),
        deduplication: is_fifo.then(|| event.id.clone()),
    }
}

/// The event's JSON. If it is too large, the data is left out and `data.left_out` is set.
fn message(event: &Event) -> String {
    let whole = json(event);
    if whole.len() <= LARGEST_MESSAGE {
        return whole;
    }
    let words = format!("the event has {} bytes, and a message at most {LARGEST_MESSAGE}", whole.len());
    let data = Map::from_iter([("left_out".to_owned(), words.into())]);
    json(&Event { data, ..event.clone() })
}

fn json(event: &Event) -> String {
    // An event has only texts as keys, so it always has JSON.
    serde_json::to_string(event).unwrap_or_default()
}

/// The message group of a subject: a hash, because a group has at most 128 characters of ASCII.
fn group(subject: &EventSubject) -> String {
    hex::encode(digest(&subject.names()))
}

impl fmt::Debug for ResolvedTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { url, secrets } => {
                f.debug_struct("Webhook").field("url", &shown(url)).field("secrets", secrets).finish()
            }
            Self::Topic(arn) => f.debug_tuple("Topic").field(arn).finish(),
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { url, headers, body } => {
                let mut debug = f.debug_struct("Webhook");
                debug.field("url", &shown(url)).field("headers", headers).field("body", body).finish()
            }
            Self::Topic { arn, message, attributes, group, deduplication } => f
                .debug_struct("Topic")
                .field("arn", arn)
                .field("message", message)
                .field("attributes", attributes)
                .field("group", group)
                .field("deduplication", deduplication)
                .finish(),
        }
    }
}
