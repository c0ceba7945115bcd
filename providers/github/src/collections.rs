//! The store's names for the data of deliveries, which are also in the manifest.

/// The collection of runs: records of finished runs, and for each branch the state of its newest run.
pub(crate) const WORKFLOW: &str = "workflow";
/// The collection of jobs: states, whose part is the run and whose branch is the job's name.
pub(crate) const JOB: &str = "job";
/// The collection of the counters of repositories: a state, and a record for each day.
pub(crate) const REPOSITORY: &str = "repository";
/// The part of a repository's counters.
pub(crate) const COUNTERS: &str = "counters";
/// The branch of a repository's counters.
pub(crate) const ALL: &str = "all";
/// The longest part of a subject, in bytes.
const LONGEST_PART: usize = 128;
/// The longest branch of a subject, in bytes.
pub(crate) const LONGEST_BRANCH: usize = 244;

/// Whether the store can have a subject with this part and this branch, which are in lower case.
pub(crate) fn can_have(part: &str, branch: &str) -> bool {
    (1..=LONGEST_PART).contains(&part.len()) && (1..=LONGEST_BRANCH).contains(&branch.len())
}
