//! The index of a package: the list of its versions, including unlisted ones.

use std::borrow::Cow;

use serde::Deserialize;

/// <https://learn.microsoft.com/en-us/nuget/api/package-base-address-resource#enumerate-package-versions>
#[derive(Deserialize)]
pub(crate) struct PackageIndex<'a> {
    #[serde(borrow)]
    versions: Vec<Spelling<'a>>,
}

/// The text of a version: a slice of the answer unless it has an escape, as .NET writes `+`.
#[derive(Deserialize)]
struct Spelling<'a>(#[serde(borrow)] Cow<'a, str>);

impl PackageIndex<'_> {
    /// The versions as the feed spells and orders them.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &str> {
        self.versions.iter().map(|Spelling(text)| &**text)
    }
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::{Answer, FailureKind};

    use super::*;

    fn answer(body: &str) -> Answer<'_> {
        Answer { status: 200, body: body.as_bytes(), ..Answer::default() }
    }

    #[test]
    fn versions_are_slices_of_the_answer_unless_they_have_escapes() {
        let answer = answer("\u{feff}{\"versions\": [\"1.0.0\", \"1.1.0\\u002Bbuild\"]}");
        let index: PackageIndex = answer.json().unwrap();
        assert_eq!(index.versions().collect::<Vec<_>>(), ["1.0.0", "1.1.0+build"]);
        let borrowed: Vec<_> = index.versions.iter().map(|Spelling(text)| matches!(text, Cow::Borrowed(_))).collect();
        assert_eq!(borrowed, [true, false]);
    }

    #[test]
    fn an_answer_without_a_list_of_versions_is_no_index() {
        for body in ["{}", "[]", "null", r#"{"versions": null}"#, r#"{"versions": {}}"#, r#"{"versions": [1]}"#] {
            let failure = answer(body).json::<PackageIndex>().err();
            assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::InvalidResponse), "{body}");
        }
    }
}
