//! The progress of a run, a job or a check.

/// The status of a run, job or check that has ended.
pub(crate) const COMPLETED: &str = "completed";

/// The rank of a status: 1 before it begins, 2 while it runs, 3 once it has ended. A state with a greater rank replaces
/// one with a smaller rank, whatever the order in which they arrive.
pub(crate) fn rank(status: &str) -> u64 {
    match status {
        COMPLETED => 3,
        "in_progress" => 2,
        // queued, requested, waiting, pending
        _ => 1,
    }
}
