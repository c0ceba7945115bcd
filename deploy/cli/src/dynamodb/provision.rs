//! `badgesmith provision`: makes what the server needs in AWS. What is there already stays as it is.

use std::{
    env, fmt, fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use badgesmith_host::{
    aws::{
        Aws, Settings, policy,
        provision::{self, Step},
        vault::{Place, Vault},
    },
    secrets,
};
use clap::Args;
use serde::Deserialize;

use crate::dynamodb::client::{aws, wait};

/// The largest seed file, in bytes.
const LARGEST_SEED: u64 = 16 * 1024 * 1024;

/// Makes tables, their index, expiry and point-in-time recovery, and names secrets.
#[derive(Args, Debug)]
pub(crate) struct Provision {
    /// Says what would be done, and does nothing.
    #[arg(long)]
    plan: bool,
    /// Where DynamoDB and Secrets Manager are, both: an emulator.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// A list of owners and their secrets, as TOML or JSON; - is standard input. Each entry of `[[secret]]` has `owner`,
    /// perhaps `repo`, `purpose`, and one of `env` (the variable with the value), `name` (of a secret in Secrets Manager)
    /// or `value`.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Prints the least IAM policy of a role that serves, and does nothing.
    #[arg(long, conflicts_with_all = ["plan", "seed", "endpoint"])]
    print_policy: bool,
}

/// A secret that is to be there.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seeds {
    secret: Vec<Seed>,
}

/// Does it, or says what it would do.
///
/// # Errors
/// What is wrong with the list, or what AWS says.
pub(crate) fn run(provision: &Provision) -> Result<(), String> {
    if provision.print_policy {
        let policy = policy::policy(&Settings::from_environment().tables);
        return say(&format!("{policy:#}\n"));
    }
    let seeds = provision.seed.as_deref().map(read).transpose()?.unwrap_or_default();
    wait(take(&aws(provision.endpoint.as_deref()), &seeds, provision.plan))
}

async fn take(aws: &Arc<Aws>, seeds: &[Seed], is_plan: bool) -> Result<(), String> {
    let plan = provision::plan(aws).await?;
    let vault = Vault::new(Arc::clone(aws));
    let mut missing = Vec::new();
    for seed in seeds {
        // A table that is not there holds nothing.
        let is_new = plan.steps.contains(&Step::Create(aws.tables().secrets.clone()));
        if is_new || !vault.has(seed.place()).await? {
            missing.push(seed);
        }
    }
    for note in &plan.notes {
        say(&format!("{note}\n"))?;
    }
    if plan.steps.is_empty() && missing.is_empty() {
        return say("nothing changes\n");
    }
    for step in &plan.steps {
        say(&format!("{step}\n"))?;
        if !is_plan && !provision::take(aws, step).await? {
            say("  this endpoint does not know how\n")?;
        }
    }
    for seed in missing {
        say(&format!("{seed}: put the secret\n"))?;
        if !is_plan {
            seed.put(&vault).await.map_err(|words| format!("{seed}: {words}"))?;
        }
    }
    if is_plan { say("nothing was done: this is the plan\n") } else { Ok(()) }
}

/// The list of secrets. What is wrong with it is said without a word of it.
fn read(file: &Path) -> Result<Vec<Seed>, String> {
    let named = |words: &str| format!("{}: {words}", file.display());
    let mut text = String::new();
    let input: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(fs::File::open(file).map_err(|fault| named(&fault.to_string()))?)
    };
    input.take(LARGEST_SEED).read_to_string(&mut text).map_err(|fault| named(&fault.to_string()))?;
    let start = text.trim_start();
    let seeds = if start.starts_with('{') || (start.starts_with('[') && !start.starts_with("[[")) {
        let seeds = serde_json::from_str(&text).or_else(|_| serde_json::from_str(&text).map(|Seeds { secret }| secret));
        seeds.map_err(|fault| format!("line {}", fault.line()))
    } else {
        toml::from_str(&text).map(|Seeds { secret }| secret).map_err(|fault| {
            let line = fault.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            format!("line {line}")
        })
    };
    let seeds: Vec<Seed> = seeds.map_err(|line| {
        named(&format!("{line}: not a list of [[secret]] with owner, purpose and env, name or value"))
    })?;
    for seed in &seeds {
        seed.check().map_err(|words| named(&format!("{seed}: {words}")))?;
    }
    Ok(seeds)
}

impl Seed {
    fn place(&self) -> Place<'_> {
        Place { owner: &self.owner, repo: self.repo.as_deref(), purpose: &self.purpose }
    }

    fn check(&self) -> Result<(), String> {
        secrets::check_purpose(&self.purpose)?;
        match (&self.env, &self.name, &self.value) {
            (Some(_), None, None) => self.value().and_then(|value| secrets::check(&self.purpose, &value)),
            (None, Some(name), None) if !name.is_empty() => Ok(()),
            (None, None, Some(value)) => secrets::check(&self.purpose, value),
            _ => Err("say one of env, name and value".to_owned()),
        }
    }

    fn value(&self) -> Result<String, String> {
        match (&self.env, &self.value) {
            (Some(variable), _) => env::var(variable).map_err(|_| format!("the variable {variable} is not set")),
            (None, value) => Ok(value.clone().unwrap_or_default()),
        }
    }

    async fn put(&self, vault: &Vault) -> Result<(), String> {
        match &self.name {
            Some(name) => vault.name(self.place(), name).await.map(drop),
            None => vault.set(self.place(), &self.value()?).await,
        }
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.purpose, secrets::holder(&self.owner, self.repo.as_deref()))
    }
}

fn say(words: &str) -> Result<(), String> {
    let mut out = io::stdout();
    out.write_all(words.as_bytes()).and_then(|()| out.flush()).map_err(|fault| format!("standard output: {fault}"))
}
