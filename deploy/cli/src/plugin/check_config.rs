//! `badgesmith plugin check` without providers: checks whether the server would start with plugins.toml, and lists its
//! subscriptions.

use std::fmt::Write;

use badgesmith_engine::Engine;
use badgesmith_host::config;

use super::{offline_world, secret_check::unknown_secrets};
use crate::{arguments::ConfigOption, command_error::CommandError, output::print};

/// Prints a line for the plugins, one for each secret that is granted under an unknown name, and one for each
/// subscription. The secrets and addresses of subscriptions are checked only when the server starts, since this command
/// does not open the secrets.
///
/// # Errors
/// The server would not start with plugins.toml, one of its plugins or one of its subscriptions.
pub(super) fn run(options: &ConfigOption) -> Result<(), CommandError> {
    let (config, plugins) = config::need(options.file.as_deref()).map_err(CommandError::configuration)?;
    let mut lines = format!("  ok       plugins: {}\n", plugins.len());
    let engine = Engine::new(plugins, &config.engine, offline_world::world(&config.engine));
    let engine = engine.map_err(|error| match config::explain(options.file.as_deref(), None) {
        Some(mistakes) => CommandError::configuration(mistakes),
        None => CommandError::configuration(error),
    })?;
    for words in config.plugin.iter().flat_map(|granted| unknown_secrets(&engine, granted)) {
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  warning  {words}");
    }
    for subscription in &config.engine.subscriptions {
        let events: Vec<_> = subscription.events.iter().map(|event| event.name()).collect();
        let (name, to) = (&subscription.name, subscription.target.shown());
        let _ = writeln!(lines, "  ok       subscription {name}: {} to {to}", events.join(", "));
    }
    print(&lines)
}
