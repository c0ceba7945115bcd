//! `badgesmith subscription`: the events that wait for receivers, and the subscriptions that their receivers ended.

use std::{fmt::Write, time::SystemTime};

use badgesmith_engine::{
    events::{ended_subscriptions, resume, waiting},
    world::Store,
};
use badgesmith_host::config;
use clap::{Args, Subcommand};

use crate::{
    arguments::ConfigOption, command_error::CommandError, opened_store::StoreOption, output::print, runtime::block_on,
};

/// Up to how many waiting events are counted.
const MOST_COUNTED: usize = 1000;

/// What can be done with subscriptions.
#[derive(Debug, Subcommand)]
pub(crate) enum SubscriptionCommand {
    /// Lists the subscriptions of plugins.toml: where their events go, how many wait, and which of them ended.
    List(SubscriptionList),
    /// Begins a subscription again that its receiver ended with status 410. Sends the events that waited when it ended.
    Resume(SubscriptionName),
}

/// Where subscriptions and events are.
#[derive(Args, Debug)]
pub(crate) struct SubscriptionList {
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    store: StoreOption,
}

/// A subscription.
#[derive(Args, Debug)]
pub(crate) struct SubscriptionName {
    /// Its name in plugins.toml.
    name: String,
    #[command(flatten)]
    store: StoreOption,
}

/// Runs the command. The embedded store is opened only while no server has it open.
///
/// # Errors
/// The store cannot be read or written, or the subscription did not end.
pub(crate) fn run(subscription: &SubscriptionCommand) -> Result<(), CommandError> {
    match subscription {
        SubscriptionCommand::List(list) => {
            let (config, _) = config::need(list.config.file.as_deref()).map_err(CommandError::configuration)?;
            let opened = list.store.open()?;
            print(&block_on(listed(&*opened.store, &config.engine))?)
        }
        SubscriptionCommand::Resume(SubscriptionName { name, store }) => {
            let opened = store.open()?;
            let resumed = async { resume(&*opened.store, name, SystemTime::now()).await.map_err(CommandError::store) };
            if !block_on(resumed)? {
                return Err(CommandError::SubscriptionRuns { name: name.clone() });
            }
            print(&format!("{name} begins again; a server that runs sends what waits within 15 seconds\n"))
        }
    }
}

/// A line for each subscription.
async fn listed(store: &dyn Store, settings: &badgesmith_engine::Settings) -> Result<String, CommandError> {
    let now = SystemTime::now();
    let ended = ended_subscriptions(store, now).await.map_err(CommandError::store)?;
    let mut lines = String::new();
    for subscription in &settings.subscriptions {
        let name = &subscription.name;
        let (count, oldest) = waiting(store, name, MOST_COUNTED, now).await.map_err(CommandError::store)?;
        let count = if count < MOST_COUNTED { count.to_string() } else { format!("{MOST_COUNTED} or more") };
        let since = oldest.map_or(String::new(), |oldest| format!(" since {oldest}"));
        let ended = ended.iter().find(|(ended, _)| ended == name);
        let ended = ended.map_or(String::new(), |(_, at)| format!("\tended by the receiver at {at}"));
        // Writing to a string does not fail.
        let _ = writeln!(lines, "{name}\t{}\t{count} waiting{since}{ended}", subscription.target.shown());
    }
    if lines.is_empty() { Ok("plugins.toml has no [[subscription]]\n".to_owned()) } else { Ok(lines) }
}
