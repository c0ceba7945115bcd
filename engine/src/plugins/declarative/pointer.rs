//! A JSON Pointer (RFC 6901) into an answer, followed without keeping what it does not point to.

use std::fmt;

use badgesmith_provider::Failure;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::braces::{self as template, Piece};

/// How deep a pointer may lead.
const DEEPEST: usize = 32;

/// The place of a value. A `{name}` in it stands for a part of the call, for answers that are keyed by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pointer(Vec<Vec<Piece>>);

/// One pointer, or several in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointers(pub(super) Vec<Pointer>);

impl<'de> Deserialize<'de> for Pointers {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Pointers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Pointer such as \"/version\", or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pointers, E> {
                Ok(Pointers(vec![Pointer::try_from(text.to_owned()).map_err(E::custom)?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pointers, A::Error> {
                let mut pointers = Vec::new();
                while let Some(pointer) = list.next_element()? {
                    pointers.push(pointer);
                }
                Ok(Pointers(pointers))
            }
        }

        reader.deserialize_any(OneOrMore)
    }
}

/// What is at a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    Value(Value),
    /// There is a list on the way, and it has no items.
    EmptyList,
    /// There is nothing, or null.
    Nothing,
}

impl Pointer {
    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|token| template::names(token))
    }

    /// Reads the whole body, which must be JSON, and returns what is at the place.
    pub(super) fn find<'a>(&self, body: &[u8], part: impl Fn(&str) -> &'a str) -> Result<Found, Failure> {
        let tokens: Vec<String> = self.0.iter().map(|token| filled(token, &part)).collect();
        // Some upstreams put a byte order mark in front of their JSON, which RFC 8259 lets a reader ignore.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let body = badgesmith_queries::without_halves(body);
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let found = At(&tokens).deserialize(&mut reader).map_err(|_| Failure::invalid_response())?;
        reader.end().map_err(|_| Failure::invalid_response())?;
        Ok(found)
    }
}

fn filled<'a>(token: &[Piece], part: impl Fn(&str) -> &'a str) -> String {
    token
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Name(name) => part(name),
        })
        .collect()
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            let as_path =
                text.trim_start_matches('$').trim_start_matches('.').replace(['.', '['], "/").replace(']', "");
            return Err(format!("{text:?} is no JSON Pointer; write {:?}", format!("/{as_path}")));
        };
        let tokens = path.split('/').map(token).collect::<Result<Vec<_>, _>>()?;
        if tokens.len() > DEEPEST {
            return Err(format!("it leads {} steps deep, at most {DEEPEST}", tokens.len()));
        }
        Ok(Self(tokens))
    }
}

/// One step of a pointer: `~1` is a slash, `~0` a tilde.
fn token(text: &str) -> Result<Vec<Piece>, String> {
    if text.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
        return Err(format!("a ~ in {text:?} stands alone; write ~0 for a tilde, ~1 for a slash"));
    }
    let unescaped = |piece| match piece {
        Piece::Text(text) => Piece::Text(text.replace("~1", "/").replace("~0", "~")),
        name @ Piece::Name(_) => name,
    };
    Ok(template::parse(text)?.into_iter().map(unescaped).collect())
}

/// Follows what is left of a pointer.
struct At<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Found, D::Error> {
        if self.0.is_empty() {
            let value = Value::deserialize(reader)?;
            return Ok(if value.is_null() { Found::Nothing } else { Found::Value(value) });
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let (token, rest) = (&self.0[0], &self.0[1..]);
        let mut found = Found::Nothing;
        while let Some(key) = map.next_key::<String>()? {
            if key == *token {
                found = map.next_value_seed(At(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let (token, rest) = (&self.0[0], &self.0[1..]);
        let index = token.parse::<usize>().ok().filter(|index| index.to_string() == *token);
        let mut found = Found::EmptyList;
        for at in 0.. {
            let is_wanted = index == Some(at);
            let item = if is_wanted { list.next_element_seed(At(rest))? } else { skipped(&mut list)? };
            match item {
                None => break,
                Some(item) if is_wanted => found = item,
                Some(_) if at == 0 => found = Found::Nothing,
                Some(_) => {}
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Nothing)
    }
}

fn skipped<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<Option<Found>, A::Error> {
    Ok(list.next_element::<IgnoredAny>()?.map(|_| Found::Nothing))
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
                Found::Value(value) => value.to_string(),
                Found::EmptyList => "empty".to_owned(),
                Found::Nothing => "nothing".to_owned(),
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
        assert_eq!(pointer.find(marked, |_| ""), Ok(Found::Value(1.into())));
    }
}
