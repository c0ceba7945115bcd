//! The index of a package: the list of its versions, including unlisted ones.

use std::borrow::Cow;

use badgesmith_provider::{Answer, Failure};
use serde::Deserialize;

/// The name of the list, with the quote after it.
const NAME: &str = "versions\"";

/// <https://learn.microsoft.com/en-us/nuget/api/package-base-address-resource#enumerate-package-versions>
#[derive(Deserialize)]
pub(crate) struct PackageIndex<'a> {
    #[serde(borrow)]
    versions: Vec<Spelling<'a>>,
}

/// The text of a version: a slice of the answer unless it has an escape, as .NET writes `+`.
#[derive(Deserialize)]
struct Spelling<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> PackageIndex<'a> {
    /// The index in an answer.
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub(crate) fn read(answer: &Answer<'a>) -> Result<Self, Failure> {
        let body = std::str::from_utf8(answer.success()?).ok();
        body.and_then(Self::read_plain).map_or_else(|| answer.json(), Ok)
    }

    /// The index in a body as feeds write it: with `versions` alone, and without escapes. `None` for any other body.
    ///
    /// serde_json takes twice as long, which would be most of the time of a step with 500 versions.
    fn read_plain(body: &'a str) -> Option<Self> {
        let bytes = body.as_bytes();
        let name = skip(bytes, b'{', 0)?;
        let name = skip(bytes, b'"', name)?;
        let after = name + NAME.len();
        let mut at = (body.get(name..after)? == NAME).then(|| skip(bytes, b':', after))??;
        let mut versions = Vec::new();
        let mut before = b'[';
        while let Some(list) = skip(bytes, before, at) {
            let start = skip(bytes, b'"', list)?;
            at = start;
            while !matches!(bytes.get(at)?, b'"' | b'\\' | ..b' ') {
                at += 1;
            }
            versions.push(Spelling(Cow::Borrowed(body.get(start..at)?)));
            at = (bytes[at] == b'"').then_some(at + 1)?;
            before = b',';
        }
        let end = skip(bytes, b']', at)?;
        let end = skip(bytes, b'}', end)?;
        (before == b',' && whitespace(bytes, end) == bytes.len()).then_some(Self { versions })
    }

    /// The versions as the feed spells and orders them.
    pub(crate) fn versions(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.versions.iter().map(|Spelling(text)| &**text)
    }
}

/// The offset after a byte and the whitespace before it.
fn skip(text: &[u8], byte: u8, at: usize) -> Option<usize> {
    let at = whitespace(text, at);
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

/// The offset after JSON's whitespace.
fn whitespace(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::FailureKind;
    use proptest::prelude::*;

    use super::*;

    fn answer(body: &str) -> Answer<'_> {
        Answer { status: 200, body: body.as_bytes(), ..Answer::default() }
    }

    #[test]
    fn versions_are_slices_of_the_answer_unless_they_have_escapes() {
        let answer = answer("\u{feff}{\"versions\": [\"1.0.0\", \"1.1.0\\u002Bbuild\"]}");
        let index = PackageIndex::read(&answer).unwrap();
        assert_eq!(index.versions().collect::<Vec<_>>(), ["1.0.0", "1.1.0+build"]);
        let borrowed: Vec<_> = index.versions.iter().map(|Spelling(text)| matches!(text, Cow::Borrowed(_))).collect();
        assert_eq!(borrowed, [true, false]);
    }

    #[test]
    fn an_answer_without_a_list_of_versions_is_no_index() {
        for body in ["{}", "[]", "null", r#"{"versions": null}"#, r#"{"versions": {}}"#, r#"{"versions": [1]}"#] {
            let failure = PackageIndex::read(&answer(body)).err();
            assert_eq!(failure.map(|failure| failure.kind), Some(FailureKind::InvalidResponse), "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_without_serde_json_is_what_serde_json_reads(
            head in r#"[ \n]{0,2}\{ ?"(versions|Versions)"[ \t]?:[ \r]?\["#,
            list in r#"("(1\.0|é|\\u002B|\\|\n|[ ,\[{:])?"|[ \n]|,|1|null|\[\]){0,6}(", "|",\n"|")?"#,
            tail in r#"\] ?(,"versions":\["2"\])?\}[ \n]?[,}]?"#,
        ) {
            let spellings = |index: PackageIndex| index.versions().map(str::to_owned).collect::<Vec<_>>();
            for body in [format!("{head}{list}{tail}"), format!("{{\"versions\":[{list}]}}")] {
                if let Some(index) = PackageIndex::read_plain(&body) {
                    prop_assert_eq!(spellings(index), spellings(serde_json::from_str(&body).unwrap()), "{}", body);
                }
            }
        }

        #[test]
        fn a_list_without_escapes_is_read_without_serde_json(
            list in prop::collection::vec("[^\"\\\\\0-\x1f]{0,6}", 1..9),
        ) {
            let body = serde_json::json!({ "versions": list });
            for body in [body.to_string(), format!("{body:#}").replace('\n', "\r\n")] {
                let index = PackageIndex::read_plain(&body);
                prop_assert_eq!(index.map(|index| index.versions().eq(&list)), Some(true), "{}", body);
            }
        }
    }
}
