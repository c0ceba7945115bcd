//! The secret that signs reports, from a file or from the environment.

use std::{env, fmt, fs, path::Path};

use crate::report::usage::UsageFault;

/// The variable that holds the secret.
pub(super) const VARIABLE: &str = "BADGESMITH_SECRET";
/// The largest file with a secret, in bytes.
const LARGEST_FILE: u64 = 8 * 1024;

/// The secret that signs reports. It is never printed.
pub(crate) struct ReportSecret(pub(crate) String);

impl fmt::Debug for ReportSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportSecret")
    }
}

/// Reads the secret from the file or, without one, from the environment. The line end that `echo` adds is removed; an
/// empty secret counts as no secret.
pub(super) fn read(file: Option<&Path>) -> Result<Option<ReportSecret>, UsageFault> {
    let text = match file {
        Some(file) => Some(read_file(file)?),
        None => env::var_os(VARIABLE)
            .map(|secret| secret.into_string().map_err(|_| UsageFault::SecretNotText))
            .transpose()?,
    };
    let text = text.map(|text| text.trim_matches(['\r', '\n']).to_owned());
    Ok(text.filter(|text| !text.trim().is_empty()).map(ReportSecret))
}

fn read_file(file: &Path) -> Result<String, UsageFault> {
    let unreadable = |fault| UsageFault::SecretFile { file: file.to_owned(), fault };
    if fs::metadata(file).map_err(unreadable)?.len() > LARGEST_FILE {
        return Err(UsageFault::SecretFileTooLarge { file: file.to_owned() });
    }
    fs::read_to_string(file).map_err(unreadable)
}
