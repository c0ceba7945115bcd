//! A call of a provider as data.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{
    Answer, BadgeRoute, Call, CallKind, HookRoute, RedirectRoute, ReportRoute, Request, message,
};
use bytes::Bytes;

use crate::{
    fetch::{fetcher::Fetched, upstream_request::Freshness},
    plugins::Plugin,
    request::Pairs,
    route::Parameters,
};

/// How long a request may say that its answer is fresh: a day.
const LONGEST_FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// A call of a provider: its kind and parameters, and how long the answers of its upstreams are fresh.
#[derive(Clone, Debug)]
pub(crate) struct ProviderCall {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) kind: CallKind,
    /// The name of the badge, report, redirect or hook in the manifest.
    pub(crate) name: String,
    pub(crate) params: Parameters,
    pub(crate) query: Parameters,
    /// The collections that this call may read, if the manifest lists them for each badge.
    pub(crate) reads: Option<Vec<String>>,
    /// The body of a report, or the payload of a delivery; empty for anything else.
    pub(crate) body: Bytes,
    pub(crate) freshness: Freshness,
}

impl ProviderCall {
    /// A call for a badge. The provider gets only the query parameters that its manifest names. A parameter that is a
    /// segment or has a fixed value in the route keeps that value, whatever the caller sends.
    pub(crate) fn badge(plugin: &Arc<Plugin>, route: &BadgeRoute, mut params: Parameters, pairs: &Pairs) -> Self {
        params.extend(route.fixed.clone());
        let query = |name: &String| {
            let value = params.get(name).map(String::as_str).or_else(|| pairs.get(name))?;
            Some((name.clone(), value.to_owned()))
        };
        let query = route.query.iter().filter_map(query).collect();
        let freshness = freshness(plugin, route.fresh_seconds);
        let reads = plugin.has_reads().then(|| route.reads.clone());
        let (plugin, name) = (Arc::clone(plugin), route.name.clone());
        Self { plugin, kind: CallKind::Badge, name, params, query, reads, body: Bytes::new(), freshness }
    }

    /// A call for the target of a redirect.
    pub(crate) fn redirect(plugin: &Arc<Plugin>, route: &RedirectRoute, params: Parameters) -> Self {
        let freshness = freshness(plugin, route.fresh_seconds);
        let (plugin, name, query) = (Arc::clone(plugin), route.name.clone(), Parameters::new());
        Self { plugin, kind: CallKind::Redirect, name, params, query, reads: None, body: Bytes::new(), freshness }
    }

    /// A call that converts the body of a report into a record.
    pub(crate) fn report(plugin: &Arc<Plugin>, route: &ReportRoute, params: Parameters, body: Bytes) -> Self {
        let freshness = freshness(plugin, 0);
        let (plugin, name, query) = (Arc::clone(plugin), route.name.clone(), Parameters::new());
        Self { plugin, kind: CallKind::Report, name, params, query, reads: None, body, freshness }
    }

    /// A call that converts the payload of a delivery into records, states and marks.
    pub(crate) fn hook(plugin: &Arc<Plugin>, route: &HookRoute, params: Parameters, payload: Bytes) -> Self {
        let freshness = freshness(plugin, 0);
        let (plugin, name, query) = (Arc::clone(plugin), route.name.clone(), Parameters::new());
        Self { plugin, kind: CallKind::Hook, name, params, query, reads: None, body: payload, freshness }
    }

    /// Whether it may read records or states.
    pub(crate) fn reads_store(&self) -> bool {
        let collections = self.reads.as_ref().unwrap_or(&self.plugin.collections);
        !collections.is_empty() && !self.plugin.collections.is_empty()
    }

    /// How long the answer to a request is fresh: the time in the request, or else that of the badge.
    pub(crate) fn freshness_of(&self, request: &Request) -> Freshness {
        let own = request.fresh_seconds().map(|seconds| Duration::from_secs(seconds.into()).min(LONGEST_FRESH));
        Freshness { fresh: own.unwrap_or(self.freshness.fresh), ..self.freshness }
    }

    /// The message to the provider, without answers.
    pub(crate) fn message(&self, now: SystemTime) -> Call<'static> {
        let mut call = Call::new(self.name.clone());
        call.kind = self.kind;
        call.params = self.params.clone();
        call.query = self.query.clone();
        call.settings = self.plugin.settings.clone();
        call.now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        call
    }

    /// The message with answers, as bytes. The bodies of the answers are passed separately.
    pub(crate) fn written(&self, answers: &[Fetched], now: SystemTime) -> Vec<u8> {
        let mut call = self.message(now);
        let answer = |Fetched { answer, sent_with, .. }: &Fetched| Answer {
            status: answer.status,
            headers: answer.headers.clone(),
            sent_with: *sent_with,
            ..Answer::default()
        };
        call.answers = answers.iter().map(answer).collect();
        message::write_call(&call)
    }
}

/// How long answers are fresh: the time in plugins.toml, or else that in the manifest.
fn freshness(plugin: &Plugin, fresh: u32) -> Freshness {
    let fresh = plugin.fresh_seconds.unwrap_or(fresh);
    Freshness { fresh: Duration::from_secs(fresh.into()), stale: Duration::from_secs(plugin.stale_seconds.into()) }
}
