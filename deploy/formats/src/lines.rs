//! Reports that are one JSON object a line: go, libtest, dart. Lines that are none of theirs are noise and passed over.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use crate::{dart::Dart, go::Go, libtest::Libtest, report::Report};

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
    event: Option<IgnoredAny>,
    time: Option<IgnoredAny>,
}

/// Counts a file of lines, if one of them is an event.
pub(crate) fn read(text: &str) -> Option<Report> {
    let mut kind = text.lines().filter_map(object).find_map(by_shape)?;
    let mut broken = 0;
    for line in text.lines() {
        match object(line) {
            Some(json) if kind.event(json) => {}
            Some(json) if json.starts_with("{\"") && serde_json::from_str::<IgnoredAny>(json).is_err() => broken += 1,
            _ => kind.noise(line),
        }
    }
    Some(kind.finish(broken))
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
    match (shape.action.as_deref(), shape.kind.as_deref()) {
        (Some(action), _) if is_go(action) => Some(Box::new(Go::default())),
        (_, Some("suite" | "test")) if shape.event.is_some() => Some(Box::new(Libtest::default())),
        (_, Some("bench")) => Some(Box::new(Libtest::default())),
        (_, Some("start" | "suite" | "testStart" | "testDone" | "allSuites" | "done")) if shape.time.is_some() => {
            Some(Box::new(Dart::default()))
        }
        _ => None,
    }
}
