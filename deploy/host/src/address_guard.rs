//! The address guard against server-side request forgery: which addresses in URLs that callers name may be connected
//! to.
//!
//! A host is judged by its addresses, not by its name, so there is no list of names. An address is public if it is
//! unicast and IANA's two registries of special-purpose addresses do not list it. In IPv6 every global unicast address
//! lies in 2000::/3. So addresses outside of it that embed an IPv4 address (mapped, compatible, NAT64) are not public,
//! and ranges inside of it that embed one are in the table.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use badgesmith_engine::{AllowedAddress, Settings};
use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The ports that callers may name.
const PORTS: [u16; 2] = [80, 443];

/// The IPv4 networks that are not public.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
const SPECIAL_V4: [Ipv4Net; 18] = [
    v4(0, 0, 0, 0, 8),        // this network
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // carriers' NAT; cloud metadata
    v4(127, 0, 0, 0, 8),      // loopback
    v4(168, 63, 129, 16, 32), // a cloud provider's internal services
    v4(169, 254, 0, 0, 16),   // link-local; cloud metadata
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments; cloud metadata
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 31, 196, 0, 24),  // AS112
    v4(192, 52, 193, 0, 24),  // automatic multicast tunneling
    v4(192, 88, 99, 0, 24),   // 6to4 relays
    v4(192, 168, 0, 0, 16),   // private
    v4(198, 18, 0, 0, 15),    // benchmarks
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved; broadcast
];

/// The network of all global unicast IPv6 addresses, and the networks within it that are not public.
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>
const UNICAST_V6: Ipv6Net = v6(0x2000, 0, 0, 3);
const SPECIAL_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 0, 23),         // protocol assignments: Teredo, ORCHID, benchmarks, AS112
    v6(0x2001, 0xdb8, 0, 32),     // documentation
    v6(0x2002, 0, 0, 16),         // 6to4
    v6(0x2620, 0x4f, 0x8000, 48), // AS112
    v6(0x3fff, 0, 0, 20),         // documentation
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// The rules of one deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressGuard {
    allow_http: bool,
    allowed: Vec<AllowedAddress>,
}

/// The destination of a URL, as far as the URL itself determines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// An address that may be connected to.
    Address(SocketAddr),
    /// A name and a port. Every address of the name has to be admitted.
    Name(String, u16),
}

