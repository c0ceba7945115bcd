//! The address by which the connections of one client are counted.

use std::net::{IpAddr, Ipv6Addr};

/// The prefix length of an IPv6 network: a client that has one address of it usually has all of them.
const NETWORK_BITS: u32 = 64;

/// An IPv4 address or an IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client of a peer's address: an IPv4 address, also if it is mapped into IPv6, or an IPv6 network of 64 bits.
    /// `None` for a loopback address: a reverse proxy on this machine connects for all clients.
    pub(crate) fn at(address: IpAddr) -> Option<Self> {
        (!address.to_canonical().is_loopback()).then(|| Self::with_loopback(address))
    }

    /// The same as [`ClientAddress::at`], but all loopback addresses are one client.
    pub(crate) fn with_loopback(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let network = u128::from(address) & (u128::MAX << (u128::BITS - NETWORK_BITS));
                IpAddr::V6(Ipv6Addr::from(network))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Option<ClientAddress> {
        ClientAddress::at(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_client_count_together_and_of_two_do_not() {
        let rows = [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            // An IPv4-compatible address is not an IPv4-mapped one.
            ("192.0.2.1", "::192.0.2.1", false),
        ];
        for (one, other, same) in rows {
            assert_eq!(client(one) == client(other), same, "{one} {other}");
            assert!(client(one).is_some() && client(other).is_some(), "{one} {other}");
        }
    }

    #[test]
    fn a_loopback_address_is_no_client() {
        for address in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(client(address), None, "{address}");
        }
    }
}
