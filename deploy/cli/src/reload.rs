//! `badgesmith reload`: the running server reads plugins.toml again.

use clap::Args;

use crate::{
    arguments::DataOption,
    command_error::CommandError,
    control::{ControlAnswer, RELOAD, ask},
    output::print,
};

/// Has the running server read plugins.toml and plugins.d again.
#[derive(Args, Debug)]
pub(crate) struct ReloadOptions {
    #[command(flatten)]
    data: DataOption,
}

/// Sends the request to the server of the data directory, and prints the outcome.
///
/// # Errors
/// There is no server, or it refuses the configuration.
pub(crate) fn run(reload: &ReloadOptions) -> Result<(), CommandError> {
    match ask(&reload.data.directory, RELOAD)?.0 {
        ControlAnswer::Reloaded { plugins, needs_restart } => {
            print(&format!("the server has {plugins} plugins\n"))?;
            match &needs_restart[..] {
                [] => Ok(()),
                settings => print(&format!("needs a restart: {}\n", settings.join(", "))),
            }
        }
        ControlAnswer::Backup => Ok(()),
        ControlAnswer::Refused { mistakes } => Err(CommandError::NotReloaded { mistakes }),
    }
}
