//! `badgesmith secret`: the owners' secrets, set, rotated, listed by name, and removed; in the data directory or in AWS.

use std::{
    fmt::Write as _,
    io::{self, Read, Write},
    sync::Arc,
};

use badgesmith_host::{
    aws::{
        migrate::Migrated,
        vault::{self, SHARED_PREFIX, Vault},
    },
    secrets::{FileSecrets, LARGEST_SECRET, Listed, holder},
};
use clap::{Args, Subcommand};

use crate::{
    dynamodb::client::{aws, wait},
    serve::Data,
};

/// What can be done with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Puts a secret in the place of the owner's.
    Set(Valued),
    /// Puts a secret before the owner's; both are valid until `--finish`, or until the next one.
    Rotate(Rotated),
    /// Lists owners and purposes; never a value.
    List(Keeper),
    /// Forgets an owner's secrets.
    Remove(Named),
    /// Moves the secrets in Secrets Manager from the prefix that all stages once shared to this stage's.
    Migrate(Keeper),
}

/// Where the secrets lie.
#[derive(Args, Debug)]
pub(crate) struct Keeper {
    #[command(flatten)]
    data: Data,
    /// Secrets Manager and the table of its names, in the place of the data directory.
    #[arg(long)]
    aws: bool,
}

/// Whose secret, and what for.
#[derive(Args, Debug)]
pub(crate) struct Named {
    #[command(flatten)]
    keeper: Keeper,
    /// The organisation or user the secret belongs to.
    #[arg(long)]
    owner: String,
    /// The repository, for a secret of its own; without it the owner's counts.
    #[arg(long)]
    repo: Option<String>,
    /// What it is for: TestData signs reports, Package reads packages.
    #[arg(long)]
    purpose: String,
}

/// A secret and its value.
#[derive(Args, Debug)]
pub(crate) struct Valued {
    #[command(flatten)]
    named: Named,
    /// Makes a random secret and prints it, once; without it the secret is read from standard input.
    #[arg(long)]
    generate: bool,
}

/// A secret and the one after it.
#[derive(Args, Debug)]
pub(crate) struct Rotated {
    #[command(flatten)]
    valued: Valued,
    /// Forgets the secret of before, once nobody signs with it any more.
    #[arg(long, conflicts_with = "generate")]
    finish: bool,
}

/// Does it.
///
/// # Errors
/// Where the secrets cannot be read or written, or the secret is none.
pub(crate) fn run(secret: &Secret) -> Result<(), String> {
    let said = match secret {
        Secret::Set(valued) => valued.put("is set", Named::set)?,
        Secret::Rotate(Rotated { valued, finish: false }) => {
            valued.put("is new; the one before stays valid until `secret rotate --finish`", Named::rotate)?
        }
        Secret::Rotate(Rotated { valued: Valued { named, .. }, finish: true }) => {
            if !named.finish()? {
                return Err(format!("{named} has no secret of before"));
            }
            format!("{named}: the secret of before is forgotten\n")
        }
        Secret::Remove(named) => {
            if !named.remove()? {
                return Err(format!("{named} has no secret; `badgesmith secret list` shows them"));
            }
            format!("{named} is removed\n")
        }
        Secret::List(keeper) => keeper.list()?.iter().map(line).collect(),
        Secret::Migrate(keeper) => return keeper.migrate(),
    };
    say(&said)
}

fn say(words: &str) -> Result<(), String> {
    io::stdout().write_all(words.as_bytes()).map_err(|fault| format!("standard output: {fault}"))
}

fn line(listed: &Listed) -> String {
    let Listed { holder, purpose, values } = listed;
    let rotating = if *values > 1 { " (rotating)" } else { "" };
    format!("{holder} {purpose}{rotating}\n")
}

impl Keeper {
    fn list(&self) -> Result<Vec<Listed>, String> {
        if self.aws { wait(Vault::new(aws(None)).list()) } else { self.file().list() }
    }

