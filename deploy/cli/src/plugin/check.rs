//! `badgesmith plugin check`: everything a start would refuse, and everything a transcript tells.

use std::{
    collections::BTreeMap,
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
    Config, Engine, Origin, Plugin, Request, World,
    plugins::{self, PluginCode, PluginConfig, ProviderFile, SecretGrant},
};
use badgesmith_host::{executor::TokioExecutor, secrets::FileSecrets, upstream::HttpUpstream, web::HttpWeb};
use badgesmith_provider::{
    Asked, Call, Manifest, message,
    testkit::{self, Subject, SubjectFault},
};
use clap::Args;

use super::{
    Nothing,
    elf::{self, OURS},
    say,
};

/// How long a step may take, as in the engine.
const PATIENCE: Duration = Duration::from_secs(2);
/// The newest glibc of Amazon Linux 2023, where Lambda functions run.
const GLIBC: (u32, u32) = (2, 34);
/// The name of a folder of transcripts.
const TRANSCRIPTS: &str = "transcripts";
/// How far above a plugin its transcripts are looked for: target/release/deps is three folders deep.
const LEVELS: usize = 4;

/// Looks providers over.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Libraries, and declarative providers, which end in .toml.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of transcripts, or one with a folder of them for each id; without it `transcripts` beside the plugin
    /// or in the folders above it. UPDATE=1 in the environment writes their steps anew.
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
}

/// Looks them over, line by line.
///
/// # Errors
/// How many things were refused.
pub(super) fn run(check: &Check) -> Result<(), String> {
    let mut report = Report::default();
    for path in &check.paths {
        say(&format!("{}\n", path.display()))?;
        let passed = provider(path, check.transcripts.as_deref(), &mut report)?;
        if let Some(entry) = passed {
            say(&format!("\n  to write into plugins.toml:\n\n{}\n\n", entry.trim_end()))?;
        }
    }
    match report.refused {
        0 => Ok(()),
        1 => Err("one thing is refused".to_owned()),
        refused => Err(format!("{refused} things are refused")),
    }
}

/// Says what it finds, a line each.
#[derive(Debug, Default)]
struct Report {
    refused: usize,
}

impl Report {
    fn ok(&self, words: &str) -> Result<(), String> {
        say(&format!("  ok       {words}\n"))
    }

    fn warning(&self, words: &str) -> Result<(), String> {
        say(&format!("  warning  {words}\n"))
    }

    fn refused(&mut self, words: &str) -> Result<(), String> {
        self.refused += 1;
        say(&format!("  refused  {words}\n"))
    }
}

/// Looks one over, and returns what to write into plugins.toml if nothing is refused.
fn provider(path: &Path, transcripts: Option<&Path>, report: &mut Report) -> Result<Option<String>, String> {
    let before = report.refused;
    let file = match fs::canonicalize(path) {
        Ok(file) => file,
        Err(fault) => return report.refused(&format!("it cannot be read: {fault}")).map(|()| None),
    };
    if file.extension().is_none_or(|ending| ending != "toml") {
        built(&file, report)?;
    }
    let opened = match ProviderFile::open(&file) {
        Ok(opened) => opened,
        // The file is named in the line above.
        Err(fault) => return report.refused(&fault.kind.to_string()).map(|()| None),
    };
    let Manifest { id, version, mount, badges, .. } = &opened.manifest;
    report.ok(&format!("it opens: {id} {version}, at {mount}, badges: {}", badges.len()))?;
    let config = config(&opened.manifest, &file);
    let subject = Patient { code: Arc::clone(&opened.code), hangs: AtomicBool::new(false) };
    match start(&config) {
        Ok((engine, plugin)) => {
            report.ok("a start takes its id, mount, routes, examples and origins")?;
            first_steps(&engine, &plugin, &subject, report)?;
        }
        Err(fault) => report.refused(&fault)?,
    }
    match folder(&file, id, transcripts) {
        _ if subject.hangs.load(Ordering::Relaxed) => {}
        Some(folder) => match testkit::check(&subject, &folder) {
            Ok(count) => report.ok(&format!("transcripts, every answer spoiled in turn: {count}"))?,
            Err(faults) => faults.to_string().lines().try_for_each(|fault| report.refused(fault))?,
        },
        None => report.warning(
            "there are no transcripts beside it; name their folder with --transcripts, or write one with \
             `badgesmith plugin record`",
        )?,
    }
    let written = config.to_toml().map_err(|fault| fault.to_string())?;
    let entry = written.find("[[plugin]]").map(|at| written[at..].to_owned());
    Ok(entry.filter(|_| report.refused == before))
}

