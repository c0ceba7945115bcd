//! `badgesmith plugin record`: a transcript from a real call, secrets never in it.
//!
//! The engine makes the badge as it always does, and whoever asks its upstreams listens. Then the provider is played
//! once more with the answers that came, turn by turn, and the turns are written down.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::{
    Engine, Plugin, Request, World, readable,
    world::{Ask, Fault, Ill, Reply, Secret, Secrets, Unavailable, Upstream},
};
use badgesmith_host::{config, executor::TokioExecutor, secrets::FileSecrets, upstream::HttpUpstream, web::HttpWeb};
use badgesmith_provider::{
    self as provider, Answer, Call, message,
    testkit::{Subject, SubjectFault, Transcript, Turn},
};
use bytes::Bytes;
use clap::Args;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::runtime;
use url::Url;

use super::{Configured, Nothing, say};
use crate::serve::Data;

/// How many turns a call has, as in the engine.
const TURNS: usize = 8;

/// Writes a transcript.
#[derive(Args, Debug)]
pub(crate) struct Record {
    /// A badge's address: /badges/packages/nuget/Newtonsoft.Json, or the whole URL of a server.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    configured: Configured,
    #[command(flatten)]
    data: Data,
    /// The file to make; without it standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Makes the badge and writes down how it came about.
///
/// # Errors
/// The address is no badge of a configured plugin, an upstream does not answer, the provider fails, an answer repeats a
/// secret, or the file is there already.
pub(super) fn run(record: &Record) -> Result<(), String> {
    let (config, plugins) = config::need(record.configured.config.as_deref()).map_err(|error| error.to_string())?;
    let heard = Arc::new(Heard::default());
    let world = World {
        upstream: Arc::new(Listening { upstream: HttpUpstream::new(), heard: Arc::clone(&heard) }),
        web: Arc::new(HttpWeb::new(&config.engine)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(Watching { secrets: FileSecrets::new(&record.data.directory), heard: Arc::clone(&heard) }),
        store: Arc::new(Nothing),
        meter: Arc::new(()),
    };
    let engine = Engine::new(plugins, &config.engine, world).map_err(|fault| fault.to_string())?;
    let path = path(&record.address);
    let (request, now) = (Request::get(&path), SystemTime::now());
    let Some((plugin, call)) = engine.call(&request, now) else {
        return Err(no_badge(&path, &engine));
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| format!("the runtime cannot start: {fault}"))?;
    let response = runtime.block_on(engine.respond(&request, now));
    runtime.shutdown_background();
    if response.line.code == "PROVIDER_FAILED" {
        return Err(format!("the provider failed; the log says why: {}", String::from_utf8_lossy(&response.body)));
    }
    let transcript = heard.transcript(plugin, call)?;
    let text = transcript.to_json();
    heard.check(&text)?;
    let Some(file) = &record.output else { return say(&text) };
    let written = fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|fault| format!("{}: {fault}; name a new file with --output", file.display()))?;
    say(&format!("{} has {} turns; `badgesmith plugin check` replays it\n", file.display(), transcript.turns().len()))
}

/// The path and the query of an address, with or without a server in front.
fn path(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path())),
        Err(_) if address.starts_with('/') => address.to_owned(),
        Err(_) => format!("/{address}"),
    }
}

fn no_badge(path: &str, engine: &Engine) -> String {
    let badges = engine.plugins().iter().flat_map(|plugin| &plugin.manifest.badges);
    let examples: Vec<_> = badges.map(|badge| format!("\n  {}", badge.example)).collect();
    format!("{path} is no badge of a configured plugin; these are:{}", examples.concat())
}

/// An address and a media type.
type Asked = (String, Option<String>);

/// What was heard of a call.
#[derive(Default)]
struct Heard {
    /// What came of a request, the last time it was sent.
    replies: Mutex<HashMap<Asked, Result<Reply, Fault>>>,
    /// Everything that may not be written down.
    secrets: Mutex<Vec<String>>,
}

impl Heard {
    /// Plays the provider with what was heard.
    fn transcript(&self, plugin: &Plugin, mut call: Call<'static>) -> Result<Transcript, String> {
        let asked = json!({
            "name": call.name, "params": call.params, "query": call.query, "settings": call.settings, "now": call.now,
        });
        let mut replies: Vec<Reply> = Vec::new();
        let mut turns: Vec<(Turn, Vec<Reply>)> = Vec::new();
        for _ in 0..TURNS {
            call.answers = replies.iter().map(answer).collect();
            let bodies: Vec<&[u8]> = replies.iter().map(|reply| &*reply.body).collect();
            let step = plugin.step(&message::write_call(&call), &bodies).map_err(|fault| fault.to_string())?;
            let step = message::read_step(&step).map_err(|fault| fault.to_string())?;
            if step.ends() > 0 {
                turns.push((Turn { done: step.done, fail: step.fail, ..Turn::default() }, Vec::new()));
                return written(&asked, &turns, plugin);
            }
            let new = step.fetch.get(replies.len()..).unwrap_or_default();
            let came = new.iter().map(|asked| self.reply(asked)).collect::<Result<Vec<_>, _>>()?;
            let fetch = new.iter().map(ToString::to_string).collect();
            turns.push((Turn { fetch, ..Turn::default() }, came.clone()));
            replies.extend(came);
        }
        Err(format!("the provider is not done after {TURNS} turns"))
    }