    fn migrate(&self) -> Result<(), String> {
        if !self.aws {
            return Err(
                "secrets in a data directory have no prefix; with --aws those of Secrets Manager are moved".into()
            );
        }
        let aws = aws(None);
        let migrated = wait(Vault::new(Arc::clone(&aws)).migrate())?;
        for Migrated { listed, moved, .. } in migrated.iter().filter(|migrated| migrated.moved > 0) {
            let values = if *moved == 1 { "1 value" } else { "2 values" };
            say(&format!("{} {}: {values} moved\n", listed.holder, listed.purpose))?;
        }
        let moved: usize = migrated.iter().map(|migrated| migrated.moved).sum();
        let prefix = aws.tables().secret_prefix();
        say(&format!("{moved} values were moved from {SHARED_PREFIX} to {prefix}\n"))?;
        let missing = |Migrated { listed: Listed { holder, purpose, .. }, missing, .. }: &Migrated| {
            let names = missing.join(" and ");
            format!(
                "{purpose} of {holder} names {names}, which Secrets Manager has not: set the secret anew, or remove it"
            )
        };
        let missing: Vec<_> = migrated.iter().filter(|one| !one.missing.is_empty()).map(missing).collect();
        if missing.is_empty() { Ok(()) } else { Err(missing.join("; ")) }
    }

    fn file(&self) -> FileSecrets {
        FileSecrets::new(&self.data.directory)
    }
}

impl Valued {
    /// Puts a secret somewhere, and returns what to say.
    fn put(&self, done: &str, put: fn(&Named, &str) -> Result<(), String>) -> Result<String, String> {
        let named = &self.named;
        if !self.generate {
            put(named, &from_standard_input()?)?;
            return Ok(format!("{named} {done}\n"));
        }
        let value = random()?;
        put(named, &value)?;
        // Standard output has the secret and nothing else, so that it can be sent on.
        let _ = writeln!(io::stderr(), "{named} {done}; it is not shown again");
        Ok(value + "\n")
    }
}

impl Named {
    fn set(&self, value: &str) -> Result<(), String> {
        if self.keeper.aws {
            return wait(Vault::new(aws(None)).set(self.place(), value));
        }
        self.keeper.file().set(&self.holder(), &self.purpose, value)
    }

    fn rotate(&self, value: &str) -> Result<(), String> {
        if self.keeper.aws {
            return wait(Vault::new(aws(None)).rotate(self.place(), value));
        }
        self.keeper.file().rotate(&self.holder(), &self.purpose, value)
    }

    fn finish(&self) -> Result<bool, String> {
        if self.keeper.aws {
            return wait(Vault::new(aws(None)).finish(self.place()));
        }
        self.keeper.file().finish(&self.holder(), &self.purpose)
    }

    fn remove(&self) -> Result<bool, String> {
        if self.keeper.aws {
            return wait(Vault::new(aws(None)).remove(self.place()));
        }
        self.keeper.file().remove(&self.holder(), &self.purpose)
    }

    fn holder(&self) -> String {
        holder(&self.owner, self.repo.as_deref())
    }

    fn place(&self) -> vault::Place<'_> {
        vault::Place { owner: &self.owner, repo: self.repo.as_deref(), purpose: &self.purpose }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let repo = self.repo.as_ref().map(|repo| format!("/{repo}")).unwrap_or_default();
        write!(f, "{} of {}{repo}", self.purpose, self.owner)
    }
}

/// 32 random bytes in hexadecimal digits.
fn random() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|fault| format!("the system has no randomness: {fault}"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The secret without the line end that `echo` puts behind it.
fn from_standard_input() -> Result<String, String> {
    let mut text = String::new();
    let most = LARGEST_SECRET as u64 + 3;
    let read = io::stdin().take(most).read_to_string(&mut text);
    read.map_err(|_| "standard input is not text".to_owned())?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
