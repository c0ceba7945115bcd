//! `live`: the owners whose repositories the live page shows.

use std::{error::Error, fmt};

use badgesmith_provider::fold;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

/// The owners for whom the live page is on: `false` for none, `true` for every owner, or a list of owners. Names of
/// owners are case-insensitive.
///
/// ```
/// use badgesmith_engine::Live;
///
/// let live = Live::of(["Acme"]).unwrap();
/// assert!(live.is_on() && live.shows("acme") && !live.shows("others"));
/// assert!(!Live::default().is_on());
/// assert!(Live::of(["acme/shop"]).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Live {
    /// For no owner.
    #[default]
    Off,
    /// For every owner.
    All,
    /// For these owners, case-folded.
    Owners(Vec<String>),
}

/// A text that is not the name of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOwner(pub String);

impl Live {
    /// For these owners.
    ///
    /// # Errors
    /// The first text that is not the name of an owner.
    pub fn of(owners: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, InvalidOwner> {
        let is_letter = |letter: char| letter.is_alphanumeric() || "-_.~".contains(letter);
        let checked = owners.into_iter().map(Into::into).map(|owner: String| {
            let is_owner = !matches!(&*owner, "" | "." | "..") && owner.chars().all(is_letter);
            if is_owner { Ok(fold(&owner)) } else { Err(InvalidOwner(owner)) }
        });
        Ok(Self::Owners(checked.collect::<Result<_, _>>()?))
    }

    /// Whether it is on for anybody.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        match self {
            Self::Off => false,
            Self::All => true,
            Self::Owners(owners) => !owners.is_empty(),
        }
    }

    /// Whether it is on for an owner, whose name is case-folded.
    #[must_use]
    pub fn shows(&self, owner: &str) -> bool {
        match self {
            Self::Off => false,
            Self::All => true,
            Self::Owners(owners) => owners.iter().any(|name| name == owner),
        }
    }
}

impl Serialize for Live {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::All => serializer.serialize_bool(true),
            Self::Owners(owners) => owners.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Live {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Live;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a list of owners such as [\"acme\"]")
            }

            fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<Live, E> {
                Ok(if is_on { Live::All } else { Live::Off })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Live, A::Error> {
                let mut owners = Vec::<String>::new();
                while let Some(owner) = list.next_element()? {
                    owners.push(owner);
                }
                Live::of(owners).map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(Value)
    }
}

impl fmt::Display for InvalidOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no owner; write live = true, or each owner by its name: live = [\"acme\"]", self.0)
    }
}

impl Error for InvalidOwner {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Live, String> {
        #[derive(Deserialize)]
        struct Table {
            live: Live,
        }
        crate::toml_reader::read::<Table>(&format!("live = {value}"))
            .map(|table| table.live)
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn it_is_a_boolean_or_a_list_of_owners_and_a_mistake_is_told_what_to_write() {
        assert_eq!(read("true"), Ok(Live::All));
        assert_eq!(read("false"), Ok(Live::Off));
        assert_eq!(read(r#"["Acme", "b.c-d_e"]"#), Ok(Live::Owners(vec!["acme".into(), "b.c-d_e".into()])));
        assert!(!read("[]").unwrap().is_on());
        for (value, words) in [
            ("\"acme\"", "expected true, false, or a list of owners such as [\"acme\"]"),
            ("1", "expected true, false, or a list of owners"),
            (r#"["acme/shop"]"#, "\"acme/shop\" is no owner; write live = true, or each owner by its name"),
            (r#"["*"]"#, "\"*\" is no owner"),
            (r#"[""]"#, "\"\" is no owner"),
        ] {
            let said = read(value).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
