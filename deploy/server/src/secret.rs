//! `badgesmith secret`: the owners' secrets, set, listed by name, and removed.

use std::io::{self, Read, Write};

use badgesmith_host::secrets::{FileSecrets, LARGEST_SECRET};
use clap::{Args, Subcommand};

use crate::serve::Data;

/// What can be done with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Reads a secret from standard input and puts it in the place of the owner's.
    Set(Named),
    /// Lists owners and purposes; never a value.
    List(Listed),
    /// Forgets an owner's secret.
    Remove(Named),
}

/// Whose secret, and what for.
#[derive(Args, Debug)]
pub(crate) struct Named {
    #[command(flatten)]
    data: Data,
    /// The organisation or user the secret belongs to.
    #[arg(long)]
    owner: String,
    /// What it is for, as plugins.toml names it: Package.
    #[arg(long)]
    purpose: String,
}

/// Where the secrets lie.
#[derive(Args, Debug)]
pub(crate) struct Listed {
    #[command(flatten)]
    data: Data,
}

/// Does it.
///
/// # Errors
/// Where the secrets cannot be read or written, or the secret is none.
pub(crate) fn run(secret: &Secret) -> Result<(), String> {
    let said = match secret {
        Secret::Set(named) => {
            named.secrets().set(&named.owner, &named.purpose, &from_standard_input()?)?;
            format!("{} of {} is set\n", named.purpose, named.owner)
        }
        Secret::Remove(named) => {
            if !named.secrets().remove(&named.owner, &named.purpose)? {
                return Err(format!(
                    "{} has no secret for {}; `badgesmith secret list` shows them",
                    named.owner, named.purpose
                ));
            }
            format!("{} of {} is removed\n", named.purpose, named.owner)
        }
        Secret::List(listed) => {
            let lines = FileSecrets::new(&listed.data.directory).list()?;
            lines.iter().map(|(owner, purpose, _)| format!("{owner} {purpose}\n")).collect()
        }
    };
    io::stdout().write_all(said.as_bytes()).map_err(|fault| format!("standard output: {fault}"))
}

impl Named {
    fn secrets(&self) -> FileSecrets {
        FileSecrets::new(&self.data.directory)
    }
}

/// The secret without the line end that `echo` puts behind it.
fn from_standard_input() -> Result<String, String> {
    let mut text = String::new();
    let most = LARGEST_SECRET as u64 + 3;
    let read = io::stdin().take(most).read_to_string(&mut text);
    read.map_err(|_| "standard input is not text".to_owned())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
