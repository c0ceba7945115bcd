//! A badge that is made from the history: its provider, the name of its file, and its query parameters.

use std::collections::BTreeMap;

use badgesmith_engine::{RecordedBadge, RecordedFault};
use badgesmith_provider::{Call, Manifest, Provider, Record, Step};
use badgesmith_renderer::ResolvedBadge;
use badgesmith_reported::{coverage, test_results, values};

use super::{history::History, picture_fault::PictureFault};
use crate::report::{CountedBuild, CountedKind, CountedReport};

/// The query parameter of a trend.
pub(super) const TREND: &str = "trend=30";
/// Fields of a record that no badge reads and that would be most of a history's size.
const UNREAD_FIELDS: [&str; 2] = ["suites", "workflow_run_url"];

/// A badge that is made from the history.
pub(super) struct Picture<'a> {
    /// The name of its file, without an ending.
    pub(super) name: String,
    /// The query parameters that the caller gave it.
    pub(super) query: String,
    provider: &'a dyn Provider,
    manifest: Manifest,
    params: BTreeMap<String, String>,
    now: u64,
}

impl Picture<'_> {
    /// The picture of a report, without query parameters.
    pub(super) fn new(report: &CountedReport, build: &CountedBuild, now: u64) -> Result<Self, PictureFault> {
        let (provider, manifest, kind): (&dyn Provider, _, _) = match report.kind {
            CountedKind::Tests => (&test_results::TestResults, test_results::MANIFEST, "tests"),
            CountedKind::Coverage => (&coverage::Coverage, coverage::MANIFEST, "coverage"),
            CountedKind::Value => (&values::Values, values::MANIFEST, "values"),
        };
        let named = report.named_part.as_deref().map(|part| format!("-{}", file_name(part)));
        let params =
            [("platform", &report.part), ("owner", &build.owner), ("repo", &build.repo), ("branch", &build.branch)];
        Ok(Self {
            name: format!("{kind}{}", named.unwrap_or_default()),
            query: String::new(),
            provider,
            manifest: Manifest::parse(manifest).map_err(PictureFault::Manifest)?,
            params: params.map(|(name, value)| (name.to_owned(), value.clone())).into(),
            now,
        })
    }

    /// The collection of its records.
    pub(super) fn collection(&self) -> &str {
        self.manifest.collections.first().map_or("", String::as_str)
    }

    /// The name of the file of its trend, without an ending.
    pub(super) fn trend_name(&self) -> String {
        format!("{}-trend", self.name)
    }

    /// Whether the caller named a style; only then does the JSON contain it.
    pub(super) fn names_style(&self) -> bool {
        self.query.split('&').any(|pair| pair.starts_with("style="))
    }

    /// The record of a report, as a server would store it, without the fields that no badge reads.
    ///
    /// # Errors
    /// A server would refuse the report.
    pub(super) fn record(&self, body: &[u8], has_page: bool) -> Result<Record, PictureFault> {
        let mut call = Call::new("");
        (call.params, call.now) = (self.params.clone(), self.now);
        let mut record = self.provider.accept(&call, body).map_err(|step| match step {
            Step::Fail(failure) => PictureFault::Report(failure.words.into_owned()),
            _ => PictureFault::Badge { name: self.name.clone(), fault: Box::new(RecordedFault::NotOffline) },
        })?;
        for field in UNREAD_FIELDS {
            record.fields.remove(field);
        }
        if !has_page {
            record.fields.remove("url_html");
        }
        Ok(record)
    }

    /// The badge of the branch's newest results, with an additional query parameter unless the caller has given it.
    ///
    /// # Errors
    /// A query parameter is wrong, or there is nothing to show.
    pub(super) fn resolve(&self, history: &History, further: &str) -> Result<ResolvedBadge, PictureFault> {
        let query = format!("{}&{further}", self.query);
        let (provider, manifest, params, now) = (self.provider, &self.manifest, &self.params, self.now);
        let badge = RecordedBadge { provider, manifest, params, query: &query, now };
        let resolved = badge.resolve(&|query| history.records(query));
        resolved.map_err(|fault| PictureFault::Badge { name: self.name.clone(), fault: Box::new(fault) })
    }
}

/// Makes a part or a name usable in a file's name on every system: all characters but letters, digits, `.`, `_` and `-`
/// become `_`.
fn file_name(text: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-');
    text.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect()
}
