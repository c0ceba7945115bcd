//! What a secret could see of private repositories is shown as missing, unless the operator granted it.

use std::sync::Arc;

use badgesmith_provider::{Request, SentWith, fold};
use bytes::Bytes;

use super::{caller::Caller, provider_call::ProviderCall, visibility::is_hidden};
use crate::{
    fetch::{
        cached_answer::CachedAnswer,
        fetcher::{Fetched, MISSING_ANSWER_FRESH},
    },
    plugins::PrivateName,
    route::Parameters,
};

/// The body that a provider gets in the place of a hidden one.
const MISSING: &[u8] = br#"{"message":"not found"}"#;
/// The parameters of routes that name an owner, the first one that a route has.
const OWNERS: [&str; 4] = ["owner", "user", "org", "namespace"];
/// The parameters of routes that name a repository.
const REPOSITORIES: [&str; 2] = ["repo", "project"];

impl Caller {
    /// The answer as the provider gets it: 404, as for a repository that does not exist, if it tells of a private one
    /// that is not granted. An answer that was fetched without a secret tells only what everybody may see.
    ///
    /// The answer is hidden after it was cached, so that the rules of today apply to answers of yesterday.
    pub(super) fn without_private(&self, call: &ProviderCall, request: &Request, fetched: Fetched) -> Fetched {
        let Some(sent_with) = fetched.sent_with else { return fetched };
        if !matches!(fetched.answer.status, 200..=299) || is_file(request, &fetched.answer) {
            return fetched;
        }
        let is_granted = |name: Option<&str>| {
            let name = name.map(str::to_owned).or_else(|| named(&call.params));
            sent_with == SentWith::Owner && name.is_some_and(|name| is_granted(&self.private, &name))
        };
        if !is_hidden(&fetched.answer.body, &is_granted) {
            return fetched;
        }
        // It is fresh for as long as a missing one is, so that how often the upstream is asked tells no more.
        let fresh_until = fetched.answer.fresh_until.min(fetched.answer.asked + MISSING_ANSWER_FRESH);
        if fresh_until < fetched.answer.fresh_until {
            self.upstreams.shorten_freshness(&fetched, fresh_until);
        }
        let missing = CachedAnswer {
            status: 404,
            headers: [].into(),
            body: Bytes::from_static(MISSING),
            fresh_until,
            before: None,
            ..CachedAnswer::clone(&fetched.answer)
        };
        Fetched { answer: Arc::new(missing), ..fetched }
    }
}

/// Whether the answer is a file of a repository, as it was asked for, and not what the upstream says of one. A
/// package.json, for example, is often `private`.
fn is_file(request: &Request, answer: &CachedAnswer) -> bool {
    let has_raw = |media_type: &str| media_type.to_ascii_lowercase().contains("raw");
    let content_type = answer.headers.get("content-type").map_or("application/json", String::as_str);
    let is_json = content_type.to_ascii_lowercase().contains("json");
    !is_json || has_raw(content_type) || request.accepted().is_some_and(has_raw)
}

/// The repository, or the owner alone, that the call's parameters name.
fn named(params: &Parameters) -> Option<String> {
    let first = |names: &[&str]| names.iter().find_map(|name| params.get(*name)).filter(|value| !value.is_empty());
    let parts: Vec<_> = [first(&OWNERS), first(&REPOSITORIES)].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether a repository, or its owner, is granted.
fn is_granted(granted: &[PrivateName], name: &str) -> bool {
    let name = fold(name);
    granted.iter().any(|granted| {
        let rest = name.strip_prefix(granted.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
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
    fn a_call_names_a_repository_by_its_parameters() {
        let named = |pairs: &[(&str, &str)]| {
            named(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(named(&[("owner", "acme"), ("repo", "shop")]).as_deref(), Some("acme/shop"));
        assert_eq!(named(&[("org", "acme"), ("package", "x")]).as_deref(), Some("acme"));
        assert_eq!(named(&[("project", "group/sub/x")]).as_deref(), Some("group/sub/x"));
        assert_eq!(named(&[("namespace", "a"), ("project", "b")]).as_deref(), Some("a/b"));
        assert_eq!(named(&[("package", "x")]), None);
    }
}
