//! The filters of the live page and of its data.

use badgesmith_provider::fold;

use crate::{
    live::{board::Scope, card::Card, point::Ending},
    request::Pairs,
    target::OwnTarget,
};

/// How many repositories one request for a part of the page may name.
const MOST_ONLY: usize = 16;

/// The status of a branch, as a filter of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Failing,
    Running,
    Passing,
    Other,
}

/// The filters of the page, which are all in its address.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters {
    /// The scope that is read from the store: the owner and the repository in the path, or the owner in the query.
    pub(super) scope: Scope,
    /// Whether the path names the owner, and the repository.
    pub(super) owner_in_path: bool,
    pub(super) repo_in_path: bool,
    /// A text that the repository's name must contain.
    pub(super) repo: String,
    /// A text that the branch's name must contain.
    pub(super) branch: String,
    pub(super) status: Option<Status>,
    /// The only repositories whose cards are wanted, as owner and name: those that have changed.
    only: Vec<String>,
}

impl Status {
    /// Every status, in the order of the page.
    pub(super) const ALL: [Self; 4] = [Self::Failing, Self::Running, Self::Passing, Self::Other];

    /// Its name in the address and in classes.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Running => "running",
            Self::Passing => "passing",
            Self::Other => "other",
        }
    }

    /// Whether a card has this status. A card whose last run failed and that is running again has both statuses.
    pub(super) fn fits(self, card: &Card) -> bool {
        match self {
            Self::Failing => card.ending == Some(Ending::Failing),
            Self::Passing => card.ending == Some(Ending::Passing),
            Self::Running => card.running.is_some(),
            Self::Other => card.ending == Some(Ending::Other) || (card.ending.is_none() && card.running.is_none()),
        }
    }
}

impl Filters {
    pub(super) fn read(own: &OwnTarget, pairs: &Pairs<'_>) -> Self {
        let parameter = |name| own.parameters.get(name).map(String::as_str);
        let (owner, repo) = (parameter("owner"), parameter("repo"));
        let text = |name: &str| fold(pairs.get(name).unwrap_or_default().trim());
        let status = pairs.get("status");
        Self {
            scope: Self::scope_of(owner.or_else(|| pairs.get("owner").map(str::trim)), repo),
            owner_in_path: owner.is_some(),
            repo_in_path: repo.is_some(),
            repo: text("repo"),
            branch: text("branch"),
            status: Status::ALL.into_iter().find(|known| Some(known.name()) == status),
            only: pairs.all("only").take(MOST_ONLY).map(fold).collect(),
        }
    }

    /// The scope of these names; an empty name counts as `None`.
    pub(super) fn scope_of(owner: Option<&str>, repo: Option<&str>) -> Scope {
        let folded = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(fold);
        Scope { owner: folded(owner), repo: folded(repo) }
    }

    /// Whether a card matches the filters of names, whatever its status is.
    pub(super) fn fits_name(&self, card: &Card) -> bool {
        (self.repo_in_path || card.repo.contains(&self.repo)) && card.branch.contains(&self.branch)
    }

    /// Whether a card belongs to one of the requested repositories and has the requested status.
    pub(super) fn is_asked(&self, card: &Card) -> bool {
        let is_of = |only: &String| only.split_once('/') == Some((&*card.owner, &*card.repo));
        (self.only.is_empty() || self.only.iter().any(is_of)) && self.status.is_none_or(|status| status.fits(card))
    }
}
