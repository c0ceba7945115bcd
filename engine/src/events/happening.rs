//! A happening is the content of an outbox row: something was recorded, and it is not yet known whether the badge
//! changed.

use std::time::{Duration, SystemTime};

use badgesmith_provider::{Record, State, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::event::EventSubject;
use crate::{
    digest::digest,
    store::{LARGEST_ROW, Row, Subject},
};

/// How long a row of the outbox is kept until events are made from it: a week.
const OUTBOX_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How many partitions the outbox has. Each partition is polled every few seconds by one process, so each adds a small
/// cost.
pub(crate) const OUTBOX_SHARDS: u8 = 4;
/// By how many bytes an event in a queue may be larger than its row in the outbox: it adds two badges and the attempts.
const ROOM: usize = 16 * 1024;

/// The kind of data that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cause {
    /// The record of a report.
    Report,
    /// A record of a webhook's delivery.
    Delivery,
    /// A state of a webhook's delivery.
    State,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Happening {
    /// The id of its events begins with this.
    pub(crate) id: String,
    pub(crate) cause: Cause,
    /// When it was written, in milliseconds since 1970.
    pub(crate) time: Timestamp,
    pub(crate) subject: EventSubject,
    /// The record, or the fields of the state.
    pub(crate) data: Map<String, Value>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) correlation_id: String,
}

impl Happening {
    /// The happening for a record that is being written.
    pub(crate) fn of_record(cause: Cause, collection: &str, subject: &Subject, record: &Record) -> Self {
        let Record { run_id, run_attempt, timestamp_ms, fields } = record;
        let time = timestamp_ms.to_string();
        let data = json!({"run_id": run_id, "run_attempt": run_attempt, "timestamp": time, "fields": fields});
        Self::new(cause, collection, subject, &format!("{run_id}\n{run_attempt}"), data)
    }

    /// The happening for a state that is being written.
    pub(crate) fn of_state(state: &State, subject: &Subject) -> Self {
        let data = Value::Object(state.fields.clone());
        Self::new(Cause::State, &state.collection, subject, &format!("{:?}", state.sequence), data)
    }

    fn new(cause: Cause, collection: &str, subject: &Subject, run: &str, data: Value) -> Self {
        let subject = EventSubject::new(collection, subject);
        let [collection, owner, repo, part, branch] = subject.names();
        let named = digest(&[&format!("{cause:?}"), collection, owner, repo, part, branch, run]);
        let id = format!("evt_{}", hex::encode(&named[..16]));
        let data = if let Value::Object(data) = data { data } else { Map::new() };
        Self { id, cause, time: Timestamp::MIN, subject, data, correlation_id: String::new() }
    }

    /// The row of the outbox for data that is written at this time because of this request.
    pub(crate) fn into_row(mut self, now: SystemTime, correlation_id: &str) -> Row {
        self.time = timestamp(now);
        correlation_id.clone_into(&mut self.correlation_id);
        let mut value = self.write();
        if value.len() > LARGEST_ROW - ROOM {
            self.data.retain(|name, _| ["run_id", "run_attempt", "timestamp"].contains(&&**name));
            self.data.insert("is_cut".to_owned(), Value::Bool(true));
            value = self.write();
        }
        Row {
            partition: outbox_partition(self.subject.shard()),
            key: format!("{}#{}", self.time, self.id),
            value,
            expires: now + OUTBOX_LIFE,
        }
    }

    fn write(&self) -> String {
        // Serializing texts and a map does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The happening in a row; `None` if the row is damaged.
    pub(crate) fn read(row: &Row) -> Option<Self> {
        serde_json::from_str(&row.value).ok()
    }
}

/// The partition of a shard of the outbox.
pub(crate) fn outbox_partition(shard: u8) -> String {
    format!("OUTBOX#{shard:02}")
}

/// A time in milliseconds since 1970.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::nearest(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl EventSubject {
    /// The subject of a collection.
    #[must_use]
    pub fn new(collection: &str, subject: &Subject) -> Self {
        Self {
            collection: collection.to_owned(),
            owner: subject.owner().to_owned(),
            repo: subject.repo().to_owned(),
            part: subject.platform().to_owned(),
            branch: subject.branch().to_owned(),
        }
    }

    /// Its five names: collection, owner, repository, part and branch.
    #[must_use]
    pub fn names(&self) -> [&str; 5] {
        [&self.collection, &self.owner, &self.repo, &self.part, &self.branch]
    }

    /// The shard of the outbox for this subject. All its rows are in one shard, which keeps its events in order.
    #[must_use]
    pub fn shard(&self) -> u8 {
        digest(&self.names())[0] % OUTBOX_SHARDS
    }
}
