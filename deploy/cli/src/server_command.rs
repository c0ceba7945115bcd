//! The commands of the server and its operator, which the client build does not have.

use std::process::ExitCode;

use clap::Subcommand;

#[cfg(unix)]
use crate::reload;
use crate::{
    backup, command_error::CommandError, dead, dynamodb, hook, identity, plugin, secret, serve, smoke, subscription,
    transfer,
};

/// The server and what its operator needs.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Answers requests over HTTP until it is told to stop; the default.
    Serve(serve::ServeOptions),
    /// Has the running server read plugins.toml again, without a restart.
    #[cfg(unix)]
    Reload(reload::ReloadOptions),
    /// Writes the store and the secrets into one file, also while the server runs; sealed if there is a key.
    Backup(backup::BackupOptions),
    /// Makes a data directory of a backup.
    Restore(backup::RestoreOptions),
    /// Creates, checks, tries, enables, lists, packs and records plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Sets, rotates, lists, seals and removes the secrets that sign reports and the tokens for upstreams, also while
    /// the server runs.
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Makes the secrets of webhooks, and says what to enter at GitHub.
    #[command(subcommand)]
    Hook(hook::HookCommand),
    /// Lists which repositories reported with tokens under which names, and accepts another one under a name.
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    /// Lists the subscriptions to events, and begins one again that its receiver ended.
    #[command(subcommand)]
    Subscription(subscription::SubscriptionCommand),
    /// Lists, shows, replays and deletes events that no receiver took.
    #[command(subcommand)]
    Dead(dead::DeadCommand),
    /// Checks over HTTP whether a deployment works.
    Smoke(smoke::SmokeOptions),
    /// Creates the DynamoDB tables and the secrets that the server needs.
    Provision(dynamodb::provision::ProvisionOptions),
    /// Writes all results to standard output as JSON lines, sealed if that is asked for.
    Export(transfer::ExportOptions),
    /// Records exported results from standard input, sealed ones too.
    Import(transfer::ImportOptions),
}

impl ServerCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Why the command failed.
    pub(crate) fn run(&self) -> Result<ExitCode, CommandError> {
        match self {
            Self::Plugin(plugin) => return plugin::run(plugin),
            Self::Serve(serve) => serve::run(serve),
            #[cfg(unix)]
            Self::Reload(reload) => reload::run(reload),
            Self::Backup(options) => backup::backup(options),
            Self::Restore(options) => backup::restore(options),
            Self::Secret(secret) => secret::run(secret),
            Self::Hook(hook) => hook::run(hook),
            Self::Identity(identity) => identity::run(identity),
            Self::Subscription(subscription) => subscription::run(subscription),
            Self::Dead(dead) => dead::run(dead),
            Self::Smoke(smoke) => smoke::run(smoke),
            Self::Provision(provision) => dynamodb::provision::run(provision),
            Self::Export(transfer) => transfer::export(transfer),
            Self::Import(transfer) => transfer::import(transfer),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}
