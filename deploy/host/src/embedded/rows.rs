//! The tables whose rows expire, and the index of their expiries. One write transaction changes them together.

use std::time::Duration;

use redb::{
    Database, ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError, WriteTransaction,
};

use super::checksummed::{FOREVER, decode, decode_claim, decode_new, encode, encode_claim};

/// A row's key: the partition, such as a collection and a repository, and the sort key within it.
pub(super) type RowKey<'a> = (&'a str, &'a str);

/// A table of checksummed values.
pub(super) type RowTable = TableDefinition<'static, RowKey<'static>, &'static [u8]>;

/// The table of records.
pub(super) const RESULTS: RowTable = TableDefinition::new("results");
/// Row key of a run, a nonce or a delivery → the claim's expiry, checksummed.
pub(super) const CLAIMS: TableDefinition<RowKey<'static>, u64> = TableDefinition::new("claims");
/// (Expiry, number of the kind, row key): the index of expiries, in their order.
const EXPIRIES: TableDefinition<(u64, u8, &str, &str), ()> = TableDefinition::new("expiries");

/// The kinds of rows. Their numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// A record, as JSON.
    Result = 0,
    /// A claim, which has no value.
    Claim = 1,
    /// A state, as JSON.
    State = 2,
    /// An owner or a subject in a list, with the time of its last change.
    Listed = 3,
    /// A mark that makes cached answers stale, with the time since when.
    Mark = 4,
    /// A row of the table of events.
    Event = 5,
}

impl RowKind {
    pub(super) const ALL: [Self; 6] = [Self::Result, Self::Claim, Self::State, Self::Listed, Self::Mark, Self::Event];

    /// The kind with this number.
    pub(super) fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The table of the kind; `None` for claims.
    pub(super) const fn table(self) -> Option<RowTable> {
        match self {
            Self::Result => Some(RESULTS),
            Self::Claim => None,
            Self::State => Some(TableDefinition::new("states")),
            Self::Listed => Some(TableDefinition::new("lists")),
            Self::Mark => Some(TableDefinition::new("marks")),
            Self::Event => Some(TableDefinition::new("events")),
        }
    }

    /// The expiry of a stored row, and its value; `None` if it is damaged. Only results may have the format without a
    /// checksum.
    pub(super) fn decode<'a>(self, key: RowKey<'_>, stored: &'a [u8]) -> Option<(u64, &'a [u8])> {
        let key = [key.0, key.1];
        if self == Self::Result { decode(&key, stored) } else { decode_new(&key, stored) }
    }
}

/// Creates the tables.
pub(super) fn prepare(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    Tables::open(transaction).map(drop)
}

/// Checks that the tables of the first version exist, in a database that cannot be written now.
pub(super) fn check(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_read()?;
    transaction.open_table(RESULTS)?;
    transaction.open_table(CLAIMS)?;
    transaction.open_table(EXPIRIES)?;
    Ok(())
}

/// A table, for reading.
type RowsForReading = ReadOnlyTable<RowKey<'static>, &'static [u8]>;

/// The table of a kind, for reading. `None` in a store of an earlier version that could not be written yet.
pub(super) fn open(database: &Database, kind: RowKind) -> Result<Option<RowsForReading>, redb::Error> {
    let [table] = open_together(database, [kind])?;
    Ok(table)
}

/// The tables of these kinds as they are at the same moment.
pub(super) fn open_together<const N: usize>(
    database: &Database,
    kinds: [RowKind; N],
) -> Result<[Option<RowsForReading>; N], redb::Error> {
    let transaction = database.begin_read()?;
    let mut tables = [const { None }; N];
    for (table, kind) in tables.iter_mut().zip(kinds) {
        *table = match kind.table().map(|table| transaction.open_table(table)) {
            None | Some(Err(TableError::TableDoesNotExist(_))) => None,
            Some(opened) => Some(opened?),
        };
    }
    Ok(tables)
}

/// The time `life` after `now`, in seconds.
pub(super) fn after(now: u64, life: Duration) -> u64 {
    now.saturating_add(life.as_secs())
}

/// The tables of one write transaction.
pub(super) struct Tables<'t> {
    results: Table<'t, RowKey<'static>, &'static [u8]>,
    states: Table<'t, RowKey<'static>, &'static [u8]>,
    lists: Table<'t, RowKey<'static>, &'static [u8]>,
    marks: Table<'t, RowKey<'static>, &'static [u8]>,
    events: Table<'t, RowKey<'static>, &'static [u8]>,
    claims: Table<'t, RowKey<'static>, u64>,
    expiries: Table<'t, (u64, u8, &'static str, &'static str), ()>,
}

/// An entry of the index of expiries.
pub(super) struct Expiry {
    expires: u64,
    kind: u8,
    partition: String,
    key: String,
}

impl Expiry {
    /// The key of the row.
    pub(super) fn row_key(&self) -> RowKey<'_> {
        (&self.partition, &self.key)
    }
}

