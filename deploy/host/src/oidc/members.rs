//! The members of a JSON object that are wanted, each at most once. Others are skipped without memory.

use std::fmt;

use badgesmith_engine::proof::Unproven;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::refusal::wrong;

/// The most texts that a list may have.
const MOST_TEXTS: usize = 16;

/// The value of a member.
enum Member {
    Text(String),
    Number(f64),
    Flag(bool),
    Texts(Vec<String>),
    /// `null`, an object, and a list of anything but texts or of too many.
    Other,
}

/// The wanted members that were found. They are parts of a token, so they have no debug output.
pub(super) struct Members {
    found: Vec<(&'static str, Member)>,
}

impl Members {
    /// Reads an object. `whole` is the name of the input in the refusal of anything that is not an object.
    ///
    /// # Errors
    /// It is not an object, or a wanted member is there twice.
    pub(super) fn read(json: &[u8], whole: &'static str, wanted: &[&'static str]) -> Result<Self, Unproven> {
        let mut twice = None;
        let mut reader = serde_json::Deserializer::from_slice(json);
        let read = ObjectReader { wanted, twice: &mut twice }.deserialize(&mut reader);
        // serde's message repeats what it has read, so it is dropped.
        match (read.and_then(|found| reader.end().map(|()| found)), twice) {
            (_, Some(name)) => Err(wrong(name, "it is there twice")),
            (Ok(found), None) => Ok(Self { found }),
            (Err(_), None) => Err(wrong(whole, "it is not a JSON object")),
        }
    }

    /// Whether there is such a member, whatever its value.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.find(name).is_some()
    }

    /// A text that must be there and must not be empty.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, Unproven> {
        match self.find(name) {
            Some(Member::Text(text)) if !text.is_empty() => Ok(text),
            Some(Member::Text(_)) => Err(wrong(name, "it is empty")),
            Some(_) => Err(wrong(name, "it is not a text")),
            None => Err(wrong(name, "it is missing")),
        }
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, Unproven> {
        if self.has(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// A number that must be there.
    pub(super) fn number(&self, name: &'static str) -> Result<f64, Unproven> {
        match self.find(name) {
            Some(Member::Number(number)) => Ok(*number),
            Some(_) => Err(wrong(name, "it is not a number")),
            None => Err(wrong(name, "it is missing")),
        }
    }

    /// Whether a member is this text, or a list of texts that has it.
    pub(super) fn includes(&self, name: &'static str, text: &str) -> Result<bool, Unproven> {
        match self.find(name) {
            Some(Member::Text(found)) => Ok(found == text),
            Some(Member::Texts(found)) => Ok(found.iter().any(|found| found == text)),
            Some(_) => Err(wrong(name, format!("it is neither a text nor a list of at most {MOST_TEXTS} texts"))),
            None => Err(wrong(name, "it is missing")),
        }
    }

    /// Whether a member is `"true"` or `true`.
    pub(super) fn is_true(&self, name: &'static str) -> bool {
        match self.find(name) {
            Some(Member::Text(text)) => text == "true",
            Some(Member::Flag(flag)) => *flag,
            _ => false,
        }
    }

    fn find(&self, name: &'static str) -> Option<&Member> {
        self.found.iter().find(|(found, _)| *found == name).map(|(_, member)| member)
    }
}

struct ObjectReader<'a> {
    wanted: &'a [&'static str],
    twice: &'a mut Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for ObjectReader<'_> {
    type Value = Vec<(&'static str, Member)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectReader<'_> {
    type Value = Vec<(&'static str, Member)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Self::Value = Vec::new();
        while let Some(name) = map.next_key_seed(NameReader(self.wanted))? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found.iter().any(|(earlier, _)| *earlier == name) {
                *self.twice = Some(name);
                return Err(A::Error::custom("twice"));
            }
            found.push((name, map.next_value_seed(MemberReader)?));
        }
        Ok(found)
    }
}

/// Reads the name of a member: which of the wanted ones it is.
struct NameReader<'a>(&'a [&'static str]);

impl<'de> DeserializeSeed<'de> for NameReader<'_> {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameReader<'_> {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|wanted| **wanted == name).copied())
    }
}

/// Reads the value of a member.
struct MemberReader;

impl<'de> DeserializeSeed<'de> for MemberReader {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberReader {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    #[expect(clippy::cast_precision_loss, reason = "a time in seconds has fewer digits")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Member, E> {
        Ok(Member::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a time in seconds has fewer digits")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Member, E> {
        Ok(Member::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Member, E> {
        Ok(Member::Number(number))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Member, E> {
        Ok(Member::Flag(flag))
    }

    fn visit_unit<E: Error>(self) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        let (mut texts, mut is_fit) = (Vec::new(), true);
        while let Some(item) = items.next_element_seed(MemberReader)? {
            match item {
                Member::Text(text) if is_fit && texts.len() < MOST_TEXTS => texts.push(text),
                _ => is_fit = false,
            }
        }
        Ok(if is_fit { Member::Texts(texts) } else { Member::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}
