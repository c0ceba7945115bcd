//! The cursor of a subject: the number of its last event, and its badge at that time.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    event::{BadgeWords, EventSubject},
    rows::{CURSOR, CURSOR_LIFE, cursor_partition},
};
use crate::store::{Row, RowChange, RowIs, Store, Unavailable};

/// The state of a subject as of its last event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) sequence: u64,
    pub(crate) badge: Option<BadgeWords>,
    /// The fields of the last state that an event was made from.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) fields: Map<String, Value>,
    /// The value of the row that the cursor was read from.
    #[serde(skip)]
    read: Option<String>,
}

impl Cursor {
    /// The cursor of a subject. A damaged cursor counts as new; its row is replaced by the next one.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    pub(crate) async fn read(store: &dyn Store, subject: &EventSubject, now: SystemTime) -> Result<Self, Unavailable> {
        let found = store.rows(&cursor_partition(subject), "", 1, now).await?;
        let Some(row) = found.into_iter().next() else { return Ok(Self::default()) };
        let cursor: Self = serde_json::from_str(&row.value).unwrap_or_default();
        Ok(Self { read: Some(row.value), ..cursor })
    }

    /// The change that writes this cursor, on condition that no other process has written one since it was read.
    pub(crate) fn moved(&self, subject: &EventSubject, now: SystemTime) -> RowChange {
        // Serializing it does not fail.
        let value = serde_json::to_string(self).unwrap_or_default();
        let condition = self.read.clone().map_or(RowIs::Absent, RowIs::Equal);
        let (partition, key) = (cursor_partition(subject), CURSOR.to_owned());
        RowChange::Put(Row { partition, key, value, expires: now + CURSOR_LIFE }, condition)
    }
}
