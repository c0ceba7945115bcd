//! Tokens of issuers: which prove where a report comes from, and the words with which the others are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "oidc/issuer.rs"]
mod issuer;
#[path = "oidc/keys.rs"]
mod keys;
#[path = "oidc/libraries.rs"]
mod libraries;
#[path = "oidc/refusals.rs"]
mod refusals;
#[path = "oidc/trust.rs"]
mod trust;
