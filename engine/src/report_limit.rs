//! Limits of rates: whose they are, and that of reports, which the engine asks for.

use std::{fmt, time::Duration};

/// Limits the rate of reports for each owner. It is asked for reports whose proof was verified, so that nobody else can
/// use up what an owner may send, and before the report claims its nonce, so that it can be sent again.
pub trait ReportLimit: Send + Sync + fmt::Debug {
    /// Counts a report of this owner, whose name is case-folded. `clock` never goes back.
    ///
    /// # Errors
    /// The owner has sent too many: after how many seconds one more is taken.
    fn admit(&self, owner: &str, clock: Duration) -> Result<(), u32>;
}

/// Whose requests a rate limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedParty {
    /// A client's, whatever it asks for.
    Client,
    /// An owner's reports.
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
