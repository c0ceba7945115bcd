//! `trend`, `rate` and `as=duration`: query parameters that make a badge of recorded results show more than the newest
//! one.

use std::time::SystemTime;

use badgesmith_provider::{Badge, Record, Series, format::duration};
use badgesmith_renderer::Spark;

use crate::{
    call::{history::ShownRecords, outcome::ReadRecords},
    draw::trend_overrides::TrendOverrides,
    parts::Parts,
    plugins::{Plugin, series_of},
    series::{SeriesRecord, rate, spark},
    store::Span,
};

/// The percentages of successes from which on a badge has these colors.
const RATE_COLORS: [(usize, &str); 5] =
    [(100, "brightgreen"), (95, "green"), (90, "yellowgreen"), (75, "yellow"), (50, "orange")];

/// The records that a badge was made from, and the caller's query parameters about its history.
pub(crate) struct Trend<'a> {
    pub(crate) plugin: &'a Plugin,
    pub(crate) read: &'a ReadRecords,
    pub(crate) overrides: TrendOverrides,
    pub(crate) now: SystemTime,
}

/// Changes a badge as the query parameters say, and returns its sparkline. If there are no records, or they cannot be
/// read now, the badge stays unchanged.
pub(crate) async fn apply(parts: &Parts, trend: Trend<'_>, badge: &mut Badge) -> Option<Spark> {
    let Trend { plugin, read: ReadRecords { collection, subject }, overrides, now } = trend;
    let series = series_of(plugin, collection)?;
    let last = overrides.records();
    if last == 0 {
        return None;
    }
    let records = ShownRecords { caller: &parts.caller, plugin, collection, subject };
    // If the store cannot be read, the log already says why.
    let records = records.of(Span { last, since_ms: None, before: None }, now).await.ok()?;
    change(series, &records, overrides, badge);
    spark(series, records.get(..overrides.trend?).unwrap_or(&records))
}

/// Changes the message of a badge as `rate` and `as=duration` say.
pub(crate) fn change(series: &Series, records: &[Record], overrides: TrendOverrides, badge: &mut Badge) {
    if let Some(last) = overrides.rate {
        let (good, bad) = rate(series, records.get(..last).unwrap_or(records));
        // Rounded down, so that 100 % means that nothing failed.
        if let Some(percent) = (100 * good).checked_div(good + bad) {
            let color = RATE_COLORS.into_iter().find(|(from, _)| percent >= *from).map_or("red", |(_, color)| color);
            badge.message = format!("{percent} %");
            badge.color = Some(color.to_owned());
        }
    } else if overrides.as_duration
        && let Some(took) = records.first().and_then(|record| SeriesRecord { series, record }.duration_ms())
    {
        badge.message = duration(took);
    }
}
