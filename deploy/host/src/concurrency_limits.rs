//! Limits on concurrent requests. Requests to addresses that callers name are limited in all, for one host, and for
//! related hosts; requests to the receivers of subscriptions are limited in all and for one host and port.

use std::time::Duration;

use badgesmith_engine::{Permit, Permits, Share, events::MOST_SUBSCRIPTIONS, world::Fault};
use ipnet::Ipv6Net;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::body_memory::{BodyMemory, BodyReservation};

/// How many requests are in progress at once.
const REQUESTS: usize = 64;
/// How many of them go to one host.
const REQUESTS_PER_HOST: usize = 4;
/// How many of them go to related hosts: names with the same last two labels, or addresses of one network. So the names
/// of one domain, which a wildcard record may make endless, take at most a quarter of all permits.
const REQUESTS_PER_GROUP: usize = 16;
/// How many webhooks are sent to one receiver, a host and a port, at once.
const REQUESTS_PER_RECEIVER: usize = 10;
/// How many webhooks are sent at once in all: as many as all subscriptions together may send, so that receivers that
/// hang do not slow down the others.
const REQUESTS_TO_RECEIVERS: usize = MOST_SUBSCRIPTIONS * REQUESTS_PER_RECEIVER;
/// The length of the queue, and how much of it one host or one group of related hosts may take.
const QUEUE: u64 = 256;
const QUEUE_PER_SHARE: u64 = 64;
/// How many names are looked up at once. The system's lookup cannot be cancelled, so each keeps its permit to its end.
const LOOKUPS: usize = 32;
/// How many related names are looked up at once.
const LOOKUPS_PER_GROUP: usize = 8;
/// The memory for all bodies that are being received, in bytes.
const BODY_MEMORY: usize = 32 * 1024 * 1024;
/// How long one fetch may wait for all its permits together.
pub(crate) const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The permits for requests and for lookups, and the memory for bodies.
pub(crate) struct ConcurrencyLimits {
    requests: Permits,
    /// The limited groups to which a request to this URL belongs, such as its host.
    shares: fn(&Url) -> Vec<Share>,
    lookups: Permits,
    bodies: BodyMemory,
}

impl ConcurrencyLimits {
    /// The limits for addresses that callers name.
    pub(crate) fn of_callers() -> Self {
        Self::new(REQUESTS, |url| {
            let host = share(format!("host {}", url.host_str().unwrap_or_default()), REQUESTS_PER_HOST);
            vec![host, share(related_hosts(url), REQUESTS_PER_GROUP)]
        })
    }

    /// The limits for the receivers of subscriptions.
    pub(crate) fn of_receivers() -> Self {
        Self::new(REQUESTS_TO_RECEIVERS, |url| {
            let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
            vec![share(format!("{host}:{port}"), REQUESTS_PER_RECEIVER)]
        })
    }

    fn new(requests: usize, shares: fn(&Url) -> Vec<Share>) -> Self {
        Self {
            requests: Permits::new(requests, QUEUE),
            shares,
            lookups: Permits::new(LOOKUPS, QUEUE),
            bodies: BodyMemory::new(BODY_MEMORY),
        }
    }

    /// A permit for a request to the host of a URL, as soon as one is free.
    ///
    /// # Errors
    /// [`Fault::Busy`] at once if the queue is full, or at `until`.
    pub(crate) async fn request_permit(&self, url: &Url, until: Instant) -> Result<Permit, Fault> {
        acquire(&self.requests, &(self.shares)(url), until).await
    }

    /// A reservation for one body, empty at first.
    pub(crate) fn body_reservation(&self) -> BodyReservation {
        self.bodies.reservation()
    }

    /// A permit for looking up the name in a URL.
    ///
    /// # Errors
    /// As for [`ConcurrencyLimits::request_permit`].
    pub(crate) async fn lookup_permit(&self, url: &Url, until: Instant) -> Result<Permit, Fault> {
        acquire(&self.lookups, &[share(related_hosts(url), LOOKUPS_PER_GROUP)], until).await
    }
}

fn share(name: String, permits: usize) -> Share {
    Share { name, permits, waiting: QUEUE_PER_SHARE }
}

/// A permit, as soon as one is free.
///
/// # Errors
/// [`Fault::Busy`] at once if the queue is full, or at `until`.
pub(crate) async fn acquire(permits: &Permits, shares: &[Share], until: Instant) -> Result<Permit, Fault> {
    let permit = timeout_at(until, permits.take(shares, 1)).await;
    permit.map_err(|_| Fault::Busy)?.map_err(|_| Fault::Busy)
}

/// What related hosts have in common.
fn related_hosts(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let mut labels: Vec<&str> = name.trim_end_matches('.').rsplitn(3, '.').take(2).collect();
            labels.reverse();
            labels.join(".")
        }
        Some(Host::Ipv4(address)) => address.to_string(),
        // One client or server usually controls a whole /64.
        Some(Host::Ipv6(address)) => Ipv6Net::new_assert(address, 64).trunc().to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn related_hosts_share_their_permits() {
        let rows = [
            ("https://a.evil.example/", "evil.example"),
            ("https://a.b.evil.example./", "evil.example"),
            ("https://evil.example/", "evil.example"),
            ("https://localhost/", "localhost"),
            ("https://192.0.2.7/", "192.0.2.7"),
            ("https://[2001:db8:1:2:3::4]/", "2001:db8:1:2::/64"),
            ("https://[2001:db8:1:2::5]/", "2001:db8:1:2::/64"),
        ];
        for (url, expected) in rows {
            assert_eq!(related_hosts(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
