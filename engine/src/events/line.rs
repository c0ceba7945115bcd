//! The queue of one receiver in memory, as far as it was read. Events of different subjects are sent in parallel, those
//! of one subject in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use badgesmith_provider::Timestamp;

use super::{event::EventSubject, queued::QueuedEvent};

/// The events in the queue, by their keys.
#[derive(Debug, Default)]
pub(crate) struct Line {
    subjects: HashMap<EventSubject, BTreeMap<(u64, String), Timestamp>>,
    /// The first event of each subject of which no event is being sent, ordered by due time.
    heads: BTreeSet<(Timestamp, String)>,
    /// Ordered by key, and so by the time at which the event was created.
    places: BTreeMap<String, (EventSubject, u64)>,
}

impl Line {
    /// How many events are in the queue.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// When the oldest event was created, in RFC 3339.
    pub(crate) fn oldest(&self) -> Option<String> {
        let (key, _) = self.places.first_key_value()?;
        Some(key.split('#').next()?.to_owned())
    }

    /// Adds an event that was read, if it is not there yet.
    pub(crate) fn add(&mut self, key: &str, queued: &QueuedEvent) {
        if self.places.contains_key(key) {
            return;
        }
        let (subject, sequence) = (queued.event.subject.clone(), queued.event.sequence);
        let waiting = self.subjects.entry(subject.clone()).or_default();
        if waiting.is_empty() {
            self.heads.insert((queued.due, key.to_owned()));
        }
        waiting.insert((sequence, key.to_owned()), queued.due);
        self.places.insert(key.to_owned(), (subject, sequence));
    }

    /// Takes the key of an event that is due at this time, and of whose subject no other event is being sent. Call
    /// [`Self::put_back`] or [`Self::finish`] with the key afterwards.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<String> {
        let first = self.heads.first().filter(|(due, _)| *due <= now).cloned()?;
        self.heads.remove(&first);
        Some(first.1)
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.heads.first().map(|(due, _)| *due)
    }

    /// The event that was taken is due again at this time.
    pub(crate) fn put_back(&mut self, key: &str, due: Timestamp) {
        if self.places.contains_key(key) {
            self.heads.insert((due, key.to_owned()));
        }
    }

    /// Removes the event that was taken; the next event of its subject can be taken now.
    pub(crate) fn finish(&mut self, key: &str) {
        let Some((subject, sequence)) = self.places.remove(key) else { return };
        let Some(waiting) = self.subjects.get_mut(&subject) else { return };
        waiting.remove(&(sequence, key.to_owned()));
        match waiting.first_key_value() {
            Some(((_, next), due)) => drop(self.heads.insert((*due, next.clone()))),
            None => drop(self.subjects.remove(&subject)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn queued(branch: &str, sequence: u64) -> QueuedEvent {
        serde_json::from_value(json!({"event": {
            "id": "e", "type": "badge.changed", "timestamp": "2026-11-29T12:00:00.000Z", "sequence": sequence,
            "before": null, "after": null, "data": {}, "subject":
            {"collection": "tests", "owner": "acme", "repo": "tools", "part": "linux", "branch": branch}}}))
        .unwrap()
    }

    #[test]
    fn the_events_of_a_subject_are_taken_in_order_and_other_subjects_do_not_wait_for_them() {
        let mut line = Line::default();
        for (key, branch, sequence) in [("a1", "a", 1), ("b1", "b", 1), ("a3", "a", 3), ("a2", "a", 2)] {
            line.add(key, &queued(branch, sequence));
            line.add(key, &queued(branch, sequence));
        }
        let now = Timestamp::nearest(1000);
        assert_eq!([line.take(now), line.take(now), line.take(now)], [Some("a1".into()), Some("b1".into()), None]);
        line.put_back("a1", Timestamp::nearest(2000));
        assert_eq!((line.take(now), line.next_due()), (None, Some(Timestamp::nearest(2000))));
        line.finish("b1");
        assert_eq!(line.take(Timestamp::nearest(2000)), Some("a1".into()));
        line.finish("a1");
        assert_eq!(line.take(now), Some("a2".into()));
        line.finish("a2");
        assert_eq!(line.take(now), Some("a3".into()));
        line.finish("a3");
        assert_eq!((line.len(), line.next_due()), (0, None));
    }
}
