//! Which of the addresses that callers name may be visited: those that lead outside, and no others.
//!
//! A host is judged by where it leads, not by what it is called, so there is no list of names in here. What counts is
//! IANA's two registries of special-purpose addresses: outside is only what they do not list and what is unicast. Of
//! IPv6 that is a part of 2000::/3, in which every global unicast address there is lies; so whatever embeds an IPv4
//! address somewhere else (mapped, compatible, NAT64) is inside, and what embeds one in 2000::/3 is in the table.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use badgesmith_engine::{Allowed, Settings};
use url::{Host, Url};

/// The ports that callers may name.
const PORTS: [u16; 2] = [80, 443];

/// What of IPv4 is not outside: an address and how many of its bits count.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
const INSIDE_V4: [(Ipv4Addr, u32); 18] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carriers' NAT; cloud metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a cloud's own services behind a public address
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; cloud metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments; cloud metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // multicast by tunnel
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved; broadcast
];

/// Where the global unicast addresses of IPv6 lie, and what of them is not outside.
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>
const UNICAST_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const INSIDE_V6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID, benchmarks, AS112
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// What a caller may name here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    allow_http: bool,
    allowed: Vec<Allowed>,
}

/// Where an address leads, as far as it can be told without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To what it says, and there it may.
    Here(SocketAddr),
    /// To where a name leads, each of whose addresses is to be judged.
    Named(String, u16),
}

impl Guard {
    /// A guard that lets pass what plugins.toml allows.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { allow_http: settings.allow_http, allowed: settings.allow_addresses.clone() }
    }

    /// Judges an address before anybody is asked. Numbers in all their spellings are numbers by now.
    ///
    /// # Errors
    /// Words for the badge, where it may not be visited wherever its name leads.
    pub(crate) fn place(&self, url: &Url) -> Result<Place, &'static str> {
        let (host, port) = match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) => (host.to_owned(), port),
            _ => return Err("url not allowed"),
        };
        // Whether some host is allowed with this port; which one is seen when it is known where this one leads.
        let is_port_allowed = self.allowed.iter().any(|allowed| allowed.port == port);
        // What is allowed on this machine stays on it, so nobody reads it on the way.
        let stays_here = is_port_allowed && is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || stays_here => {}
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
            Host::Domain(name) => return Ok(Place::Named(name, port)),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        let address = SocketAddr::new(address, port);
        if self.admits(None, address) { Ok(Place::Here(address)) } else { Err("url not allowed") }
    }

    /// Whether an address that `name` leads to may be connected to.
    pub(crate) fn admits(&self, name: Option<&str>, address: SocketAddr) -> bool {
        let port = address.port();
        let host = match address.ip() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        self.names(&host, port)
            || name.is_some_and(|name| self.names(&Host::Domain(name.to_owned()), port))
            || (PORTS.contains(&port) && is_outside(address.ip()))
    }

    fn names(&self, host: &Host, port: u16) -> bool {
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
pub(crate) fn is_outside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !INSIDE_V4.iter().any(|(inside, bits)| {
            let shift = 32 - bits;
            (u32::from(address) ^ u32::from(*inside)).checked_shr(shift) == Some(0)
        }),
        IpAddr::V6(address) => {
            let lies_in = |(inside, bits): &(Ipv6Addr, u32)| {
                (u128::from(address) ^ u128::from(*inside)).checked_shr(128 - bits) == Some(0)
            };
            lies_in(&UNICAST_V6) && !INSIDE_V6.iter().any(lies_in)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_address_of_every_special_range_are_inside_and_their_neighbours_are_not() {
        for (first, bits) in INSIDE_V4 {
            let last = u32::from(first) | u32::MAX.checked_shr(bits).unwrap_or(0);
            assert!(!is_outside(first.into()), "{first}");
            assert!(!is_outside(Ipv4Addr::from(last).into()), "the last of {first}/{bits}");
        }
        for (first, bits) in INSIDE_V6 {
            let last = u128::from(first) | u128::MAX.checked_shr(bits).unwrap_or(0);
            assert!(!is_outside(first.into()), "{first}");
            assert!(!is_outside(Ipv6Addr::from(last).into()), "the last of {first}/{bits}");
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
            assert!(is_outside(address.parse().unwrap()), "{address}");
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
            assert!(!is_outside(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_that_host_with_that_port() {
        let allow = ["127.0.0.1:9000", "[::1]:9001", "10.0.0.7:443", "reports.example:8443"];
        let allow_addresses = allow.map(|text| Allowed::try_from(text.to_owned()).unwrap()).to_vec();
        let guard = Guard::new(&Settings { allow_addresses, ..Settings::default() });
        let here = |address: &str| Ok(Place::Here(address.parse().unwrap()));
        let named = |name: &str, port| Ok(Place::Named(name.to_owned(), port));
        let rows = [
            ("http://127.0.0.1:9000/", here("127.0.0.1:9000")),
            ("http://0x7f.1:9000/", here("127.0.0.1:9000")),
            ("https://127.0.0.1:9000/", here("127.0.0.1:9000")),
            ("http://[::1]:9001/", here("[::1]:9001")),
            ("http://localhost:9000/", named("localhost", 9000)),
            ("http://localhost/", Err("please use https")),
            ("http://127.0.0.2:9000/", Err("url not allowed")),
            ("https://10.0.0.7/", here("10.0.0.7:443")),
            ("http://10.0.0.7:443/", Err("please use https")),
            ("https://10.0.0.7:9000/", Err("url not allowed")),
            ("https://127.0.0.1:9001/", Err("url not allowed")),
            ("https://127.0.0.1/", Err("url not allowed")),
            ("https://1.1.1.1/", here("1.1.1.1:443")),
            ("https://1.1.1.1:80/", here("1.1.1.1:80")),
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
            assert_eq!(guard.place(&Url::parse(url).unwrap()), expected, "{url}");
        }
        let admits = |name: &str, address: &str| guard.admits(Some(name), address.parse().unwrap());
        assert!(admits("reports.example", "10.9.9.9:8443"), "a name that is allowed may lead anywhere");
        assert!(!admits("reports.example", "10.9.9.9:443"));
        assert!(admits("other.example", "127.0.0.1:9000"), "an address that is allowed may be named");
        assert!(!admits("other.example", "1.1.1.1:9000"), "a port that is allowed there is not allowed elsewhere");
        let http = Guard::new(&Settings { allow_http: true, ..Settings::default() });
        assert_eq!(http.place(&Url::parse("http://a.example/").unwrap()), named("a.example", 80));
    }
}
