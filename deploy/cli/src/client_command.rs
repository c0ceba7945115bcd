//! The commands that need no server and no plugin: those of a CI job, and those that draw or list badges.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{command_error::CommandError, readme, render, report};

/// The commands of every build, also of the client's.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Draws one badge, or those of a build's reports without a server.
    Render(Box<render::RenderOptions>),
    /// Counts a build's tests and reports them to a badge server.
    Report(Box<report::ReportOptions>),
    /// Lists the badges of READMEs, says whether a server answers them, and changes their hosts to it.
    Readme(readme::ReadmeOptions),
}

impl ClientCommand {
    /// Runs the command.
    ///
    /// # Errors
    /// Why the command failed.
    pub(crate) fn run(&self) -> Result<ExitCode, CommandError> {
        match self {
            Self::Render(render) => render::run(render),
            Self::Report(report) => Ok(report::run(report)),
            Self::Readme(readme) => Ok(readme::run(readme)),
        }
    }
}
