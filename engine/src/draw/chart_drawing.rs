//! Charts are drawn on worker threads, and kept for a minute or until there is a newer record.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_renderer::{Chart, Scale, chart_png, chart_svg};
use bytes::Bytes;

use super::drawing::Drawing;
use crate::{
    bounded::{Bounded, Weight},
    error::Error,
    flight::Flights,
    format::Format,
    store::RecordPlace,
};

/// How long a chart is kept at most. A record that arrives late, and is older than others, is shown after it.
const KEPT: Duration = Duration::from_secs(60);

/// A drawn chart.
#[derive(Debug)]
pub(crate) struct KeptChart {
    pub(crate) picture: Bytes,
    /// The place of the newest record in it; `None` if it is empty.
    pub(crate) newest: Option<RecordPlace>,
    made: SystemTime,
}

/// Charts that are kept, and those that are being made.
pub(super) struct Charts {
    kept: Bounded<KeptChart>,
    flights: Flights<Result<Arc<KeptChart>, Error>>,
}

/// The form of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChartLook {
    pub(crate) format: Format,
    pub(crate) scale: Scale,
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

    pub(super) fn size(&self) -> (usize, u64) {
        self.kept.size()
    }
}

impl Drawing {
    /// The chart of this key, if it was drawn less than a minute ago.
    pub(crate) fn kept_chart(&self, key: &str, now: SystemTime) -> Option<Arc<KeptChart>> {
        self.charts.kept.get(key).filter(|chart| now < chart.made + KEPT)
    }

    /// Makes the chart of this key once for all callers, and keeps it.
    ///
    /// # Errors
    /// What making it ended with.
    pub(crate) async fn make_chart(
        &self,
        key: &str,
        making: impl Future<Output = Result<KeptChart, Error>> + Send + 'static,
    ) -> Result<Arc<KeptChart>, Error> {
        let work =
            || -> futures_util::future::BoxFuture<'static, _> { Box::pin(async move { making.await.map(Arc::new) }) };
        let made = self.charts.flights.join(key, &*self.executor, || None, work).await;
        let chart = made.unwrap_or_else(|| Err(Error::engine_failed()))?;
        self.charts.kept.put(key, Arc::clone(&chart));
        Ok(chart)
    }

    /// Draws what `chart` makes, on a worker thread.
    ///
    /// # Errors
    /// Too many large pictures are requested at once, or drawing failed.
    pub(crate) async fn draw_chart(
        &self,
        look: ChartLook,
        chart: impl FnOnce() -> Chart + Send + 'static,
    ) -> Result<Bytes, Error> {
        let faces = self.faces.clone();
        let draw = move || picture(&Chart { faces, ..chart() }, look);
        self.threads.large.draw(&*self.executor, draw).await?
    }
}

fn picture(chart: &Chart, ChartLook { format, scale }: ChartLook) -> Result<Bytes, Error> {
    Ok(match format {
        Format::Png => chart_png(chart, scale).map_err(|_| Error::engine_failed())?.into(),
        Format::Svg | Format::Json => chart_svg(chart).into(),
    })
}
