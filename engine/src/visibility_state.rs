//! The engine's own state that says whether a repository is public.

use badgesmith_provider::State;
use serde_json::{Map, Value};

use crate::store::VISIBILITY;

/// The name of both the part and the branch of such a state.
pub(crate) const ALL: &str = "all";
/// The field that says whether the repository is public.
pub(crate) const PUBLIC: &str = "public";

/// The state that says whether a repository is public, as it was known at this time, in seconds since 1970. Of two
/// states with the same time, the private one counts.
pub(crate) fn visibility_state(owner: &str, repo: &str, is_public: bool, seconds: u64) -> State {
    State {
        collection: VISIBILITY.to_owned(),
        owner: owner.to_owned(),
        repo: repo.to_owned(),
        platform: ALL.to_owned(),
        branch: ALL.to_owned(),
        sequence: vec![seconds, u64::from(!is_public)],
        fields: Map::from_iter([(PUBLIC.to_owned(), Value::Bool(is_public))]),
        life_seconds: None,
    }
}
