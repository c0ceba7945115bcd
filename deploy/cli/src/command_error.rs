//! Why a command failed: the text after `badgesmith: ` on standard error, with exit code 1.

use std::{error::Error, fmt, io, path::PathBuf};

use badgesmith_engine::store::Unavailable;
use badgesmith_host::subscription_check::SubscriptionProblem;
use url::Url;

#[cfg(feature = "server")]
use crate::plugin::plugin_error::PluginError;
use crate::render::render_error::RenderError;

/// The error of a library crate, whose text is complete.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// The error of a command, with the values that its text names.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// plugins.toml, one of its plugins, or the engine that they make.
    Configuration(Cause),
    /// The store or the secrets, in the data directory or in AWS.
    Storage(Cause),
    /// The HTTP client.
    HttpClient(Cause),
    /// The log, the metrics or the spans.
    Telemetry(Cause),
    /// A file or a directory cannot be read or written.
    File {
        path: PathBuf,
        cause: io::Error,
    },
    StandardOutput(io::Error),
    StandardInputIsNotText,
    /// The asynchronous runtime.
    Runtime(io::Error),
    Listen {
        address: String,
        cause: io::Error,
    },
    /// `--rate` is set, but all requests come over a Unix socket from a proxy that is not trusted, so clients cannot be
    /// told apart.
    RateOfNobody,
    #[cfg(unix)]
    Signal(io::Error),
    Randomness(getrandom::Error),
    /// No server runs on this data directory.
    #[cfg(unix)]
    NoServer {
        data: PathBuf,
    },
    /// The path of the control socket is longer than the system allows.
    #[cfg(unix)]
    SocketPathTooLong {
        path: PathBuf,
    },
    /// The store is in use by a server that cannot be asked for a backup.
    UnreachableServer {
        data: PathBuf,
    },
    /// A backup would be written into the data directory that it contains.
    BackupInData {
        file: PathBuf,
        data: PathBuf,
    },
    /// A backup would replace something that is no regular file.
    BackupOverOther(PathBuf),
    /// The server refuses to reload, for each of these reasons.
    #[cfg(unix)]
    NotReloaded {
        mistakes: Vec<String>,
    },
    /// The server refuses the request, for these reasons.
    #[cfg(unix)]
    ServerRefused {
        mistakes: Vec<String>,
    },
    /// The thread that read plugins.toml ended without a result.
    #[cfg(unix)]
    ReloadBroke,
    /// Reading plugins.toml and its plugins takes too long, or an earlier reload is still reading them.
    #[cfg(unix)]
    ReloadLate,
    /// The process that loads the configured plugins for a trial ended without an exit code, or with one that the
    /// program does not use.
    #[cfg(unix)]
    PluginEndsProcess {
        /// How it ended.
        status: std::process::ExitStatus,
        /// The text that it wrote to standard error.
        said: String,
    },
    /// The command works on Secrets Manager only.
    NeedsAws,
    /// The command works on a data directory only.
    NeedsDataDirectory,
    /// The owner of a webhook is not a valid owner.
    HookOwner(String),
    /// The address of a webhook's server is not a valid address.
    HookUrl(String),
    /// The owner of a new webhook has a secret already.
    HookExists(String),
    /// An owner and a repository that cannot be stored.
    IdentityName {
        owner: String,
        repo: String,
    },
    /// A report changed the stored identity of the repository at the same time.
    IdentityChanged {
        owner: String,
        repo: String,
    },
    /// Subscriptions whose events could not be sent.
    Subscriptions(Vec<SubscriptionProblem>),
    /// The subscription was not ended by its receiver, so it cannot be resumed.
    SubscriptionRuns {
        name: String,
    },
    /// There is no dead letter with this key.
    NoDeadLetter {
        key: String,
    },
    /// The store cannot be read or written now.
    StoreUnavailable(String),
    /// A secret for webhooks was to be set for a repository; it belongs to an owner.
    HookRepository,
    /// Each secret is named as `TestData of acme/tools`.
    SecretNotFound {
        secret: String,
    },
    SecretNotRotating {
        secret: String,
    },
    /// Secrets whose values Secrets Manager does not have.
    ValuesMissing(Vec<MissingValues>),
    /// One secret of a seed file cannot be put.
    Seed {
        secret: String,
        cause: SeedError,
    },
    /// A seed file is refused; its contents stay out of the text.
    SeedFile {
        path: PathBuf,
        cause: SeedFileError,
    },
    /// A line of exported results cannot be imported.
    ImportedLine {
        number: usize,
        cause: ImportedLineError,
    },
    /// Parts of the store that cannot be exported.
    StoreDamaged {
        written: u64,
        damaged: usize,
    },
    SmokeSecretMissing {
        owner: String,
    },
    SmokeFailed {
        wrong: usize,
        url: Url,
    },
    #[cfg(feature = "server")]
    Plugin(PluginError),
    Render(RenderError),
}

