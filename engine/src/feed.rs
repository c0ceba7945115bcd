//! The feed of changes: it tells the clients of the live page which records and states were written.

use std::sync::Arc;

use crate::{
    live::{
        board::Board,
        ring::{Changed, Event, Ring},
    },
    store::{Subject, VISIBILITY},
};

/// A record or a state that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its collection.
    pub(crate) collection: String,
    /// Its subject.
    pub(crate) subject: Subject,
}

/// The feed. Handlers pass every change to it once the change is durable.
#[derive(Debug)]
pub(crate) struct Feed {
    /// `None` if the live page is off.
    board: Option<Arc<Board>>,
    /// `None` if the server has no stream of events.
    ring: Option<Arc<Ring>>,
}

impl Feed {
    pub(crate) const fn new(board: Option<Arc<Board>>) -> Self {
        Self { board, ring: None }
    }

    /// Begins to keep events for listeners, if the live page is on.
    pub(crate) fn open(&mut self) {
        if let Some(board) = &self.board {
            // 53 random bits.
            let epoch = board.world.executor.spread().to_bits();
            self.ring = Some(Arc::new(Ring::new(format!("{epoch:x}"))));
        }
    }

    /// Takes over the events and the listeners of another feed, if the live pages of both show the same repositories.
    pub(crate) fn take_listeners(&mut self, other: &Self) {
        if let (Some(own), Some(others), Some(ring)) = (&self.board, &other.board, &other.ring)
            && own.shows_as(others)
        {
            self.ring = Some(Arc::clone(ring));
        }
    }

    /// Whether this feed and another one share their listeners.
    pub(crate) fn shares_listeners(&self, other: &Self) -> bool {
        matches!((&self.ring, &other.ring), (Some(own), Some(others)) if Arc::ptr_eq(own, others))
    }

    /// Tells every listener to read everything again.
    pub(crate) fn reset(&self) {
        if let Some(ring) = &self.ring {
            ring.push(Event::Reset);
        }
    }

    /// The events, if the server has a stream of them.
    pub(crate) const fn ring(&self) -> Option<&Arc<Ring>> {
        self.ring.as_ref()
    }

    /// Passes a change on to all listeners, in the background.
    pub(crate) fn tell(&self, change: &Change) {
        let Some(board) = self.board.as_ref().filter(|board| board.owners.shows(change.subject.owner())) else {
            return;
        };
        let Some(ring) = &self.ring else { return };
        let (board, ring, change) = (Arc::clone(board), Arc::clone(ring), change.clone());
        let executor = Arc::clone(&board.world.executor);
        executor.spawn(Box::pin(async move { tell(&board, &ring, change).await }));
    }
}

async fn tell(board: &Board, ring: &Ring, change: Change) {
    let Change { collection, subject } = change;
    let (owner, repo) = (subject.owner().to_owned(), subject.repo().to_owned());
    let was_listed = board.was_listed(&owner, &repo);
    let is_listed = board.is_listed(&owner, &repo).await;
    if collection == VISIBILITY {
        // There is no event about a repository that was not listed and still is not.
        let is_taken_back = !is_listed && (ring.withdraw(&owner, &repo) || was_listed == Some(true));
        if is_taken_back || (is_listed && was_listed == Some(false)) {
            ring.push(Event::Reset);
        }
    } else if is_listed {
        let (part, branch) = (subject.platform().to_owned(), subject.branch().to_owned());
        ring.push(Event::Change(Changed { collection, owner, repo, part, branch }));
    }
}
