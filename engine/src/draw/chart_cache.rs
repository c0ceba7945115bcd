//! The cache of charts. A chart is kept for a minute, with the place of its newest record.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{
    bounded::{Bounded, Weight},
    error::Error,
    flight::Flights,
    store::RecordPlace,
    world::Executor,
};

/// How long a chart is kept. A record that arrives late, with an older time than others, is shown after that time.
const KEPT: Duration = Duration::from_secs(60);

/// A drawn chart.
#[derive(Debug)]
pub(crate) struct KeptChart {
    pub(crate) picture: Bytes,
    /// The place of the newest record in it; `None` if it is empty.
    pub(crate) newest: Option<RecordPlace>,
    made: SystemTime,
}

/// The cached charts, and those that are being made.
pub(super) struct Charts {
    kept: Bounded<KeptChart>,
    flights: Flights<Result<Arc<KeptChart>, Error>>,
}

impl Weight for KeptChart {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.picture.len() + self.newest.as_ref().map_or(0, |newest| newest.run_id.len())
    }
}

impl KeptChart {
    pub(crate) fn new(picture: Bytes, newest: Option<RecordPlace>, made: SystemTime) -> Self {
        Self { picture, newest, made }
    }
}

impl Charts {
    pub(super) fn new(bytes: u64) -> Self {
        Self { kept: Bounded::new(bytes), flights: Flights::new() }
    }

    pub(super) fn clear(&self) {
        self.kept.clear();
    }

    pub(super) fn size(&self) -> (usize, u64) {
        self.kept.size()
    }

    /// The chart of this key, if it was drawn less than a minute ago.
    pub(super) fn get(&self, key: &str, now: SystemTime) -> Option<Arc<KeptChart>> {
        self.kept.get(key).filter(|chart| now < chart.made + KEPT)
    }

    /// Makes the chart of this key once for all callers, and caches it.
    pub(super) async fn make(
        &self,
        key: &str,
        executor: &dyn Executor,
        making: impl Future<Output = Result<KeptChart, Error>> + Send + 'static,
    ) -> Result<Arc<KeptChart>, Error> {
        let work = || -> BoxFuture<'static, _> { Box::pin(async move { making.await.map(Arc::new) }) };
        let made = self.flights.join(key, executor, || None, work).await;
        let chart = made.unwrap_or_else(|| Err(Error::engine_failed()))?;
        self.kept.put(key, Arc::clone(&chart));
        Ok(chart)
    }
}
