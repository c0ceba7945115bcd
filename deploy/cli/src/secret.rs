//! `badgesmith secret`: sets, rotates, adds, lists, seals and removes the owners' secrets, in the data directory or in
//! AWS.

use std::{
    fmt::{self, Write as _},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use badgesmith_aws::{
    secret_admin::{SHARED_PREFIX, SecretAdmin, SecretScope},
    secret_migration::MigratedSecret,
};
use badgesmith_engine::{edit_distance::nearest_word, events::WebhookSecret, world::SERVER};
use badgesmith_host::{
    seal::LocalKey,
    secrets::{FileSecrets, LARGEST_SECRET, ListedSecret, ResealedSecrets, SecretRefusal, holder},
};
use clap::{Args, Subcommand, ValueEnum};

use crate::{
    arguments::DataOption,
    command_error::{CommandError, MissingValues},
    dynamodb::client::aws,
    output::print,
    runtime::block_on,
    seal::SealOption,
};

/// The purpose of the secrets that sign deliveries of webhooks.
pub(crate) const WEBHOOK: &str = "Webhook";
/// The purposes of reports, of upstreams' tokens in the repository's plugins.toml, and of webhooks.
const PURPOSES: [&str; 3] = ["TestData", "Package", WEBHOOK];

/// What can be done with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Sets a secret, in the place of the owner's if there is one.
    Set(SecretValue),
    /// Adds a new secret beside the owner's; both are valid until `--finish`, or until the next rotation.
    Rotate(Rotation),
    /// Adds a token to the server's own, those of the owner '*', up to 32 for a purpose. They are read from standard
    /// input, one at a time, and are used in turns for owners without a token.
    Add(SecretName),
    /// Lists owners and purposes, and the ids of the server's own secrets; never a value.
    List(SecretLocation),
    /// Removes an owner's secrets, or one of the server's own.
    Remove(Removal),
    /// Moves the secrets in Secrets Manager from the prefix that all stages once shared to this stage's.
    Migrate(SecretLocation),
    /// Makes a file with a new key, which seals secrets and exports. Keep a copy of it elsewhere: what it sealed cannot
    /// be opened without it.
    SealKey {
        /// The file to create.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Seals all secrets of the data directory with the first key, whichever key they were sealed with.
    Reseal(Resealing),
}

/// Where the secrets are stored.
#[derive(Args, Clone, Debug)]
pub(crate) struct SecretLocation {
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    seal: SealOption,
    /// Secrets Manager and the table of its names, instead of the data directory.
    #[arg(long)]
    aws: bool,
}

/// The owner and the purpose of a secret.
#[derive(Args, Debug)]
pub(crate) struct SecretName {
    #[command(flatten)]
    location: SecretLocation,
    /// The organisation or user the secret belongs to; '*' is the server itself.
    #[arg(long)]
    owner: String,
    /// The repository that has a secret of its own; without it the secret is the owner's.
    #[arg(long)]
    repo: Option<String>,
    /// What it is for, as plugins.toml names it: TestData signs reports, Webhook deliveries of webhooks, Package is
    /// sent to GitHub.
    #[arg(long)]
    purpose: String,
}

/// A secret, and where its value comes from.
#[derive(Args, Debug)]
pub(crate) struct SecretValue {
    #[command(flatten)]
    name: SecretName,
    /// Generates a random secret and prints it once; `--generate=webhook` one that signs the webhooks of a
    /// subscription. Without it the secret is read from standard input.
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "random")]
    generate: Option<GeneratedForm>,
}

/// What a generated secret looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GeneratedForm {
    /// 32 random bytes in hexadecimal digits, for reports and GitHub's webhooks.
    Random,
    /// `whsec_` and 32 random bytes in base64, for the webhooks of a subscription, as Standard Webhooks asks.
    Webhook,
}

/// A new secret beside the present one, or the end of the rotation.
#[derive(Args, Debug)]
pub(crate) struct Rotation {
    #[command(flatten)]
    new: SecretValue,
    /// Ends the rotation: forgets the previous secret, once nobody signs with it any more.
    #[arg(long, conflicts_with = "generate")]
    finish: bool,
}

