//! How many visits to callers' addresses are under way at once, in all and to one host.

use std::time::Duration;

use badgesmith_engine::{Places, Share, Taken, world::Fault};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::bodies::{Bodies, Room};

/// How many visits are under way at once.
const VISITS: usize = 64;
/// How many of them are to one host.
const VISITS_OF_HOST: usize = 4;
/// How many of them are to hosts that belong together: names with the same last two labels, addresses of one network.
/// So all names under one domain, as of a wildcard record, take a quarter of all places at the most.
const VISITS_OF_NEIGHBOURS: usize = 16;
/// How many visits wait for their turn, and how many of those for one host or for hosts that belong together.
const WAITING: u64 = 256;
const WAITING_OF_ONE: u64 = 64;
/// How many names are looked up at once. The system's lookup cannot be given up, so each keeps its place to its end.
const LOOKUPS: usize = 32;
/// How many of them of names that belong together.
const LOOKUPS_OF_NEIGHBOURS: usize = 8;
/// How much memory the bodies that are arriving may take, all together, in bytes.
const BODIES: usize = 32 * 1024 * 1024;
/// How long a visit waits for its turns, all together.
pub(crate) const TURN_PATIENCE: Duration = Duration::from_secs(2);

/// The places of visits and of lookups.
pub(crate) struct Visits {
    visits: Places,
    lookups: Places,
    bodies: Bodies,
}

impl Visits {
    pub(crate) fn new() -> Self {
        Self {
            visits: Places::new(VISITS, WAITING),
            lookups: Places::new(LOOKUPS, WAITING),
            bodies: Bodies::new(BODIES),
        }
    }

    /// A place for a visit to the host of an address, as soon as one is free.
    ///
    /// # Errors
    /// [`Fault::Busy`] at once where the queue is full, or when `until` comes.
    pub(crate) async fn visit(&self, url: &Url, until: Instant) -> Result<Taken, Fault> {
        let host = share(format!("host {}", url.host_str().unwrap_or_default()), VISITS_OF_HOST);
        turn(&self.visits, &[host, share(neighbours(url), VISITS_OF_NEIGHBOURS)], until).await
    }

    /// Room for a body, none of it taken yet.
    pub(crate) fn room(&self) -> Room {
        self.bodies.room()
    }

    /// A place for looking up the name of an address.
    ///
    /// # Errors
    /// As for [`Visits::visit`].
    pub(crate) async fn lookup(&self, url: &Url, until: Instant) -> Result<Taken, Fault> {
        turn(&self.lookups, &[share(neighbours(url), LOOKUPS_OF_NEIGHBOURS)], until).await
    }
}

fn share(name: String, places: usize) -> Share {
    Share { name, places, waiting: WAITING_OF_ONE }
}

/// A place as soon as one is free.
///
/// # Errors
/// [`Fault::Busy`] at once where the queue is full, or when `until` comes.
pub(crate) async fn turn(places: &Places, shares: &[Share], until: Instant) -> Result<Taken, Fault> {
    let turn = timeout_at(until, places.take(shares, 1)).await;
    turn.map_err(|_| Fault::Busy)?.map_err(|_| Fault::Busy)
}

/// What hosts that belong together have in common.
fn neighbours(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let mut labels: Vec<&str> = name.trim_end_matches('.').rsplitn(3, '.').take(2).collect();
            labels.reverse();
            labels.join(".")
        }
        Some(Host::Ipv4(address)) => address.to_string(),
        // One internet connection usually has a whole network of 64 bits.
        Some(Host::Ipv6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_belong_together_share_their_places() {
        let rows = [
            ("https://a.evil.example/", "evil.example"),
            ("https://a.b.evil.example./", "evil.example"),
            ("https://evil.example/", "evil.example"),
            ("https://localhost/", "localhost"),
            ("https://192.0.2.7/", "192.0.2.7"),
            ("https://[2001:db8:1:2:3::4]/", "20010db800010002/64"),
            ("https://[2001:db8:1:2::5]/", "20010db800010002/64"),
        ];
        for (url, expected) in rows {
            assert_eq!(neighbours(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
