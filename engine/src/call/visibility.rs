//! The visibility of a repository, public or private, is one of the engine's own states. The latest delivery or
//! upstream answer that says it counts.
//!
//! A repository is listed, and the data that deliveries recorded about it is shown, only if it is known to be public or
//! if plugins.toml grants it. The state with the latest time counts, and of two with the same time the private one.

use std::time::SystemTime;

use badgesmith_provider::fold;

use super::caller::Caller;
use crate::{
    plugins::is_granted,
    store::{States, Store, Subject, Unavailable, VISIBILITY},
    visibility_state::{ALL, PUBLIC},
};

/// Whether a repository may be shown in lists, and the data that deliveries recorded about it at its exact address: it
/// is known to be public, or plugins.toml grants its private data.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub(crate) async fn is_listed(caller: &Caller, owner: &str, repo: &str, now: SystemTime) -> Result<bool, Unavailable> {
    if is_granted(&caller.private, &format!("{owner}/{repo}")) {
        return Ok(true);
    }
    is_public(&*caller.world.store, owner, repo, now).await
}

/// Whether a repository is public; `None` if that is not known.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub(crate) async fn known(
    store: &dyn Store,
    owner: &str,
    repo: &str,
    now: SystemTime,
) -> Result<Option<bool>, Unavailable> {
    let states = States {
        collection: VISIBILITY.to_owned(),
        owner: fold(owner),
        repo: fold(repo),
        platform: Some(ALL.to_owned()),
        branch: Some(ALL.to_owned()),
    };
    let found = store.states(&states, now).await?;
    Ok(found.iter().find_map(|state| state.fields.get(PUBLIC)?.as_bool()))
}

/// Whether a repository is known to be public. An unknown one counts as private.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read.
pub(crate) async fn is_public(
    store: &dyn Store,
    owner: &str,
    repo: &str,
    now: SystemTime,
) -> Result<bool, Unavailable> {
    Ok(known(store, owner, repo, now).await? == Some(true))
}

/// The subject of the state that says whether a repository is public; `None` if its names are too long for one.
pub(crate) fn subject(owner: &str, repo: &str) -> Option<Subject> {
    Subject::new(owner, repo, ALL, ALL).ok()
}
