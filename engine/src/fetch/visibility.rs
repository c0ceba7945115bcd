//! Whether an answer says that its repository is private. Its JSON is read as a stream, and only the relevant members
//! are kept, so even a large answer takes little memory.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::plugins::{PRIVATE_FLAGS, VISIBILITY};

/// The longest name of a repository, in bytes. A longer one is ignored.
const LONGEST_NAME: usize = 512;
/// For how many objects of an answer [`said`] returns what they say.
const MOST_SAID: usize = 64;
/// The values of `visibility` that mean "not public", in lower case.
const NOT_PUBLIC: [&str; 5] = ["private", "internal", "organization", "systemprivate", "limited"];
/// The names of the members that contain the full name of a repository.
const NAMES: [&str; 5] = ["full_name", "nameWithOwner", "path_with_namespace", "fullPath", "full_path"];

/// Whether an answer contains an object that says that it is private and that is not granted. The object is the answer
/// itself, or a member of its member `data`, as in GraphQL. `is_granted` gets the object's full name, if it has one.
///
/// An answer that is not a JSON object hides nothing. If the JSON is cut short or invalid, the part before the fault
/// counts.
pub(crate) fn is_hidden(body: &[u8], is_granted: &dyn Fn(Option<&str>) -> bool) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut reader = Reader { is_granted, is_hidden: false, said: None };
    let object = Object { reader: &mut reader, level: Level::Answer };
    let _ = object.deserialize(&mut serde_json::Deserializer::from_slice(body));
    reader.is_hidden
}

/// The names and the visibility that the objects of an answer say, for at most [`MOST_SAID`] of them.
pub(super) fn said(body: &[u8]) -> Vec<Said> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut reader = Reader { is_granted: &|_| true, is_hidden: false, said: Some(Vec::new()) };
    let object = Object { reader: &mut reader, level: Level::Answer };
    // If the JSON is cut short or invalid, nothing of it counts.
    let read = object.deserialize(&mut serde_json::Deserializer::from_slice(body));
    read.ok().and(reader.said).unwrap_or_default()
}

struct Reader<'r> {
    is_granted: &'r dyn Fn(Option<&str>) -> bool,
    is_hidden: bool,
    /// What each object says, if [`said`] collects it.
    said: Option<Vec<Said>>,
}

/// The level of an object in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Answer,
    /// The member `data`.
    Data,
    /// A member of `data`.
    Member,
}

/// A value of the answer; its members are read if it is an object.
struct Object<'s, 'r> {
    reader: &'s mut Reader<'r>,
    level: Level,
}

/// The name and the visibility that an object says.
#[derive(Debug, Default)]
pub(super) struct Said {
    is_private: bool,
    /// Whether it is public, if it says so.
    pub(super) is_public: Option<bool>,
    /// Its full name.
    pub(super) name: Option<String>,
}

impl Said {
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
        reader: &mut Reader<'_>,
        level: Level,
    ) -> Result<(), A::Error> {
        while let Some(member) = map.next_key::<Member>()? {
            match (member, level) {
                (Member::Data, Level::Answer) => map.next_value_seed(Object { reader, level: Level::Data })?,
                (_, Level::Data) => map.next_value_seed(Object { reader, level: Level::Member })?,
                (Member::Data | Member::Other, _) => drop(map.next_value::<IgnoredAny>()?),
                (member, _) => self.take(member, map.next_value()?),
            }
        }
        Ok(())
    }

    /// Stores the value of a member that says whether the object is private.
    fn hide(&mut self, is_private: bool) {
        self.is_private |= is_private;
        self.is_public = Some(!self.is_private);
    }

    fn take(&mut self, member: Member, value: Scalar) {
        match (member, value) {
            (Member::Flag, Scalar::True) => self.hide(true),
            (Member::Flag, Scalar::False) => self.hide(false),
            (Member::Visibility, Scalar::Text(text)) => self.hide(NOT_PUBLIC.contains(&&*text.to_ascii_lowercase())),
            (Member::Name, Scalar::Text(name)) => self.name = Some(name),
            _ => {}
        }
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { reader, level } = self;
        let mut said = Said::default();
        let read = said.read(&mut map, reader, level);
        reader.is_hidden |= said.is_private && !(reader.is_granted)(said.name.as_deref());
        if let Some(all) = reader.said.as_mut().filter(|all| all.len() < MOST_SAID) {
            all.push(said);
        }
        read
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        if self.level == Level::Answer {
            return Err(A::Error::custom("a list tells nothing, and is not read to its end"));
        }
        skip(list)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a list to its end.
fn skip<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// The kinds of members of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Flag,
    Visibility,
    Name,
    Data,
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Member, E> {
                Ok(match name {
                    VISIBILITY => Member::Visibility,
                    "data" => Member::Data,
                    _ if PRIVATE_FLAGS.contains(&name) => Member::Flag,
                    _ if NAMES.contains(&name) => Member::Name,
                    _ => Member::Other,
                })
            }
        }

        deserializer.deserialize_str(Name)
    }
}

