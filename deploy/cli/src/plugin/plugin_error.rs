//! Why a `badgesmith plugin` command failed.

use std::{fmt, io, path::PathBuf};

use badgesmith_engine::world::Fault;

use super::nearest::NearBadge;

/// The refusal, with the values that its text names.
#[derive(Debug)]
pub(crate) enum PluginError {
    /// `check` found this many mistakes.
    Refused(usize),
    /// `enable` was given no setting.
    NoSetting(String),
    /// An option of `enable` has no address that a request can begin with.
    Address {
        setting: String,
        cause: String,
    },
    /// `enable` finds no plugin of that id, neither in plugins.toml nor beside it.
    NoSuchPlugin {
        id: String,
        file: PathBuf,
    },
    /// The plugin is defined in a file of plugins.d.
    InFragment {
        id: String,
        file: PathBuf,
    },
    /// A table of plugins.toml is written in a way that cannot be edited.
    NotEditable {
        id: String,
        file: PathBuf,
        key: &'static str,
    },
    /// `new` was given a name that no plugin id may have.
    InvalidName(String),
    FolderExists(PathBuf),
    NotTheSdk(PathBuf),
    /// `new` finds no SDK for a provider in Rust.
    NoSdk,
    FolderNotEmpty(PathBuf),
    /// Two plugins would be packed to one path.
    SameFileName {
        plugin: String,
        files: [PathBuf; 2],
    },
    /// A file of a plugin cannot be copied.
    Copy {
        plugin: String,
        from: PathBuf,
        to: PathBuf,
        cause: io::Error,
    },
    /// The packed copy of a plugin cannot be opened or written.
    Packed {
        plugin: String,
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address given to `record` or `try` is not a badge's; the badges with the most similar routes are listed.
    NotABadge {
        path: String,
        nearest: Vec<NearBadge>,
    },
    /// The provider failed; contains the answer that a caller would get.
    ProviderFailed(String),
    /// The provider's step, or the transcript of it, is invalid.
    InvalidTranscript(Box<dyn std::error::Error + Send + Sync>),
    TooManyTurns(usize),
    /// The upstream answered a request with a status that a provider never sees.
    UpstreamStatus {
        request: String,
        status: u16,
    },
    UpstreamFault {
        request: String,
        fault: Fault,
    },
    NotAnswered(String),
    AnswerIsNotText,
    AnswerRepeatsSecret,
    /// The server shows an error with this code, although the recorded answers lead to a badge.
    NotShown(String),
    OutputFile {
        path: PathBuf,
        cause: io::Error,
    },
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(1) => f.write_str("one thing is refused"),
            Self::Refused(count) => write!(f, "{count} things are refused"),
            Self::NoSetting(id) => {
                write!(f, "name the upstream of {id:?} with --upstream URL, or another setting with --setting NAME=URL")
            }
            Self::Address { setting, cause } => {
                write!(f, "{setting}: {cause}; write an address to begin with, such as https://registry.example")
            }
            Self::NoSuchPlugin { id, file } => write!(
                f,
                "{} has no plugin {id:?}, and neither {id}.toml nor providers/declarative/{id}.toml lies beside it; \
                 `badgesmith plugin list` shows those that it has",
                file.display()
            ),
            Self::InFragment { id, file } => {
                write!(f, "the plugin {id:?} stands in {}; name that file with --config", file.display())
            }
            Self::NotEditable { id, file, key } => {
                write!(
                    f,
                    "{}: {key} of plugin {id:?} is no {key} that can be added to; write it by hand",
                    file.display()
                )
            }
            Self::InvalidName(name) => {
                write!(f, "{name:?} is no name for a provider; write lower-case letters, digits and -")
            }
            Self::FolderExists(folder) => {
                write!(f, "{} is there already; write another name, or another --dir", folder.display())
            }
            Self::NotTheSdk(folder) => {
                write!(f, "{} is not the SDK; name a checkout's folder providers/sdk", folder.display())
            }
            Self::NoSdk => f.write_str(
                "the SDK for Rust is in no registry yet, and neither this folder nor the binary is in a checkout of \
                 BadgeSmith; name its folder with --sdk CHECKOUT/providers/sdk, or its git repository with --sdk \
                 https://HOST/OWNER/REPO, or write the provider in C or TOML, with --kind c or --kind toml",
            ),
            Self::FolderNotEmpty(folder) => {
                write!(f, "{} is not empty; name a new folder with --out", folder.display())
            }
            Self::SameFileName { plugin, files: [one, other] } => {
                let [one, other] = [one.display(), other.display()];
                write!(f, "plugin {plugin:?}: {one} and {other} have one name; rename one of them")
            }
            Self::Copy { plugin, from, to, cause } => {
                write!(f, "plugin {plugin:?}: {} to {}: {cause}", from.display(), to.display())
            }
            Self::Packed { plugin, cause } => write!(f, "plugin {plugin:?}: {cause}"),
            Self::NotABadge { path, nearest } if nearest.is_empty() => {
                write!(f, "{path} is no badge, and no configured plugin has one; add a [[plugin]] to plugins.toml")
            }
            Self::NotABadge { path, nearest } => {
                write!(f, "{path} is no badge of a configured plugin; the nearest are:")?;
                nearest.iter().try_for_each(|NearBadge { route, example }| write!(f, "\n  {route}, such as {example}"))
            }
            Self::ProviderFailed(answer) => write!(f, "the provider failed; the log says why: {answer}"),
            Self::InvalidTranscript(cause) => cause.fmt(f),
            Self::TooManyTurns(turns) => write!(f, "the provider is not done after {turns} turns"),
            Self::UpstreamStatus { request, status } => {
                write!(f, "{request} answered {status}; record it when the upstream is well")
            }
            Self::UpstreamFault { request, fault } => {
                write!(f, "{request}: {fault:?}; record it when the upstream is well")
            }
            Self::NotAnswered(request) => write!(f, "{request} was not answered; the log says why"),
            Self::AnswerIsNotText => f.write_str("an answer is not text"),
            Self::AnswerRepeatsSecret => {
                f.write_str("an upstream's answer repeats the secret it was asked with, so nothing is written")
            }
            Self::NotShown(code) => write!(
                f,
                "the server shows this badge as {code}, so nothing is written; if it is about a private repository, \
                 `private` in [engine] of plugins.toml grants it"
            ),
            Self::OutputFile { path, cause } => {
                write!(f, "{}: {cause}; name a new file with --output", path.display())
            }
        }
    }
}
