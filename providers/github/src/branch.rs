//! The branch name under which a run is stored: a branch of the repository itself, or of a pull request or a fork.

use badgesmith_provider::fold;

/// The prefix of the branch of a run that a pull request caused.
const PULL: &str = "pull/";
/// The prefix of the branch of a run of a fork.
const FORK: &str = "fork/";
/// The prefix of the full name of a branch in git.
const HEADS: &str = "refs/heads/";
/// GitHub's name for the owner of the content of deleted accounts.
const GHOST: &str = "ghost";

/// The repository's own branch with this name.
///
/// Git allows names such as `pull/7`. Such a branch is stored under its full name, `refs/heads/pull/7`, so that no run
/// of a stranger's pull request is stored under the same name.
pub(crate) fn own(name: &str) -> String {
    let folded = fold(name);
    let is_taken = [PULL, FORK, HEADS].iter().any(|prefix| folded.starts_with(prefix));
    if is_taken { format!("{HEADS}{folded}") } else { folded }
}

/// The pull request with this number.
pub(crate) fn pull(number: u64) -> String {
    format!("{PULL}{number}")
}

/// A branch of the fork that this account has, or that a deleted account had.
pub(crate) fn fork(owner: Option<&str>, name: &str) -> String {
    fold(&format!("{FORK}{}/{name}", owner.unwrap_or(GHOST)))
}

/// GitHub's name of a branch of the repository itself: the inverse of [`own`]. `None` for names that [`pull`] and
/// [`fork`] return.
pub(crate) fn own_name(branch: &str) -> Option<&str> {
    if let Some(name) = strip(branch, HEADS) {
        return Some(name);
    }
    if strip(branch, PULL).is_some() || strip(branch, FORK).is_some() { None } else { Some(branch) }
}

/// The rest of a text after a prefix, which is compared without regard to case.
fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_that_is_called_like_a_strangers_is_none_of_a_stranger() {
        assert_eq!((own("Main").as_str(), own("pulls/1").as_str()), ("main", "pulls/1"));
        for name in ["pull/7", "PULL/7", "fork/x/main", "Fork/x/main", "refs/heads/main", "refs/heads/pull/7"] {
            let branch = own(name);
            assert_ne!(branch, pull(7), "{name}");
            assert_ne!(branch, fork(Some("x"), "main"), "{name}");
            assert_eq!(own_name(&branch), Some(&*fold(name)), "{name}");
        }
        assert_eq!((own_name(&pull(7)), own_name(&fork(None, "main"))), (None, None));
        assert_eq!(own_name("Pull/7"), None);
    }

    #[test]
    fn two_branches_of_a_repository_never_share_a_name() {
        let names = ["main", "refs/heads/main", "refs/heads/refs/heads/main", "pull/7", "refs/heads/pull/7"];
        let mut filed: Vec<_> = names.map(own).into();
        filed.sort();
        filed.dedup();
        assert_eq!(filed.len(), names.len());
    }
}
