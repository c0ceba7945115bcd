//! Types that the reader of JSON events and the formats share: the keys of an event, the consumer of events, and the
//! entry of a format.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use crate::{document::outline::OutlineValue, report::TestReport};

/// A format of JSON events.
pub(super) struct EventFormat {
    /// Whether an event has this format. One key is not enough, since logs of other programs have actions, types and
    /// times, too.
    pub(super) is_format_of: fn(&EventKeys<'_>) -> bool,
    /// Starts to read a file.
    pub(super) start: fn() -> Box<dyn EventSink>,
}

/// Counts the tests of one file, line by line.
pub(super) trait EventSink {
    /// A line with a JSON object. Returns whether it is an event of this format.
    fn event(&mut self, json: &str) -> bool;
    /// Any other line.
    fn other_line(&mut self, _line: &str) {}
    /// The file ends. `broken_lines` is the number of lines that begin like events but are broken JSON.
    fn finish(self: Box<Self>, broken_lines: u64) -> TestReport;
}

/// The keys of an event that some format is recognized by.
#[derive(Deserialize)]
pub(super) struct EventKeys<'a> {
    #[serde(borrow, rename = "Action")]
    pub(super) action: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) time: Option<IgnoredAny>,
    #[serde(rename = "Package")]
    pub(super) package: Option<IgnoredAny>,
    #[serde(rename = "Test")]
    pub(super) test: Option<IgnoredAny>,
    #[serde(rename = "ImportPath")]
    pub(super) import_path: Option<IgnoredAny>,
    #[serde(rename = "protocolVersion")]
    pub(super) protocol_version: Option<IgnoredAny>,
    pub(super) success: Option<IgnoredAny>,
    pub(super) median: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) meta: OutlineValue,
    #[serde(default, rename = "gherkinDocument")]
    pub(super) gherkin_document: OutlineValue,
    #[serde(default, rename = "testCase")]
    pub(super) test_case: OutlineValue,
    #[serde(default, rename = "testCaseStarted")]
    pub(super) test_case_started: OutlineValue,
}
