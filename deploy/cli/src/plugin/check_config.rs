//! `badgesmith plugin check` without providers: whether a start takes plugins.toml, and what its subscriptions are.

use std::fmt::Write;

use badgesmith_host::config;

use crate::{arguments::ConfigOption, command_error::CommandError, output::print};

/// Prints a line for the plugins and one for each subscription. Their secrets and addresses are checked by a start alone,
/// which has the store of secrets.
///
/// # Errors
/// A start of the server would refuse plugins.toml, one of its plugins or one of its subscriptions.
pub(super) fn run(config: &ConfigOption) -> Result<(), CommandError> {
    let (config, plugins) = config::need(config.file.as_deref()).map_err(CommandError::configuration)?;
    let mut lines = format!("  ok       plugins: {}\n", plugins.len());
    for subscription in &config.engine.subscriptions {
        let events: Vec<_> = subscription.events.iter().map(|event| event.name()).collect();
        let (name, to) = (&subscription.name, subscription.target.shown());
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  ok       subscription {name}: {} to {to}", events.join(", "));
    }
    print(&lines)
}
