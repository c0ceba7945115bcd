//! One page of the list of a package's versions.

use std::borrow::Cow;

use badgesmith_provider::{Answer, Failure};
use serde::{Deserialize, de::IgnoredAny};

use crate::{failures::package_not_found, limit, package::Registry};

/// A version as GitHub lists it. The name of an image's version is a digest; its tags have the version numbers.
#[derive(Deserialize)]
pub(crate) struct ListedVersion<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    deleted_at: Option<IgnoredAny>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    container: Option<Container<'a>>,
}

#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, default)]
    tags: Vec<Text<'a>>,
}

/// A JSON string, which is a slice of the answer unless it has an escape.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a page.
///
/// # Errors
/// `UPSTREAM_RATE_LIMITED` with the seconds to wait; `PACKAGE_NOT_FOUND` if there is no such package or the token may
/// not see it; otherwise as [`Answer::json`].
pub(crate) fn read<'a>(answer: &Answer<'a>, now: u64) -> Result<Vec<ListedVersion<'a>>, Failure> {
    if let Some(refusal) = limit::refusal(answer, now) {
        return Err(refusal);
    }
    if answer.is_missing() {
        return Err(package_not_found());
    }
    answer.json()
}

impl ListedVersion<'_> {
    /// The texts that may be its version number, without a leading `v`: its name, and the tags of an image. Empty if it
    /// was deleted.
    pub(crate) fn spellings(&self, registry: Registry) -> impl Iterator<Item = &str> {
        let container = self.metadata.as_ref().and_then(|metadata| metadata.container.as_ref());
        let tags = container.filter(|_| registry.is_image()).map_or(&[][..], |container| &container.tags);
        let texts = std::iter::once(&self.name).chain(tags).filter(|_| self.deleted_at.is_none());
        texts.map(|Text(text)| text.strip_prefix(['v', 'V']).unwrap_or(text))
    }
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
