//! Rows of the table of events in memory.

use std::{collections::BTreeMap, sync::Mutex, time::SystemTime};

use badgesmith_engine::store::{Row, RowChange, RowIs};

/// The rows, by partition and key.
#[derive(Default)]
pub struct MemoryRows(Mutex<BTreeMap<(String, String), Row>>);

impl MemoryRows {
    /// Writes a row, if there is one.
    pub fn add(&self, row: Option<&Row>) {
        if let Some(row) = row {
            self.0.lock().unwrap().insert((row.partition.clone(), row.key.clone()), row.clone());
        }
    }

    pub fn read(&self, partition: &str, after: &str, limit: usize, now: SystemTime) -> Vec<Row> {
        let rows = self.0.lock().unwrap();
        let of = rows.values().filter(|row| row.partition == partition && &*row.key > after && row.expires > now);
        of.take(limit).cloned().collect()
    }

    pub fn change(&self, changes: &[RowChange], now: SystemTime) -> bool {
        let mut rows = self.0.lock().unwrap();
        let holds = |partition: &str, key: &str, wanted: &RowIs| {
            let place = (partition.to_owned(), key.to_owned());
            let found = rows.get(&place).filter(|row| row.expires > now);
            match wanted {
                RowIs::Any => true,
                RowIs::Absent => found.is_none(),
                RowIs::Present => found.is_some(),
                RowIs::Equal(value) => found.is_some_and(|row| row.value == *value),
            }
        };
        let all_hold = changes.iter().all(|change| match change {
            RowChange::Put(row, wanted) => holds(&row.partition, &row.key, wanted),
            RowChange::Delete(partition, key, wanted) => holds(partition, key, wanted),
        });
        if all_hold {
            for change in changes {
                match change {
                    RowChange::Put(row, _) => rows.insert((row.partition.clone(), row.key.clone()), row.clone()),
                    RowChange::Delete(partition, key, _) => rows.remove(&(partition.clone(), key.clone())),
                };
            }
        }
        all_hold
    }
}
