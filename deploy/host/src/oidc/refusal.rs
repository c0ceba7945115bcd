//! How a token is refused: with the name of a claim and with words, and never with any part of the token.

use badgesmith_engine::proof::Unproven;

/// A refusal because of this claim or member of the header.
pub(super) fn wrong(claim: &'static str, words: impl Into<String>) -> Unproven {
    Unproven::Wrong { claim, words: words.into() }
}
