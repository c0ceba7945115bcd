//! The rates that an operator sets: of requests for each client, of reports for each owner.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use badgesmith_engine::ReportLimit;

use super::{client_address::ClientAddress, network::Network, rate::Rate, rate_table::RateTable};

/// For how many clients the table has buckets; it takes 1.3 MB. Only clients whose buckets are not full need one.
const CLIENTS: usize = 32 * 1024;
/// For how many owners the table has buckets. Only owners with verified reports count, so there are fewer of them.
const OWNERS: usize = 4096;
/// The health checks of supervisors and load balancers have no limit: they must be answered even if they share an
/// address with a busy client.
const EXEMPT: [&str; 2] = ["/health/live", "/health/ready"];

/// The rate of requests for each client.
#[derive(Debug)]
pub(crate) struct ClientRate {
    table: RateTable<ClientAddress>,
    began: Instant,
}

impl ClientRate {
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self { table: RateTable::new(rate, CLIENTS), began: now }
    }

    /// Counts a request of this client to a path below the base path. Clients with an unknown address have no limit:
    /// those of a trusted proxy that does not name its client, and processes that connect to a Unix socket.
    ///
    /// # Errors
    /// The client exceeded its rate; contains the seconds after which one more request is answered.
    pub(crate) fn admit(&self, network: &Network, client: Option<IpAddr>, path: &str, now: Instant) -> Result<(), u32> {
        let Some(client) = network.rated_client(client).filter(|_| !EXEMPT.contains(&path)) else { return Ok(()) };
        self.table.take(client, now.saturating_duration_since(self.began)).map_err(seconds)
    }
}

/// The rate of reports for each owner.
#[derive(Debug)]
pub(crate) struct ReportRate(RateTable<String>);

impl ReportRate {
    pub(crate) fn new(rate: Rate) -> Self {
        Self(RateTable::new(rate, OWNERS))
    }
}

impl ReportLimit for ReportRate {
    fn admit(&self, owner: &str, clock: Duration) -> Result<(), u32> {
        self.0.take(owner.to_owned(), clock).map_err(seconds)
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::trusted_proxies::TrustedProxies;

    #[test]
    fn a_client_is_counted_wherever_it_asks_but_for_probes_and_others_are_not() {
        let trusted = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let network = Network { trusted, ..Network::default() };
        let now = Instant::now();
        let rate = ClientRate::new("3/m".parse().unwrap(), now);
        let rows = [
            ("192.0.2.1", "/badge/a-b-green", Ok(())),
            ("192.0.2.1", "/health", Ok(())),
            ("192.0.2.1", "/nothing", Ok(())),
            ("192.0.2.1", "/badge/a-b-green", Err(20)),
            ("192.0.2.1", "/health?deep=1", Err(20)),
            ("192.0.2.1", "/health/live", Ok(())),
            ("192.0.2.1", "/health/ready", Ok(())),
            ("192.0.2.2", "/", Ok(())),
            ("2001:db8::1", "/", Ok(())),
            ("2001:db8::2", "/", Ok(())),
            ("2001:db8::3", "/", Ok(())),
            ("2001:db8::4", "/", Err(20)),
            ("2001:db8:0:1::1", "/", Ok(())),
        ];
        for (client, path, expected) in rows {
            let client = Some(client.parse().unwrap());
            assert_eq!(rate.admit(&network, client, path, now), expected, "{client:?} {path}");
        }
        let here = |address: &str| rate.admit(&network, Some(address.parse().unwrap()), "/", now);
        assert_eq!(["127.0.0.1"; 4].map(here), [Ok(()), Ok(()), Ok(()), Err(20)], "this machine is one client");
        for unknown in [None, Some("10.1.2.3")] {
            let client = unknown.map(|address| address.parse().unwrap());
            assert!((0..9).all(|_| rate.admit(&network, client, "/", now).is_ok()), "{client:?}");
        }
        let client = Some("192.0.2.1".parse().unwrap());
        assert_eq!(rate.admit(&network, client, "/", now + Duration::from_millis(19_001)), Err(1));
        assert_eq!(rate.admit(&network, client, "/", now + Duration::from_secs(20)), Ok(()));
    }
}
