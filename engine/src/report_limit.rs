//! Rate limits: which party they apply to, and the limit on reports, which the engine checks.

use std::{fmt, time::Duration};

/// Limits the rate of reports for each owner. The engine calls it after a report's signature or token was verified, so
/// that nobody else can use up an owner's limit, and before the nonce is claimed, so that a refused report can be sent
/// again.
pub trait ReportLimit: Send + Sync + fmt::Debug {
    /// Counts a report of this owner, whose name is case-folded. `clock` never goes back.
    ///
    /// # Errors
    /// The owner has sent too many reports; the value is the number of seconds until the next one is accepted.
    fn admit(&self, owner: &str, clock: Duration) -> Result<(), u32>;
}

/// The party whose requests a rate limit applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedParty {
    /// A client, for all its requests.
    Client,
    /// An owner, for its reports.
    Owner,
}

impl LimitedParty {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Client, Self::Owner];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Owner => "owner",
        }
    }
}
