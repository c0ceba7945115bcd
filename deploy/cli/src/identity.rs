//! `badgesmith identity`: the id of the repository behind each name, as the first token of its builds proved it.

use std::{fmt::Write, time::SystemTime};

use badgesmith_engine::{
    store::{IDENTITY, Identity, ListedSubject, Subject},
    world::Store,
};
use badgesmith_provider::{FoundState, fold};
use clap::{Args, Subcommand};

use crate::{command_error::CommandError, opened_store::StoreOption, output::print, runtime::block_on};

/// How many owners, and how many of their subjects, are read at once.
const PAGE: usize = 1000;
/// The longest id of a repository, in bytes.
const LONGEST_ID: usize = 64;

/// What can be done with the identities of repositories.
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Lists the repositories whose builds reported with a token, each with the id that its platform gave it.
    List(IdentityList),
    /// Accepts that another repository has this name now: that of an id, or that of the next report with a token.
    Accept(Acceptance),
}

/// Which repositories are listed.
#[derive(Args, Debug)]
pub(crate) struct IdentityList {
    #[command(flatten)]
    store: StoreOption,
    /// The owner whose repositories are listed; without it those of all owners.
    #[arg(long)]
    owner: Option<String>,
}

/// A repository that has a name from now on.
#[derive(Args, Debug)]
pub(crate) struct Acceptance {
    #[command(flatten)]
    store: StoreOption,
    /// The owner of the repository.
    #[arg(long)]
    owner: String,
    /// The repository.
    #[arg(long)]
    repo: String,
    /// The id of the repository: the claim `repository_id` at GitHub, `project_id` at GitLab. Without it the repository
    /// of the next report with a token is accepted, whichever it is.
    #[arg(long, value_parser = id)]
    id: Option<String>,
}

fn id(text: &str) -> Result<String, String> {
    let is_id = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_id { Ok(text.to_owned()) } else { Err("write the number that the platform gave the repository".to_owned()) }
}

/// Runs the command. The embedded store is opened only while no server has it open.
///
/// # Errors
/// The store cannot be read or written, or the owner or the repository is not a valid name.
pub(crate) fn run(identity: &IdentityCommand) -> Result<(), CommandError> {
    match identity {
        IdentityCommand::List(list) => {
            let opened = list.store.open()?;
            print(&block_on(listed(&*opened.store, list.owner.as_deref()))?)
        }
        IdentityCommand::Accept(acceptance) => {
            let opened = acceptance.store.open()?;
            print(&block_on(accept(&*opened.store, acceptance))?)
        }
    }
}

/// A line for each repository: the owner and the name, the id, the issuer.
async fn listed(store: &dyn Store, owner: Option<&str>) -> Result<String, CommandError> {
    let mut lines = String::new();
    let owners = match owner {
        Some(owner) => vec![fold(owner)],
        None => all_owners(store).await?,
    };
    for owner in owners {
        for repo in repositories(store, &owner).await? {
            let Some(found) = remembered(store, &owner, &repo).await? else { continue };
            let (Identity { issuer, repository_id }, _) = Identity::read(&found);
            let shown = |value: Option<String>| value.unwrap_or_else(|| "of the next report".to_owned());
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{owner}/{repo}\t{}\t{}", shown(repository_id), shown(issuer));
        }
    }
    if lines.is_empty() { Ok("no repository has reported with a token\n".to_owned()) } else { Ok(lines) }
}

async fn all_owners(store: &dyn Store) -> Result<Vec<String>, CommandError> {
    let mut owners: Vec<String> = Vec::new();
    loop {
        let after = owners.last().cloned().unwrap_or_default();
        let page = store.owners(&after, PAGE).await.map_err(CommandError::store)?;
        let is_last = page.len() < PAGE;
        owners.extend(page);
        if is_last {
            return Ok(owners);
        }
    }
}

/// The repositories of an owner whose identity is stored.
async fn repositories(store: &dyn Store, owner: &str) -> Result<Vec<String>, CommandError> {
    let (mut repositories, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.subjects(owner, None, &after, PAGE, SystemTime::now()).await.map_err(CommandError::store)?;
        let Some(last) = page.last() else { return Ok(repositories) };
        after = ListedSubject::key(&last.collection, &last.subject);
        let of_tokens = page.iter().filter(|listed| listed.collection == IDENTITY);
        repositories.extend(of_tokens.map(|listed| listed.subject.repo().to_owned()));
        if page.len() < PAGE {
            return Ok(repositories);
        }
    }
}

async fn remembered(store: &dyn Store, owner: &str, repo: &str) -> Result<Option<FoundState>, CommandError> {
    let found = store.states(&Identity::query(owner, repo), SystemTime::now()).await.map_err(CommandError::store)?;
    Ok(found.into_iter().next())
}

async fn accept(store: &dyn Store, acceptance: &Acceptance) -> Result<String, CommandError> {
    let Acceptance { owner, repo, id, .. } = acceptance;
    let is_name = |name: &str| !name.contains('/') && !name.chars().any(char::is_control);
    if Subject::new(owner, repo, "all", "all").is_err() || !is_name(owner) || !is_name(repo) {
        return Err(CommandError::IdentityName { owner: owner.clone(), repo: repo.clone() });
    }
    let found = remembered(store, owner, repo).await?;
    let (_, generation) = found.as_ref().map(Identity::read).unwrap_or_default();
    let accepted = Identity { issuer: None, repository_id: id.clone() };
    let state = accepted.state(owner, repo, generation);
    if !store.put_state(&state, SystemTime::now()).await.map_err(CommandError::store)? {
        return Err(CommandError::IdentityChanged { owner: owner.clone(), repo: repo.clone() });
    }
    Ok(match id {
        Some(id) => format!("{owner}/{repo} is the repository {id} from now on\n"),
        None => format!("{owner}/{repo} is the repository of the next report with a token\n"),
    })
}
