//! The data of the live page, as JSON.

use std::{collections::BTreeMap, sync::Arc};

use badgesmith_provider::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::filters::Status;
use crate::live::{board::View, card::Card};

#[derive(Serialize)]
struct Listing<'a> {
    repos: Vec<Repo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<Vec<&'a Card>>,
    /// How many branches are left out: of pull requests and forks first, then those that changed less recently.
    left_out: usize,
}

/// A repository, in short.
#[derive(Serialize)]
struct Repo<'a> {
    owner: &'a str,
    repo: &'a str,
    failing: usize,
    running: usize,
    passing: usize,
    other: usize,
    /// The time of the latest change.
    time: String,
    /// A text that changes whenever one of its branches changes.
    version: String,
}

/// The list, with or without its cards.
pub(super) fn write(view: &View, has_cards: bool) -> String {
    let mut repos = BTreeMap::<(&str, &str), Vec<&Card>>::new();
    for card in &view.cards {
        repos.entry((&card.owner, &card.repo)).or_default().push(card);
    }
    let repos = repos.into_iter().map(|((owner, repo), cards)| summary(owner, repo, &cards)).collect();
    let cards = has_cards.then(|| view.cards.iter().map(Arc::as_ref).collect());
    // Strings and numbers always have a JSON form.
    serde_json::to_string(&Listing { repos, cards, left_out: view.left_out }).unwrap_or_default()
}

fn summary<'a>(owner: &'a str, repo: &'a str, cards: &[&Card]) -> Repo<'a> {
    let count = |status: Status| cards.iter().filter(|card| status.fits(card)).count();
    let newest = cards.iter().map(|card| card.time_ms()).max().unwrap_or_default();
    let versions: String = cards.iter().map(|card| &*card.version).collect();
    Repo {
        owner,
        repo,
        failing: count(Status::Failing),
        running: count(Status::Running),
        passing: count(Status::Passing),
        other: count(Status::Other),
        time: Timestamp::nearest(newest).to_string(),
        version: hex::encode(&Sha256::digest(versions)[..8]),
    }
}
