//! `badgesmith plugin check`: finds mistakes that would keep the server from starting, and replays transcripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Config, Engine, Origin, Plugin, Request, check_request,
    plugins::{self, PluginCode, PluginConfig, ProviderFile, SecretGrant},
};
use badgesmith_provider::{
    Asked, BadgeRoute, Call, CallKind, Manifest,
    message::{self, StepMessage},
    testkit::{self, Subject, SubjectFault},
};
use clap::Args;

use super::{
    elf::{self, ABI_PREFIX},
    logo_check::unknown_logos,
    offline_world,
    plugin_error::PluginError,
    secret_check::check_secret,
};
use crate::{arguments::ConfigOption, command_error::CommandError, output::print};

/// How long a step may take, as in the engine.
const STEP_TIMEOUT: Duration = Duration::from_secs(2);
/// The newest glibc of Amazon Linux 2023, where Lambda functions run.
const GLIBC: (u32, u32) = (2, 34);
/// The name of a folder with transcripts.
const TRANSCRIPTS: &str = "transcripts";
/// Where a provider asks whose setting names no address.
const STAND_IN: &str = "https://example.com";
/// How many folders above a plugin are searched for transcripts: target/release/deps is three folders deep.
const SEARCHED_LEVELS: usize = 4;

/// Checks providers.
#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// Libraries, and declarative providers, which end in .toml; without any, plugins.toml is checked.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) config: ConfigOption,
    /// The folder of transcripts, or a folder that has one for each id; without it `transcripts` beside the plugin or
    /// in the folders above it. With UPDATE=1 in the environment the steps in the transcripts are rewritten.
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
}

/// Checks each provider, and prints a line for each finding.
///
/// # Errors
/// A check failed, or standard output cannot be written.
pub(super) fn run(check: &CheckOptions) -> Result<(), CommandError> {
    let mut findings = Findings::default();
    for path in &check.paths {
        print(&format!("{}\n", path.display()))?;
        let passed = check_provider(path, check.transcripts.as_deref(), &mut findings)?;
        if let Some(entry) = passed {
            print(&format!("\n  to write into plugins.toml:\n\n{}\n\n", entry.trim_end()))?;
        }
    }
    match findings.refused {
        0 => Ok(()),
        refused => Err(PluginError::Refused(refused).into()),
    }
}

/// Prints a line for each finding, and counts the refusals.
#[derive(Debug, Default)]
struct Findings {
    refused: usize,
}

impl Findings {
    fn ok(&self, words: &str) -> Result<(), CommandError> {
        print(&format!("  ok       {words}\n"))
    }

    fn warning(&self, words: &str) -> Result<(), CommandError> {
        print(&format!("  warning  {words}\n"))
    }

    fn refused(&mut self, words: &str) -> Result<(), CommandError> {
        self.refused += 1;
        print(&format!("  refused  {words}\n"))
    }
}

/// Checks one provider, and returns its entry for plugins.toml if no check failed.
fn check_provider(
    path: &Path,
    transcripts: Option<&Path>,
    findings: &mut Findings,
) -> Result<Option<String>, CommandError> {
    let before = findings.refused;
    let file = match fs::canonicalize(path) {
        Ok(file) => file,
        Err(fault) => return findings.refused(&format!("it cannot be read: {fault}")).map(|()| None),
    };
    if file.extension().is_none_or(|ending| ending != "toml") {
        check_library(&file, findings)?;
    }
    let opened = match ProviderFile::open(&file) {
        Ok(opened) => opened,
        // The line above names the file already.
        Err(fault) => return findings.refused(&fault.kind.to_string()).map(|()| None),
    };
    let Manifest { id, version, mount, badges, .. } = &opened.manifest;
    findings.ok(&format!("it opens: {id} {version}, at {mount}, badges: {}", badges.len()))?;
    unknown_logos(&opened.manifest).iter().try_for_each(|words| findings.refused(words))?;
    for name in unnamed_upstreams(&opened.manifest) {
        findings.warning(&format!(
            "its setting {name} has no address, so plugins.toml must name one; here it is {STAND_IN}"
        ))?;
    }
    let config = full_grant(&opened.manifest, &file);
    let subject = TimedProvider { code: Arc::clone(&opened.code), hangs: AtomicBool::new(false) };
    let mut optional = BTreeSet::new();
    match start(&config) {
        Ok((engine, plugin)) => {
            findings.ok("a start takes its id, mount, routes, examples and origins")?;
            optional = first_steps(&engine, &plugin, &subject, findings)?;
        }
        Err(fault) => findings.refused(&fault)?,
    }
    match folder(&file, id, transcripts) {
        _ if subject.hangs.load(Ordering::Relaxed) => {}
        Some(folder) => match testkit::check(&subject, &folder) {
            Ok(count) => findings.ok(&format!("transcripts, every answer spoiled in turn: {count}"))?,
            Err(faults) => {
                faults.to_string().lines().try_for_each(|fault| findings.refused(fault))?;
                findings.warning("UPDATE=1 in the environment writes the provider's side of the transcripts anew")?;
            }
        },
        None => findings.warning(
            "there are no transcripts beside it; name their folder with --transcripts, or write one with \
             `badgesmith plugin record`",
        )?,
    }
    let written = config.to_toml().map_err(CommandError::configuration)?;
    let entry = written.find("[[plugin]]").map(|at| written[at..].trim_end().to_owned() + &grants(&optional, &config));
    Ok(entry.filter(|_| findings.refused == before))
}

