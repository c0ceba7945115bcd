//! A mistake in a declarative provider, with its line.

use crate::toml_reader::Spanned;
use std::{error::Error, fmt};

/// The longest part of a line that a message repeats, in bytes.
const LONGEST_LINE: usize = 100;

/// The first mistake of a declarative provider, as in ``line 12, `get = "x"`: …``.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarativeError {
    /// The number of the line, from 1.
    pub line: usize,
    /// The line, or its beginning.
    pub text: String,
    /// What is wrong there, and what to write.
    pub message: String,
}

impl fmt::Display for DeclarativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, `{}`: {}", self.line, self.text, self.message)
    }
}

impl Error for DeclarativeError {}

/// A mistake at an offset of the file, whose line is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileFault {
    offset: usize,
    message: String,
}

impl FileFault {
    /// A mistake at this offset; the message says what is wrong and what to write.
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }

    /// A mistake in `value`; the message says what is wrong with it and what to write.
    pub(super) fn at<T>(value: &Spanned<T>, message: impl Into<String>) -> Self {
        Self::new(value.span().start, message)
    }

    /// Finds the line in the text of the file.
    pub(super) fn locate(self, text: &str) -> DeclarativeError {
        let offset = text.floor_char_boundary(self.offset);
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or_default().trim();
        DeclarativeError {
            line: text[..start].matches('\n').count() + 1,
            text: line[..line.floor_char_boundary(LONGEST_LINE)].to_owned(),
            message: self.message,
        }
    }
}

impl From<toml::de::Error> for FileFault {
    fn from(fault: toml::de::Error) -> Self {
        Self { offset: fault.span().map_or(0, |span| span.start), message: with_remedy(fault.message()) }
    }
}

/// serde's message, with what to write instead if that is known.
fn with_remedy(message: &str) -> String {
    const REMEDIES: [(&str, &str); 3] = [
        ("expected a map", "write a table such as { name = \"text\" }"),
        ("expected a string", "write a text in \"quotes\""),
        ("expected u32", "write a whole number from 0"),
    ];
    if let Some(key) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("there is no {key}; write {key} = …");
    }
    let known = REMEDIES.iter().find_map(|(end, remedy)| Some(format!("{}{remedy}", message.strip_suffix(end)?)));
    known.unwrap_or_else(|| message.to_owned())
}
