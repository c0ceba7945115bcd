//! The network in front of the server, as its operator describes it.

use super::{base_path::BasePath, trusted_proxies::TrustedProxies};

/// The proxies that are believed, and the path below which the server is shown.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) trusted: TrustedProxies,
    pub(crate) base: BasePath,
}