/// The grants of optional secrets as comments. The manifest does not list these secrets.
fn grants(optional: &BTreeSet<String>, config: &Config) -> String {
    let origin = config.plugin.iter().flat_map(|entry| &entry.origins).next().map(String::as_str).unwrap_or_default();
    let grant = |name: &String| {
        format!(
            "\n\n# An optional secret, which is not sent without this:\n# [plugin.secrets.{name}]\n\
             # purpose = \"Package\"\n# origin = {origin:?}"
        )
    };
    optional.iter().map(grant).collect()
}

/// Checks how a library was built.
fn check_library(file: &Path, findings: &mut Findings) -> Result<(), CommandError> {
    let bytes = fs::read(file).map_err(CommandError::file(file))?;
    let facts = match elf::read(&bytes) {
        Ok(Some(facts)) => facts,
        Ok(None) => return findings.warning("it is no ELF file, so how it was built is not looked at"),
        Err(fault) => return findings.refused(&fault.to_string()),
    };
    let (ours, others): (Vec<_>, Vec<_>) = facts.exports.iter().partition(|name| name.starts_with(ABI_PREFIX));
    match ours[..] {
        [_, _, ..] => findings.refused(&format!("it exports more of ours than one: {ours:?}; keep one"))?,
        // Opening the library reports that it is missing.
        [] => {}
        [one] => findings.ok(&format!("it exports {one}"))?,
    }
    if !others.is_empty() {
        findings.warning(&format!(
            "it exports {others:?} too, where another library may mean something else; in C make them static or build \
             with -fvisibility=hidden"
        ))?;
    }
    match facts.glibc {
        Some((major, minor)) if (major, minor) > GLIBC => findings.warning(&format!(
            "it needs glibc {major}.{minor}, Amazon Linux 2023 has {}.{}; for Lambda build it there",
            GLIBC.0, GLIBC.1
        ))?,
        Some((major, minor)) => findings.ok(&format!("it needs glibc {major}.{minor}"))?,
        None => {}
    }
    if facts.aborts {
        findings.refused(
            "it is built with panic=abort, so its panic would end the server; take panic = \"abort\" out of the \
             profile in Cargo.toml",
        )?;
    }
    Ok(())
}

/// The configuration that grants everything the manifest asks for. A setting without an address has [`STAND_IN`].
fn full_grant(manifest: &Manifest, file: &Path) -> Config {
    let settings: BTreeMap<_, _> =
        unnamed_upstreams(manifest).map(|name| (name.to_owned(), STAND_IN.to_owned())).collect();
    let setting = |origin: &str| {
        let name = name_of_setting(origin)?;
        settings.get(name).or_else(|| manifest.settings.get(name)).cloned()
    };
    let addresses = manifest.origins.iter().map(|origin| setting(origin).unwrap_or_else(|| origin.clone()));
    // An invalid origin is not granted here; starting the engine reports it.
    let mut origins: Vec<_> = addresses.filter_map(|address| Some(Origin::of(&address).ok()?.to_string())).collect();
    origins.dedup();
    let grant = |name: &String| {
        let origin = origins.first().cloned().unwrap_or_default();
        (name.clone(), SecretGrant { purpose: "Package".to_owned(), origin })
    };
    let secrets = manifest.secrets.iter().map(grant).collect::<BTreeMap<_, _>>();
    let is_declarative = file.extension().is_some_and(|ending| ending == "toml");
    let entry = PluginConfig {
        id: manifest.id.clone(),
        library: (!is_declarative).then(|| file.display().to_string()),
        declarative: is_declarative.then(|| file.to_owned()),
        origins,
        secrets,
        collections: manifest.collections.clone(),
        settings,
        ..PluginConfig::default()
    };
    let mut config = Config::default();
    config.plugin.push(entry);
    config
}