/// What to remove.
#[derive(Args, Debug)]
pub(crate) struct Removal {
    #[command(flatten)]
    name: SecretName,
    /// The one to remove among the server's own secrets, by its id in `secret list`; without it all are removed.
    #[arg(long)]
    id: Option<String>,
}

/// How the secrets are written again.
#[derive(Args, Debug)]
pub(crate) struct Resealing {
    #[command(flatten)]
    location: SecretLocation,
    /// Writes them as plain text; the keys are still needed to open them.
    #[arg(long)]
    plain: bool,
}

/// Runs the command.
///
/// # Errors
/// The secrets cannot be read or written, or the secret is invalid or does not exist.
pub(crate) fn run(secret: &SecretCommand) -> Result<(), CommandError> {
    let text = match secret {
        SecretCommand::Set(value) => {
            let new = value.name.location.absent();
            let text = value.store("is set", SecretName::set)?;
            if let Some(new) = new {
                let words = "is a new data directory; a server finds the secret if it is started with the same --data";
                let _ = writeln!(io::stderr(), "{} {words}", new.display());
            }
            let purpose = &*value.name.purpose;
            if let Some(known) = nearest_word(purpose, PURPOSES.into_iter()).filter(|known| *known != purpose) {
                let _ = writeln!(io::stderr(), "notice: the purpose {purpose:?} is not {known:?}; is that meant?");
            }
            text
        }
        SecretCommand::Rotate(Rotation { new, finish: false }) => {
            new.store("is new; the one before stays valid until `secret rotate --finish`", SecretName::rotate)?
        }
        SecretCommand::Rotate(Rotation { new: SecretValue { name, .. }, finish: true }) => {
            if !name.finish()? {
                return Err(CommandError::SecretNotRotating { secret: name.to_string() });
            }
            format!("{name}: the previous secret is forgotten\n")
        }
        SecretCommand::Add(name) => format!("{name}: {} is added\n", name.add()?),
        SecretCommand::Remove(Removal { name, id: None }) => {
            if !name.remove()? {
                return Err(CommandError::SecretNotFound { secret: name.to_string() });
            }
            format!("{name} is removed\n")
        }
        SecretCommand::Remove(Removal { name, id: Some(id) }) => {
            if !name.remove_one(id)? {
                return Err(CommandError::SecretNotFound { secret: format!("{id} among {name}") });
            }
            format!("{name}: {id} is removed\n")
        }
        SecretCommand::List(location) => location.list()?.iter().map(list_line).collect(),
        SecretCommand::Migrate(location) => return location.migrate(),
        SecretCommand::SealKey { file } => {
            let key = LocalKey::create(file).map_err(CommandError::storage)?;
            let (name, file) = (key.name(), file.display());
            format!("the key {name} is in {file}; keep a copy elsewhere: what it seals cannot be opened without it\n")
        }
        SecretCommand::Reseal(resealing) => resealing.run()?,
    };
    print(&text)
}

fn list_line(listed: &ListedSecret) -> String {
    let ListedSecret { holder, purpose, values, ids } = listed;
    if !ids.is_empty() {
        return ids.iter().map(|id| format!("{holder} {purpose} {id}\n")).collect();
    }
    let rotating = if *values > 1 { " (rotating)" } else { "" };
    format!("{holder} {purpose}{rotating}\n")
}

impl SecretLocation {
    /// The path of the data directory, if it does not exist yet.
    fn absent(&self) -> Option<&Path> {
        let directory = &*self.data.directory;
        (!self.aws && !directory.exists()).then_some(directory)
    }

    fn list(&self) -> Result<Vec<ListedSecret>, CommandError> {
        if self.aws {
            return block_on(async { vault().list().await.map_err(CommandError::storage) });
        }
        self.file()?.list().map_err(CommandError::storage)
    }

