//! `badgesmith plugin record`: writes a transcript of a real call, without secrets.
//!
//! The engine makes the badge as it always does, with an upstream that records every answer. Then the provider is run
//! again with the recorded answers, one turn after the other, and the turns are written to the transcript.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::{
    Engine, Plugin, Request, readable,
    world::{Ask, Fault, Reply, Secret},
};
use badgesmith_host::config;
use badgesmith_provider::{
    self as provider, Answer, Call, SentWith, message,
    testkit::{Subject, SubjectFault, Transcript, Turn},
};
use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};
use url::Url;

use super::{badge_call, plugin_error::PluginError, watched};
use crate::{
    arguments::{ConfigOption, DataOption},
    call_trace::Watch,
    command_error::{Cause, CommandError},
    output::print,
    runtime,
    seal::SealOption,
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
    #[command(flatten)]
    seal: SealOption,
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
    let world = watched::world(&config.engine, &record.data, &record.seal, &recording)?;
    let engine = Engine::new(plugins, &config.engine, world).map_err(CommandError::configuration)?;
    let path = badge_call::path(&record.address);
    let now = SystemTime::now();
    let (plugin, call) = badge_call::find(&engine, &path, now)?;
    let runtime = runtime::single_threaded()?;
    let response = runtime.block_on(engine.respond(&Request::get(&path), now));
    runtime.shutdown_background();
    if response.line.code == "PROVIDER_FAILED" {
        let answer = String::from_utf8_lossy(&response.body).into_owned();
        return Err(PluginError::ProviderFailed(answer).into());
    }
    let transcript = recording.transcript(plugin, call)?;
    let is_badge = transcript.turns().last().is_some_and(|turn| turn.done.is_some());
    if is_badge && !response.line.code.is_empty() {
        return Err(PluginError::NotShown(response.line.code.to_string()).into());
    }
    let text = transcript.to_json();
    recording.check(&text)?;
    let Some(file) = &record.output else { return print(&text) };
    let written = fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| PluginError::OutputFile { path: file.clone(), cause })?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    print(&format!(
        "{} has {} turns; `badgesmith plugin check PLUGIN --transcripts {}` replays it\n",
        file.display(),
        transcript.turns().len(),
        folder.display()
    ))
}

/// What identifies a request: everything that is sent except the secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RequestKey {
    url: String,
    accept: Option<String>,
    /// The further headers, names in lower case.
    headers: Vec<(String, String)>,
    /// The JSON of a POST.
    body: Option<String>,
}

impl RequestKey {
    /// What the engine sends for a provider's request to this URL.
    fn of_request(request: &provider::Request, url: &Url) -> Self {
        let headers = request.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        Self {
            url: url.to_string(),
            accept: request.accepted().map(str::to_owned).or_else(|| request.is_web().then(|| "*/*".to_owned())),
            headers,
            body: request.body().map(Value::to_string),
        }
    }

    /// What the engine sends.
    fn of_ask(ask: &Ask) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = ask.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let mut headers: Vec<_> = headers.collect();
        headers.sort();
        let (url, body) = (ask.url.to_string(), ask.body.as_deref().map(text));
        Self { url, accept: ask.accept.clone(), headers, body }
    }
}

/// The answer of an upstream, and whose secret its request carried.
#[derive(Clone)]
struct RecordedReply {
    reply: Reply,
    sent_with: Option<SentWith>,
}

/// The answers and the secrets of one call.
#[derive(Default)]
struct Recording {
    /// The last answer to each request.
    replies: Mutex<HashMap<RequestKey, Result<RecordedReply, Fault>>>,
    /// The texts that must not be in the transcript.
    secrets: Mutex<Vec<String>>,
}

impl Recording {
    /// Runs the provider with the recorded answers.
    fn transcript(&self, plugin: &Plugin, mut call: Call<'static>) -> Result<Transcript, PluginError> {
        let asked = json!({
            "name": call.name, "params": call.params, "query": call.query, "settings": call.settings, "now": call.now,
        });
        let mut replies: Vec<RecordedReply> = Vec::new();
        let mut turns: Vec<(Turn, Vec<RecordedReply>)> = Vec::new();
        for _ in 0..MAX_TURNS {
            call.answers = replies.iter().map(answer).collect();
            let bodies: Vec<&[u8]> = replies.iter().map(|recorded| &*recorded.reply.body).collect();
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
    fn reply(&self, asked: &provider::Asked) -> Result<RecordedReply, PluginError> {
        let provider::Asked::Fetch(request) = asked else {
            let reply = Reply { status: 200, body: Bytes::from_static(b"[]"), ..Reply::default() };
            return Ok(RecordedReply { reply, sent_with: None });
        };
        let url = request.url().map_err(|fault| invalid(fault.to_string()))?;
        let mut url = Url::parse(&url).map_err(|fault| invalid(format!("{url}: {fault}")))?;
        if request.is_web() {
            url.set_fragment(None);
        }
        let key = RequestKey::of_request(request, &url);
        match self.replies.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            // The engine handles these statuses itself and does not pass them to a provider.
            Some(Ok(RecordedReply { reply: Reply { status, .. }, .. })) if *status == 429 || *status >= 500 => {
                Err(PluginError::UpstreamStatus { request: request.to_string(), status: *status })
            }
            Some(Ok(recorded)) => Ok(recorded.clone()),
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

impl Watch for Recording {
    /// What identifies the request, and whose secret it carries.
    type Sent = (RequestKey, Option<SentWith>);

    fn sends(&self, ask: &Ask) -> Self::Sent {
        // The header may hold the secret in another form, such as base64.
        let sent = ask.credential.as_ref().map(|sent| sent.value.reveal());
        let secret = sent.map(|sent| sent.split_once(' ').map_or(sent, |(_, secret)| secret).to_owned());
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(secret);
        (RequestKey::of_ask(ask), ask.credential.as_ref().map(|sent| sent.whose))
    }

    fn answered(&self, (key, sent_with): Self::Sent, outcome: &Result<Reply, Fault>) {
        let recorded = outcome.clone().map(|reply| RecordedReply { reply, sent_with });
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(key, recorded);
    }

    fn found(&self, secrets: &[Secret]) {
        let values = secrets.iter().map(|secret| secret.reveal().to_owned());
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).extend(values);
    }
}

fn invalid(cause: impl Into<Cause>) -> PluginError {
    PluginError::InvalidTranscript(cause.into())
}

/// An answer as a call holds it; its body is passed beside the call.
fn answer(RecordedReply { reply, sent_with }: &RecordedReply) -> Answer<'static> {
    Answer { status: reply.status, headers: readable(&reply.headers), sent_with: *sent_with, ..Answer::default() }
}

/// The transcript of these turns. Bodies are written as JSON if the provider gives the same result for reformatted
/// JSON, and otherwise as text.
fn transcript_of(
    call: &Value,
    turns: &[(Turn, Vec<RecordedReply>)],
    plugin: &Plugin,
) -> Result<Transcript, PluginError> {
    let with = |body: fn(&str) -> (&'static str, Value)| {
        let turns = turns.iter().map(|(turn, replies)| {
            let mut turn = json!(turn);
            let answers = replies.iter().map(|RecordedReply { reply, sent_with }| {
                let text = str::from_utf8(&reply.body).map_err(|_| PluginError::AnswerIsNotText)?;
                let (name, body) = body(text);
                let headers = readable(&reply.headers);
                Ok(json!({ "status": reply.status, "headers": headers, "sent-with": sent_with, name: body }))
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
