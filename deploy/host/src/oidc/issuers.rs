//! The issuers that plugins.toml trusts, each with its keys, and for which owners.

use std::sync::Arc;

use badgesmith_engine::{
    proof::{TrustedIssuer, Unproven},
    world::{Executor, Upstream},
};
use badgesmith_provider::fold;
use url::Url;

use super::{key_cache::KeyCache, refusal::wrong};

/// The owner that stands for every owner.
const ANY: &str = "*";

/// The trusted issuers.
#[derive(Debug)]
pub(super) struct Issuers(Vec<Issuer>);

/// One issuer. plugins.toml may trust it several times, for different owners.
#[derive(Debug)]
pub(super) struct Issuer {
    /// The issuer's name as its tokens write it in `iss`.
    pub(super) name: String,
    pub(super) keys: KeyCache,
    trusted: Vec<TrustedIssuer>,
}

impl Issuers {
    pub(super) fn new(trusted: Vec<TrustedIssuer>, web: &Arc<dyn Upstream>, executor: &Arc<dyn Executor>) -> Self {
        let mut issuers: Vec<Issuer> = Vec::new();
        for trust in trusted {
            let name = name(&trust.issuer);
            match issuers.iter_mut().find(|issuer| issuer.name == name) {
                Some(issuer) => issuer.trusted.push(trust),
                None => {
                    let keys = KeyCache::new(&name, Arc::clone(web), Arc::clone(executor));
                    issuers.push(Issuer { name, keys, trusted: vec![trust] });
                }
            }
        }
        Self(issuers)
    }

    /// The issuer of this name. The name comes from a token that is not verified yet: it only selects the keys that
    /// verify the token.
    pub(super) fn named(&self, name: &str) -> Result<&Issuer, Unproven> {
        self.0
            .iter()
            .find(|issuer| issuer.name == name)
            .ok_or_else(|| wrong("iss", "this server does not trust the issuer; plugins.toml lists those that it does"))
    }

    /// The entry of plugins.toml by which an issuer is trusted for an owner: the entry that names this owner, otherwise
    /// the entry for every owner, unless another issuer is trusted for this owner by name.
    pub(super) fn trust_of<'a>(&self, issuer: &'a Issuer, owner: &str) -> Result<&'a TrustedIssuer, Unproven> {
        let owner = fold(owner);
        let any = || issuer.trust_that_lists(ANY).filter(|_| self.0.iter().all(|other| !other.lists(&owner)));
        issuer.trust_that_lists(&owner).or_else(any).ok_or_else(|| {
            wrong("iss", "this server does not trust the issuer for this owner; plugins.toml lists the owners")
        })
    }
}

impl Issuer {
    fn trust_that_lists(&self, owner: &str) -> Option<&TrustedIssuer> {
        self.trusted.iter().find(|trust| trust.owners.iter().any(|listed| listed == owner))
    }

    fn lists(&self, owner: &str) -> bool {
        self.trust_that_lists(owner).is_some()
    }
}

/// The name of an issuer as its tokens have it. `Url` writes an origin with a slash at its end; GitHub and GitLab do
/// not.
fn name(issuer: &Url) -> String {
    if issuer.path() == "/" { issuer.as_str().trim_end_matches('/').to_owned() } else { issuer.as_str().to_owned() }
}
