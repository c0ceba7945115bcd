//! A lease makes sure that only one of several processes on the same store does a kind of work at a time.

use std::time::{Duration, SystemTime};

use super::rows::LEASES;
use crate::store::{Row, RowChange, RowIs, Store, Unavailable};

/// How long a lease lasts after it was renewed. If its holder crashes, other processes wait for up to this long.
const LIFE: Duration = Duration::from_secs(30);
/// After how long the holder renews the lease.
const RENEWAL: Duration = Duration::from_secs(10);

/// A lease that this process holds or wants.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    what: String,
    holder: String,
    renewed: Option<SystemTime>,
}

impl Lease {
    /// A lease for some work; `holder` is random for each process.
    pub(crate) fn new(what: String, holder: &str) -> Self {
        Self { what, holder: holder.to_owned(), renewed: None }
    }

    /// Whether this process holds the lease now. A store that only one process has open needs none.
    ///
    /// # Errors
    /// [`Unavailable`] if that is unknown.
    pub(crate) async fn hold(&mut self, store: &dyn Store, now: SystemTime) -> Result<bool, Unavailable> {
        if !store.is_shared() {
            return Ok(true);
        }
        let is_fresh = |at: SystemTime| now.duration_since(at).is_ok_and(|since| since < RENEWAL);
        if self.renewed.is_some_and(is_fresh) {
            return Ok(true);
        }
        let condition = if self.renewed.is_some() { RowIs::Equal(self.holder.clone()) } else { RowIs::Absent };
        let (partition, key) = (LEASES.to_owned(), self.what.clone());
        let row = Row { partition, key, value: self.holder.clone(), expires: now + LIFE };
        let is_held = store.change_rows(&[RowChange::Put(row, condition)], now).await?;
        self.renewed = is_held.then_some(now);
        Ok(is_held)
    }

    /// Gives the lease back, so that another process need not wait until it expires. If the store does not answer, the
    /// lease expires.
    pub(crate) async fn release(self, store: &dyn Store, now: SystemTime) {
        if self.renewed.is_some() {
            let mine = RowChange::Delete(LEASES.to_owned(), self.what, RowIs::Equal(self.holder));
            let _ = store.change_rows(&[mine], now).await;
        }
    }
}
