//! Events: what happened to a subject, for whoever subscribed to it.
//!
//! An event begins as a row of the outbox, which the store writes in the transaction of the record or the state that it
//! tells of. The pump tells it: it finds out what the subject's badge says now, numbers the event, and has it wait for
//! each receiver. The post of a subscription sends what waits, in order for each subject.

mod address;
pub(crate) mod attempt;
mod chat;
mod cursor;
mod event;
mod form;
mod happening;
mod lease;
mod letters;
mod line;
mod message;
mod only;
pub(crate) mod outbox;
mod outgoing;
mod pattern;
mod post;
mod post_health;
pub(crate) mod pump;
mod queued;
mod resolve;
mod rfc3339;
pub(crate) mod rows;
pub(crate) mod schema;
mod stop;
mod subject_badge;
pub(crate) mod subscription;
pub(crate) mod subscription_error;
mod subscription_table;
pub(crate) mod teller;
mod wait;
mod webhook_secret;

use std::{sync::Arc, time::SystemTime};

pub use address::{parse_address, shown};
pub use attempt::AttemptEnd;
pub use event::{BadgeWords, Event, EventName, EventSubject};
pub use form::Form;
pub(crate) use happening::Cause;
pub use letters::{DeadLetter, dead_letters, ended_subscriptions, resume, waiting, waiting_event};
pub use only::Only;
pub use outgoing::{ATTEMPT_TIMEOUT, Courier, LARGEST_ANSWER, Outgoing, ResolvedTarget, outgoing};
pub use pattern::Pattern;
pub use post_health::SubscriptionHealth;
pub use queued::QueuedEvent;
pub use resolve::ResolveError;
pub use schema::SCHEMA;
pub use stop::EventPump;
pub use subscription::{MOST_SUBSCRIPTIONS, Subscription, Target};
pub use subscription_error::{AddressMistake, SubscriptionError, SubscriptionMistake};
pub use wait::{MOST_ATTEMPTS, wait_after};
pub use webhook_secret::{WebhookSecret, WebhookSecretError};

/// The time of the wall clock.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;
