//! `badgesmith plugin`: the commands for developing, checking and deploying providers.

mod advice;
mod badge_call;
mod check;
mod check_config;
mod elf;
mod enable;
mod list;
mod logo_check;
mod nearest;
mod new;
mod no_store;
mod offline_world;
mod pack;
pub(crate) mod plugin_error;
mod record;
mod secret_check;
mod settings_edit;
mod try_call;
mod watched;

use std::process::ExitCode;

use clap::Subcommand;

use crate::{arguments::ConfigOption, command_error::CommandError};

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Creates a folder with a small provider to begin from.
    New(new::NewOptions),
    /// Checks providers: what a start of the server would refuse, how they are built, and their transcripts. Without
    /// providers it checks plugins.toml with its plugins and subscriptions.
    Check(check::CheckOptions),
    /// Makes one call as the server does, and shows every step, request and answer, and why there is no badge.
    Try(try_call::TryOptions),
    /// Names the upstream of a plugin in plugins.toml, and grants its origin.
    Enable(enable::EnableOptions),
    /// Lists the configured plugins and what each may reach.
    List(ConfigOption),
    /// Copies the configured plugins to a folder that can be deployed, with checksums and manifests.
    Pack(pack::PackOptions),
    /// Writes a transcript from a real call of a configured plugin.
    Record(record::RecordOptions),
}

/// Runs the command. `try` fails without an error if there is no badge.
///
/// # Errors
/// The refusal, with a proposal of what to write instead.
pub(crate) fn run(plugin: &PluginCommand) -> Result<ExitCode, CommandError> {
    match plugin {
        PluginCommand::Try(options) => return try_call::run(options),
        PluginCommand::New(new) => new::run(new),
        PluginCommand::Check(check) if check.paths.is_empty() => check_config::run(&check.config),
        PluginCommand::Check(check) => check::run(check),
        PluginCommand::Enable(enable) => enable::run(enable),
        PluginCommand::List(config) => list::run(config),
        PluginCommand::Pack(pack) => pack::run(pack),
        PluginCommand::Record(record) => record::run(record),
    }
    .map(|()| ExitCode::SUCCESS)
}
