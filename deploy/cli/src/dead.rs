//! `badgesmith dead`: the events that no receiver accepted, and the messages in the dead-letter queues of SQS.

mod queue_letter;
mod queues;
mod since;

use std::{fmt::Write, mem, time::SystemTime};

use badgesmith_engine::{
    Plugin,
    events::{DeadLetter, dead_letters},
    world::Store,
};
use badgesmith_host::config;
use clap::{Args, Subcommand};

use crate::{
    arguments::ConfigOption, command_error::CommandError, opened_store::StoreOption, output::print, runtime::block_on,
};
use queues::{NamedQueue, QueueFilter, ReadQueue};
use since::{Since, since};

/// How many dead letters are read at once.
const PAGE: usize = 100;

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// Lists the events that could not be sent, the oldest first, each with its key and the reason; and the messages in
    /// the dead-letter queues of BADGESMITH_QUEUE_EVENTS and BADGESMITH_QUEUE_REPORTS.
    List(DeadLetters),
    /// Shows dead letters whole, as JSON lines.
    Show(DeadLetters),
    /// Has dead letters sent again, as if for the first time.
    Replay(DeadLetters),
    /// Deletes dead letters.
    Purge(DeadLetters),
}

/// Which dead letters.
#[derive(Args, Debug)]
pub(crate) struct DeadLetters {
    /// The keys of the dead letters, as `badgesmith dead list` shows them; without any, all of them.
    keys: Vec<String>,
    /// Only those of this subscription; without it those of all subscriptions of plugins.toml.
    #[arg(long)]
    subscription: Option<String>,
    /// Only those that are not older than this, such as 30m, 12h or 7d, or since an RFC 3339 time.
    #[arg(long, value_parser = since)]
    since: Option<Since>,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

/// Runs the command. The embedded store is opened only while no server has it open.
///
/// # Errors
/// The store or a queue cannot be read or written, or a key is no dead letter's.
pub(crate) fn run(dead: &DeadCommand) -> Result<(), CommandError> {
    let (DeadCommand::List(which) | DeadCommand::Show(which) | DeadCommand::Replay(which) | DeadCommand::Purge(which)) =
        dead;
    let (subscriptions, plugins) = which.subscriptions()?;
    let queues = queues::named()?;
    let opened = which.store.open()?;
    let place = Place { store: &*opened.store, plugins: &plugins, queues: &queues };
    let said = block_on(async {
        let mut letters = which.find(place.store, &subscriptions).await?;
        let mut read = Vec::new();
        let outcome = async {
            which.read(&place, &mut read).await?;
            which.check_keys(&letters, &read)?;
            letters.retain(|letter| which.keys.is_empty() || which.keys.contains(&letter.key));
            match dead {
                DeadCommand::List(_) => Ok(listed(&letters, &read)),
                DeadCommand::Show(_) => Ok(shown(&letters) + &read.iter().map(ReadQueue::show).collect::<String>()),
                DeadCommand::Replay(_) => {
                    let mut count = 0_usize;
                    for letter in &letters {
                        let is_sent =
                            letter.replay(place.store, SystemTime::now()).await.map_err(CommandError::store)?;
                        count += usize::from(is_sent);
                    }
                    let of_queues = which.settle(&place, &mut read, true).await?;
                    Ok(format!("{} of {} are sent again\n", count + of_queues, letters.len() + of_queues))
                }
                DeadCommand::Purge(_) => {
                    let mut count = 0_usize;
                    for letter in &letters {
                        let is_gone =
                            letter.purge(place.store, SystemTime::now()).await.map_err(CommandError::store)?;
                        count += usize::from(is_gone);
                    }
                    Ok(format!("{} deleted\n", count + which.settle(&place, &mut read, false).await?))
                }
            }
        };
        let outcome = outcome.await;
        for queue in read {
            queue.say_if_cut();
            queue.put_back().await;
        }
        outcome
    });
    print(&said?)
}

/// The store of dead letters, and the plugins that accept reports.
struct Place<'a> {
    store: &'a dyn Store,
    plugins: &'a [Plugin],
    queues: &'a [NamedQueue],
}