/// The value of a member; values that do not matter are not kept.
#[derive(Debug, PartialEq, Eq)]
enum Scalar {
    True,
    False,
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;

        impl<'de> Visitor<'de> for Anything {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E: Error>(self, is_true: bool) -> Result<Scalar, E> {
                Ok(if is_true { Scalar::True } else { Scalar::False })
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(if text.len() > LONGEST_NAME { Scalar::Other } else { Scalar::Text(text.to_owned()) })
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Scalar, A::Error> {
                skip(list).map(|()| Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }

        deserializer.deserialize_any(Anything)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn an_answer_says_that_it_is_private_at_its_top_or_one_level_below_data() {
        for (body, is_private) in [
            (r#"{"private": true}"#, true),
            (r#"{"id": 1, "license": {"key": "mit"}, "topics": ["a"], "private": true, "size": 2.5}"#, true),
            ("\u{feff} {\"visibility\": \"internal\"}", true),
            (r#"{"visibility": "PRIVATE"}"#, true),
            (r#"{"isPrivate": true}"#, true),
            (r#"{"is_private": true}"#, true),
            (r#"{"pr\u0069vate": true}"#, true),
            (r#"{"private": false, "private": true}"#, true),
            (r#"{"data": {"repository": {"stars": 1, "isPrivate": true}}}"#, true),
            (r#"{"data": {"private": {"visibility": "private"}}}"#, true),
            (r#"{"data": {"a": {"isPrivate": false}, "b": {"isPrivate": true}}}"#, true),
            // Cut short after the member that says `private`.
            (r#"{"private": true, "name": "x"#, true),
            (r#"{"data": {"repository": {"isPrivate": true, "#, true),
            (r#"{"private": false, "visibility": "public"}"#, false),
            (r#"{"private": "true", "visibility": true, "isPrivate": [true], "is_private": {"private": true}}"#, false),
            (r#"{"parent": {"private": true}}"#, false),
            (r#"{"data": {"viewer": {"repository": {"isPrivate": true}}}}"#, false),
            (r#"{"data": null, "errors": [{"private": true}]}"#, false),
            (r#"{"data": [{"private": true}]}"#, false),
            (r#"{"data": 1, "x": "private"}"#, false),
            (r#"[{"private": true}]"#, false),
            (r#""private""#, false),
            ("<html>", false),
            ("", false),
        ] {
            assert_eq!(is_hidden(body.as_bytes(), &|_| false), is_private, "{body}");
            assert!(!is_hidden(body.as_bytes(), &|_| true), "{body}");
        }
    }

    #[test]
    fn each_private_object_is_granted_by_its_own_full_name() {
        for (body, names) in [
            (r#"{"full_name": "acme/shop", "private": true}"#, &[Some("acme/shop")][..]),
            (r#"{"private": true, "path_with_namespace": "a/b/c"}"#, &[Some("a/b/c")]),
            (r#"{"private": true, "full_name": 7}"#, &[None]),
            (
                r#"{"data": {"a": {"nameWithOwner": "a/x", "isPrivate": true}, "b": {"isPrivate": true}}}"#,
                &[Some("a/x"), None],
            ),
        ] {
            let asked = RefCell::new(Vec::new());
            let grant = |name: Option<&str>| {
                asked.borrow_mut().push(name.map(str::to_owned));
                true
            };
            assert!(!is_hidden(body.as_bytes(), &grant), "{body}");
            assert_eq!(asked.into_inner().iter().map(Option::as_deref).collect::<Vec<_>>(), names, "{body}");
        }
        let long = format!(r#"{{"private": true, "full_name": "{}"}}"#, "x".repeat(LONGEST_NAME + 1));
        assert!(is_hidden(long.as_bytes(), &|name| name.is_some()));
    }

    #[test]
    fn an_answer_that_is_nested_as_deeply_as_its_size_allows_is_read() {
        let deep = format!(r#"{{"x": {}1{}, "private": true}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(is_hidden(deep.as_bytes(), &|_| false));
    }
}
