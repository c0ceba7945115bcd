//! The keys that seal the secrets of a data directory and exports, as options and variables name them.

use std::{env, path::PathBuf, sync::Arc};

use badgesmith_aws::{Kms, KmsWrapper};
use badgesmith_host::seal::{KeySource, LocalKey, SealKey, Sealer};
use clap::Args;

use crate::{command_error::CommandError, dynamodb::client::aws};

/// The variable that contains a key, or several separated by commas. There is no option for it, since other users of a
/// machine can see the arguments of a process.
const KEY_VARIABLE: &str = "BADGESMITH_SEAL_KEY";

/// Which keys seal and open.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SealOption {
    /// A file with the key that seals, made by `badgesmith secret seal-key`; several are separated by commas, of which
    /// the first one seals and all of them open. Without a file the variable BADGESMITH_SEAL_KEY may have the key
    /// itself, and without any key nothing is sealed.
    #[arg(long = "seal-key", env = "BADGESMITH_SEAL_KEY_FILE", value_name = "FILE", value_delimiter = ',')]
    files: Vec<String>,
    /// A key of AWS KMS that seals, by its id, ARN or alias such as alias/badgesmith, in the place of a key of this
    /// machine; files and BADGESMITH_SEAL_KEY then only open what was sealed with them before.
    #[arg(long = "seal-kms", env = "BADGESMITH_SEAL_KMS", value_name = "KEY")]
    kms: Option<String>,
}

impl SealOption {
    /// Reads the keys: that of KMS, those of the files, and then those of the variable. KMS is not called yet.
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
        let kms = self.kms.as_deref().filter(|key| !key.is_empty());
        let remote = kms.map(|key| SealKey::Remote(Arc::new(KmsWrapper::new(Kms::new(aws(None)), key))));
        Ok(Arc::new(Sealer::new(remote.into_iter().chain(keys.into_iter().map(SealKey::Local)).collect())))
    }
}
