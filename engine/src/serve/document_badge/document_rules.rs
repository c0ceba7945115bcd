//! What holds for every document badge: how long it is fresh, and what it says of a document that cannot be used.

use std::{borrow::Cow, time::Duration};

use badgesmith_provider::Failure;

/// How long a document is used without asking again, in seconds.
pub(super) const FRESH: u32 = 300;
/// How long caches downstream may show its badge after that while they ask again, in seconds.
pub(super) const REVALIDATE: u32 = 300;
/// How long a document that cannot be renewed is still used: seven days.
pub(super) const STALE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest time that a document may set for its badge, in seconds: a day.
pub(super) const LONGEST_FRESH: u32 = 24 * 60 * 60;

/// A document that cannot be used, in the words of the badge.
pub(super) fn invalid(words: impl Into<Cow<'static, str>>) -> Failure {
    Failure { words: words.into(), ..Failure::invalid_response() }
}
