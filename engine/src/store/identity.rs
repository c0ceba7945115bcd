//! Which repository stands behind a name: a state of the engine's own.
//!
//! A name can be given up and taken again by somebody else, whose builds have tokens for it, too. So the id that the
//! platform gave the repository is remembered at the first report that a token proved. Another id under that name is
//! refused until the operator accepts it.

use badgesmith_provider::{FoundState, State, fold};
use serde_json::{Map, Value};

use super::entry::States;

/// The engine's own collection of such states. No plugin may read or write it, and no list shows it.
pub const IDENTITY: &str = "identity";
/// The part and the branch of such states.
const ALL: &str = "all";
/// The fields.
const ISSUER: &str = "issuer";
const REPOSITORY_ID: &str = "repository_id";

/// What is remembered of the repository behind a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The issuer whose token proved it; `None` until the next token does.
    pub issuer: Option<String>,
    /// The id that the platform gave the repository; `None` if the next token says it.
    pub repository_id: Option<String>,
}

impl Identity {
    /// The state that remembers it. Of two writers one wins: each writes the generation after the one that it read.
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

    /// What a state remembers, and the generation of the next one.
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
