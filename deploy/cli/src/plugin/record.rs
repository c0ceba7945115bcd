//! `badgesmith plugin record`: writes a transcript of a real call, without secrets.
//!
//! The engine makes the badge as it always does, with an upstream that records every answer. Then the provider is run
//! again with the recorded answers, turn by turn, and the turns are written to the transcript.

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
    world::{Ask, Fault, Reply, Secret, Secrets, Unavailable, Unhealthy, Upstream},
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
use url::Url;

use super::{no_store::NoStore, plugin_error::PluginError};
use crate::{
    arguments::{ConfigOption, DataOption},
    command_error::{Cause, CommandError},
    output::print,
    runtime,
};

/// The most turns of a call, as in the engine.
const MAX_TURNS: usize = 8;

/// Writes a transcript.
#[derive(Args, Debug)]
pub(crate) struct RecordOptions {
    /// The address of a badge, such as /badges/packages/nuget/Newtonsoft.Json, or its URL at a server.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    data: DataOption,
    /// The file to create; without it standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Makes the badge and writes the transcript.
///
/// # Errors
/// The address is no badge of a configured plugin, an upstream does not answer, the provider fails, an answer contains
/// a secret, or the file exists.
pub(super) fn run(record: &RecordOptions) -> Result<(), CommandError> {
    let (config, plugins) = config::need(record.config.file.as_deref()).map_err(CommandError::configuration)?;
    let recording = Arc::new(Recording::default());
    let world = World {
        upstream: Arc::new(RecordingUpstream { upstream: HttpUpstream::new(), recording: Arc::clone(&recording) }),
        web: Arc::new(HttpWeb::new(&config.engine)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(RecordingSecrets {
            secrets: FileSecrets::new(&record.data.directory),
            recording: Arc::clone(&recording),
        }),
        store: Arc::new(NoStore),
        meter: Arc::new(()),
    };
    let engine = Engine::new(plugins, &config.engine, world).map_err(CommandError::configuration)?;
    let path = path(&record.address);
    let (request, now) = (Request::get(&path), SystemTime::now());
    let Some((plugin, call)) = engine.call(&request, now) else {
        return Err(not_a_badge(path, &engine).into());
    };
    let runtime = runtime::single_threaded()?;
    let response = runtime.block_on(engine.respond(&request, now));
    runtime.shutdown_background();
    if response.line.code == "PROVIDER_FAILED" {
        let answer = String::from_utf8_lossy(&response.body).into_owned();
        return Err(PluginError::ProviderFailed(answer).into());
    }
    let transcript = recording.transcript(plugin, call)?;
    let text = transcript.to_json();
    recording.check(&text)?;
    let Some(file) = &record.output else { return print(&text) };
    let written = fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| PluginError::OutputFile { path: file.clone(), cause })?;
    print(&format!("{} has {} turns; `badgesmith plugin check` replays it\n", file.display(), transcript.turns().len()))
}

/// The path and the query of an address or a URL.
fn path(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path())),
        Err(_) if address.starts_with('/') => address.to_owned(),
        Err(_) => format!("/{address}"),
    }
}

fn not_a_badge(path: String, engine: &Engine) -> PluginError {
    let badges = engine.plugins().iter().flat_map(|plugin| &plugin.manifest.badges);
    PluginError::NotABadge { path, examples: badges.map(|badge| badge.example.clone()).collect() }
}

/// What identifies a request: its URL and the media type that it accepts.
type RequestKey = (String, Option<String>);

/// The answers and the secrets of one call.
#[derive(Default)]
struct Recording {
    /// The last answer to each request.
    replies: Mutex<HashMap<RequestKey, Result<Reply, Fault>>>,
    /// The texts that must not be in the transcript.
    secrets: Mutex<Vec<String>>,
}

impl Recording {
    /// Runs the provider with the recorded answers.
    fn transcript(&self, plugin: &Plugin, mut call: Call<'static>) -> Result<Transcript, PluginError> {
        let asked = json!({
            "name": call.name, "params": call.params, "query": call.query, "settings": call.settings, "now": call.now,
        });
        let mut replies: Vec<Reply> = Vec::new();
        let mut turns: Vec<(Turn, Vec<Reply>)> = Vec::new();
        for _ in 0..MAX_TURNS {
            call.answers = replies.iter().map(answer).collect();
            let bodies: Vec<&[u8]> = replies.iter().map(|reply| &*reply.body).collect();
            let step = plugin.step(&message::write_call(&call), &bodies).map_err(invalid)?;
            let step = message::read_step(&step).map_err(invalid)?;
            if step.ends() > 0 {
                turns.push((Turn { done: step.done, fail: step.fail, ..Turn::default() }, Vec::new()));
                return transcript_of(&asked, &turns, plugin);
            }
            let new = step.fetch.get(replies.len()..).unwrap_or_default();
            let came = new.iter().map(|asked| self.reply(asked)).collect::<Result<Vec<_>, _>>()?;
            let fetch = new.iter().map(ToString::to_string).collect();
            turns.push((Turn { fetch, ..Turn::default() }, came.clone()));
            replies.extend(came);
        }
        Err(PluginError::TooManyTurns(MAX_TURNS))
    }

