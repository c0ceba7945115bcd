//! The engine's own state that says which repository has a name.
//!
//! After a repository is renamed or deleted, somebody else can take its name, and builds of the new repository get
//! valid tokens for that name. So the platform's id of the repository is stored with the first report that has a token.
//! A token with another id under the same name is refused until the operator accepts it.

use badgesmith_provider::{FoundState, State, fold};
use serde_json::{Map, Value};

use super::entry::States;

/// The engine's own collection of such states. No plugin may read or write it, and no list shows it.
pub const IDENTITY: &str = "identity";
/// The name of both the part and the branch of such a state.
const ALL: &str = "all";
/// The fields.
const ISSUER: &str = "issuer";
const REPOSITORY_ID: &str = "repository_id";

/// The stored identity of the repository that has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The issuer of the token that proved it; `None` if the next token sets it.
    pub issuer: Option<String>,
    /// The platform's id of the repository; `None` if the next token sets it.
    pub repository_id: Option<String>,
}

impl Identity {
    /// The state that stores this identity. If two processes write at the same time, only one succeeds: each writes the
    /// generation after the one that it read.
    #[must_use]
    pub fn state(&self, owner: &str, repo: &str, generation: u64) -> State {
        let fields = [(ISSUER, &self.issuer), (REPOSITORY_ID, &self.repository_id)];
        let fields =
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.clone()?))));
        State {
            collection: IDENTITY.to_owned(),
            owner: fold(owner),
            repo: fold(repo),
            platform: ALL.to_owned(),
            branch: ALL.to_owned(),
            sequence: vec![generation],
            fields: fields.collect::<Map<_, _>>(),
            life_seconds: None,
        }
    }

    /// The identity in a state, and the generation of the next one.
    #[must_use]
    pub fn read(found: &FoundState) -> (Self, u64) {
        let field = |name| found.fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let next = found.sequence.first().copied().unwrap_or_default().saturating_add(1);
        (Self { issuer: field(ISSUER), repository_id: field(REPOSITORY_ID) }, next)
    }

    /// The query for the state of a repository.
    #[must_use]
    pub fn query(owner: &str, repo: &str) -> States {
        States {
            collection: IDENTITY.to_owned(),
            owner: fold(owner),
            repo: fold(repo),
            platform: Some(ALL.to_owned()),
            branch: Some(ALL.to_owned()),
        }
    }
}