/// A secret that is listed in the table of names, but whose values are missing in Secrets Manager.
#[derive(Debug)]
pub(crate) struct MissingValues {
    pub(crate) purpose: String,
    pub(crate) holder: String,
    pub(crate) names: Vec<String>,
}

/// Why a secret of a seed file is refused.
#[derive(Debug)]
pub(crate) enum SeedError {
    /// Its purpose or its value is refused, or Secrets Manager failed.
    Secret(Cause),
    VariableNotSet(String),
    /// It has none of `env`, `name` and `value`, or several of them.
    Ambiguous,
}

/// Why a seed file is refused.
#[derive(Debug)]
pub(crate) enum SeedFileError {
    Unreadable(io::Error),
    Malformed { line: usize },
    Seed { secret: String, cause: SeedError },
}

/// Why a line cannot be imported.
#[derive(Debug)]
pub(crate) enum ImportedLineError {
    Unreadable(io::Error),
    TooLong,
    Malformed(serde_json::Error),
    /// It is JSON, but not a result that an export could contain.
    Invalid(Cause),
    StoreUnavailable(String),
}

impl CommandError {
    pub(crate) fn configuration(cause: impl Into<Cause>) -> Self {
        Self::Configuration(cause.into())
    }

    pub(crate) fn store(fault: Unavailable) -> Self {
        Self::StoreUnavailable(fault.0)
    }

    pub(crate) fn storage(cause: impl Into<Cause>) -> Self {
        Self::Storage(cause.into())
    }

    pub(crate) fn http_client(cause: impl Into<Cause>) -> Self {
        Self::HttpClient(cause.into())
    }

    pub(crate) fn telemetry(cause: impl Into<Cause>) -> Self {
        Self::Telemetry(cause.into())
    }

    /// The text of the error, with a line for each mistake.
    #[cfg(unix)]
    pub(crate) fn lines(&self) -> Vec<String> {
        self.to_string().lines().map(str::to_owned).collect()
    }

