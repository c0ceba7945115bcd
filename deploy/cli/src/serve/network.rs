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
    /// The client by which the places of listeners are counted. Programs of this machine, one of which may be a proxy,
    /// and a trusted proxy that does not say for whom it asks have no limit.
    pub(crate) fn counted_client(&self, client: Option<IpAddr>) -> Option<ClientAddress> {
        self.client_of(client).and_then(ClientAddress::at)
    }

    /// The client by which requests are counted: the same, but the programs of this machine are one client.
    pub(crate) fn rated_client(&self, client: Option<IpAddr>) -> Option<ClientAddress> {
        self.client_of(client).map(ClientAddress::with_loopback)
    }

    fn client_of(&self, client: Option<IpAddr>) -> Option<IpAddr> {
        client.filter(|address| !self.trusted.contains(Peer::Address(*address)))
    }
}
