//! What is wrong with a declarative provider, and on which line.

use toml::Spanned;

/// The longest part of a line that is repeated.
const LONGEST_LINE: usize = 100;

/// One thing that is wrong, with its place as an offset in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    at: usize,
    words: String,
}

impl Fault {
    /// `words` say what is wrong with `place`, and what to write.
    pub(super) fn at<T>(place: &Spanned<T>, words: impl Into<String>) -> Self {
        Self { at: place.span().start, words: words.into() }
    }

    /// The fault as an operator reads it: ``line 12, `get = "x"`: …``.
    pub(super) fn shown(&self, text: &str) -> String {
        let at = text.floor_char_boundary(self.at);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let number = text[..start].matches('\n').count() + 1;
        let line = text[start..].lines().next().unwrap_or_default().trim();
        let line = &line[..line.floor_char_boundary(LONGEST_LINE)];
        format!("line {number}, `{line}`: {}", self.words)
    }
}

impl From<toml::de::Error> for Fault {
    fn from(fault: toml::de::Error) -> Self {
        Self { at: fault.span().map_or(0, |span| span.start), words: plain(fault.message()) }
    }
}

/// What serde says, in the words of whoever writes the file.
fn plain(message: &str) -> String {
    const TYPES: [(&str, &str); 3] = [
        ("expected a map", "write a table such as { name = \"text\" }"),
        ("expected a string", "write a text in \"quotes\""),
        ("expected u32", "write a whole number from 0"),
    ];
    if let Some(key) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("there is no {key}; write {key} = …");
    }
    let known = TYPES.iter().find_map(|(end, remedy)| Some(format!("{}{remedy}", message.strip_suffix(end)?)));
    known.unwrap_or_else(|| message.to_owned())
}
