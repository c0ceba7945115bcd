//! The pull requests that runs and checks list.

use crate::hooks::payload::Member;

/// Whether an end of a pull request, `head` or `base`, is in the repository with this id. A deleted repository counts
/// as another one.
pub(crate) fn is_in(pull_request: Member<'_>, end: &str, repository: u64) -> bool {
    pull_request.get(end).get("repo").number("id") == Some(repository)
}
