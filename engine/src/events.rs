//! Events: what happened to a subject, sent to the receivers that subscriptions name.
//!
//! An event begins as a row of the outbox, which the store writes in the same transaction as the record or the state.
//! The pump processes the row: it makes the subject's badge as it is now, numbers the event, and puts it into the queue
//! of each receiver. The post of a subscription sends the events in its queue, in order for each subject. In this
//! module, to "tell" a row or a happening means to do the pump's step.

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
