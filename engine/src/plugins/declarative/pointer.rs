//! A JSON Pointer (RFC 6901) into a body, evaluated while the body is parsed, so that nothing else of it is kept.

use std::{error::Error, fmt};

use badgesmith_provider::Failure;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::braces::{self, LoneBrace, TextPiece};

/// The most tokens of a pointer.
const MOST_TOKENS: usize = 32;

/// A JSON Pointer. A `{name}` in it is replaced by a parameter of the call, for bodies whose keys are names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pointer(Vec<Vec<TextPiece>>);

/// One pointer, or several in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PointerList(pub(super) Vec<Pointer>);

impl<'de> Deserialize<'de> for PointerList {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = PointerList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Pointer such as \"/version\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PointerList, E> {
                Ok(PointerList(vec![Pointer::try_from(text.to_owned()).map_err(E::custom)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PointerList, A::Error> {
                let mut pointers = Vec::new();
                while let Some(pointer) = list.next_element()? {
                    pointers.push(pointer);
                }
                Ok(PointerList(pointers))
            }
        }

        reader.deserialize_any(OneOrMore)
    }
}

/// What a pointer leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lookup {
    Value(Value),
    /// It leads through a list that has no items.
    EmptyList,
    /// It leads to nothing, or to null.
    Nothing,
}

impl Pointer {
    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|token| braces::names(token))
    }

    /// Parses the whole body, which must be JSON, and returns what the pointer leads to.
    pub(super) fn find<'a>(&self, body: &[u8], parameter: impl Fn(&str) -> &'a str) -> Result<Lookup, Failure> {
        let tokens: Vec<String> = self.0.iter().map(|token| filled(token, &parameter)).collect();
        // Some upstreams begin their JSON with a byte order mark, which RFC 8259 allows a parser to ignore.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let body = badgesmith_queries::replace_lone_surrogates(body);
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let found = PointerSeed(&tokens).deserialize(&mut reader).map_err(|_| Failure::invalid_response())?;
        reader.end().map_err(|_| Failure::invalid_response())?;
        Ok(found)
    }
}

fn filled<'a>(token: &[TextPiece], parameter: impl Fn(&str) -> &'a str) -> String {
    token
        .iter()
        .map(|piece| match piece {
            TextPiece::Literal(text) => text.as_str(),
            TextPiece::Name(name) => parameter(name),
        })
        .collect()
}

/// Why a text is not a pointer, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PointerError {
    /// The text does not begin with a slash.
    NoSlash(String),
    /// It has this many tokens, which are too many.
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
        name @ TextPiece::Name(_) => name,
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

/// Deserializes what the rest of a pointer leads to.
struct PointerSeed<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for PointerSeed<'_> {
    type Value = Lookup;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Lookup, D::Error> {
        if self.0.is_empty() {
            let value = Value::deserialize(reader)?;
            return Ok(if value.is_null() { Lookup::Nothing } else { Lookup::Value(value) });
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PointerSeed<'_> {
    type Value = Lookup;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lookup, A::Error> {
        let (token, rest) = (&self.0[0], &self.0[1..]);
        let mut found = Lookup::Nothing;
        while let Some(key) = map.next_key::<String>()? {
            if key == *token {
                found = map.next_value_seed(PointerSeed(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Lookup, A::Error> {
        let (token, rest) = (&self.0[0], &self.0[1..]);
        let index = token.parse::<usize>().ok().filter(|index| index.to_string() == *token);
        let mut found = Lookup::EmptyList;
        for at in 0.. {
            let is_wanted = index == Some(at);
            let item = if is_wanted { list.next_element_seed(PointerSeed(rest))? } else { skipped(&mut list)? };
            match item {
                None => break,
                Some(item) if is_wanted => found = item,
                Some(_) if at == 0 => found = Lookup::Nothing,
                Some(_) => {}
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }

    fn visit_str<E>(self, _: &str) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Lookup, E> {
        Ok(Lookup::Nothing)
    }
}

fn skipped<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<Option<Lookup>, A::Error> {
    Ok(list.next_element::<IgnoredAny>()?.map(|_| Lookup::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document of RFC 6901, section 5, with the values it says, and what is beyond it.
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
        ];
        for (pointer, expected) in rows {
            let parsed = Pointer::try_from(pointer.to_owned()).unwrap();
            let part = |name: &str| if name == "name" { "foo" } else { "n" };
            let found = match parsed.find(body, part).unwrap() {
                Lookup::Value(value) => value.to_string(),
                Lookup::EmptyList => "empty".to_owned(),
                Lookup::Nothing => "nothing".to_owned(),
            };
            assert_eq!(found, expected, "{pointer}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_as_a_whole_has_no_value() {
        let pointer = Pointer::try_from("/a".to_owned()).unwrap();
        for body in ["", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}", "<html>", "{\"a\":1,\"b\":tru}"] {
            assert!(pointer.find(body.as_bytes(), |_| "").is_err(), "{body}");
        }
        let marked = "\u{feff}{\"a\":1}".as_bytes();
        assert_eq!(pointer.find(marked, |_| ""), Ok(Lookup::Value(1.into())));
    }
}
