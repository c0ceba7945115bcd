//! `/health`: whether we are here, and with `?deep=1` how everything we rest on is.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Inner,
    request::Pairs,
    response::{Caching, Draft},
};

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    time_stamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugins: Option<Vec<PluginHealth<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<[CacheHealth; 2]>,
}

#[derive(Serialize)]
struct PluginHealth<'a> {
    id: &'a str,
    version: &'a str,
    status: &'static str,
    /// How many steps did not come back in time; the third takes it out of service until the next start.
    overdue_steps: u32,
}

#[derive(Serialize)]
struct CacheHealth {
    of: &'static str,
    entries: usize,
    bytes: u64,
}

pub(crate) fn answer(inner: &Inner, pairs: &Pairs, now: SystemTime) -> Draft {
    let is_deep = pairs.get("deep").is_some_and(|deep| !matches!(deep, "" | "0" | "false"));
    let is_degraded = inner.plugins.iter().any(|plugin| plugin.is_out());
    let plugins = inner.plugins.iter().map(|plugin| PluginHealth {
        id: &plugin.id,
        version: &plugin.manifest.version,
        status: if plugin.is_out() { "out of service" } else { "in service" },
        overdue_steps: plugin.strikes(),
    });
    let cache = [("answers", inner.answers.size()), ("badges", inner.finished.size())];
    let health = Health {
        status: if is_deep && is_degraded { "Degraded" } else { "Healthy" },
        time_stamp: Timestamp::try_from(now).map(|time| time.to_string()).unwrap_or_default(),
        plugins: is_deep.then(|| plugins.collect()),
        cache: is_deep.then(|| cache.map(|(of, (entries, bytes))| CacheHealth { of, entries, bytes })),
    };
    // Numbers and strings always have a JSON form.
    Draft::json(200, serde_json::to_string(&health).unwrap_or_default(), Caching::NoStore)
}
