//! An answer about a private repository that was fetched with a secret is shown as 404, unless the operator granted the
//! repository.
//!
//! An answer is hidden when it is read from the cache, so that the present rules apply to old answers, too. A hidden
//! answer is fresh for as long as a 404, and like a 404 it is not in the store: nothing that the engine does afterwards
//! differs between the two.

use std::sync::Arc;

use bytes::Bytes;

use super::{cached_answer::CachedAnswer, visibility::is_hidden};
use crate::plugins::{PrivateName, is_granted};

/// The body that a provider gets instead of a hidden one.
const MISSING: &[u8] = br#"{"message":"not found"}"#;

/// The rule for what the answer to a request with a secret may show.
#[derive(Clone, Debug)]
pub(crate) struct PrivateRule {
    /// The owners and repositories whose private data it may show; none if the secret is one of the server's own.
    pub(crate) granted: Arc<[PrivateName]>,
    /// The repository, or only the owner, that the badge's address names. A name in the answer takes precedence.
    pub(crate) named: Option<String>,
    /// Whether the request asks for the raw contents of a file, which are not searched: a member `private` has another
    /// meaning there, for example in a package.json.
    pub(crate) asks_for_file: bool,
}

impl PrivateRule {
    /// Whether the answer is about a private repository that is not granted.
    pub(crate) fn hides(&self, answer: &CachedAnswer) -> bool {
        if !matches!(answer.status, 200..=299) || self.asks_for_file || !is_json(answer) {
            return false;
        }
        let is_granted = |name: Option<&str>| {
            let name = name.or(self.named.as_deref());
            name.is_some_and(|name| is_granted(&self.granted, name))
        };
        is_hidden(&answer.body, &is_granted)
    }
}

/// The answer that a provider gets instead of a hidden one: status 404 without headers.
pub(crate) fn missing(hidden: &CachedAnswer) -> CachedAnswer {
    CachedAnswer {
        status: 404,
        headers: [].into(),
        body: Bytes::from_static(MISSING),
        before: None,
        ..CachedAnswer::clone(hidden)
    }
}

/// Whether a media type asks for the raw contents of a file, not for an upstream's description of it.
pub(crate) fn is_raw(media_type: &str) -> bool {
    media_type.to_ascii_lowercase().contains("raw")
}

pub(super) fn is_json(answer: &CachedAnswer) -> bool {
    let media_type = answer.headers.get("content-type").map_or("application/json", String::as_str);
    media_type.to_ascii_lowercase().contains("json") && !is_raw(media_type)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::SystemTime};

    use super::*;

    #[test]
    fn an_owner_is_granted_with_all_its_repositories_and_a_repository_alone() {
        let granted =
            |granted: &str, name: &str| is_granted(&[PrivateName::try_from(granted.to_owned()).unwrap()], name);
        for (grant, name, is_granted) in [
            ("acme", "acme/shop", true),
            ("Acme", "ACME/Shop", true),
            ("acme", "acme", true),
            ("acme", "acme-labs/shop", false),
            ("acme/shop", "acme/shop", true),
            ("acme/shop", "acme/shopping", false),
            ("acme/shop", "acme", false),
            ("group/sub", "group/sub/project", true),
            ("group/sub", "group/other", false),
        ] {
            assert_eq!(granted(grant, name), is_granted, "{grant:?} and {name:?}");
        }
    }

    #[test]
    fn files_and_answers_that_are_no_json_are_shown_as_they_are() {
        let answer = |status, media_type: Option<&str>| CachedAnswer {
            status,
            headers: media_type
                .map(|media_type| ("content-type".to_owned(), media_type.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            body: Bytes::from_static(br#"{"private": true}"#),
            asked: SystemTime::UNIX_EPOCH,
            fresh_until: SystemTime::UNIX_EPOCH,
            token: None,
            before: None,
        };
        let rule = PrivateRule { granted: [].into(), named: None, asks_for_file: false };
        for (media_type, is_hidden) in [
            (None, true),
            (Some("application/json; charset=utf-8"), true),
            (Some("application/vnd.github+json"), true),
            (Some("application/vnd.github.raw+json; charset=utf-8"), false),
            (Some("text/plain; charset=utf-8"), false),
            (Some("application/octet-stream"), false),
        ] {
            assert_eq!(rule.hides(&answer(200, media_type)), is_hidden, "{media_type:?}");
        }
        assert!(!rule.hides(&answer(404, None)));
        assert!(!PrivateRule { asks_for_file: true, ..rule }.hides(&answer(200, None)));
        let missing = missing(&answer(200, Some("application/json")));
        assert_eq!((missing.status, missing.headers.len()), (404, 0));
    }
}
