//! The results of the command, for the table and for JSON.

use super::{
    badge::ReadmeBadge,
    verdict::{BadgeState, STATES},
};

/// All documents, and how many addresses were left out.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) server: String,
    pub(super) documents: Vec<ListedDocument>,
    /// How many addresses were not asked, because there were too many.
    pub(super) left: usize,
}

/// A document and its badges.
#[derive(Debug)]
pub(super) struct ListedDocument {
    pub(super) path: String,
    /// Whether its hosts were rewritten.
    pub(super) is_written: bool,
    pub(super) badges: Vec<ReadmeBadge>,
}

/// How many badges are in a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateCount {
    pub(super) state: BadgeState,
    pub(super) count: usize,
}

impl Listing {
    pub(super) fn badges(&self) -> impl Iterator<Item = &ReadmeBadge> {
        self.documents.iter().flat_map(|document| &document.badges)
    }

    pub(super) fn counts(&self) -> [StateCount; STATES.len()] {
        STATES.map(|state| {
            let count = self.badges().filter(|badge| badge.verdict.state == state).count();
            StateCount { state, count }
        })
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.badges().any(|badge| badge.verdict.state.is_wrong())
    }
}
