//! Checks that the repository of a token is the same one that reported under this name before.

use std::time::SystemTime;

use badgesmith_provider::State;

use crate::{
    call::records::unavailable,
    error::Error,
    parts::Parts,
    proof::Proof,
    store::{Identity, Subject, Unavailable},
};

/// The state that says which repository has the name, to be stored once the rest of the report was checked; `None` if
/// it is stored already.
pub(super) struct NewHolder(Option<State>);

/// Compares the repository of a token with the one that is stored under its name.
///
/// # Errors
/// 401 if another repository is stored.
pub(super) async fn check(
    parts: &Parts,
    subject: &Subject,
    proof: &Proof,
    now: SystemTime,
) -> Result<NewHolder, Error> {
    let (owner, repo) = (subject.owner(), subject.repo());
    let found = parts.world.store.states(&Identity::query(owner, repo), now).await;
    let found = found.map_err(|fault| no_store(parts, &fault))?;
    let (remembered, generation) = found.first().map_or_else(Default::default, Identity::read);
    let Identity { issuer, repository_id } = &remembered;
    let is_same = |remembered: &Option<String>, proven| remembered.as_ref().is_none_or(|known| known == proven);
    if !is_same(repository_id, &proof.repository_id) || !is_same(issuer, &proof.issuer) {
        return Err(other_repository(subject, proof));
    }
    let proven = Identity { issuer: Some(proof.issuer.clone()), repository_id: Some(proof.repository_id.clone()) };
    Ok(NewHolder((proven != remembered).then(|| proven.state(owner, repo, generation))))
}

impl NewHolder {
    /// Stores the repository. If several repositories send a first report at the same time, one of them is stored.
    ///
    /// # Errors
    /// 401 if another one was stored.
    pub(super) async fn remember(
        self,
        parts: &Parts,
        subject: &Subject,
        proof: &Proof,
        now: SystemTime,
    ) -> Result<(), Error> {
        let Some(state) = self.0 else { return Ok(()) };
        let is_new = parts.world.store.put_state(&state, now).await.map_err(|fault| no_store(parts, &fault))?;
        if is_new {
            return Ok(());
        }
        // Another report stored a repository first, perhaps the same one.
        match check(parts, subject, proof, now).await?.0 {
            None => Ok(()),
            Some(_) => Err(other_repository(subject, proof)),
        }
    }
}

fn other_repository(subject: &Subject, proof: &Proof) -> Error {
    let (owner, repo, id) = (subject.owner(), subject.repo(), &proof.repository_id);
    let words = format!(
        "another repository has reported as {owner}/{repo} before; if this one, whose id is {id}, has its name now, \
         the operator of the server runs: badgesmith identity accept --owner {owner} --repo {repo} --id {id}"
    );
    Error::invalid_token("repository_id", &words)
}

fn no_store(parts: &Parts, fault: &Unavailable) -> Error {
    parts.store.invalidate();
    Error::from(&unavailable(fault))
}
