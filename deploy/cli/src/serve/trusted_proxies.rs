//! `--trust`: the proxies whose statements about their clients are trusted.

use std::{fmt, net::IpAddr, str::FromStr};

use hyper::HeaderMap;
use ipnet::IpNet;

use super::{forwarded::hops, peer::Peer};

/// The value of `--trust` for every peer at a Unix socket.
const UNIX: &str = "unix";

/// One value of `--trust`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrustedProxy {
    /// The addresses of a network.
    Network(IpNet),
    /// Every process that may connect to the Unix socket.
    UnixSocket,
}

/// Why a text is not a value of `--trust`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidProxy {
    /// It is no network.
    NotANetwork,
    /// It is the network of all addresses.
    Everybody,
}

/// All trusted proxies.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<TrustedProxy>);

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        if text == UNIX {
            return Ok(Self::UnixSocket);
        }
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        match network.map_err(|_| InvalidProxy::NotANetwork)? {
            network if network.prefix_len() == 0 => Err(InvalidProxy::Everybody),
            network => Ok(Self::Network(network)),
        }
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANetwork => "write a network such as 10.0.0.0/8, an address, or unix for a Unix socket",
            Self::Everybody => "every client could claim any address; name the networks of the proxies",
        })
    }
}

impl std::error::Error for InvalidProxy {}

impl TrustedProxies {
    pub(crate) const fn new(proxies: Vec<TrustedProxy>) -> Self {
        Self(proxies)
    }

    /// Whether no proxy is trusted.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a peer is one of these proxies.
    pub(crate) fn contains(&self, peer: Peer) -> bool {
        self.0.iter().any(|proxy| match (proxy, peer) {
            (TrustedProxy::Network(network), Peer::Address(address)) => network.contains(&address),
            #[cfg(unix)]
            (TrustedProxy::UnixSocket, Peer::UnixSocket) => true,
            _ => false,
        })
    }

    /// The client that a request comes from; `None` if its address is unknown.
    ///
    /// The client is the peer, unless the peer is a trusted proxy. Then the addresses in the headers are read from the
    /// nearest hop on: trusted proxies are skipped, and the first other address is the client; everything that it says
    /// about further hops is ignored. If a proxy does not name its client, the proxy itself is the client.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = peer.address();
        if !self.contains(peer) {
            return client;
        }
        for hop in hops(headers) {
            let Some(address) = hop else { break };
            client = Some(address);
            if !self.contains(Peer::Address(address)) {
                break;
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(texts: &[&str]) -> TrustedProxies {
        TrustedProxies::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn client(proxies: &TrustedProxies, peer: Peer, header: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        if !header.is_empty() {
            headers.insert("x-forwarded-for", header.parse().unwrap());
        }
        proxies.client(peer, &headers).map(|address| address.to_string())
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_for_the_hop_before_it() {
        let trusted = proxies(&["10.0.0.0/8", "2001:db8::/64", "127.0.0.1"]);
        let rows = [
            ("192.0.2.9", "192.0.2.1", "192.0.2.9"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("127.0.0.2", "192.0.2.1", "127.0.0.2"),
            ("2001:db8::5", "2001:db8:0:1::5", "2001:db8:0:1::5"),
            ("10.0.0.1", "192.0.2.66, 192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "192.0.2.66, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
            ("10.0.0.1", "10.1.1.1, 10.9.9.9", "10.1.1.1"),
            ("10.0.0.1", "192.0.2.66, nonsense, 10.9.9.9", "10.9.9.9"),
            ("10.0.0.1", "192.0.2.66, nonsense", "10.0.0.1"),
        ];
        for (peer, header, expected) in rows {
            let found = client(&trusted, Peer::at(peer.parse().unwrap()), header);
            assert_eq!(found.as_deref(), Some(expected), "{peer} {header}");
        }
        let nobody = TrustedProxies::default();
        assert_eq!(client(&nobody, Peer::at([10, 0, 0, 1].into()), "192.0.2.1").as_deref(), Some("10.0.0.1"));
    }

    #[cfg(unix)]
    #[test]
    fn a_peer_at_a_unix_socket_is_believed_only_if_that_is_said() {
        assert_eq!(client(&proxies(&["10.0.0.0/8"]), Peer::UnixSocket, "192.0.2.1"), None);
        let found = client(&proxies(&["10.0.0.0/8", "unix"]), Peer::UnixSocket, "192.0.2.66, 192.0.2.1, 10.0.0.1");
        assert_eq!(found.as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn a_value_that_is_no_network_is_refused_and_so_is_everybody() {
        for text in ["", "10.0.0.0/33", "proxy.example", "10.0.0", "UNIX"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(InvalidProxy::NotANetwork), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(InvalidProxy::Everybody), "{text}");
        }
    }
}