impl DeadLetters {
    /// The names of the subscriptions whose dead letters are wanted, and the plugins, if all subscriptions are wanted.
    fn subscriptions(&self) -> Result<(Vec<String>, Vec<Plugin>), CommandError> {
        if let Some(name) = &self.subscription {
            return Ok((vec![name.clone()], Vec::new()));
        }
        let (config, plugins) = config::need(self.config.file.as_deref()).map_err(CommandError::configuration)?;
        let names = config.engine.subscriptions.into_iter().map(|subscription| subscription.name);
        Ok((names.collect(), plugins))
    }

    /// The dead letters of the store, without filtering by their keys.
    async fn find(&self, store: &dyn Store, subscriptions: &[String]) -> Result<Vec<DeadLetter>, CommandError> {
        let now = SystemTime::now();
        let mut letters = Vec::new();
        for subscription in subscriptions {
            let mut after = self.since.map(|since| since.time(now).to_string()).unwrap_or_default();
            loop {
                let page = dead_letters(store, subscription, &after, PAGE, now).await.map_err(CommandError::store)?;
                let is_last = page.len() < PAGE;
                after = page.last().map(|letter| letter.key.clone()).unwrap_or_default();
                letters.extend(page);
                if is_last {
                    break;
                }
            }
        }
        Ok(letters)
    }

    /// Reads the queues, and adds their messages to `read`, also if one of the queues cannot be read.
    async fn read<'a>(&self, place: &Place<'a>, read: &mut Vec<ReadQueue<'a>>) -> Result<(), CommandError> {
        let since = self.since.map(|since| since.time(SystemTime::now()));
        let filter = QueueFilter { keys: &self.keys, subscription: self.subscription.as_deref(), since };
        for queue in place.queues {
            read.push(queue.read(&filter, place.store, place.plugins).await?);
        }
        Ok(())
    }

    fn check_keys(&self, letters: &[DeadLetter], read: &[ReadQueue<'_>]) -> Result<(), CommandError> {
        let in_queues = || read.iter().flat_map(|queue| &queue.letters).map(|letter| &letter.message.id);
        let is_there =
            |key: &&String| letters.iter().any(|letter| letter.key == **key) || in_queues().any(|id| id == *key);
        match self.keys.iter().find(|key| !is_there(key)) {
            Some(missing) => Err(CommandError::NoDeadLetter { key: missing.clone() }),
            None => Ok(()),
        }
    }

    /// Sends the messages that were read back to their queues, or deletes them. If all messages are wanted, the queues
    /// are read again, since one read returns at most ten messages of a subject. No more messages are sent back than
    /// there were at first, because a message that fails again returns to the dead-letter queue.
    async fn settle<'a>(
        &self,
        place: &Place<'a>,
        read: &mut Vec<ReadQueue<'a>>,
        replays: bool,
    ) -> Result<usize, CommandError> {
        let (all, mut count) = (read.iter().map(ReadQueue::total).sum::<usize>(), 0);
        loop {
            let mut settled = 0;
            for queue in read.iter_mut() {
                settled += queue.settle(replays).await?;
            }
            count += settled;
            if settled == 0 || count >= all || !self.keys.is_empty() {
                return Ok(count);
            }
            for queue in mem::take(read) {
                queue.put_back().await;
            }
            self.read(place, read).await?;
        }
    }
}

/// A line for each dead letter: the key, the subscription, the event, its subject, and why it is dead.
fn listed(letters: &[DeadLetter], queues: &[ReadQueue<'_>]) -> String {
    let mut lines = String::new();
    for DeadLetter { key, subscription, queued, .. } in letters {
        // Writing to a string does not fail.
        let _ = match queued {
            Some(queued) => {
                let (event, subject) = (&queued.event, &queued.event.subject);
                writeln!(
                    lines,
                    "{key}\t{subscription}\t{}\t{}/{} {} {}\t{} after {} attempts",
                    event.name.name(),
                    subject.owner,
                    subject.repo,
                    subject.part,
                    subject.branch,
                    queued.reason,
                    queued.attempts
                )
            }
            None => writeln!(lines, "{key}\t{subscription}\tdamaged"),
        };
    }
    lines.extend(queues.iter().map(ReadQueue::list));
    if lines.is_empty() { "there is no dead letter\n".to_owned() } else { lines }
}

/// The events as JSON lines.
fn shown(letters: &[DeadLetter]) -> String {
    letters.iter().filter_map(|letter| Some(letter.queued.as_ref()?.write() + "\n")).collect()
}
