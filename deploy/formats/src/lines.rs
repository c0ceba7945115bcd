//! Reports that are read line by line: JSON events, one on each line, and text.
//!
//! A new format of JSON events is a file here that exports an [`EventFormat`], and a row in [`EVENT_FORMATS`]. A new
//! text format is a file here with a function `read`, and a row in [`TEXT_FORMATS`].

mod cucumber;
mod dart;
mod event;
mod go_json;
mod go_package;
mod go_text;
mod libtest;
mod reader;
mod tap;

use crate::report::TestReport;
use event::EventFormat;

/// The formats of JSON events. The first one that recognizes an event reads the file.
const EVENT_FORMATS: &[EventFormat] = &[go_json::FORMAT, libtest::FORMAT, dart::FORMAT, cucumber::FORMAT];

/// The text formats, in the order in which they are tried. Each returns `None` for a text of another format.
const TEXT_FORMATS: &[fn(&str) -> Option<TestReport>] = &[go_text::read, tap::read];

/// Reads a file of JSON events. `None` if no line is an event of a known format.
pub(crate) fn read_events(text: &str) -> Option<TestReport> {
    reader::read(text, EVENT_FORMATS)
}

/// Reads a file in a text format.
pub(crate) fn read_text(text: &str) -> Option<TestReport> {
    TEXT_FORMATS.iter().find_map(|read| read(text))
}

/// Whether the text begins with the version line of TAP, so that it cannot be anything else.
pub(crate) fn is_tap(text: &str) -> bool {
    tap::begins_with_version(text)
}

/// Reads a TAP stream.
pub(crate) fn read_tap(text: &str) -> Option<TestReport> {
    tap::read(text)
}
