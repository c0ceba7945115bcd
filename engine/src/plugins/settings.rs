//! `[engine]` of plugins.toml.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{allowed_address::AllowedAddress, http_origin::HttpOrigin, live::Live, private_name::PrivateName, trust};
use crate::{events::subscription::Subscription, origin::Origin, proof::TrustedIssuer};

/// `[engine]`: the engine's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// The memory that the response caches, the badge caches and the embedded store's page cache may take together, in
    /// MiB.
    pub cache_mib: u32,
    /// Where test results are stored.
    pub store: StoreKind,
    /// When a report is recorded: before it is answered, or from a queue.
    #[serde(skip_serializing_if = "is_direct")]
    pub ingest: Ingest,
    /// Whether signatures over the body alone are accepted, as BadgeSmith's own clients send them. An attacker who
    /// observes such a report can replay it for another branch.
    pub accept_body_only_signatures: bool,
    /// Whether `/endpoint` is served, which fetches addresses that callers name.
    pub endpoint: bool,
    /// Whether `/badge/dynamic/…` is served, which also fetches addresses that callers name.
    pub dynamic: bool,
    /// Whether callers may name plain http addresses.
    pub allow_http: bool,
    /// Private addresses that callers may name nevertheless.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_addresses: Vec<AllowedAddress>,
    /// The plain http origins on other machines that plugins may be granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_http_origins: Vec<HttpOrigin>,
    /// A PEM file with certificates of authorities that are trusted in addition to Mozilla's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_roots: Option<PathBuf>,
    /// The owners and repositories whose private data badges may show, with a secret of the owner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<PrivateName>,
    /// The owners for whom the live page, its data and its events are served; none by default.
    #[serde(skip_serializing_if = "is_off")]
    pub live: Live,
    /// The issuers whose tokens prove where reports come from; none by default.
    #[serde(with = "trust", skip_serializing_if = "Vec::is_empty")]
    pub trust: Vec<TrustedIssuer>,
    /// Font files for characters that the bundled font lacks, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<PathBuf>,
    /// The subscriptions to events: the `[[subscription]]` tables of plugins.toml and plugins.d, in their order.
    #[serde(skip)]
    pub subscriptions: Vec<Subscription>,
}

/// Where test results are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In one file in the data directory.
    #[default]
    Embedded,
    /// In DynamoDB, with the secrets in AWS Secrets Manager.
    DynamoDb,
}

/// When a report is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ingest {
    /// Before it is answered with 201.
    #[default]
    Direct,
    /// Later, from a queue: the report is put into the queue and answered with 202, so that reports are accepted even
    /// while the table of results refuses writes.
    Queue,
}

impl Settings {
    /// The share of `cache-mib` for the embedded store, in bytes: an eighth. The engine's own caches share the rest.
    #[must_use]
    pub const fn store_bytes(&self) -> u64 {
        self.cache_bytes() / 8
    }

    /// The origins of [`Settings::allow_http_origins`].
    pub(crate) fn http_origins(&self) -> Vec<Origin> {
        self.allow_http_origins.iter().map(|allowed| allowed.origin().clone()).collect()
    }

    /// The whole of `cache-mib`, in bytes.
    pub(crate) const fn cache_bytes(&self) -> u64 {
        self.cache_mib as u64 * 1024 * 1024
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_mib: 64,
            store: StoreKind::Embedded,
            ingest: Ingest::Direct,
            accept_body_only_signatures: false,
            endpoint: true,
            dynamic: true,
            allow_http: false,
            allow_addresses: Vec::new(),
            allow_http_origins: Vec::new(),
            extra_roots: None,
            private: Vec::new(),
            live: Live::Off,
            trust: Vec::new(),
            faces: Vec::new(),
            subscriptions: Vec::new(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_direct(ingest: &Ingest) -> bool {
    *ingest == Ingest::Direct
}

fn is_off(live: &Live) -> bool {
    *live == Live::Off
}