    fn migrate(&self) -> Result<(), CommandError> {
        if !self.aws {
            return Err(CommandError::NeedsAws);
        }
        let aws = aws(None);
        let vault = SecretAdmin::new(Arc::clone(&aws));
        let migrated = block_on(async { vault.migrate().await.map_err(CommandError::storage) })?;
        for MigratedSecret { listed, moved, .. } in migrated.iter().filter(|migrated| migrated.moved > 0) {
            let values = if *moved == 1 { "value" } else { "values" };
            print(&format!("{} {}: {moved} {values} moved\n", listed.holder, listed.purpose))?;
        }
        let moved: usize = migrated.iter().map(|migrated| migrated.moved).sum();
        let prefix = aws.tables().secret_prefix();
        print(&format!("{moved} values were moved from {SHARED_PREFIX} to {prefix}\n"))?;
        let missing = migrated.into_iter().filter(|migrated| !migrated.missing.is_empty());
        let missing: Vec<_> = missing.map(missing_values).collect();
        if missing.is_empty() { Ok(()) } else { Err(CommandError::ValuesMissing(missing)) }
    }

    /// The secrets of the data directory, with the keys that open and seal them.
    fn file(&self) -> Result<FileSecrets, CommandError> {
        let sealer = self.seal.sealer()?;
        let secrets = FileSecrets::with_sealer(&self.data.directory, Arc::clone(&sealer));
        if sealer.has_service() {
            block_on(async { secrets.fetch_keys().await.map_err(CommandError::storage) })?;
        }
        Ok(secrets)
    }
}

impl Resealing {
    /// Writes the secrets again, and returns what to print.
    fn run(&self) -> Result<String, CommandError> {
        let Self { location, plain } = self;
        if location.aws {
            return Err(CommandError::NeedsDataDirectory);
        }
        let secrets = location.file()?;
        let resealed = if *plain { secrets.unseal() } else { secrets.reseal() };
        let ResealedSecrets { values, before, after } = resealed.map_err(CommandError::storage)?;
        let count = if values == 1 { "1 secret is".to_owned() } else { format!("{values} secrets are") };
        let before = before.map_or_else(|| "not sealed before".to_owned(), |key| format!("before with {key}"));
        Ok(match after {
            Some(key) => format!("{count} sealed with the key {key}, {before}\n"),
            None => format!("{count} plain text, {}\n", before.replacen("before with", "before sealed with", 1)),
        })
    }
}

fn missing_values(migrated: MigratedSecret) -> MissingValues {
    let ListedSecret { holder, purpose, .. } = migrated.listed;
    MissingValues { purpose, holder, names: migrated.missing }
}

fn vault() -> SecretAdmin {
    SecretAdmin::new(aws(None))
}

impl SecretValue {
    /// Stores the value, and returns what to print.
    fn store(
        &self,
        done: &str,
        store: fn(&SecretName, &str) -> Result<(), CommandError>,
    ) -> Result<String, CommandError> {
        let name = &self.name;
        name.check_purpose()?;
        let value = match self.generate {
            None => {
                store(name, &from_standard_input()?)?;
                return Ok(format!("{name} {done}\n"));
            }
            Some(GeneratedForm::Random) => random()?,
            Some(GeneratedForm::Webhook) => random_webhook()?,
        };
        store(name, &value)?;
        // Standard output has the secret and nothing else, so that it can be piped into another command.
        let _ = writeln!(io::stderr(), "{name} {done}; it is not shown again");
        Ok(value + "\n")
    }
}

impl SecretName {
    /// The secret of an owner.
    pub(crate) fn of_owner(location: SecretLocation, owner: &str, purpose: &str) -> Self {
        Self { location, owner: owner.to_owned(), repo: None, purpose: purpose.to_owned() }
    }

    /// Whether it is set.
    pub(crate) fn is_set(&self) -> Result<bool, CommandError> {
        let holder = self.holder();
        let listed = self.location.list()?;
        Ok(listed.iter().any(|listed| listed.holder == holder && listed.purpose == self.purpose))
    }

