//! What the claims of a CI system prove of a run, and the checks that both systems share.

use badgesmith_engine::proof::{Claimed, Unproven};
use badgesmith_provider::fold;

use super::{members::Members, refusal::wrong};

/// The longest identifier.
const LONGEST_ID: usize = 128;

/// A run in a repository.
pub(super) struct Run {
    pub(super) repository_id: String,
    pub(super) commit: String,
    pub(super) id: String,
    pub(super) attempt: u32,
}

/// Refuses a repository that is not the one of the path.
pub(super) fn check_repository(
    claim: &'static str,
    (owner, repo): (&str, &str),
    claimed: &Claimed<'_>,
) -> Result<(), Unproven> {
    if fold(owner) != fold(claimed.owner) || fold(repo) != fold(claimed.repo) {
        return Err(wrong(claim, "the token is of another repository than the path"));
    }
    Ok(())
}

/// Whether a text is one part of the path of a repository, as GitHub and GitLab write them.
pub(super) fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A text of at most 128 visible ASCII characters.
pub(super) fn id(claims: &Members, name: &'static str) -> Result<String, Unproven> {
    let text = claims.text(name)?;
    if text.len() > LONGEST_ID || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(name, format!("it is not 1 to {LONGEST_ID} visible ASCII characters")));
    }
    Ok(text.to_owned())
}
