//! `badgesmith`: the badge server and its tools.

mod arguments;
mod command_error;
mod dead;
mod dynamodb;
mod hook;
mod identity;
mod opened_store;
#[cfg(feature = "otlp")]
mod otlp;
mod output;
mod plugin;
mod readme;
mod render;
mod report;
mod runtime;
mod seal;
mod secret;
mod serve;
mod smoke;
mod subscription;
mod transfer;

use std::{io::Write, process::ExitCode};

#[cfg(unix)]
use badgesmith_host::exit_hook as exit;
use badgesmith_host::logs;
use clap::{Args, Parser, Subcommand};

use command_error::CommandError;

/// Badges for READMEs: versions, test results, and anything a plugin knows.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeOptions,
    #[command(flatten)]
    log: LogOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers requests over HTTP until it is told to stop; the default.
    Serve(serve::ServeOptions),
    /// Draws one badge.
    Render(Box<render::RenderOptions>),
    /// Counts a build's tests and reports them to a badge server.
    Report(Box<report::ReportOptions>),
    /// Lists the badges of READMEs, says whether a server answers them, and changes their hosts to it.
    Readme(readme::ReadmeOptions),
    /// Creates, checks, enables, lists, packs and records plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Sets, rotates, lists, seals and removes the secrets that sign reports and the tokens for upstreams, also while the
    /// server runs.
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

#[derive(Args, Debug)]
struct LogOptions {
    /// The least severe lines to log: error, warn, info, debug, trace.
    #[arg(long, env = "LOG_LEVEL", default_value = "info", global = true)]
    log_level: String,
}

fn main() -> ExitCode {
    // For `--help` and mistakes in the arguments this ends the process itself, before `exit` is guarded.
    let cli = Cli::parse();
    #[cfg(unix)]
    exit::install();
    let code = run(cli);
    #[cfg(unix)]
    exit::disarm();
    code
}

fn run(cli: Cli) -> ExitCode {
    let outcome = init_telemetry(&cli.log.log_level).and_then(|_telemetry| {
        logs::log_panics(logs::captured_backtrace);
        match cli.command.unwrap_or(Command::Serve(cli.serve)) {
            Command::Serve(serve) => serve::run(&serve),
            Command::Render(render) => render::run(&render),
            Command::Report(report) => return Ok(report::run(&report)),
            Command::Readme(readme) => return Ok(readme::run(&readme)),
            Command::Plugin(plugin) => plugin::run(&plugin),
            Command::Secret(secret) => secret::run(&secret),
            Command::Hook(hook) => hook::run(&hook),
            Command::Identity(identity) => identity::run(&identity),
            Command::Subscription(subscription) => subscription::run(&subscription),
            Command::Dead(dead) => dead::run(&dead),
            Command::Smoke(smoke) => smoke::run(&smoke),
            Command::Provision(provision) => dynamodb::provision::run(&provision),
            Command::Export(transfer) => transfer::export(&transfer),
            Command::Import(transfer) => transfer::import(&transfer),
        }
        .map(|()| ExitCode::SUCCESS)
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
