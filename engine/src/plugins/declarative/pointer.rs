//! A JSON Pointer (RFC 6901) into a body.

use std::{error::Error, fmt};

use badgesmith_provider::Failure;
use serde::{Deserialize, de::DeserializeSeed};

use super::{
    braces::{self, LoneBrace, TextPiece},
    lookup::{Leaf, Lookup},
    pointer_seed::PointerSeed,
};

/// The most tokens of a pointer.
const MOST_TOKENS: usize = 32;

/// A JSON Pointer. A `{name}` in it is replaced by a parameter of the call, for bodies whose keys are names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pointer(Vec<Vec<TextPiece>>);

impl Pointer {
    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|token| braces::names(token))
    }

    /// Parses the whole body, which must be JSON, and returns the value that the pointer leads to.
    pub(super) fn find<'a>(
        &self,
        body: &[u8],
        leaf: Leaf,
        parameter: impl Fn(&str) -> &'a str,
    ) -> Result<Lookup, Failure> {
        let tokens: Vec<String> = self.0.iter().map(|token| braces::fill(token, &parameter)).collect();
        // Some upstreams begin their JSON with a byte order mark, which RFC 8259 allows a parser to ignore.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let body = badgesmith_queries::replace_lone_surrogates(body);
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let found = PointerSeed { tokens: &tokens, leaf }.deserialize(&mut reader);
        let found = found.and_then(|found| reader.end().map(|()| found));
        found.map_err(|fault| Failure::invalid_response().because(fault.to_string()))
    }
}

/// Why a text is not a pointer, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PointerError {
    /// The text does not begin with a slash.
    NoSlash(String),
    /// It has too many tokens; this is their number.
    TooDeep(usize),
    /// A token of it has a `~` without `0` or `1`.
    LoneTilde(String),
    /// A brace does not enclose a name.
    Brace(LoneBrace),
}

impl TryFrom<String> for Pointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, PointerError> {
        let Some(path) = text.strip_prefix('/') else { return Err(PointerError::NoSlash(text)) };
        let tokens = path.split('/').map(token).collect::<Result<Vec<_>, _>>()?;
        if tokens.len() > MOST_TOKENS { Err(PointerError::TooDeep(tokens.len())) } else { Ok(Self(tokens)) }
    }
}

/// One token of a pointer: `~1` is a slash, `~0` a tilde.
fn token(text: &str) -> Result<Vec<TextPiece>, PointerError> {
    if text.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
        return Err(PointerError::LoneTilde(text.to_owned()));
    }
    let unescaped = |piece| match piece {
        TextPiece::Literal(text) => TextPiece::Literal(text.replace("~1", "/").replace("~0", "~")),
        name => name,
    };
    Ok(braces::parse(text).map_err(PointerError::Brace)?.into_iter().map(unescaped).collect())
}

impl fmt::Display for PointerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlash(text) => {
                let path = text.trim_start_matches('$').trim_start_matches('.').replace(['.', '['], "/");
                write!(f, "{text:?} is no JSON Pointer; write {:?}", format!("/{}", path.replace(']', "")))
            }
            Self::TooDeep(tokens) => write!(f, "it leads {tokens} steps deep, at most {MOST_TOKENS}"),
            Self::LoneTilde(text) => write!(f, "a ~ in {text:?} stands alone; write ~0 for a tilde, ~1 for a slash"),
            Self::Brace(fault) => fault.fmt(f),
        }
    }
}

impl Error for PointerError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::declarative::lookup::found_text;

    /// The document of RFC 6901, section 5, with the values that it lists, and further cases.
    #[test]
    fn a_pointer_finds_what_rfc_6901_says() {
        let body = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,
            "none":null,"no items":[],"twice":1,"twice":2,"deep":[[1,[2]],{"x":3}]}"#;
        let rows = [
            ("/foo", "[\"bar\",\"baz\"]"),
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
            ("/twice", "2"),
            ("/deep/0/1/0", "2"),
            ("/deep/1/x", "3"),
            ("/{name}/1", "\"baz\""),
            ("/m~0{letter}", "8"),
            ("/foo/2", "nothing"),
            ("/foo/-", "nothing"),
            ("/foo/00", "nothing"),
            ("/foo/0/x", "nothing"),
            ("/none", "nothing"),
            ("/none/x", "nothing"),
            ("/other", "nothing"),
            ("/no items/0", "empty"),
            ("/no items/0/x", "empty"),
            ("/no items", "empty"),
        ];
        for (pointer, expected) in rows {
            let parsed = Pointer::try_from(pointer.to_owned()).unwrap();
            let part = |name: &str| if name == "name" { "foo" } else { "n" };
            let found = found_text(parsed.find(body, Leaf::Value, part).unwrap());
            assert_eq!(found, expected, "{pointer}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_as_a_whole_has_no_value() {
        let pointer = Pointer::try_from("/a".to_owned()).unwrap();
        for body in ["", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "<html>", "{\"a\":1,\"b\":tru}"] {
            assert!(pointer.find(body.as_bytes(), Leaf::Value, |_| "").is_err(), "{body}");
        }
        let marked = "\u{feff}{\"a\":1}".as_bytes();
        assert_eq!(pointer.find(marked, Leaf::Value, |_| ""), Ok(Lookup::Value(1.into())));
    }
}
