//! Which private repositories the answers to a call's requests may show.

use std::sync::Arc;

use badgesmith_provider::Request;

use super::{caller::Caller, credentials::CarriedSecret, provider_call::ProviderCall};
use crate::{
    fetch::{
        private_rule::{PrivateRule, is_raw},
        visibility_notes::Noted,
    },
    route::Parameters,
};

/// The parameters of routes that name an owner; the first one that a route has counts.
const OWNERS: [&str; 4] = ["owner", "user", "org", "namespace"];
/// The parameters of routes that name a repository.
const REPOSITORIES: [&str; 2] = ["repo", "project"];

/// The rule for the answer to a request with this secret. Private data that plugins.toml grants may be shown if the
/// secret is the owner's, and never if it is one of the server's own.
pub(super) fn rule(caller: &Caller, call: &ProviderCall, request: &Request, secret: &CarriedSecret) -> PrivateRule {
    let granted = match secret {
        CarriedSecret::Owners(_) => caller.private.clone(),
        CarriedSecret::Servers(_) => [].into(),
    };
    PrivateRule { granted, named: named(&call.params), asks_for_file: request.accepted().is_some_and(is_raw) }
}

/// The repository whose visibility the answer to a request may say. Only answers to plugins with webhooks count,
/// because only their repositories are the ones that deliveries are about. The contents of a file do not count, because
/// its author could write anything.
pub(super) fn noted(caller: &Caller, call: &ProviderCall, request: &Request) -> Option<Noted> {
    let notes = caller.notes.as_ref().filter(|_| !call.plugin.manifest.hooks.is_empty())?;
    let name = named(&call.params).filter(|_| !request.accepted().is_some_and(is_raw))?;
    Some(Noted { notes: Arc::clone(notes), name })
}

/// The repository, or only the owner, that the call's parameters name.
fn named(params: &Parameters) -> Option<String> {
    let first = |names: &[&str]| names.iter().find_map(|name| params.get(*name)).filter(|value| !value.is_empty());
    let parts: Vec<_> = [first(&OWNERS), first(&REPOSITORIES)].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
