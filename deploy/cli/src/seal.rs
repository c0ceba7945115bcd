//! The keys that seal the secrets of a data directory and exports, as options and variables name them.

use std::{env, path::PathBuf, sync::Arc};

use badgesmith_host::seal::{KeySource, LocalKey, SealKey, Sealer};
use clap::Args;

use crate::command_error::CommandError;

/// The variable that has a key, or several separated by commas. It is no option, since other users of a machine see the
/// arguments of a process.
const KEY_VARIABLE: &str = "BADGESMITH_SEAL_KEY";

/// Which keys seal and open.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SealOption {
    /// A file with the key that seals, made by `badgesmith secret seal-key`; several are separated by commas, of which
    /// the first one seals and all of them open. Without a file the variable BADGESMITH_SEAL_KEY may have the key
    /// itself, and without any key nothing is sealed.
    #[arg(long = "seal-key", env = "BADGESMITH_SEAL_KEY_FILE", value_name = "FILE", value_delimiter = ',')]
    files: Vec<String>,
}

impl SealOption {
    /// Reads the keys: those of the files, and then those of the variable.
    pub(crate) fn sealer(&self) -> Result<Arc<Sealer>, CommandError> {
        let mut keys = Vec::new();
        // A variable without a value counts as one that is not set.
        for file in self.files.iter().filter(|file| !file.is_empty()) {
            keys.push(LocalKey::read(&PathBuf::from(file)).map_err(CommandError::storage)?);
        }
        let variable = env::var(KEY_VARIABLE).unwrap_or_default();
        for key in variable.split(',').filter(|key| !key.trim().is_empty()) {
            let key = LocalKey::parse(key, || KeySource::Variable(KEY_VARIABLE));
            keys.push(key.map_err(CommandError::storage)?);
        }
        Ok(Arc::new(Sealer::new(keys.into_iter().map(SealKey::Local).collect())))
    }
}
