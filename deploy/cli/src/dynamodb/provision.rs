//! `badgesmith provision`: creates the DynamoDB tables and the secrets that the server needs. Existing ones are kept.

use std::{
    env, fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use badgesmith_aws::{
    AwsClients,
    provision::{self, ProvisionStep},
    queue_policy,
    secret_admin::{SecretAdmin, SecretScope},
};
use badgesmith_host::secrets;
use clap::Args;
use serde::Deserialize;

use super::client::{aws, settings};
use crate::{
    command_error::{CommandError, SeedError, SeedFileError},
    output::print,
    runtime::block_on,
};

/// The largest seed file, in bytes.
const LARGEST_SEED: u64 = 16 * 1024 * 1024;

/// Creates tables, their index, expiry and point-in-time recovery, and queues, and puts secrets.
#[derive(Args, Debug)]
pub(crate) struct ProvisionOptions {
    /// Prints what would be done, and does nothing.
    #[arg(long)]
    plan: bool,
    /// The address of an emulator, used for both DynamoDB and Secrets Manager.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// A list of owners and their secrets, as TOML or JSON; - is standard input. Each entry of `[[secret]]` has
    /// `owner`, perhaps `repo`, `purpose`, and one of `env` (the variable with the value), `name` (of a secret in
    /// Secrets Manager) or `value`.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Prints the least IAM policy that the server needs, and does nothing.
    #[arg(long, conflicts_with_all = ["plan", "seed", "endpoint"])]
    print_policy: bool,
}

/// A secret of the seed file: exactly one of `env`, `name` and `value` is set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    owner: String,
    repo: Option<String>,
    purpose: String,
    env: Option<String>,
    name: Option<String>,
    value: Option<String>,
}

/// The seed file in TOML, or a JSON object of the same shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    secret: Vec<Seed>,
}

/// Runs the command.
///
/// # Errors
/// The seed file is refused, or AWS reports an error.
pub(crate) fn run(provision: &ProvisionOptions) -> Result<(), CommandError> {
    if provision.print_policy {
        let settings = settings();
        let policy = queue_policy::policy(&settings.tables, &settings.queues);
        return print(&format!("{policy:#}\n"));
    }
    let seeds = match &provision.seed {
        Some(path) => read(path).map_err(|cause| CommandError::SeedFile { path: path.clone(), cause })?,
        None => Vec::new(),
    };
    block_on(apply(&aws(provision.endpoint.as_deref()), &seeds, provision.plan))
}

/// Takes the steps that are missing and puts the secrets that are missing; prints them alone if this is the plan.
async fn apply(aws: &Arc<AwsClients>, seeds: &[Seed], is_plan: bool) -> Result<(), CommandError> {
    let plan = provision::plan(aws).await.map_err(CommandError::storage)?;
    let vault = SecretAdmin::new(Arc::clone(aws));
    let mut missing = Vec::new();
    for seed in seeds {
        // A table that does not exist yet holds no secret.
        let is_new = plan.steps.contains(&ProvisionStep::Create(aws.tables().secrets.clone()));
        if is_new || !vault.has(seed.scope()).await.map_err(CommandError::storage)? {
            missing.push(seed);
        }
    }
    for note in &plan.notes {
        print(&format!("{note}\n"))?;
    }
    if plan.steps.is_empty() && missing.is_empty() {
        return print("nothing changes\n");
    }
    for step in &plan.steps {
        print(&format!("{step}\n"))?;
        if !is_plan && !provision::apply(aws, step).await.map_err(CommandError::storage)? {
            print("  this endpoint does not know how\n")?;
        }
    }
    for seed in missing {
        print(&format!("{seed}: put the secret\n"))?;
        if !is_plan {
            seed.put(&vault).await.map_err(|cause| CommandError::Seed { secret: seed.to_string(), cause })?;
        }
    }
    if is_plan { print("nothing was done: this is the plan\n") } else { Ok(()) }
}

/// Reads and checks a seed file. Errors name lines and never quote the file, which may hold secrets.
fn read(path: &Path) -> Result<Vec<Seed>, SeedFileError> {
    let mut text = String::new();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(fs::File::open(path).map_err(SeedFileError::Unreadable)?)
    };
    input.take(LARGEST_SEED).read_to_string(&mut text).map_err(SeedFileError::Unreadable)?;
    let seeds = parse(&text).map_err(|line| SeedFileError::Malformed { line })?;
    for seed in &seeds {
        seed.check().map_err(|cause| SeedFileError::Seed { secret: seed.to_string(), cause })?;
    }
    Ok(seeds)
}

/// Parses TOML or JSON; the error is the number of the line.
fn parse(text: &str) -> Result<Vec<Seed>, usize> {
    let start = text.trim_start();
    if start.starts_with('{') || (start.starts_with('[') && !start.starts_with("[[")) {
        let seeds =
            serde_json::from_str(text).or_else(|_| serde_json::from_str(text).map(|SeedFile { secret }| secret));
        return seeds.map_err(|fault| fault.line());
    }
    let seeds = toml::from_str(text).map(|SeedFile { secret }| secret);
    seeds.map_err(|fault| fault.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count()))
}

impl Seed {
    fn scope(&self) -> SecretScope<'_> {
        SecretScope { owner: &self.owner, repo: self.repo.as_deref(), purpose: &self.purpose }
    }

    fn check(&self) -> Result<(), SeedError> {
        secrets::check_purpose(&self.purpose).map_err(|cause| SeedError::Secret(cause.into()))?;
        let holder = secrets::holder(&self.owner, self.repo.as_deref());
        match (&self.env, &self.name, &self.value) {
            (None, Some(name), None) if !name.is_empty() => Ok(()),
            (Some(_), None, None) | (None, None, Some(_)) => {
                secrets::check(&holder, &self.purpose, &self.value()?).map_err(|cause| SeedError::Secret(cause.into()))
            }
            _ => Err(SeedError::Ambiguous),
        }
    }

    fn value(&self) -> Result<String, SeedError> {
        match (&self.env, &self.value) {
            (Some(variable), _) => env::var(variable).map_err(|_| SeedError::VariableNotSet(variable.clone())),
            (None, value) => Ok(value.clone().unwrap_or_default()),
        }
    }

    async fn put(&self, vault: &SecretAdmin) -> Result<(), SeedError> {
        let put = match &self.name {
            Some(name) => vault.set_name(self.scope(), name).await.map(drop),
            None => vault.set(self.scope(), &self.value()?).await,
        };
        put.map_err(|cause| SeedError::Secret(cause.into()))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.purpose, secrets::holder(&self.owner, self.repo.as_deref()))
    }
}