    /// What came of a request. The store that a recording has is empty.
    fn reply(&self, asked: &provider::Asked) -> Result<Reply, String> {
        let provider::Asked::Fetch(request) = asked else {
            return Ok(Reply { status: 200, body: Bytes::from_static(b"[]"), ..Reply::default() });
        };
        let url = request.url().map_err(|fault| fault.to_string())?;
        let url = Url::parse(&url).map_err(|fault| format!("{url}: {fault}"))?;
        let key = (String::from(url), request.accepted().map(str::to_owned));
        match self.replies.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            // A provider never sees these.
            Some(Ok(reply)) if reply.status == 429 || reply.status >= 500 => {
                Err(format!("{request} answered {}; record it when the upstream is well", reply.status))
            }
            Some(Ok(reply)) => Ok(reply.clone()),
            Some(Err(fault)) => Err(format!("{request}: {fault:?}; record it when the upstream is well")),
            None => Err(format!("{request} was not answered; the log says why")),
        }
    }

    /// Refuses a text with a secret in it.
    fn check(&self, text: &str) -> Result<(), String> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.iter().any(|secret| text.contains(secret)) {
            return Err("an upstream's answer repeats the secret it was asked with, so nothing is written".to_owned());
        }
        Ok(())
    }
}

/// An answer as a call tells it; its body goes beside it.
fn answer(reply: &Reply) -> Answer<'static> {
    Answer { status: reply.status, headers: readable(&reply.headers), body: &[] }
}

/// The transcript, its bodies as JSON where the provider does the same with them, otherwise as text.
fn written(call: &Value, turns: &[(Turn, Vec<Reply>)], plugin: &Plugin) -> Result<Transcript, String> {
    let with = |body: fn(&str) -> (&'static str, Value)| {
        let turns = turns.iter().map(|(turn, replies)| {
            let mut turn = json!(turn);
            let answers = replies.iter().map(|reply| {
                let text = str::from_utf8(&reply.body).map_err(|_| "an answer is not text".to_owned())?;
                let (name, body) = body(text);
                Ok(json!({ "status": reply.status, "headers": readable(&reply.headers), name: body }))
            });
            let answers = answers.collect::<Result<Vec<_>, String>>()?;
            if !answers.is_empty() {
                turn["answers"] = answers.into();
            }
            Ok(turn)
        });
        let turns = turns.collect::<Result<Vec<_>, String>>()?;
        Transcript::parse(&json!({ "call": call, "turns": turns }).to_string()).map_err(|fault| fault.to_string())
    };
    let as_json =
        with(|text| serde_json::from_str(text).map_or_else(|_| ("text", text.into()), |json| ("json", json)))?;
    if as_json.replay(&Played(plugin)).is_ok() {
        return Ok(as_json);
    }
    let as_text = with(|text| ("text", text.into()))?;
    as_text.replay(&Played(plugin)).map_err(|fault| fault.to_string())?;
    Ok(as_text)
}

/// A plugin that proved already that its steps come back.
struct Played<'a>(&'a Plugin);

impl Subject for Played<'_> {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        Ok(self.0.step(call, bodies)?)
    }
}

/// Asks upstreams and keeps what came.
struct Listening {
    upstream: HttpUpstream,
    heard: Arc<Heard>,
}

impl Upstream for Listening {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let key = (ask.url.to_string(), ask.accept.clone());
        // What is sent may be the secret in another form.
        let sent = ask.authorization.as_ref().and_then(|sent| sent.reveal().split_once(' '));
        self.heard.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(sent.map(|(_, sent)| sent.to_owned()));
        Box::pin(async move {
            let reply = self.upstream.fetch(ask).await;
            self.heard.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(key, reply.clone());
            reply
        })
    }
}

/// Looks secrets up and keeps what may not be written down.
struct Watching {
    secrets: FileSecrets,
    heard: Arc<Heard>,
}

impl Secrets for Watching {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let found = self.secrets.find(owner, repo, purpose).await?;
            let values = found.iter().map(|secret| secret.reveal().to_owned());
            self.heard.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(values);
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        self.secrets.check()
    }
}
