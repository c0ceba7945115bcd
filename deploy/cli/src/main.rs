//! `badgesmith`: the badge server and its tools.

#[cfg(any(test, not(feature = "server")))]
mod absent_command;
mod client_command;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "most failures are those of the server's commands"))]
mod command_error;
#[cfg(feature = "otlp")]
mod otlp;
mod output;
mod readme;
mod render;
mod report;
mod runtime;

// The modules that only the server and its operator need.
#[cfg(feature = "server")]
mod arguments;
#[cfg(feature = "server")]
mod backup;
#[cfg(feature = "server")]
mod call_trace;
#[cfg(all(feature = "server", unix))]
mod control;
#[cfg(feature = "server")]
mod dead;
#[cfg(feature = "server")]
mod dynamodb;
#[cfg(feature = "server")]
mod hook;
#[cfg(feature = "server")]
mod identity;
#[cfg(feature = "server")]
mod opened_store;
#[cfg(feature = "server")]
mod plugin;
#[cfg(all(feature = "server", unix))]
mod reload;
#[cfg(feature = "server")]
mod seal;
#[cfg(feature = "server")]
mod secret;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod server_command;
#[cfg(feature = "server")]
mod smoke;
#[cfg(feature = "server")]
mod subscription;
#[cfg(feature = "server")]
mod transfer;

use std::{io::Write, process::ExitCode};

#[cfg(all(unix, feature = "server"))]
use badgesmith_host::exit_hook as exit;
use badgesmith_host::logs;
use clap::{Args, Parser, Subcommand};

use client_command::ClientCommand;
use command_error::CommandError;
#[cfg(feature = "server")]
use server_command::ServerCommand;

/// Badges for READMEs: versions, test results, and anything a plugin knows.
#[derive(Debug, Parser)]
#[command(version = env!("BADGESMITH_VERSION"), args_conflicts_with_subcommands = true)]
struct Cli {
    #[cfg(feature = "server")]
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(feature = "server")]
    #[command(flatten)]
    serve: serve::ServeOptions,
    #[cfg(not(feature = "server"))]
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "server")]
    #[command(flatten)]
    Server(ServerCommand),
    #[command(flatten)]
    Client(ClientCommand),
    /// The server's commands, which this build does not have, and misspelt ones.
    #[cfg(not(feature = "server"))]
    #[command(external_subcommand)]
    Absent(Vec<String>),
}

#[derive(Args, Debug)]
struct LogOptions {
    /// The least severe lines to log: error, warn, info, debug, trace.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", global = true)]
    log_level: String,
}

fn main() -> ExitCode {
    // For `--help` and mistakes in the arguments, clap ends the process here, before the hook of `exit` is installed.
    let cli = Cli::parse();
    #[cfg(all(unix, feature = "server"))]
    exit::install();
    let code = run(cli);
    #[cfg(all(unix, feature = "server"))]
    exit::disarm();
    code
}

fn run(cli: Cli) -> ExitCode {
    let outcome = init_telemetry(&cli.log.log_level).and_then(|_telemetry| {
        logs::log_panics(logs::captured_backtrace);
        #[cfg(feature = "server")]
        let command = cli.command.unwrap_or(Command::Server(ServerCommand::Serve(cli.serve)));
        #[cfg(not(feature = "server"))]
        let command = cli.command;
        match command {
            #[cfg(feature = "server")]
            Command::Server(server) => server.run(),
            Command::Client(client) => client.run(),
            #[cfg(not(feature = "server"))]
            Command::Absent(words) => refuse(&words),
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // A closed standard error leaves no way to report this.
            let _ = writeln!(std::io::stderr(), "badgesmith: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the process with a message about mistakes in the arguments.
#[cfg(not(feature = "server"))]
fn refuse(words: &[String]) -> ! {
    let advice = absent_command::advice(words.first().map_or("", String::as_str));
    <Cli as clap::CommandFactory>::command().error(clap::error::ErrorKind::InvalidSubcommand, advice).exit()
}

/// Starts the log.
#[cfg(not(feature = "otlp"))]
fn init_telemetry(level: &str) -> Result<(), CommandError> {
    logs::init(Some(level)).map_err(CommandError::telemetry)
}

/// Starts the log, and sends spans to the collector that the environment names, if it names one.
#[cfg(feature = "otlp")]
fn init_telemetry(level: &str) -> Result<Option<otlp::Otlp>, CommandError> {
    let (otlp, spans) = otlp::Otlp::start()?.unzip();
    logs::init_with_spans(Some(level), spans).map_err(CommandError::telemetry)?;
    Ok(otlp)
}
