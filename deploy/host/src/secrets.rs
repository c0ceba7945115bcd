//! The owners' secrets in a file, and the rules that hold for secrets wherever they are stored.

mod file_secrets;
mod rules;
mod secrets_file;

pub use file_secrets::{FileSecrets, FileSecretsError, ResealedSecrets};
pub use rules::{
    LARGEST_SECRET, ListedSecret, MOST_VALUES, SecretRefusal, check, check_added, check_purpose, check_rotated, holder,
};
pub(crate) use secrets_file::NAME as SECRETS_FILE;
pub use secrets_file::SecretsFileError;
