//! One page of the list of a package's versions.

use badgesmith_provider::{Answer, Failure};
use serde_json::Value;

use crate::{failures::package_not_found, limit, package::Registry};

/// A version as GitHub lists it. The name of an image's version is a digest; its tags have the version numbers.
pub(crate) struct ListedVersion {
    name: String,
    is_deleted: bool,
    tags: Vec<String>,
}

/// Reads a page.
///
/// # Errors
/// `UPSTREAM_RATE_LIMITED` with the seconds to wait; `PACKAGE_NOT_FOUND` if there is no such package or the token may
/// not see it; otherwise as [`Answer::json`].
pub(crate) fn read(answer: &Answer<'_>, now: u64) -> Result<Vec<ListedVersion>, Failure> {
    if let Some(refusal) = limit::refusal(answer, now) {
        return Err(refusal);
    }
    if answer.is_missing() {
        return Err(package_not_found());
    }
    let Value::Array(versions) = answer.json()? else { return Err(invalid("the answer is not a list")) };
    versions.into_iter().map(ListedVersion::of).collect()
}

impl ListedVersion {
    fn of(mut version: Value) -> Result<Self, Failure> {
        let Some(Value::String(name)) = version.get_mut("name").map(Value::take) else {
            return Err(invalid("the name of a version is not a text"));
        };
        let is_deleted = version.get("deleted_at").is_some_and(|time| !time.is_null());
        let tags = match version.pointer_mut("/metadata/container/tags").map(Value::take) {
            Some(Value::Array(tags)) => tags.into_iter().map(tag).collect::<Result<_, _>>()?,
            None => Vec::new(),
            Some(_) => return Err(invalid("the tags of a version are not a list")),
        };
        Ok(Self { name, is_deleted, tags })
    }

    /// The texts that may be its version number, without a leading `v`: its name, and the tags of an image. Empty if it
    /// was deleted.
    pub(crate) fn spellings(&self, registry: Registry) -> impl Iterator<Item = &str> {
        let tags = if registry.is_image() { &*self.tags } else { &[] };
        let texts = std::iter::once(&self.name).chain(tags).filter(|_| !self.is_deleted);
        texts.map(|text| text.strip_prefix(['v', 'V']).unwrap_or(text))
    }
}

fn tag(tag: Value) -> Result<String, Failure> {
    if let Value::String(tag) = tag { Ok(tag) } else { Err(invalid("a tag is not a text")) }
}

fn invalid(reason: &'static str) -> Failure {
    Failure::invalid_response().because(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, registry: Registry, expected: &[&str]) {
        let answer = Answer { status: 200, body: json.as_bytes(), ..Answer::default() };
        let listed = read(&answer, 0).unwrap_or_else(|failure| panic!("{json}: {failure:?}"));
        let spellings: Vec<_> = listed.iter().flat_map(|listed| listed.spellings(registry)).collect();
        assert_eq!(spellings, expected, "{json}");
    }

    #[test]
    fn a_version_is_called_by_its_name() {
        check(r#"[{"name": "1.0.0"}, {"name": "v1.1.0"}]"#, Registry::Npm, &["1.0.0", "1.1.0"]);
        check(
            r#"[{"name": "1.0", "metadata": {"package_type": "nuget", "container": {}}}]"#,
            Registry::Nuget,
            &["1.0"],
        );
        check(r#"[{"name": "1.0", "metadata": {"container": {"tags": ["2.0"]}}}]"#, Registry::Maven, &["1.0"]);
        check(r#"[{"name": "1.0", "metadata": null}, {"name": "a\u002fb"}]"#, Registry::Nuget, &["1.0", "a/b"]);
    }

    #[test]
    fn an_image_is_called_by_its_tags_too() {
        let json = r#"[{"name": "sha256:00", "metadata": {"container": {"tags": ["latest", "V1.2"]}}}]"#;
        check(json, Registry::Container, &["sha256:00", "latest", "1.2"]);
        check(json, Registry::Docker, &["sha256:00", "latest", "1.2"]);
    }

    #[test]
    fn a_deleted_version_is_not_called_at_all() {
        let json = r#"[{"name": "1.0", "deleted_at": "2026-01-01T00:00:00Z"}, {"name": "0.9", "deleted_at": null}]"#;
        check(json, Registry::Nuget, &["0.9"]);
    }

    #[test]
    fn an_answer_that_is_no_list_of_versions_is_invalid() {
        for body in ["", "{}", "null", "[1]", "[{}]", r#"[{"name": 1}]"#, r#"[{"name": "1", "metadata": []"#, "<html>"]
        {
            let answer = Answer { status: 200, body: body.as_bytes(), ..Answer::default() };
            let failure = read(&answer, 0).err().map(|failure| Failure { reason: None, ..failure });
            assert_eq!(failure, Some(Failure::invalid_response()), "{body}");
        }
    }
}
