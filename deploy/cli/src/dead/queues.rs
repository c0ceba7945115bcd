//! The dead letters of the queues that the environment names.

use std::io::{self, Write};

use badgesmith_aws::{DeadMessage, DeadQueue};
use badgesmith_engine::{Plugin, world::Store};
use badgesmith_provider::Timestamp;

use super::{
    queue_letter::{QueueKind, QueueLetter},
    since::timestamp,
};
use crate::{command_error::CommandError, dynamodb::client::aws};

/// Which letters are wanted.
#[derive(Debug)]
pub(super) struct QueueFilter<'a> {
    /// Those with these ids; without any, all of them.
    pub(super) keys: &'a [String],
    /// Those of this subscription; reports have none.
    pub(super) subscription: Option<&'a str>,
    /// Those that are not older.
    pub(super) since: Option<Timestamp>,
}

impl QueueFilter<'_> {
    fn wants(&self, letter: &QueueLetter) -> bool {
        let is_recent = |since: Timestamp| timestamp(letter.message.since).as_ms() >= since.as_ms();
        (self.keys.is_empty() || self.keys.contains(&letter.message.id))
            && self.subscription.is_none_or(|name| letter.subscription() == Some(name))
            && self.since.is_none_or(is_recent)
    }
}

/// A queue that the environment names.
#[derive(Debug)]
pub(super) struct NamedQueue {
    kind: QueueKind,
    queue: DeadQueue,
}

/// The queues of `BADGESMITH_QUEUE_EVENTS` and `BADGESMITH_QUEUE_REPORTS`. If neither is set, AWS is not called.
///
/// # Errors
/// One of them is no FIFO queue's name, URL or ARN.
pub(super) fn named() -> Result<Vec<NamedQueue>, CommandError> {
    let aws = aws(None);
    let names = aws.queues();
    let all = [(QueueKind::Events, &names.events), (QueueKind::Reports, &names.reports)];
    let named = all.into_iter().filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
    let open = |(kind, name)| {
        let queue = DeadQueue::of(&aws, name).map_err(CommandError::configuration)?;
        Ok(NamedQueue { kind, queue })
    };
    named.map(open).collect()
}

/// The messages that were read from a queue. They are hidden from other receivers until they are put back.
#[derive(Debug)]
pub(super) struct ReadQueue<'a> {
    queue: &'a DeadQueue,
    /// The letters that are wanted, in their order.
    pub(super) letters: Vec<QueueLetter>,
    others: Vec<DeadMessage>,
    more: u64,
}

impl NamedQueue {
    /// Reads the queue.
    ///
    /// # Errors
    /// The queue or the store does not answer.
    pub(super) async fn read(
        &self,
        filter: &QueueFilter<'_>,
        store: &dyn Store,
        plugins: &[Plugin],
    ) -> Result<ReadQueue<'_>, CommandError> {
        let read = self.queue.read().await.map_err(CommandError::storage)?;
        let mut found = ReadQueue { queue: &self.queue, letters: Vec::new(), others: Vec::new(), more: read.more };
        for message in read.messages {
            let letter = QueueLetter::read(self.kind, message, store, plugins).await.map_err(CommandError::store)?;
            if filter.wants(&letter) {
                found.letters.push(letter);
            } else {
                found.others.push(letter.message);
            }
        }
        Ok(found)
    }
}

impl ReadQueue<'_> {
    /// About how many messages the queue had when it was read.
    pub(super) fn total(&self) -> usize {
        let more = usize::try_from(self.more).unwrap_or(usize::MAX);
        more.saturating_add(self.letters.len()).saturating_add(self.others.len())
    }

    /// A line for each letter.
    pub(super) fn list(&self) -> String {
        self.letters.iter().map(|letter| letter.line(self.queue.name())).collect()
    }

    /// A line of JSON for each letter.
    pub(super) fn show(&self) -> String {
        self.letters.iter().map(|letter| letter.json(self.queue.name())).collect()
    }

    /// Sends the letters back to their queue, or deletes them, and returns how many.
    ///
    /// # Errors
    /// A queue does not answer.
    pub(super) async fn settle(&mut self, replays: bool) -> Result<usize, CommandError> {
        let mut count = 0;
        while let Some(letter) = self.letters.first() {
            let settled = match replays {
                true => self.queue.replay(&letter.message).await,
                false => self.queue.purge(&letter.message).await,
            };
            settled.map_err(CommandError::storage)?;
            self.letters.remove(0);
            count += 1;
        }
        Ok(count)
    }

    /// If there are letters that were not read, says so on standard error.
    pub(super) fn say_if_cut(&self) {
        if self.more > 0 {
            let (name, more) = (self.queue.name(), self.more);
            // If standard error is closed, the note is lost.
            let _ = writeln!(
                io::stderr(),
                "{name}: about {more} more are not shown; another reader has them for up to a minute, or they stand \
                 behind ten of their subject, and are shown after those are replayed or purged"
            );
        }
    }

    /// Puts the remaining letters back, so that others can receive them.
    pub(super) async fn put_back(self) {
        let letters = self.letters.into_iter().map(|letter| letter.message);
        let mut left: Vec<_> = letters.chain(self.others).collect();
        left.sort_by_key(|message| message.since);
        // If the queue does not answer, they come back by themselves within a minute.
        let _ = self.queue.put_back(&left).await;
    }
}
