//! `mocha --reporter json`, and documents that keep its `stats`, such as mochawesome's.
//!
//! The three lists count rather than `tests`, because a hook that fails is a failure and no test. Failures that only
//! the sums know are one.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    report::{Counts, Kind, Report},
    tally::{Mark, Tally, milliseconds},
};

#[derive(Deserialize)]
struct Document {
    stats: Stats,
    passes: Option<Vec<IgnoredAny>>,
    failures: Option<Vec<IgnoredAny>>,
    pending: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Stats {
    passes: u64,
    failures: u64,
    #[serde(default)]
    pending: u64,
    /// Mochawesome's, for tests behind a hook that failed.
    #[serde(default)]
    skipped: u64,
    duration: Option<f64>,
}

pub(crate) fn read(text: &str) -> Result<Report, serde_json::Error> {
    let document: Document = serde_json::from_str(text)?;
    let length = |list: &Vec<IgnoredAny>| u64::try_from(list.len()).unwrap_or(u64::MAX);
    let stats = &document.stats;
    let counts = match (&document.passes, &document.failures, &document.pending) {
        (Some(passes), Some(failures), Some(pending)) => {
            Counts { passed: length(passes), failed: length(failures), skipped: length(pending) }
        }
        _ => Counts {
            passed: stats.passes,
            failed: stats.failures,
            skipped: stats.pending.saturating_add(stats.skipped),
        },
    };
    let mut tally = Tally::default();
    tally.add_all("", counts);
    if stats.failures > 0 {
        tally.fail_since(Mark::default(), "");
    }
    tally.lasted_in_all(stats.duration.and_then(milliseconds));
    Ok(tally.finish(Kind::MochaJson))
}
