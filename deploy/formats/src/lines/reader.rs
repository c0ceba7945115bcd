//! Finds the JSON events of a file, and hands each one to the format of the file.
//!
//! libtest writes the names of tests unescaped, and on Windows those of documentation tests are paths with single
//! backslashes, which is invalid JSON. Such a line is read with its backslashes doubled.

use serde::de::IgnoredAny;

use crate::{
    lines::event::{EventFormat, EventKeys, EventSink},
    report::TestReport,
};

/// How events begin; used to find an event that follows the output of a test on the same line.
const EVENT_STARTS: [&str; 4] = ["{ \"type\":", "{\"type\":", "{\"Time\":", "{\"Action\":"];

/// Reads a file of JSON events. `None` if no line is an event of a known format.
pub(super) fn read(text: &str, formats: &[EventFormat]) -> Option<TestReport> {
    let mut sink = text
        .lines()
        .filter_map(object_on)
        .find_map(|json| start(json, formats).or_else(|| start(&with_escaped_backslashes(json)?, formats)))?;
    let mut broken_lines = 0;
    for line in text.lines() {
        match object_on(line) {
            Some(json) if sink.event(json) => {}
            Some(json) if with_escaped_backslashes(json).is_some_and(|json| sink.event(&json)) => {}
            Some(json) if begins_like_an_event(json) && !is_json(json) => broken_lines += 1,
            _ => sink.other_line(line),
        }
    }
    Some(sink.finish(broken_lines))
}

/// Starts the format that an event has.
fn start(json: &str, formats: &[EventFormat]) -> Option<Box<dyn EventSink>> {
    let keys: EventKeys<'_> = serde_json::from_str(json).ok()?;
    formats.iter().find(|format| (format.is_format_of)(&keys)).map(|format| (format.start)())
}

/// The JSON object on a line. The output of a test that did not end its line may precede it.
fn object_on(line: &str) -> Option<&str> {
    let line = line.trim_ascii();
    if line.starts_with('{') {
        return Some(line);
    }
    let start = EVENT_STARTS.iter().filter_map(|start| line.rfind(start)).max()?;
    line.ends_with('}').then(|| line.get(start..)).flatten()
}

/// Whether a line begins as events do: `{"type"`, `{ "type"`.
fn begins_like_an_event(json: &str) -> bool {
    json.strip_prefix('{').is_some_and(|rest| rest.trim_ascii_start().starts_with('"'))
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A broken line with every backslash doubled that does not begin a JSON escape sequence. `None` if there is nothing to
/// repair.
fn with_escaped_backslashes(json: &str) -> Option<String> {
    if !json.contains('\\') || !begins_like_an_event(json) || is_json(json) {
        return None;
    }
    let mut text = String::with_capacity(json.len() + 16);
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let unicode = after.strip_prefix('u').and_then(|digits| digits.get(..4));
        let is_escape = after.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'])
            || unicode.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        text.push_str(if is_escape { "\\" } else { "\\\\" });
        // The escaped character is copied here too: if it is a backslash, it does not begin another sequence.
        let escaped = if is_escape { after.chars().next().map_or(0, char::len_utf8) } else { 0 };
        text.push_str(after.get(..escaped)?);
        rest = after.get(escaped..)?;
    }
    text.push_str(rest);
    Some(text)
}