impl<'t> Tables<'t> {
    /// Opens them all, and creates those that are missing.
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        let open = |kind: RowKind| match kind.table() {
            Some(table) => Ok(transaction.open_table(table)?),
            None => Err(redb::Error::TableDoesNotExist(format!("{kind:?}"))),
        };
        Ok(Self {
            results: open(RowKind::Result)?,
            states: open(RowKind::State)?,
            lists: open(RowKind::Listed)?,
            marks: open(RowKind::Mark)?,
            events: open(RowKind::Event)?,
            claims: transaction.open_table(CLAIMS)?,
            expiries: transaction.open_table(EXPIRIES)?,
        })
    }

    /// The records.
    pub(super) fn results(&self) -> &impl ReadableTable<RowKey<'static>, &'static [u8]> {
        &self.results
    }

    /// Whether there is a claim of a key that has not expired at `now`.
    pub(super) fn is_claimed(&self, key: RowKey<'_>, now: u64) -> Result<bool, redb::Error> {
        // A damaged claim still counts as a claim.
        let claim = self.claims.get(key)?;
        Ok(claim.is_some_and(|claim| decode_claim(&[key.0, key.1], claim.value()).is_none_or(|expires| expires > now)))
    }

    /// Claims a key until `expires`.
    pub(super) fn claim(&mut self, key: RowKey<'_>, expires: u64) -> Result<(), redb::Error> {
        let previous = self.claims.insert(key, encode_claim(&[key.0, key.1], expires))?;
        let previous = previous.and_then(|claim| decode_claim(&[key.0, key.1], claim.value()));
        self.index(RowKind::Claim, key, previous, expires)
    }

    /// The expiry of a row and what `read` makes of its value; `None` if there is no such row, or a damaged one.
    pub(super) fn read<T>(
        &self,
        kind: RowKind,
        key: RowKey<'_>,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<(u64, T)>, redb::Error> {
        let Some(table) = self.table(kind) else { return Ok(None) };
        let Some(row) = table.get(key)? else { return Ok(None) };
        Ok(kind.decode(key, row.value()).and_then(|(expires, value)| Some((expires, read(value)?))))
    }

    /// Writes a row, which is kept until `expires`, in seconds since 1970, or forever with [`FOREVER`].
    pub(super) fn write(
        &mut self,
        kind: RowKind,
        key: RowKey<'_>,
        value: &[u8],
        expires: u64,
    ) -> Result<(), redb::Error> {
        let encoded = encode(&[key.0, key.1], expires, value);
        let Some(table) = self.table_mut(kind) else { return Ok(()) };
        let previous = table.insert(key, &*encoded)?;
        let previous = previous.and_then(|row| kind.decode(key, row.value()).map(|(expires, _)| expires));
        self.index(kind, key, previous, expires)
    }

    /// Deletes a row, if there is one.
    pub(super) fn delete(&mut self, kind: RowKind, key: RowKey<'_>) -> Result<(), redb::Error> {
        let Some(table) = self.table_mut(kind) else { return Ok(()) };
        let previous = table.remove(key)?;
        // The entry of a damaged row stays in the index until it is swept.
        let previous = previous.and_then(|row| kind.decode(key, row.value()).map(|(expires, _)| expires));
        self.index(kind, key, previous, FOREVER)
    }

    /// Replaces the entry of a row in the index.
    fn index(&mut self, kind: RowKind, key: RowKey<'_>, old: Option<u64>, new: u64) -> Result<(), redb::Error> {
        if old == Some(new) {
            return Ok(());
        }
        if let Some(old) = old {
            self.expiries.remove((old, kind as u8, key.0, key.1))?;
        }
        if new < FOREVER {
            self.expiries.insert((new, kind as u8, key.0, key.1), ())?;
        }
        Ok(())
    }

    /// Removes the first entry from the index, if it has expired at `now`.
    pub(super) fn take_expired(&mut self, now: u64) -> Result<Option<Expiry>, redb::Error> {
        let first = self.expiries.first()?.map(|(key, _)| {
            let (expires, kind, partition, key) = key.value();
            Expiry { expires, kind, partition: partition.to_owned(), key: key.to_owned() }
        });
        let Some(first) = first.filter(|first| first.expires <= now) else { return Ok(None) };
        self.expiries.remove((first.expires, first.kind, &*first.partition, &*first.key))?;
        Ok(Some(first))
    }

    /// Deletes the row of an entry that was taken from the index. The expiry in the row itself decides: a row that
    /// expires later is indexed again. `is_kept` says which damaged rows stay.
    pub(super) fn delete_expired(
        &mut self,
        expired: &Expiry,
        now: u64,
        is_kept: impl FnOnce(RowKind, &[u8]) -> bool,
    ) -> Result<(), redb::Error> {
        let Some(kind) = RowKind::of(expired.kind) else { return Ok(()) };
        let key = expired.row_key();
        let stored = match self.table_mut(kind) {
            Some(table) => {
                let found = table.get(key)?.map(|row| {
                    let expires = kind.decode(key, row.value()).map(|(expires, _)| expires);
                    (expires, is_kept(kind, row.value()))
                });
                let Some((expires, is_kept)) = found else { return Ok(()) };
                if expires.is_none_or(|expires| expires <= now) && !is_kept {
                    table.remove(key)?;
                }
                expires
            }
            None => {
                let expires = self.claims.get(key)?.and_then(|claim| decode_claim(&[key.0, key.1], claim.value()));
                if expires.is_none_or(|expires| expires <= now) {
                    self.claims.remove(key)?;
                }
                expires
            }
        };
        match stored.filter(|expires| *expires > now) {
            Some(later) => self.index(kind, key, None, later),
            None => Ok(()),
        }
    }

    fn table(&self, kind: RowKind) -> Option<&Table<'t, RowKey<'static>, &'static [u8]>> {
        match kind {
            RowKind::Result => Some(&self.results),
            RowKind::State => Some(&self.states),
            RowKind::Listed => Some(&self.lists),
            RowKind::Mark => Some(&self.marks),
            RowKind::Event => Some(&self.events),
            RowKind::Claim => None,
        }
    }

    fn table_mut(&mut self, kind: RowKind) -> Option<&mut Table<'t, RowKey<'static>, &'static [u8]>> {
        match kind {
            RowKind::Result => Some(&mut self.results),
            RowKind::State => Some(&mut self.states),
            RowKind::Listed => Some(&mut self.lists),
            RowKind::Mark => Some(&mut self.marks),
            RowKind::Event => Some(&mut self.events),
            RowKind::Claim => None,
        }
    }
}
