//! `badgesmith provision`: creates what the server needs in AWS: tables, queues, topics, event source mappings, a key
//! and secrets. Existing ones are kept.

use std::{
    env, fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use badgesmith_aws::{
    AwsClients, event_policy,
    provision::{self, ProvisionScope, ProvisionStep, TopicSubscription},
    queue_policy,
    secret_admin::{SecretAdmin, SecretScope},
};
use badgesmith_engine::events::Target;
use badgesmith_host::{config, secrets};
use clap::Args;
use serde::Deserialize;

use super::client::{aws, settings};
use crate::{
    arguments::ConfigOption,
    command_error::{CommandError, SeedError, SeedFileError},
    output::print,
    runtime::block_on,
};

/// The largest seed file, in bytes.
const LARGEST_SEED: u64 = 16 * 1024 * 1024;

/// Creates tables, their index, expiry and point-in-time recovery, queues, the topics that subscriptions of
/// plugins.toml name by a name and not by an ARN, event source mappings and a key, and puts secrets.
#[derive(Args, Debug)]
pub(crate) struct ProvisionOptions {
    /// Prints what would be done, and does nothing.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    config: ConfigOption,
    /// Who is subscribed to a topic, several times if need be: badge-events=sqs:jobs with the name, the URL or the ARN
    /// of a queue, which may then take what the topic sends, badge-events=https://host/path, or
    /// badge-events=email:team@example.com.
    #[arg(long = "topic-subscription", value_name = "TOPIC=RECEIVER")]
    topic_subscriptions: Vec<TopicSubscription>,
    /// The name of the Lambda function that records reports and sends events: the table's stream and the queues invoke
    /// it.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// The key of KMS that seals. If it is an alias without a key, the key is created.
    #[arg(long = "seal-kms", env = "BADGESMITH_SEAL_KMS", value_name = "KEY")]
    seal_kms: Option<String>,
    /// The address of an emulator, used for all services.
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
    let scope = provision.scope()?;
    if provision.print_policy {
        let settings = settings();
        let mut policy = queue_policy::policy(&settings.tables, &settings.queues);
        event_policy::allow_topics(&mut policy, scope.topics.iter().map(String::as_str));
        scope.seal_key.iter().for_each(|key| event_policy::allow_key(&mut policy, key));
        return print(&format!("{policy:#}\n"));
    }
    let seeds = match &provision.seed {
        Some(path) => read(path).map_err(|cause| CommandError::SeedFile { path: path.clone(), cause })?,
        None => Vec::new(),
    };
    block_on(apply(&aws(provision.endpoint.as_deref()), &scope, &seeds, provision.plan))
}

impl ProvisionOptions {
    /// The resources that are provisioned beside the tables and the queues.
    fn scope(&self) -> Result<ProvisionScope, CommandError> {
        let settings = config::settings(self.config.file.as_deref()).map_err(CommandError::configuration)?;
        let topics = settings.subscriptions.into_iter().filter_map(|subscription| match subscription.target {
            Target::Topic(topic) => Some(topic),
            Target::Url(_) | Target::Secret { .. } => None,
        });
        let mut topics: Vec<_> = topics.collect();
        topics.sort_unstable();
        topics.dedup();
        Ok(ProvisionScope {
            topics,
            topic_subscriptions: self.topic_subscriptions.clone(),
            function: self.function.clone(),
            seal_key: self.seal_kms.clone().filter(|key| !key.is_empty()),
        })
    }
}

/// Takes the missing steps and creates the missing secrets; with `--plan` only prints them.
async fn apply(
    aws: &Arc<AwsClients>,
    scope: &ProvisionScope,
    seeds: &[Seed],
    is_plan: bool,
) -> Result<(), CommandError> {
    let plan = provision::plan_with(aws, scope).await.map_err(CommandError::storage)?;
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
