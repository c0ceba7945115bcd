//! Charts are drawn on worker threads, and cached.

use std::{sync::Arc, time::SystemTime};

use badgesmith_renderer::{Chart, Scale, chart_png, chart_svg};
use bytes::Bytes;

use super::{chart_cache::KeptChart, drawing::Drawing};
use crate::{error::Error, format::Format};

/// The form of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChartLook {
    pub(crate) format: Format,
    pub(crate) scale: Scale,
}

impl Drawing {
    /// The chart of this key, if it was drawn less than a minute ago.
    pub(crate) fn kept_chart(&self, key: &str, now: SystemTime) -> Option<Arc<KeptChart>> {
        self.charts.get(key, now)
    }

    /// Removes all charts.
    pub(crate) fn clear_charts(&self) {
        self.charts.clear();
    }

    /// Makes the chart of this key once for all callers, and caches it.
    ///
    /// # Errors
    /// The error of making it.
    pub(crate) async fn make_chart(
        &self,
        key: &str,
        making: impl Future<Output = Result<KeptChart, Error>> + Send + 'static,
    ) -> Result<Arc<KeptChart>, Error> {
        self.charts.make(key, &*self.executor, making).await
    }

    /// Draws a chart on a worker thread.
    ///
    /// # Errors
    /// Too many large pictures are requested at once, or drawing failed.
    pub(crate) async fn draw_chart(&self, look: ChartLook, chart: Chart) -> Result<Bytes, Error> {
        let chart = Chart { faces: self.faces.clone(), ..chart };
        let draw = move || picture(&chart, look);
        self.threads.large.draw(&*self.executor, draw).await?
    }
}

fn picture(chart: &Chart, ChartLook { format, scale }: ChartLook) -> Result<Bytes, Error> {
    Ok(match format {
        Format::Png => chart_png(chart, scale).map_err(|_| Error::engine_failed())?.into(),
        Format::Svg | Format::Json => chart_svg(chart).into(),
    })
}
