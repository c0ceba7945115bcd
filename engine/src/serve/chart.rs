//! Charts: the records of a subject over time, as a picture.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_renderer::{Chart, ChartSeries, ChartTheme, Scale};

use super::history::subject;
use crate::{
    answer::Answer,
    caching::Caching,
    call::history::ShownRecords,
    draw::{chart_cache::KeptChart, chart_drawing::ChartLook},
    error::Error,
    format::Format,
    parts::Parts,
    plugins::{Plugin, series_address::shown_name, series_of},
    request::{Incoming, Pairs},
    series::charted,
    store::{MOST_CHARTED, RecordPlace, Span, Subject},
    target::SeriesTarget,
};

/// How long caches may use a chart, and for how long they may use it while they revalidate, in seconds.
const CACHING: Caching = Caching::RevalidateOnly(60, 300);
/// How many days a chart shows by default, and at most: records are kept for that long.
const DAYS: u64 = 90;
const MOST_DAYS: u64 = 730;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The formats of charts.
const PICTURES: [&str; 2] = ["svg", "png"];
/// The longest title, in characters.
const LONGEST_TITLE: usize = 256;

/// The query parameters of a chart.
#[derive(Debug, PartialEq)]
struct ChartQuery {
    days: u64,
    theme: ChartTheme,
    outline: bool,
    scale: Scale,
    /// The caller's title.
    label: Option<String>,
    cache_seconds: Option<u32>,
}

impl ChartQuery {
    /// Reads the query. As in every picture, an invalid value is ignored.
    fn read(pairs: &Pairs<'_>) -> Self {
        let theme = match pairs.get("theme") {
            Some("light") => ChartTheme::Light,
            Some("dark") => ChartTheme::Dark,
            _ => ChartTheme::Auto,
        };
        let days = pairs.get("days").and_then(|days| days.parse().ok());
        Self {
            days: days.filter(|days| (1..=MOST_DAYS).contains(days)).unwrap_or(DAYS),
            theme,
            outline: pairs.get("text") == Some("outline"),
            scale: pairs.get("scale").and_then(|scale| scale.parse().ok()).and_then(Scale::new).unwrap_or_default(),
            label: pairs.get("label").map(|label| label.chars().take(LONGEST_TITLE).collect()),
            cache_seconds: pairs.get("cacheSeconds").and_then(|seconds| seconds.parse().ok()),
        }
    }
}

/// Which records a chart is drawn from, and how.
struct ChartMaking {
    parts: Arc<Parts>,
    plugin: Arc<Plugin>,
    collection: String,
    /// The field whose values are drawn, for a chart of the manifest.
    value: Option<String>,
    subject: Subject,
    query: ChartQuery,
    title: String,
    look: ChartLook,
    now: SystemTime,
}

/// Answers a request for a chart.
pub(crate) async fn answer(
    parts: &Arc<Parts>,
    incoming: &Incoming<'_>,
    target: &SeriesTarget<'_>,
) -> Result<Answer, Error> {
    if incoming.format == Format::Json {
        let given = incoming.pairs.get("format").unwrap_or_default();
        return Err(Error::not_among("format", given, &PICTURES));
    }
    let making = ChartMaking::new(parts, incoming, target)?;
    let (format, caching) = (incoming.format, CACHING.at_least(making.query.cache_seconds));
    let key = making.key();
    if let Some(kept) = parts.drawing.kept_chart(&key, incoming.now)
        && kept.newest == making.newest().await?
    {
        return Ok(Answer::badge(format, kept.picture.clone(), caching));
    }
    let made = parts.drawing.make_chart(&key, making.made()).await?;
    Ok(Answer::badge(format, made.picture.clone(), caching))
}

impl ChartMaking {
    fn new(parts: &Arc<Parts>, incoming: &Incoming<'_>, target: &SeriesTarget<'_>) -> Result<Self, Error> {
        let SeriesTarget { plugin, series, chart, params, .. } = target;
        let query = ChartQuery::read(&incoming.pairs);
        let param = |name: &str| params.get(name).map_or("", String::as_str);
        let (owner, repo) = (param("owner"), param("repo"));
        let title = match chart {
            Some(chart) => format!("{} of {owner}/{repo}", chart.label),
            None => {
                let name = if series.unit.is_empty() { shown_name(series) } else { &series.unit };
                format!("{name} of {owner}/{repo}, {}, {}", param("platform"), param("branch"))
            }
        };
        Ok(Self {
            parts: Arc::clone(parts),
            plugin: Arc::clone(plugin),
            collection: series.collection.clone(),
            value: chart.map(|chart| chart.value.clone()),
            subject: subject(target)?,
            title: query.label.clone().unwrap_or(title),
            look: ChartLook { format: incoming.format, scale: query.scale },
            query,
            now: incoming.now,
        })
    }

    /// The cache key: everything that the look of the chart depends on, except the time and the records.
    fn key(&self) -> String {
        let Self { collection, value, subject, query, title, look, .. } = self;
        format!("{collection} {value:?} {subject:?} {query:?} {title:?} {look:?}")
    }

    fn since(&self) -> SystemTime {
        let days = DAY * u32::try_from(self.query.days).unwrap_or(u32::MAX);
        self.now.checked_sub(days).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// The newest records since the first day of the chart, at most `last` of them.
    async fn records(&self, last: usize) -> Result<Vec<badgesmith_provider::Record>, Error> {
        let Self { parts, plugin, collection, subject, now, .. } = self;
        let span = Span { last, since_ms: Some(milliseconds(self.since())), before: None };
        ShownRecords { caller: &parts.caller, plugin, collection, subject }.of(span, *now).await
    }

    /// The place of the newest record.
    async fn newest(&self) -> Result<Option<RecordPlace>, Error> {
        Ok(self.records(1).await?.first().map(RecordPlace::of))
    }

    /// Reads the records, once, and draws them.
    async fn made(self) -> Result<KeptChart, Error> {
        let records = self.records(MOST_CHARTED).await?;
        let newest = records.first().map(RecordPlace::of);
        let (parts, look, now) = (Arc::clone(&self.parts), self.look, self.now);
        let chart = self.chart(&records);
        // Free the memory of the records, since the chart may have to wait for other drawings.
        drop(records);
        let picture = parts.drawing.draw_chart(look, chart).await?;
        Ok(KeptChart::new(picture, newest, now))
    }

    fn chart(self, records: &[badgesmith_provider::Record]) -> Chart {
        let since_ms = milliseconds(self.since());
        let Self { plugin, collection, value, query, title, now, .. } = self;
        // This cannot be missing: the address was found by it.
        let series = series_of(&plugin, &collection).cloned().unwrap_or_default();
        let charted = charted(&series, value.as_deref(), records);
        let what = match &charted {
            // All recorded values are texts, which cannot be drawn as a chart.
            ChartSeries::Values(points) if points.is_empty() && !records.is_empty() => "numbers",
            _ if value.is_some() => "values",
            _ => "results",
        };
        let days = if query.days == 1 { "1 day".to_owned() } else { format!("{} days", query.days) };
        Chart {
            since_ms,
            until_ms: milliseconds(now),
            empty: format!("no {what} in {days}"),
            theme: query.theme,
            outline: query.outline,
            ..Chart::new(title, charted)
        }
    }
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
