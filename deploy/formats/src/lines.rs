//! Reports that are one JSON object a line: go, libtest, dart. Lines that are none of theirs are noise and passed over.
//!
//! libtest writes the names of tests as they are, and on Windows those of documentation tests are paths with single
//! backslashes, which is no JSON. Such a line is read with its backslashes doubled.

mod dart;
mod go_json;
pub(crate) mod go_text;
mod libtest;
pub(crate) mod tap;

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use dart::Dart;
use go_json::Go;
use libtest::Libtest;

use crate::report::Report;

/// What a kind makes of the lines that go by.
pub(crate) trait Events {
    /// A JSON object; false where it is not of this kind.
    fn event(&mut self, json: &str) -> bool;
    /// Any other line.
    fn noise(&mut self, _line: &str) {}
    /// The file is over, with so many lines that begin like events and are broken.
    fn finish(self: Box<Self>, broken: u64) -> Report;
}

/// The keys that tell which kind a line is.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "Action")]
    action: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    time: Option<IgnoredAny>,
    #[serde(rename = "Package")]
    package: Option<IgnoredAny>,
    #[serde(rename = "Test")]
    test: Option<IgnoredAny>,
    #[serde(rename = "ImportPath")]
    import_path: Option<IgnoredAny>,
    #[serde(rename = "protocolVersion")]
    protocol: Option<IgnoredAny>,
    success: Option<IgnoredAny>,
    median: Option<IgnoredAny>,
}

/// Counts a file of lines, if one of them is an event.
pub(crate) fn read(text: &str) -> Option<Report> {
    let mut kind =
        text.lines().filter_map(object).find_map(|json| by_shape(json).or_else(|| by_shape(&repaired(json)?)))?;
    let mut broken = 0;
    for line in text.lines() {
        match object(line) {
            Some(json) if kind.event(json) => {}
            Some(json) if repaired(json).is_some_and(|json| kind.event(&json)) => {}
            Some(json) if begins_like_an_event(json) && serde_json::from_str::<IgnoredAny>(json).is_err() => {
                broken += 1
            }
            _ => kind.noise(line),
        }
    }
    Some(kind.finish(broken))
}

/// Whether a line begins as the lines of events do: `{"type"`, `{ "type"`.
fn begins_like_an_event(json: &str) -> bool {
    json.strip_prefix('{').is_some_and(|rest| rest.trim_ascii_start().starts_with('"'))
}

/// A broken line with every backslash doubled that begins no escape of JSON, if there is any.
fn repaired(json: &str) -> Option<String> {
    if !json.contains('\\') || !begins_like_an_event(json) || serde_json::from_str::<IgnoredAny>(json).is_ok() {
        return None;
    }
    let mut text = String::with_capacity(json.len() + 16);
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let is_unicode = after.strip_prefix('u').and_then(|digits| digits.get(..4));
        let is_escape = after.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'])
            || is_unicode.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        text.push_str(if is_escape { "\\" } else { "\\\\" });
        // The second half of an escape is no beginning of another one.
        let kept = if is_escape { after.chars().next().map_or(0, char::len_utf8) } else { 0 };
        text.push_str(after.get(..kept)?);
        rest = after.get(kept..)?;
    }
    text.push_str(rest);
    Some(text)
}

/// The object on a line. What a test prints without ending its line stands before it.
fn object(line: &str) -> Option<&str> {
    let line = line.trim_ascii();
    if line.starts_with('{') {
        return Some(line);
    }
    let starts = ["{ \"type\":", "{\"type\":", "{\"Time\":", "{\"Action\":"];
    let start = starts.iter().filter_map(|start| line.rfind(start)).max()?;
    line.ends_with('}').then(|| line.get(start..)).flatten()
}

fn by_shape(json: &str) -> Option<Box<dyn Events>> {
    let shape: Shape<'_> = serde_json::from_str(json).ok()?;
    let is_go = |action: &str| {
        ["start", "run", "pause", "cont", "pass", "bench", "fail", "output", "skip", "build-output", "build-fail"]
            .contains(&action)
    };
    let is_libtest =
        |event: &str| ["started", "ok", "failed", "ignored", "allowed_failure", "timeout"].contains(&event);
    // Logs of other programs have actions, types and times, too.
    let is_of_go = shape.package.is_some() || shape.test.is_some() || shape.import_path.is_some();
    let is_of_dart = shape.time.is_some();
    match (shape.action.as_deref(), shape.kind.as_deref()) {
        (Some(action), _) if is_of_go && is_go(action) => Some(Box::new(Go::default())),
        (_, Some("suite" | "test")) if shape.event.as_deref().is_some_and(is_libtest) => {
            Some(Box::new(Libtest::default()))
        }
        (_, Some("bench")) if shape.median.is_some() => Some(Box::new(Libtest::default())),
        (_, Some("testStart" | "testDone" | "allSuites")) if is_of_dart => Some(Box::new(Dart::default())),
        (_, Some("start")) if is_of_dart && shape.protocol.is_some() => Some(Box::new(Dart::default())),
        (_, Some("done")) if is_of_dart && shape.success.is_some() => Some(Box::new(Dart::default())),
        _ => None,
    }
}
