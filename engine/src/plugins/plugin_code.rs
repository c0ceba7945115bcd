//! The code that runs a plugin's steps: a library, a declarative file, or Rust code of an embedding program.

use std::{error::Error, fmt, sync::Arc};

use badgesmith_provider::{Provider, message};

use super::{library_error::InvalidMessage, provider_file_error::ProviderFileError};

/// The code of a plugin.
///
/// Every [`Provider`] of the SDK is one. The engine calls [`step`](Self::step) on a thread of its
/// [`Executor`](crate::world::Executor), from several threads at once if the plugin allows [several
/// steps](super::Plugin::with_concurrent_steps).
pub trait PluginCode: Send + Sync + fmt::Debug {
    /// Runs one step: gets a call and the bodies of its answers, as `badgesmith_provider.h` defines them, and returns a
    /// step message.
    ///
    /// A library's step may never return. The engine gives up on it after two seconds.
    ///
    /// # Errors
    /// What the code did wrong. The caller of the badge sees `provider failed`, the log has the error.
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError>;

    /// Whether the first step would have to open a file, which [`open`](Self::open) can do earlier. The result is
    /// `true` for one caller only, so that a file that never opens blocks only one thread.
    fn needs_opening(&self) -> bool {
        false
    }

    /// Opens that file. A failure is returned by the first step.
    fn open(&self) {}
}

impl<P: Provider + Send + fmt::Debug> PluginCode for P {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        message::answer(self, call, bodies).map_err(|fault| StepError::InvalidCall(fault.to_string()))
    }
}

/// What a plugin's code did wrong in a step.
#[derive(Clone, Debug)]
pub enum StepError {
    /// The file of a packed plugin cannot be opened.
    File(Arc<ProviderFileError>),
    /// The SDK cannot read the call that the engine wrote, for this reason.
    InvalidCall(String),
    /// The step message cannot be read from the library's memory.
    InvalidMessage(InvalidMessage),
    /// The code panicked with these words.
    Panicked(String),
    /// The code returned an error.
    Failed {
        /// Its return code.
        code: i32,
        /// Its words.
        words: String,
    },
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(fault) => fault.fmt(f),
            Self::InvalidCall(fault) => f.write_str(fault),
            Self::InvalidMessage(fault) => write!(f, "its step {fault}"),
            Self::Panicked(words) => write!(f, "it panicked: {words}"),
            Self::Failed { code, words } => write!(f, "its step returned {code}: {words}"),
        }
    }
}

impl Error for StepError {}
