//! Writes that must be durable before they are acknowledged: one write of a transaction, and its outcome.

use std::time::SystemTime;

use badgesmith_engine::store::{Delivery, Entry, Nonce, Recorded, RowChange};

use super::{
    event_rows, marks, records,
    rows::Tables,
    states::{self, NewState},
};

/// One write.
#[derive(Debug)]
pub(super) enum StoreWrite {
    /// A record with its nonce.
    Record(Box<Entry>),
    /// A state, if it is newer.
    State(Box<NewState>),
    /// The records of a delivery.
    Delivery(Box<Delivery>),
    /// The nonce of a report that is recorded later.
    Claim { partition: String, nonce: Nonce, at: SystemTime },
    /// A mark that makes cached answers stale.
    Mark { about: String, at: SystemTime },
    /// Changes of rows of the table of events.
    Rows { changes: Vec<RowChange>, now: SystemTime },
}

/// The outcome of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreWritten {
    /// The outcome of a record.
    Recorded(Recorded),
    /// Whether the state, the delivery or the nonce is new, or the changes of rows were made.
    IsNew(bool),
}

impl StoreWrite {
    /// Writes it.
    pub(super) fn apply(&self, tables: &mut Tables<'_>) -> Result<StoreWritten, redb::Error> {
        match self {
            Self::Record(entry) => records::record(tables, entry).map(StoreWritten::Recorded),
            Self::State(state) => states::put(tables, state).map(StoreWritten::IsNew),
            Self::Delivery(delivery) => records::deliver(tables, delivery).map(StoreWritten::IsNew),
            Self::Claim { partition, nonce, at } => {
                records::claim_nonce(tables, partition, nonce, *at).map(StoreWritten::IsNew)
            }
            Self::Mark { about, at } => marks::mark(tables, about, *at).map(|()| StoreWritten::IsNew(true)),
            Self::Rows { changes, now } => event_rows::change(tables, changes, *now).map(StoreWritten::IsNew),
        }
    }
}

impl StoreWritten {
    /// Whether the write changed the store.
    pub(super) const fn is_new(self) -> bool {
        matches!(self, Self::Recorded(Recorded::New) | Self::IsNew(true))
    }
}
