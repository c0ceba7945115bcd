//! The latest events in memory, each with an id, for listeners that connect again.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tokio::sync::watch;

/// How many events are kept: at ten per second, a listener may be disconnected for a quarter of an hour.
const KEPT: usize = 10_000;

/// An event for the listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A record or a state was written.
    Change(Changed),
    /// The list of repositories has changed: listeners have to read everything again.
    Reset,
    /// An event that listeners no longer receive, because its repository is not listed any more.
    Withdrawn,
}

/// The subject of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Changed {
    pub(crate) collection: String,
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) part: String,
    pub(crate) branch: String,
}

/// The events since the start, of which the last ones are kept.
#[derive(Debug)]
pub(crate) struct Ring {
    /// The first part of every id, which differs after each start of the server.
    epoch: String,
    kept: Mutex<Kept>,
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// The number of the newest event; the first one has the number 1.
    newest: u64,
}

/// Some of the events after the last one that a listener knows are not in memory any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

impl Ring {
    /// An empty ring. `epoch` is ASCII letters and digits, different after each start.
    pub(crate) fn new(epoch: String) -> Self {
        Self { epoch, kept: Mutex::default(), news: watch::Sender::new(0) }
    }

    /// Adds an event and wakes every listener.
    pub(crate) fn push(&self, event: Event) {
        let newest = {
            let mut kept = self.kept();
            kept.events.push_back(event);
            if kept.events.len() > KEPT {
                kept.events.pop_front();
            }
            kept.newest += 1;
            kept.newest
        };
        self.news.send_replace(newest);
    }

    /// Withdraws every event about a repository. Returns whether there was any.
    pub(crate) fn withdraw(&self, owner: &str, repo: &str) -> bool {
        let mut is_any = false;
        for event in &mut self.kept().events {
            if matches!(event, Event::Change(changed) if changed.owner == owner && changed.repo == repo) {
                *event = Event::Withdrawn;
                is_any = true;
            }
        }
        is_any
    }

    /// The events after the one with this number, at most `most` of them, with their numbers.
    pub(crate) fn after(&self, number: u64, most: usize) -> Result<Vec<(u64, Event)>, Lost> {
        let kept = self.kept();
        let oldest = kept.newest - kept.events.len() as u64 + 1;
        let skipped = (number + 1).checked_sub(oldest).and_then(|skipped| usize::try_from(skipped).ok()).ok_or(Lost)?;
        Ok((number + 1..).zip(kept.events.iter().skip(skipped).take(most).cloned()).collect())
    }

    /// The number of the newest event.
    pub(crate) fn newest(&self) -> u64 {
        self.kept().newest
    }

    /// The id of the event with a number.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    /// The number of the event with an id of this ring.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        let number = id.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok()?;
        (number <= self.newest()).then_some(number)
    }

    /// A receiver that wakes when there is a new event.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(repo: &str) -> Event {
        let [collection, owner, part, branch] = ["workflow", "acme", "ci.yml", "main"].map(str::to_owned);
        Event::Change(Changed { collection, owner, repo: repo.to_owned(), part, branch })
    }

    #[test]
    fn the_last_ten_thousand_events_are_told_and_a_gap_is_noticed() {
        let ring = Ring::new("x".to_owned());
        assert_eq!(ring.after(0, 9), Ok(Vec::new()));
        for number in 0..KEPT + 5 {
            ring.push(change(&number.to_string()));
        }
        assert_eq!(ring.after(4, 9), Err(Lost));
        let told = ring.after(5, usize::MAX).unwrap();
        assert_eq!((told.len(), &told[0]), (KEPT, &(6, change("5"))));
        assert_eq!(ring.after(10_003, 9).unwrap(), [(10_004, change("10003")), (10_005, change("10004"))]);
        assert_eq!(ring.after(10_005, 9), Ok(Vec::new()));
        assert_eq!(ring.after(5, 2).unwrap().len(), 2);
    }

    #[test]
    fn an_id_of_another_start_or_of_the_future_is_unknown() {
        let ring = Ring::new("7f".to_owned());
        ring.push(change("tools"));
        assert_eq!(ring.id(1), "7f-1");
        for (id, number) in [
            ("7f-1", Some(1)),
            ("7f-0", Some(0)),
            ("7f-2", None),
            ("7e-1", None),
            ("7f1", None),
            ("7f--1", None),
            ("", None),
        ] {
            assert_eq!(ring.number(id), number, "{id}");
        }
    }

    #[test]
    fn events_about_a_repository_that_is_not_listed_any_more_are_taken_back() {
        let ring = Ring::new("x".to_owned());
        for repo in ["secret", "tools", "secret"] {
            ring.push(change(repo));
        }
        assert!(ring.withdraw("acme", "secret") && !ring.withdraw("acme", "other"));
        let told: Vec<_> = ring.after(0, 9).unwrap().into_iter().map(|(_, event)| event).collect();
        assert_eq!(told, [Event::Withdrawn, change("tools"), Event::Withdrawn]);
    }
}
