//! The outbox: rows that are written together with a record or a state, from which events are made, and the bell that
//! wakes the pump.

use std::{sync::Arc, time::SystemTime};

use badgesmith_provider::{Record, State};
use tokio::sync::Notify;

use super::{
    happening::{Cause, Happening},
    post_health::Posts,
};
use crate::store::{IDENTITY, Row, Subject};

/// The outbox. Without subscriptions it is off, and no rows are written.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    is_on: bool,
    /// Wakes the pump when there are new rows.
    pub(crate) bell: Arc<Notify>,
    /// The progress of the posts of this process.
    pub(crate) posts: Arc<Posts>,
}

impl Outbox {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, bell: Arc::new(Notify::new()), posts: Arc::default() }
    }

    /// Wakes the pump after rows were written.
    pub(crate) fn ring(&self) {
        if self.is_on {
            self.bell.notify_one();
        }
    }

    /// The row for a record of a report or of a delivery.
    pub(crate) fn of_record(
        &self,
        cause: Cause,
        collection: &str,
        subject: &Subject,
        record: &Record,
        now: SystemTime,
        correlation_id: &str,
    ) -> Option<Row> {
        let happening = || Happening::of_record(cause, collection, subject, record);
        self.is_on.then(|| happening().into_row(now, correlation_id))
    }

    /// The row for a state. States that expire, and those that say which repository has a name, cause no events.
    pub(crate) fn of_state(
        &self,
        state: &State,
        subject: &Subject,
        now: SystemTime,
        correlation_id: &str,
    ) -> Option<Row> {
        let is_told = self.is_on && state.life_seconds.is_none() && state.collection != IDENTITY;
        is_told.then(|| Happening::of_state(state, subject).into_row(now, correlation_id))
    }
}
