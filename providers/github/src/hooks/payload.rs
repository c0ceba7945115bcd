//! Reads a payload. Only the members from which records or states are made are kept.
//!
//! Derived deserializers for each event would take more code than all badges of repositories.

use std::fmt;

use badgesmith_provider::Failure;
use serde::{
    Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::{dates, hooks::moment::Moment, stop::Stop};

/// The members that are kept, wherever they are. All others are skipped.
const KEPT: [&str; 60] = [
    "app",
    "archived",
    "base",
    "branches",
    "check_run",
    "check_suite",
    "commit",
    "completed_at",
    "conclusion",
    "context",
    "created_at",
    "default_branch",
    "description",
    "details_url",
    "display_title",
    "ecosystem",
    "event",
    "forkee",
    "forks_count",
    "full_name",
    "head",
    "head_branch",
    "head_repository",
    "head_sha",
    "html_url",
    "id",
    "issue",
    "language",
    "license",
    "name",
    "number",
    "open_issues_count",
    "package",
    "package_type",
    "path",
    "private",
    "pull_request",
    "pull_requests",
    "pushed_at",
    "ref",
    "registry_package",
    "repo",
    "repository",
    "run_attempt",
    "run_id",
    "run_number",
    "run_started_at",
    "sha",
    "slug",
    "spdx_id",
    "stargazers_count",
    "started_at",
    "state",
    "status",
    "target_url",
    "updated_at",
    "visibility",
    "workflow",
    "workflow_job",
    "workflow_run",
];

/// Reads a payload.
///
/// # Errors
/// `INVALID_PAYLOAD`, with the reason for the log.
pub(crate) fn read(payload: &[u8]) -> Result<Value, Stop> {
    let mut reader = serde_json::Deserializer::from_slice(payload);
    Kept.deserialize(&mut reader).map_err(|fault| invalid(fault.to_string()))
}

/// The failure for a payload that is not what GitHub documents; `reason` is for the log.
#[cold]
#[inline(never)]
fn invalid(reason: String) -> Stop {
    Failure::invalid_parameter("INVALID_PAYLOAD", "payload", "invalid payload").because(reason).into()
}

/// A member of a payload, which may be absent.
#[derive(Clone, Copy)]
pub(crate) struct Member<'v>(Option<&'v Value>);

impl<'v> Member<'v> {
    /// A whole payload.
    pub(crate) fn of(payload: &'v Value) -> Self {
        Self(Some(payload))
    }

    /// A member of it.
    #[inline(never)]
    pub(crate) fn get(self, name: &str) -> Self {
        debug_assert!(KEPT.contains(&name), "{name}");
        Self(self.0.and_then(|value| value.get(name)).filter(|value| !value.is_null()))
    }

    /// A member's text.
    #[inline(never)]
    pub(crate) fn text(self, name: &str) -> Option<&'v str> {
        self.get(name).0.and_then(Value::as_str)
    }

    /// A member's number.
    #[inline(never)]
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        self.get(name).0.and_then(Value::as_u64)
    }

    /// Whether a member is true or false.
    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        self.get(name).0.and_then(Value::as_bool)
    }

    /// A member's time, which may be a text or, in a push's repository, seconds since 1970. `None` for a time before
    /// 1970, such as the one in the year 1 that stands for no time.
    #[inline(never)]
    pub(crate) fn moment(self, name: &str) -> Option<Moment> {
        let seconds = match self.get(name).0? {
            Value::String(time) => dates::moment(time)?,
            time => time.as_i64()?,
        };
        u64::try_from(seconds).ok().map(Moment)
    }

    /// The elements of a member; none if it is not a list.
    pub(crate) fn elements(self, name: &str) -> impl Iterator<Item = Self> + use<'v> {
        let list = self.get(name).0.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(Self::of)
    }

    /// A member's text, which must be present.
    pub(crate) fn needed_text(self, name: &str) -> Result<&'v str, Stop> {
        self.text(name).ok_or_else(|| lacking(name))
    }

    /// A member's number, which must be present.
    pub(crate) fn needed_number(self, name: &str) -> Result<u64, Stop> {
        self.number(name).ok_or_else(|| lacking(name))
    }

    /// A member's time, which must be present.
    pub(crate) fn needed_moment(self, name: &str) -> Result<Moment, Stop> {
        self.moment(name).ok_or_else(|| lacking(name))
    }
}

#[cold]
#[inline(never)]
fn lacking(name: &str) -> Stop {
    invalid(format!("it has no {name}, or not as GitHub documents it"))
}

/// Reads a value without the members that are not in [`KEPT`].
struct Kept;

impl<'de> DeserializeSeed<'de> for Kept {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kept {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// No member that is read is a number with a fraction.
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(Kept)? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if KEPT.binary_search(&name.as_str()).is_ok() {
                kept.insert(name, members.next_value_seed(Kept)?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_members_of_a_payload_are_kept() {
        assert!(KEPT.is_sorted());
        let payload = read(br#"{"id": 1, "x": {"id": 2}, "app": [{"sha": "a", "y": [1]}, 1.5, null, true]}"#).unwrap();
        assert_eq!(payload, serde_json::json!({"id": 1, "app": [{"sha": "a"}, null, null, true]}));
    }

    #[test]
    fn what_is_no_json_or_is_nested_too_deep_is_refused() {
        let deep = "[".repeat(100_000);
        for payload in ["", "{", "{\"id\": }", "\u{1}", &deep] {
            assert!(read(payload.as_bytes()).is_err(), "{}", &payload[..payload.len().min(10)]);
        }
    }
}