/// The name of a setting whose address a manifest's origin stands for.
fn name_of_setting(origin: &str) -> Option<&str> {
    origin.strip_prefix('{')?.strip_suffix('}')
}

/// The settings whose addresses a plugins.toml has to name.
fn unnamed_upstreams(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let names = manifest.origins.iter().filter_map(|origin| name_of_setting(origin));
    names.filter(|name| manifest.settings.get(*name).is_some_and(String::is_empty))
}

/// An engine with this one plugin.
fn start(config: &Config) -> Result<(Engine, Arc<Plugin>), String> {
    // Only the kind of each mistake is shown, since there is only one plugin and no plugins.toml.
    let plugins = plugins::load(config, &[]).map_err(|fault| fault.kind.to_string())?;
    let engine = Engine::new(plugins, &config.engine, offline_world::world(&config.engine))
        .map_err(|fault| fault.kind.to_string())?;
    let plugin = engine.plugins().first().map(Arc::clone).ok_or("there is no plugin")?;
    Ok((engine, plugin))
}

/// Takes the first step of the example of every badge, and returns the names of the optional secrets in them.
fn first_steps(
    engine: &Engine,
    plugin: &Plugin,
    subject: &TimedProvider,
    findings: &mut Findings,
) -> Result<BTreeSet<String>, CommandError> {
    let mut optional = BTreeSet::new();
    for badge in &plugin.manifest.badges {
        let example = &badge.example;
        let call = match engine.call(&Request::get(example), SystemTime::UNIX_EPOCH) {
            Some((_, call)) if call.name == badge.name => call,
            _ => {
                findings.refused(&format!("its example {example} does not lead to its badge {:?}", badge.name))?;
                continue;
            }
        };
        match first_step(subject, plugin, &call, &mut optional).and_then(|words| reads_named(plugin, badge, words)) {
            Ok(words) => findings.ok(&format!("{example} {words}"))?,
            Err(fault) => findings.refused(&format!("{example}: {fault}"))?,
        }
    }
    for hook in &plugin.manifest.hooks {
        match take_nothing(subject, &hook.name) {
            Ok(()) => findings.ok(&format!("{} takes deliveries", hook.route))?,
            Err(fault) => findings.refused(&format!("{}: {fault}", hook.route))?,
        }
    }
    Ok(optional)
}

/// Delivers an event that no provider handles, with an empty payload: the call must end at once.
fn take_nothing(subject: &TimedProvider, name: &str) -> Result<(), String> {
    let mut call = Call::new(name);
    call.kind = CallKind::Hook;
    let params = [("event", "none"), ("owner", ""), ("repo", "")];
    call.params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let step = subject.step(&message::write_call(&call), &[b"{}"]).map_err(|fault| fault.to_string())?;
    let step = message::read_step(&step).map_err(|fault| fault.to_string())?;
    match step {
        StepMessage { delivered: Some(told), .. } if told.records.is_empty() && told.states.is_empty() => Ok(()),
        StepMessage { delivered: Some(_), .. } => Err("it makes something of a payload that says nothing".to_owned()),
        StepMessage { fail: Some(failure), .. } if failure.code == "NOT_IMPLEMENTED" => {
            Err("its code does not read deliveries".to_owned())
        }
        StepMessage { fail: Some(_), .. } => Ok(()),
        _ => Err("it asks something of a delivery, which has one turn".to_owned()),
    }
}

