//! `badgesmith dead`: the events that no receiver took.

use std::{
    fmt::Write,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    events::{DeadLetter, dead_letters},
    world::Store,
};
use badgesmith_host::config;
use badgesmith_provider::Timestamp;
use clap::{Args, Subcommand};

use crate::{
    arguments::ConfigOption, command_error::CommandError, opened_store::StoreOption, output::print, runtime::block_on,
};

/// How many dead letters are read at once.
const PAGE: usize = 100;

/// What can be done with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// Lists the events that could not be sent, the oldest first, each with its key and the reason.
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

/// From when on.
#[derive(Clone, Copy, Debug)]
enum Since {
    Ago(Duration),
    Time(Timestamp),
}

fn since(text: &str) -> Result<Since, String> {
    if let Some(time) = Timestamp::parse(text) {
        return Ok(Since::Time(time));
    }
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let found = units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Since::Ago(Duration::from_secs(count.checked_mul(seconds)?)))
    });
    found.ok_or_else(|| "write a time such as 30m, 12h or 7d, or 2026-11-29T12:00:00Z".to_owned())
}

impl Since {
    /// The beginning of the keys from which on letters are wanted.
    fn first_key(self, now: SystemTime) -> String {
        let time = match self {
            Self::Time(time) => time,
            Self::Ago(ago) => {
                let at = now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH);
                let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                Timestamp::nearest(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        };
        time.to_string()
    }
}

/// Runs the command. The embedded store is opened only while no server has it open.
///
/// # Errors
/// The store cannot be read or written, or a key is no dead letter's.
pub(crate) fn run(dead: &DeadCommand) -> Result<(), CommandError> {
    let (DeadCommand::List(which) | DeadCommand::Show(which) | DeadCommand::Replay(which) | DeadCommand::Purge(which)) =
        dead;
    let subscriptions = which.subscriptions()?;
    let opened = which.store.open()?;
    let store = &*opened.store;
    print(&block_on(async {
        let letters = which.find(store, &subscriptions).await?;
        match dead {
            DeadCommand::List(_) => Ok(listed(&letters)),
            DeadCommand::Show(_) => Ok(shown(&letters)),
            DeadCommand::Replay(_) => {
                let mut count = 0_usize;
                for letter in &letters {
                    let is_sent = letter.replay(store, SystemTime::now()).await.map_err(CommandError::store)?;
                    count += usize::from(is_sent);
                }
                Ok(format!("{count} of {} are sent again\n", letters.len()))
            }
            DeadCommand::Purge(_) => {
                let mut count = 0_usize;
                for letter in &letters {
                    let is_gone = letter.purge(store, SystemTime::now()).await.map_err(CommandError::store)?;
                    count += usize::from(is_gone);
                }
                Ok(format!("{count} deleted\n"))
            }
        }
    })?)
}

impl DeadLetters {
    /// The names of the subscriptions whose dead letters are wanted.
    fn subscriptions(&self) -> Result<Vec<String>, CommandError> {
        if let Some(name) = &self.subscription {
            return Ok(vec![name.clone()]);
        }
        let (config, _) = config::need(self.config.file.as_deref()).map_err(CommandError::configuration)?;
        Ok(config.engine.subscriptions.into_iter().map(|subscription| subscription.name).collect())
    }

    async fn find(&self, store: &dyn Store, subscriptions: &[String]) -> Result<Vec<DeadLetter>, CommandError> {
        let now = SystemTime::now();
        let mut letters = Vec::new();
        for subscription in subscriptions {
            let mut after = self.since.map(|since| since.first_key(now)).unwrap_or_default();
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
        if self.keys.is_empty() {
            return Ok(letters);
        }
        let is_there = |key: &&String| letters.iter().any(|letter| letter.key == **key);
        if let Some(missing) = self.keys.iter().find(|key| !is_there(key)) {
            return Err(CommandError::NoDeadLetter { key: missing.clone() });
        }
        letters.retain(|letter| self.keys.contains(&letter.key));
        Ok(letters)
    }
}

/// A line for each dead letter: the key, the subscription, the event, its subject, and why it is dead.
fn listed(letters: &[DeadLetter]) -> String {
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
    if lines.is_empty() { "there is no dead letter\n".to_owned() } else { lines }
}

/// The events as JSON lines.
fn shown(letters: &[DeadLetter]) -> String {
    letters.iter().filter_map(|letter| Some(letter.queued.as_ref()?.write() + "\n")).collect()
}
