//! The nonce that a report claims, so that it is not accepted twice.

use std::time::{Duration, SystemTime};

/// How long a nonce is remembered. A signature is valid for six minutes, so this leaves a wide margin.
pub const NONCE_LIFE: Duration = Duration::from_secs(45 * 60);

/// The nonce of a report: the one that its signature covers, or the id of its token.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use badgesmith_engine::store::{NONCE_LIFE, Nonce};
///
/// let arrived = SystemTime::UNIX_EPOCH;
/// assert_eq!(Nonce::from("n1").expiry(arrived), arrived + NONCE_LIFE);
/// let late = arrived + Duration::from_secs(86_400);
/// assert_eq!(Nonce { expires: Some(late), ..Nonce::from("n1") }.expiry(arrived), late);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// 1 to 128 visible ASCII characters; it is claimed for the collection and the subject.
    pub value: String,
    /// When the claim expires, if that is later than [`NONCE_LIFE`] after the report arrived.
    pub expires: Option<SystemTime>,
    /// Whether the run is checked before the nonce: a known run is then a duplicate, whether or not the nonce was used.
    /// A build uses one token for all its reports, so a retry has the same token id.
    pub is_after_run: bool,
}

impl Nonce {
    /// When the claim of a report that arrived at this time expires.
    #[must_use]
    pub fn expiry(&self, arrived: SystemTime) -> SystemTime {
        let least = arrived + NONCE_LIFE;
        self.expires.map_or(least, |expires| expires.max(least))
    }
}

/// The nonce of a signed report.
impl From<String> for Nonce {
    fn from(value: String) -> Self {
        Self { value, expires: None, is_after_run: false }
    }
}

impl From<&str> for Nonce {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}