/// How a library was built.
fn built(file: &Path, report: &mut Report) -> Result<(), String> {
    let bytes = fs::read(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
    let facts = match elf::read(&bytes) {
        Ok(Some(facts)) => facts,
        Ok(None) => return report.warning("it is no ELF file, so how it was built is not looked at"),
        Err(fault) => return report.refused(&fault),
    };
    let (ours, others): (Vec<_>, Vec<_>) = facts.exports.iter().partition(|name| name.starts_with(OURS));
    match ours[..] {
        [_, _, ..] => report.refused(&format!("it exports more of ours than one: {ours:?}; keep one"))?,
        // Whoever opens it says what is missing.
        [] => {}
        [one] => report.ok(&format!("it exports {one}"))?,
    }
    if !others.is_empty() {
        report.warning(&format!(
            "it exports {others:?} too, where another library may mean something else; in C make them static or build \
             with -fvisibility=hidden"
        ))?;
    }
    match facts.glibc {
        Some((major, minor)) if (major, minor) > GLIBC => report.warning(&format!(
            "it needs glibc {major}.{minor}, Amazon Linux 2023 has {}.{}; for Lambda build it there",
            GLIBC.0, GLIBC.1
        ))?,
        Some((major, minor)) => report.ok(&format!("it needs glibc {major}.{minor}"))?,
        None => {}
    }
    if facts.aborts {
        report.refused(
            "it is built with panic=abort, so its panic would end the server; take panic = \"abort\" out of the profile \
             in Cargo.toml",
        )?;
    }
    Ok(())
}

/// What an operator would write to grant everything the manifest asks for.
fn config(manifest: &Manifest, file: &Path) -> Config {
    let setting = |origin: &str| {
        let name = origin.strip_prefix('{')?.strip_suffix('}')?;
        manifest.settings.get(name).cloned()
    };
    let addresses = manifest.origins.iter().map(|origin| setting(origin).unwrap_or_else(|| origin.clone()));
    // What is no origin is not granted, and a start says why.
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
        ..PluginConfig::default()
    };
    let mut config = Config::default();
    config.plugin.push(entry);
    config
}

/// An engine with this one plugin.
fn start(config: &Config) -> Result<(Engine, Arc<Plugin>), String> {
    let world = World {
        upstream: Arc::new(HttpUpstream::new()),
        web: Arc::new(HttpWeb::new(&config.engine)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(FileSecrets::new(Path::new(""))),
        store: Arc::new(Nothing),
        meter: Arc::new(()),
    };
    // The kinds alone: there is one plugin, and no file.
    let plugins = plugins::load(config, &[]).map_err(|fault| fault.kind.to_string())?;
    let engine = Engine::new(plugins, &config.engine, world).map_err(|fault| fault.kind.to_string())?;
    let plugin = engine.plugins().first().map(Arc::clone).ok_or("there is no plugin")?;
    Ok((engine, plugin))
}

/// Takes the first step of every badge's example.
fn first_steps(engine: &Engine, plugin: &Plugin, subject: &Patient, report: &mut Report) -> Result<(), String> {
    for badge in &plugin.manifest.badges {
        let example = &badge.example;
        let call = match engine.call(&Request::get(example), SystemTime::UNIX_EPOCH) {
            Some((_, call)) if call.name == badge.name => call,
            _ => {
                report.refused(&format!("its example {example} does not lead to its badge {:?}", badge.name))?;
                continue;
            }
        };
        match first_step(subject, plugin, &call) {
            Ok(words) => report.ok(&format!("{example} {words}"))?,
            Err(fault) => report.refused(&format!("{example}: {fault}"))?,
        }
    }
    Ok(())
}

/// What the first step says, if it may.
fn first_step(subject: &Patient, plugin: &Plugin, call: &Call) -> Result<String, String> {
    let step = subject.step(&message::write_call(call), &[]).map_err(|fault| fault.to_string())?;
    let step = message::read_step(&step).map_err(|fault| fault.to_string())?;
    if let Some(badge) = step.done {
        return Ok(format!("is {:?}", badge.message));
    }
    if let Some(failure) = step.fail {
        return Ok(format!("fails: {}", failure.words));
    }
    for asked in &step.fetch {
        let request = match asked {
            Asked::Fetch(request) => request,
            Asked::Latest(query) if plugin.manifest.collections.contains(&query.collection) => continue,
            Asked::Latest(query) => {
                return Err(format!(
                    "it reads {:?}, which its manifest does not name; add it to collections there",
                    query.collection
                ));
            }
        };
        let url = request.url().map_err(|fault| fault.to_string())?;
        let origin = Origin::of(&url).map_err(|fault| fault.to_string())?;
        if !plugin.origins.contains(&origin) {
            return Err(format!("it asks {origin}, which its manifest does not name; add it to origins there"));
        }
    }
    let asked = step.fetch.iter().map(ToString::to_string).collect::<Vec<_>>();
    if asked.is_empty() { Err("it says nothing".to_owned()) } else { Ok(format!("asks {}", asked.join(", "))) }
}

/// The folder with a provider's transcripts: for its id, or for all that lie there.
fn folder(file: &Path, id: &str, named: Option<&Path>) -> Option<PathBuf> {
    let of_id = |folder: PathBuf| Some(folder.join(id)).filter(|own| own.is_dir()).unwrap_or(folder);
    if let Some(named) = named {
        return Some(of_id(named.to_owned()));
    }
    let mut places = file.ancestors().skip(1).take(LEVELS).map(|folder| folder.join(TRANSCRIPTS));
    places.find(|folder| folder.is_dir()).map(of_id)
}

/// A provider whose steps may hang: each runs on a thread of its own, and after one that did not come back none is tried.
struct Patient {
    code: Arc<dyn PluginCode>,
    hangs: AtomicBool,
}

impl Subject for Patient {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        if self.hangs.load(Ordering::Relaxed) {
            return Err("not tried, because a step before it did not come back".into());
        }
        let (call, bodies) = (call.to_vec(), bodies.iter().map(|body| body.to_vec()).collect::<Vec<_>>());
        let code = Arc::clone(&self.code);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
            // Whoever waits may have given up.
            let _ = sender.send(code.step(&call, &bodies).map_err(|fault| fault.to_string()));
        });
        let stepped = receiver.recv_timeout(PATIENCE).unwrap_or_else(|fault| {
            self.hangs.store(true, Ordering::Relaxed);
            Err(match fault {
                RecvTimeoutError::Timeout => "a step takes longer than two seconds".to_owned(),
                RecvTimeoutError::Disconnected => "a step broke off".to_owned(),
            })
        });
        Ok(stepped?)
    }
}
