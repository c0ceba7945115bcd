//! Events: what happened to a subject, for whoever subscribed to it.
//!
//! An event begins as a row of the outbox, which the store writes in the transaction of the record or the state that it
//! tells of.

mod event;

pub use event::{BadgeWords, Event, EventName, EventSubject};