    /// The recorded answer to a request; queries of the store have an empty answer.
    fn reply(&self, asked: &provider::Asked) -> Result<Reply, PluginError> {
        let provider::Asked::Fetch(request) = asked else {
            return Ok(Reply { status: 200, body: Bytes::from_static(b"[]"), ..Reply::default() });
        };
        let url = request.url().map_err(|fault| invalid(fault.to_string()))?;
        let url = Url::parse(&url).map_err(|fault| invalid(format!("{url}: {fault}")))?;
        let key = (String::from(url), request.accepted().map(str::to_owned));
        match self.replies.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            // The engine handles these statuses and does not pass them to a provider.
            Some(Ok(reply)) if reply.status == 429 || reply.status >= 500 => {
                Err(PluginError::UpstreamStatus { request: request.to_string(), status: reply.status })
            }
            Some(Ok(reply)) => Ok(reply.clone()),
            Some(Err(fault)) => Err(PluginError::UpstreamFault { request: request.to_string(), fault: fault.clone() }),
            None => Err(PluginError::NotAnswered(request.to_string())),
        }
    }

    /// Refuses a text that contains a secret.
    fn check(&self, text: &str) -> Result<(), PluginError> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.iter().any(|secret| text.contains(secret)) {
            return Err(PluginError::AnswerRepeatsSecret);
        }
        Ok(())
    }
}

fn invalid(cause: impl Into<Cause>) -> PluginError {
    PluginError::InvalidTranscript(cause.into())
}

/// An answer as a call holds it; its body is passed beside the call.
fn answer(reply: &Reply) -> Answer<'static> {
    Answer { status: reply.status, headers: readable(&reply.headers), body: &[] }
}

/// The transcript of these turns. Bodies are JSON if the provider gives the same result for JSON that is formatted
/// anew, and else text.
fn transcript_of(call: &Value, turns: &[(Turn, Vec<Reply>)], plugin: &Plugin) -> Result<Transcript, PluginError> {
    let with = |body: fn(&str) -> (&'static str, Value)| {
        let turns = turns.iter().map(|(turn, replies)| {
            let mut turn = json!(turn);
            let answers = replies.iter().map(|reply| {
                let text = str::from_utf8(&reply.body).map_err(|_| PluginError::AnswerIsNotText)?;
                let (name, body) = body(text);
                Ok(json!({ "status": reply.status, "headers": readable(&reply.headers), name: body }))
            });
            let answers = answers.collect::<Result<Vec<_>, PluginError>>()?;
            if !answers.is_empty() {
                turn["answers"] = answers.into();
            }
            Ok(turn)
        });
        let turns = turns.collect::<Result<Vec<_>, PluginError>>()?;
        Transcript::parse(&json!({ "call": call, "turns": turns }).to_string()).map_err(invalid)
    };
    let as_json =
        with(|text| serde_json::from_str(text).map_or_else(|_| ("text", text.into()), |json| ("json", json)))?;
    if as_json.replay(&RecordedPlugin(plugin)).is_ok() {
        return Ok(as_json);
    }
    let as_text = with(|text| ("text", text.into()))?;
    as_text.replay(&RecordedPlugin(plugin)).map_err(invalid)?;
    Ok(as_text)
}

/// A plugin without a timeout: its steps have returned in the real call already.
struct RecordedPlugin<'a>(&'a Plugin);

impl Subject for RecordedPlugin<'_> {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        Ok(self.0.step(call, bodies)?)
    }
}

/// Asks upstreams, and records their answers.
struct RecordingUpstream {
    upstream: HttpUpstream,
    recording: Arc<Recording>,
}

impl Upstream for RecordingUpstream {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let key = (ask.url.to_string(), ask.accept.clone());
        // The header may hold the secret in another form, such as base64.
        let sent = ask.authorization.as_ref().and_then(|sent| sent.reveal().split_once(' '));
        self.recording
            .secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(sent.map(|(_, sent)| sent.to_owned()));
        Box::pin(async move {
            let reply = self.upstream.fetch(ask).await;
            self.recording.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(key, reply.clone());
            reply
        })
    }
}

/// Looks secrets up, and records their values so that they are kept out of the transcript.
struct RecordingSecrets {
    secrets: FileSecrets,
    recording: Arc<Recording>,
}

impl Secrets for RecordingSecrets {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let found = self.secrets.find(owner, repo, purpose).await?;
            let values = found.iter().map(|secret| secret.reveal().to_owned());
            self.recording.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(values);
            Ok(found)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        self.secrets.check()
    }
}