    /// Checks that a secret of this name would be used.
    fn check_purpose(&self) -> Result<(), CommandError> {
        match &self.repo {
            Some(_) if self.purpose == WEBHOOK => Err(CommandError::HookRepository),
            _ => Ok(()),
        }
    }

    pub(crate) fn set(&self, value: &str) -> Result<(), CommandError> {
        if self.location.aws {
            return block_on(async { vault().set(self.scope(), value).await.map_err(CommandError::storage) });
        }
        self.location.file()?.set(&self.holder(), &self.purpose, value).map_err(CommandError::storage)
    }

    pub(crate) fn rotate(&self, value: &str) -> Result<(), CommandError> {
        if self.location.aws {
            return block_on(async { vault().rotate(self.scope(), value).await.map_err(CommandError::storage) });
        }
        self.location.file()?.rotate(&self.holder(), &self.purpose, value).map_err(CommandError::storage)
    }

    fn finish(&self) -> Result<bool, CommandError> {
        if self.location.aws {
            return block_on(async { vault().finish(self.scope()).await.map_err(CommandError::storage) });
        }
        self.location.file()?.finish(&self.holder(), &self.purpose).map_err(CommandError::storage)
    }

    /// Adds a secret to the server's own, and returns its id.
    fn add(&self) -> Result<String, CommandError> {
        self.check_server()?;
        let value = from_standard_input()?;
        if self.location.aws {
            return block_on(async { vault().add(&self.purpose, &value).await.map_err(CommandError::storage) });
        }
        self.location.file()?.add(&self.purpose, &value).map_err(CommandError::storage)
    }

    fn remove_one(&self, id: &str) -> Result<bool, CommandError> {
        self.check_server()?;
        if self.location.aws {
            return block_on(async { vault().remove_one(&self.purpose, id).await.map_err(CommandError::storage) });
        }
        self.location.file()?.remove_one(&self.purpose, id).map_err(CommandError::storage)
    }

    /// Checks that the secrets are the server's own.
    fn check_server(&self) -> Result<(), CommandError> {
        let refusal = match (self.owner == SERVER, &self.repo) {
            (false, _) => SecretRefusal::NotOfServer,
            (true, Some(_)) => SecretRefusal::ServersRepository,
            (true, None) => return Ok(()),
        };
        Err(CommandError::storage(refusal))
    }

    fn remove(&self) -> Result<bool, CommandError> {
        if self.location.aws {
            return block_on(async { vault().remove(self.scope()).await.map_err(CommandError::storage) });
        }
        self.location.file()?.remove(&self.holder(), &self.purpose).map_err(CommandError::storage)
    }

    fn holder(&self) -> String {
        holder(&self.owner, self.repo.as_deref())
    }

    fn scope(&self) -> SecretScope<'_> {
        SecretScope { owner: &self.owner, repo: self.repo.as_deref(), purpose: &self.purpose }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repo = self.repo.as_ref().map(|repo| format!("/{repo}")).unwrap_or_default();
        write!(f, "{} of {}{repo}", self.purpose, self.owner)
    }
}

/// 32 random bytes in hexadecimal digits.
pub(crate) fn random() -> Result<String, CommandError> {
    let bytes = random_bytes()?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// A secret that signs webhooks.
fn random_webhook() -> Result<String, CommandError> {
    let secret = WebhookSecret::of_key(&random_bytes()?).map_err(CommandError::configuration)?;
    Ok(secret.to_secret().reveal().to_owned())
}

fn random_bytes() -> Result<[u8; 32], CommandError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(CommandError::Randomness)?;
    Ok(bytes)
}

/// The secret on standard input, without the line end that `echo` adds.
fn from_standard_input() -> Result<String, CommandError> {
    let mut text = String::new();
    // A longer secret is read far enough to be refused; the line end has up to two bytes.
    let limit = LARGEST_SECRET as u64 + 3;
    io::stdin().take(limit).read_to_string(&mut text).map_err(|_| CommandError::StandardInputIsNotText)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
