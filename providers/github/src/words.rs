//! The messages of badges of builds: the same words and colours, whatever the source of the result.

use badgesmith_provider::{Badge, format};

/// The badge of a run or job with this status, and this conclusion if it has ended.
///
/// The conclusions are those of GitHub's documentation. An unknown conclusion is shown unchanged.
pub(crate) fn run(status: &str, conclusion: Option<&str>) -> Badge {
    build(match (status, conclusion) {
        ("in_progress", _) => "running",
        ("queued" | "requested" | "waiting" | "pending", _) => "queued",
        (_, Some("success" | "neutral")) => "passing",
        (_, Some("failure" | "timed_out" | "startup_failure" | "action_required")) => "failing",
        (_, Some("stale") | None) => "no status",
        (_, Some(conclusion)) => conclusion,
    })
}

/// The badge of a build's status; a word that shields does not know is shown unchanged.
pub(crate) fn build(status: &str) -> Badge {
    format::build_status(status).map_or_else(|| Badge::new(status), Badge::from)
}
