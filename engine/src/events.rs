//! Events: what happened to a subject, for whoever subscribed to it.
//!
//! An event begins as a row of the outbox, which the store writes in the transaction of the record or the state that it
//! tells of.

mod address;
mod chat;
mod event;
mod form;
mod message;
mod only;
mod outgoing;
mod pattern;
mod resolve;
mod rfc3339;
pub(crate) mod schema;
pub(crate) mod subscription;
pub(crate) mod subscription_error;
mod subscription_table;
mod webhook_secret;

pub use address::{parse_address, shown};
pub use event::{BadgeWords, Event, EventName, EventSubject};
pub use form::Form;
pub use only::Only;
pub use outgoing::{ATTEMPT_TIMEOUT, Courier, LARGEST_ANSWER, Outgoing, ResolvedTarget, outgoing};
pub use pattern::Pattern;
pub use resolve::ResolveError;
pub use schema::SCHEMA;
pub use subscription::{MOST_SUBSCRIPTIONS, Subscription, Target};
pub use subscription_error::{AddressMistake, SubscriptionError, SubscriptionMistake};
pub use webhook_secret::{WebhookSecret, WebhookSecretError};