impl AddressGuard {
    /// A guard with the exceptions of plugins.toml.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { allow_http: settings.allow_http, allowed: settings.allow_addresses.clone() }
    }

    /// Judges a URL before its name is looked up. The URL parser has normalised numeric hosts of all spellings.
    ///
    /// # Errors
    /// The words for the badge, if no address of its host could be admitted.
    pub(crate) fn destination(&self, url: &Url) -> Result<Destination, &'static str> {
        let (host, port) = match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) => (host.to_owned(), port),
            _ => return Err("url not allowed"),
        };
        // Whether some host is allowed with this port. Whether it is this one is known once its addresses are.
        let is_port_allowed = self.allowed.iter().any(|allowed| allowed.port == port);
        // Requests to this machine need no encryption.
        let is_local = is_port_allowed && is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || is_local => {}
            "http" => return Err("please use https"),
            _ => return Err("url not allowed"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("url with a user not allowed");
        }
        if !PORTS.contains(&port) && !is_port_allowed {
            return Err("port not allowed");
        }
        let address = match host {
            Host::Domain(name) => return Ok(Destination::Name(name, port)),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        let address = SocketAddr::new(address, port);
        if self.admits(None, address) { Ok(Destination::Address(address)) } else { Err("url not allowed") }
    }

    /// Whether an address, found under `name` if there is one, may be connected to.
    pub(crate) fn admits(&self, name: Option<&str>, address: SocketAddr) -> bool {
        let port = address.port();
        let host = match address.ip() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        self.allows(&host, port)
            || name.is_some_and(|name| self.allows(&Host::Domain(name.to_owned()), port))
            || (PORTS.contains(&port) && is_public(address.ip()))
    }

    fn allows(&self, host: &Host, port: u16) -> bool {
        self.allowed.iter().any(|allowed| allowed.host == *host && allowed.port == port)
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

/// Whether an address is global and unicast.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            UNICAST_V6.contains(&address) && !SPECIAL_V6.iter().any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_address_of_every_special_range_are_not_public_and_their_neighbours_are() {
        let first_and_last_v4 = SPECIAL_V4.iter().flat_map(|net| [net.network().into(), net.broadcast().into()]);
        let first_and_last_v6 = SPECIAL_V6.iter().flat_map(|net| [net.network().into(), net.broadcast().into()]);
        for address in first_and_last_v4.chain(first_and_last_v6) {
            assert!(!is_public(address), "{address}");
        }
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::1111",
            "2a00:1450:4001::200e",
            "3ffe::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::1.1.1.1",
            "::ffff:0:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "64:ff9b:1::1",
            "100::1",
            "100:0:0:1::1",
            "1fff:ffff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_exception_allows_one_host_with_one_port() {
        let allow = ["127.0.0.1:9000", "[::1]:9001", "10.0.0.7:443", "reports.example:8443"];
        let allow_addresses = allow.map(|text| AllowedAddress::try_from(text.to_owned()).unwrap()).to_vec();
        let guard = AddressGuard::new(&Settings { allow_addresses, ..Settings::default() });
        let address = |address: &str| Ok(Destination::Address(address.parse().unwrap()));
        let named = |name: &str, port| Ok(Destination::Name(name.to_owned(), port));
        let rows = [
            ("http://127.0.0.1:9000/", address("127.0.0.1:9000")),
            ("http://0x7f.1:9000/", address("127.0.0.1:9000")),
            ("https://127.0.0.1:9000/", address("127.0.0.1:9000")),
            ("http://[::1]:9001/", address("[::1]:9001")),
            ("http://localhost:9000/", named("localhost", 9000)),
            ("http://localhost/", Err("please use https")),
            ("http://127.0.0.2:9000/", Err("url not allowed")),
            ("https://10.0.0.7/", address("10.0.0.7:443")),
            ("http://10.0.0.7:443/", Err("please use https")),
            ("https://10.0.0.7:9000/", Err("url not allowed")),
            ("https://127.0.0.1:9001/", Err("url not allowed")),
            ("https://127.0.0.1/", Err("url not allowed")),
            ("https://1.1.1.1/", address("1.1.1.1:443")),
            ("https://1.1.1.1:80/", address("1.1.1.1:80")),
            ("https://1.1.1.1:9000/", Err("url not allowed")),
            ("https://1.1.1.1:22/", Err("port not allowed")),
            ("https://reports.example:8443/", named("reports.example", 8443)),
            ("https://other.example:9000/", named("other.example", 9000)),
            ("http://other.example/", Err("please use https")),
            ("https://user@1.1.1.1/", Err("url with a user not allowed")),
            ("https://:pa55@1.1.1.1/", Err("url with a user not allowed")),
            ("ftp://1.1.1.1/", Err("url not allowed")),
            ("file:///etc/passwd", Err("url not allowed")),
            ("data:,x", Err("url not allowed")),
        ];
        for (url, expected) in rows {
            assert_eq!(guard.destination(&Url::parse(url).unwrap()), expected, "{url}");
        }
        let admits = |name: &str, address: &str| guard.admits(Some(name), address.parse().unwrap());
        assert!(admits("reports.example", "10.9.9.9:8443"), "an allowed name may have any address");
        assert!(!admits("reports.example", "10.9.9.9:443"));
        assert!(admits("other.example", "127.0.0.1:9000"), "an allowed address may have any name");
        assert!(
            !admits("other.example", "1.1.1.1:9000"),
            "a port that is allowed for one host is not allowed for others"
        );
        let http = AddressGuard::new(&Settings { allow_http: true, ..Settings::default() });
        assert_eq!(http.destination(&Url::parse("http://a.example/").unwrap()), named("a.example", 80));
    }
}