/// Checks that a badge names the collection that its first step reads in `reads`, if any badge of the manifest has
/// `reads`.
fn reads_named(plugin: &Plugin, badge: &BadgeRoute, words: FirstStep) -> Result<String, String> {
    let has_reads = plugin.manifest.badges.iter().any(|badge| !badge.reads.is_empty());
    match words.collection.filter(|name| has_reads && !badge.reads.contains(name)) {
        Some(name) => {
            Err(format!("it reads {name:?}, which the badge {:?} does not name; add it to reads", badge.name))
        }
        None => Ok(words.words),
    }
}

/// The findings about a first step.
#[derive(Debug, Default)]
struct FirstStep {
    words: String,
    /// A collection that the step reads.
    collection: Option<String>,
}

/// Describes the requests or the result of the first step, or why it is refused.
fn first_step(
    subject: &TimedProvider,
    plugin: &Plugin,
    call: &Call,
    optional: &mut BTreeSet<String>,
) -> Result<FirstStep, String> {
    let said = |words: String| Ok(FirstStep { words, collection: None });
    let step = subject.step(&message::write_call(call), &[]).map_err(|fault| fault.to_string())?;
    let step = message::read_step(&step).map_err(|fault| fault.to_string())?;
    if let Some(badge) = step.done {
        return said(format!("is {:?}", badge.message));
    }
    if let Some(failure) = step.fail {
        return said(format!("fails: {}", failure.words));
    }
    let mut read = None;
    for asked in &step.fetch {
        let collection = match asked {
            Asked::Fetch(_) => None,
            Asked::Latest(query) => Some(&query.collection),
            Asked::States(query) => Some(&query.collection),
            Asked::Parts(query) => Some(&query.collection),
        };
        if let Some(collection) = collection.filter(|collection| !plugin.manifest.collections.contains(collection)) {
            return Err(format!(
                "it reads {collection:?}, which its manifest does not name; add it to collections there"
            ));
        }
        read = read.or_else(|| collection.cloned());
        let Asked::Fetch(request) = asked else { continue };
        check_request(plugin, request).map_err(|fault| fault.to_string())?;
        check_secret(&plugin.manifest, request)?;
        optional.extend(request.secret().filter(|auth| auth.optional).map(|auth| auth.secret.clone()));
        if request.is_web() {
            continue;
        }
        let url = request.url().map_err(|fault| fault.to_string())?;
        let origin = Origin::of(&url).map_err(|fault| fault.to_string())?;
        if !plugin.origins.contains(&origin) {
            return Err(format!("it asks {origin}, which its manifest does not name; add it to origins there"));
        }
    }
    let asked = step.fetch.iter().map(ToString::to_string).collect::<Vec<_>>();
    if asked.is_empty() {
        return Err("it says nothing".to_owned());
    }
    Ok(FirstStep { words: format!("asks {}", asked.join(", ")), collection: read })
}

/// The folder with a provider's transcripts: the one named by its id, or else the folder of all transcripts there.
fn folder(file: &Path, id: &str, named: Option<&Path>) -> Option<PathBuf> {
    let of_id = |folder: PathBuf| Some(folder.join(id)).filter(|own| own.is_dir()).unwrap_or(folder);
    if let Some(named) = named {
        return Some(of_id(named.to_owned()));
    }
    let mut candidates = file.ancestors().skip(1).take(SEARCHED_LEVELS).map(|folder| folder.join(TRANSCRIPTS));
    candidates.find(|folder| folder.is_dir()).map(of_id)
}

/// A provider whose steps have a timeout: each step runs on a thread of its own, and after a timeout no further step is
/// run.
struct TimedProvider {
    code: Arc<dyn PluginCode>,
    hangs: AtomicBool,
}

impl Subject for TimedProvider {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        if self.hangs.load(Ordering::Relaxed) {
            return Err("not tried, because a step before it did not come back".into());
        }
        let (call, bodies) = (call.to_vec(), bodies.iter().map(|body| body.to_vec()).collect::<Vec<_>>());
        let code = Arc::clone(&self.code);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
            // After a timeout nothing receives the result.
            let _ = sender.send(code.step(&call, &bodies).map_err(|fault| fault.to_string()));
        });
        let stepped = receiver.recv_timeout(STEP_TIMEOUT).unwrap_or_else(|fault| {
            self.hangs.store(true, Ordering::Relaxed);
            Err(match fault {
                RecvTimeoutError::Timeout => "a step takes longer than two seconds".to_owned(),
                RecvTimeoutError::Disconnected => "a step broke off".to_owned(),
            })
        });
        Ok(stepped?)
    }
}
