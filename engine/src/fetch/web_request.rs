//! A request to an address on the web that a caller named, with the limits of size and time that all such requests
//! have.

use std::time::Duration;

use sha2::{Digest, Sha256};
use url::Url;

use super::upstream_request::{Freshness, UpstreamRequest};
use crate::{origin::Origin, world::Ask};

/// How long an exchange may take. It is not retried.
const PATIENCE: Duration = Duration::from_millis(3500);
/// The largest document, in bytes.
pub(crate) const LARGEST_BODY: usize = badgesmith_queries::LARGEST_DOCUMENT;

/// A request to an address that a caller named. It is a GET that carries nothing else.
#[derive(Clone, Debug)]
pub(crate) struct WebRequest<'a> {
    pub(crate) url: Url,
    /// `Accept`.
    pub(crate) accept: &'a str,
    /// For metrics: the plugin's id, or `web`.
    pub(crate) client: &'a str,
    /// The key of its answer in the cache.
    pub(crate) key: String,
    pub(crate) freshness: Freshness,
}

impl WebRequest<'_> {
    /// The request as a fetcher sends it.
    pub(crate) fn request(self) -> UpstreamRequest {
        let Self { url, accept, client, key, freshness } = self;
        let origin = Origin::of_web(&url);
        UpstreamRequest {
            client: client.to_owned(),
            // A hold applies to this address only. It is hashed, because addresses may be long and many are remembered.
            rate_limit_key: hex::encode(Sha256::digest(&key)),
            key,
            // The log shows only the origin: the rest of the address may contain a secret of the caller.
            log_name: origin.to_string(),
            origin,
            ask: Ask { accept: Some(accept.to_owned()), ..Ask::get(url, LARGEST_BODY, PATIENCE) },
            tokens: None,
            private: None,
            is_repeatable: true,
            noted: None,
            about: None,
            freshness,
        }
    }
}
