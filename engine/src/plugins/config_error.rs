//! Why a plugins.toml is refused, with what to write instead.

use std::{error::Error, fmt, path::PathBuf};

use super::{manifest_check::PluginError, provider_file_error::ProviderFileError, trust_error::TrustError};
use crate::{
    events::subscription::MOST_SUBSCRIPTIONS,
    origin::{Origin, OriginError},
};

/// The first mistake of a plugins.toml.
///
/// Its `Display` names the file, the plugin and the mistake; [`kind`](Self::kind) alone says the mistake.
#[derive(Clone, Debug)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The plugin's id; `None` if the mistake is not in a plugin.
    pub plugin: Option<String>,
    /// What is wrong.
    pub kind: ConfigErrorKind,
}

/// What is wrong in a plugins.toml.
#[derive(Clone, Debug)]
pub enum ConfigErrorKind {
    /// The file is not TOML, or has a key or a value that plugins.toml does not allow.
    Syntax(Box<toml::de::Error>),
    /// An issuer is trusted that must not be.
    Trust(TrustError),
    /// There are too many subscriptions; this is their number.
    TooManySubscriptions(usize),
    /// Two subscriptions have this name.
    DuplicateSubscription(String),
    /// Two plugins have this id.
    DuplicateId,
    /// The plugin names neither a library nor a declarative provider.
    NoCode,
    /// The plugin names both.
    TwoCodes,
    /// The library is at none of these places.
    LibraryNotFound(Vec<PathBuf>),
    /// The plugin's file cannot be opened.
    File(Box<ProviderFileError>),
    /// The manifest has another id, and no mount was given.
    OtherId {
        /// The manifest's id.
        manifest_id: String,
    },
    /// The plugin cannot be served with this id or manifest.
    Plugin(PluginError),
    /// The manifest has no such setting.
    UnknownSetting {
        /// The setting that was given.
        name: String,
        /// The settings that the manifest has.
        known: Vec<String>,
    },
    /// An entry of `origins` is not an origin.
    GrantedOrigin(OriginError),
    /// The manifest asks for the origin of a setting that it does not have.
    NoSettingForOrigin(String),
    /// A text that the manifest asks for as an origin is not an origin.
    NeededOrigin(OriginError),
    /// The manifest asks for an origin that is not granted.
    OriginNotGranted {
        /// The origin it asks for.
        needed: Origin,
        /// Those that are granted.
        granted: Vec<Origin>,
    },
    /// The manifest needs a secret that is not granted.
    SecretNotGranted(String),
    /// `secrets.NAME.origin` is not an origin.
    SecretOrigin {
        /// The secret's name.
        name: String,
        /// What is wrong with the origin.
        fault: OriginError,
    },
    /// A secret is bound to an origin that is not granted.
    SecretOriginNotGranted {
        /// The secret's name.
        name: String,
        /// The origin it is bound to.
        origin: Origin,
    },
    /// A secret has no purpose.
    SecretPurpose(String),
    /// An entry of `collections` is not a collection's name.
    CollectionName(String),
    /// The manifest needs a collection that is not granted.
    CollectionNotGranted(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if let Some(id) = &self.plugin {
            write!(f, "plugin {id:?}: ")?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for ConfigErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(fault) => f.write_str(fault.to_string().trim_end()),
            Self::Trust(fault) => write!(f, "[engine]: {fault}"),
            Self::TooManySubscriptions(count) => write!(
                f,
                "there are {count} subscriptions of at most {MOST_SUBSCRIPTIONS}; let one receiver, or a topic of SNS, \
                 tell the others"
            ),
            Self::DuplicateSubscription(name) => {
                write!(f, "two subscriptions have the name {name:?}; give each a name of its own")
            }
            Self::DuplicateId => f.write_str("its id stands twice; give one a mount and an id of its own"),
            Self::NoCode => f.write_str("it has no code; write library = \"…\" or declarative = \"….toml\""),
            Self::TwoCodes => f.write_str("it has library and declarative; take one away"),
            Self::LibraryNotFound(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "the library is not at {}; build it, or write its path", paths.join(" nor at "))
            }
            Self::File(fault) => fault.fmt(f),
            Self::OtherId { manifest_id: id } => {
                write!(f, "the library calls itself {id:?}; write id = {id:?}, or give it a mount of its own")
            }
            Self::Plugin(fault) => fault.fmt(f),
            Self::UnknownSetting { name, known } => {
                write!(f, "settings.{name} is no setting of it; it has: {}", known.join(", "))
            }
            Self::GrantedOrigin(fault) => write!(f, "origins: {fault}"),
            Self::NoSettingForOrigin(name) => write!(f, "its manifest names no setting {name:?}"),
            Self::NeededOrigin(fault) => fault.fmt(f),
            Self::OriginNotGranted { needed, granted } => {
                let all = granted.iter().chain([needed]).map(|origin| format!("{:?}", origin.to_string()));
                let all = all.collect::<Vec<_>>().join(", ");
                write!(f, "it asks {needed}, which is not granted; write origins = [{all}]")
            }
            Self::SecretNotGranted(name) => write!(
                f,
                "it needs the secret {name:?}; \
                 write secrets = {{ {name} = {{ purpose = \"Package\", origin = \"https://…\" }} }}"
            ),
            Self::SecretOrigin { name, fault } => write!(f, "secrets.{name}.origin: {fault}"),
            Self::SecretOriginNotGranted { name, origin } => {
                write!(f, "secrets.{name} may be sent to {origin}, which origins does not grant; add it there")
            }
            Self::SecretPurpose(name) => {
                write!(f, "secrets.{name}.purpose is empty; write the purpose its owners store it under")
            }
            Self::CollectionName(name) => write!(f, "collections: {name:?} is not lower-case letters, digits and -"),
            Self::CollectionNotGranted(name) => {
                write!(f, "it keeps records in {name:?}, which is not granted; write collections = [{name:?}]")
            }
        }
    }
}

impl Error for ConfigError {}

impl Error for ConfigErrorKind {}

impl From<ProviderFileError> for ConfigErrorKind {
    fn from(fault: ProviderFileError) -> Self {
        Self::File(Box::new(fault))
    }
}

impl From<PluginError> for ConfigErrorKind {
    fn from(fault: PluginError) -> Self {
        Self::Plugin(fault)
    }
}
