//! The network in front of the server, as its operator describes it.

use std::net::IpAddr;

use super::{base_path::BasePath, client_address::ClientAddress, peer::Peer, trusted_proxies::TrustedProxies};

/// The proxies that are believed, and the path below which the server is shown.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) trusted: TrustedProxies,
    pub(crate) base: BasePath,
}

impl Network {
    /// The client by which requests are counted. A proxy that does not say for whom it asks has no limit of its own.
    pub(crate) fn counted_client(&self, client: Option<IpAddr>) -> Option<ClientAddress> {
        client.filter(|address| !self.trusted.contains(Peer::Address(*address))).and_then(ClientAddress::at)
    }
}
