//! What all document badges share: how long a document is fresh, and the failure of an invalid document.

use std::{borrow::Cow, time::Duration};

use badgesmith_provider::Failure;

use crate::code::Code;

/// How long a document is fresh, in seconds.
pub(super) const FRESH: u32 = 300;
/// `stale-while-revalidate` of its badge, in seconds.
pub(super) const REVALIDATE: u32 = 300;
/// How long a stale document is used if it cannot be fetched again: seven days.
pub(super) const STALE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest `cacheSeconds` of a document: a day.
pub(super) const LONGEST_FRESH: u32 = 24 * 60 * 60;

/// The words for a document that is too large.
pub(super) const TOO_LARGE: &str = "document too large";

/// The failure of a document that cannot be used; `words` is the message of the badge.
pub(super) fn invalid(words: impl Into<Cow<'static, str>>) -> Failure {
    Failure { words: words.into(), ..Failure::invalid_response() }
}

/// The failure of a document that did not arrive in time.
pub(crate) fn late() -> Failure {
    Failure::inaccessible(Code::UpstreamTimeout.name(), "inaccessible")
}