    /// An error of a file or directory at this path.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |cause| Self::File { path, cause }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(cause) | Self::Storage(cause) | Self::HttpClient(cause) | Self::Telemetry(cause) => {
                cause.fmt(f)
            }
            Self::File { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::StandardOutput(cause) => write!(f, "standard output: {cause}"),
            Self::StandardInputIsNotText => f.write_str("standard input is not text"),
            Self::Runtime(cause) => write!(f, "the runtime cannot start: {cause}"),
            Self::Listen { address, cause } => {
                write!(f, "cannot listen at {address}: {cause}; choose another address with --listen")
            }
            Self::RateOfNobody => f.write_str(
                "--rate tells clients apart by their addresses, and who connects to a Unix socket has none: write \
                 --trust unix, so that the proxy says whom it forwards for; or listen at another address with --listen",
            ),
            #[cfg(unix)]
            Self::Signal(cause) => write!(f, "cannot listen for SIGTERM: {cause}"),
            #[cfg(unix)]
            Self::NoServer { data } => {
                write!(f, "no server answers in {}; name the directory of a running one with --data", data.display())
            }
            #[cfg(unix)]
            Self::SocketPathTooLong { path } => write!(
                f,
                "{} is too long for the path of a socket; send the server SIGHUP to have it read plugins.toml again, \
                 or name the directory by a shorter --data, such as a relative one",
                path.display()
            ),
            Self::UnreachableServer { data } => write!(
                f,
                "{}: a server has it open, and does not answer at a control socket there; if its path is too long for \
                 one, start the server with a shorter --data and name the same here, or stop it while the backup is \
                 taken",
                data.display()
            ),
            Self::BackupInData { file, data } => {
                write!(f, "{} is in the data directory {}; name a file outside it", file.display(), data.display())
            }
            Self::BackupOverOther(file) => write!(
                f,
                "{} is there and is no regular file; name a new file, or one that may be replaced",
                file.display()
            ),
            #[cfg(unix)]
            Self::NotReloaded { mistakes } => write!(f, "nothing changed\n{}", mistakes.join("\n")),
            #[cfg(unix)]
            Self::ServerRefused { mistakes } => f.write_str(&mistakes.join("\n")),
            #[cfg(unix)]
            Self::ReloadBroke => f.write_str("reading plugins.toml broke off; the log says where"),
            #[cfg(unix)]
            Self::ReloadLate => f.write_str(
                "reading plugins.toml, plugins.d and the plugins does not end; see that they are regular files on a \
                 disk that answers, and that no library waits for something when it is loaded",
            ),
            #[cfg(unix)]
            Self::PluginEndsProcess { status, said } => write!(
                f,
                "a library ends the process that loads it ({status}); copy the libraries that you replaced once more{}{said}",
                if said.is_empty() { "" } else { ": " }
            ),
            Self::Randomness(cause) => write!(f, "the system has no randomness: {cause}"),
            Self::NeedsAws => {
                f.write_str("secrets in a data directory have no prefix; with --aws those of Secrets Manager are moved")
            }
            Self::NeedsDataDirectory => f.write_str(
                "Secrets Manager encrypts its secrets itself; without --aws those of the data directory are sealed",
            ),
            Self::SecretNotFound { secret } => {
                write!(f, "{secret} has no secret; `badgesmith secret list` shows them")
            }
            Self::HookOwner(owner) => {
                write!(f, "{owner:?} is no owner; write an organisation or a user, or '*' for the server itself")
            }
            Self::HookUrl(url) => {
                write!(f, "{url:?} is no address of a server; write one such as https://badges.example.com")
            }
            Self::Subscriptions(problems) => {
                let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::SubscriptionRuns { name } => write!(
                f,
                "no receiver ended a subscription {name:?}; badgesmith subscription list shows all of plugins.toml"
            ),
            Self::NoDeadLetter { key } => {
                write!(f, "there is no dead letter {key:?}; badgesmith dead list shows their keys")
            }
            Self::IdentityName { owner, repo } => {
                write!(f, "{owner:?} and {repo:?} are no owner and repository; write --owner acme --repo tools")
            }
            Self::IdentityChanged { owner, repo } => write!(
                f,
                "a report of {owner}/{repo} changed what is remembered at the same time; see `badgesmith identity \
                 list`, and run the command again"
            ),
            Self::StoreUnavailable(fault) => write!(f, "the store cannot be used: {fault}"),
            Self::HookExists(owner) => write!(
                f,
                "the webhooks of {owner} have a secret already; --rotate makes a new one beside it, and \
                 `badgesmith secret remove` removes it"
            ),
            Self::HookRepository => f.write_str(
                "deliveries of webhooks are signed with the secret of their owner, also those of one repository; leave \
                 out --repo",
            ),
            Self::SecretNotRotating { secret } => write!(f, "{secret} has no previous secret"),
            Self::ValuesMissing(missing) => {
                for (index, one) in missing.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{one}")?;
                }
                Ok(())
            }
            Self::Seed { secret, cause } => write!(f, "{secret}: {cause}"),
            Self::SeedFile { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::ImportedLine { number, cause } => write!(f, "line {number}{cause}"),
            Self::StoreDamaged { written, damaged } => write!(
                f,
                "{written} results were written; {damaged} places of the store, named above, could not be read"
            ),
            Self::SmokeSecretMissing { owner } => write!(
                f,
                "BADGESMITH_SECRET is empty; put the secret of {owner} into it, or leave the report out with --unsigned"
            ),
            Self::SmokeFailed { wrong, url } => write!(f, "{wrong} of the answers of {url} are wrong"),
            #[cfg(feature = "server")]
            Self::Plugin(cause) => cause.fmt(f),
            Self::Render(cause) => cause.fmt(f),
        }
    }
}

impl Error for CommandError {}

#[cfg(feature = "server")]
impl From<PluginError> for CommandError {
    fn from(cause: PluginError) -> Self {
        Self::Plugin(cause)
    }
}

impl From<RenderError> for CommandError {
    fn from(cause: RenderError) -> Self {
        Self::Render(cause)
    }
}

impl fmt::Display for MissingValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { purpose, holder, names } = self;
        let names = names.join(" and ");
        write!(
            f,
            "{purpose} of {holder} names {names}, which Secrets Manager has not: set the secret anew, or remove it"
        )
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(cause) => cause.fmt(f),
            Self::VariableNotSet(name) => write!(f, "the variable {name} is not set"),
            Self::Ambiguous => f.write_str("say one of env, name and value"),
        }
    }
}

impl fmt::Display for SeedFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(cause) => cause.fmt(f),
            Self::Malformed { line } => {
                write!(f, "line {line}: not a list of [[secret]] with owner, purpose and env, name or value")
            }
            Self::Seed { secret, cause } => write!(f, "{secret}: {cause}"),
        }
    }
}

/// The text that follows `line 7`.
impl fmt::Display for ImportedLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(cause) => write!(f, ": {cause}"),
            Self::TooLong => f.write_str(" is longer than 1 MiB"),
            Self::Malformed(cause) => write!(f, " is no exported result or state: {cause}"),
            Self::Invalid(cause) => write!(f, ": {cause}"),
            Self::StoreUnavailable(words) => write!(f, ": the store does not answer: {words}"),
        }
    }
}
