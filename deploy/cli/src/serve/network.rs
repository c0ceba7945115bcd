//! The operator's description of the network in front of the server.

use std::net::IpAddr;

use super::{base_path::BasePath, client_address::ClientAddress, peer::Peer, trusted_proxies::TrustedProxies};

/// The trusted proxies, and the base path below which a proxy shows the server.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) trusted: TrustedProxies,
    pub(crate) base: BasePath,
}

impl Network {
    /// The client for which listeners are counted. `None`, which means no limit, for programs of this machine, one of
    /// which may be a proxy, and for a trusted proxy that does not name its client.
    pub(crate) fn counted_client(&self, client: Option<IpAddr>) -> Option<ClientAddress> {
        self.client_of(client).and_then(ClientAddress::at)
    }

    /// The client for which requests are counted: as [`Network::counted_client`], but all programs of this machine are
    /// one client.
    pub(crate) fn rated_client(&self, client: Option<IpAddr>) -> Option<ClientAddress> {
        self.client_of(client).map(ClientAddress::with_loopback)
    }

    fn client_of(&self, client: Option<IpAddr>) -> Option<IpAddr> {
        client.filter(|address| !self.trusted.contains(Peer::Address(*address)))
    }
}
