//! `badgesmith plugin try`: makes one call as the server does, and shows every step of it.

use std::{
    fmt::Write,
    iter, mem,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::{Engine, Plugin, Request, Response, Source, is_secret_name};
use badgesmith_host::{
    config,
    log_lines::{self, LogLine},
};
use badgesmith_provider::Call;
use clap::Args;
use serde_json::Value;

use super::{advice::advice, badge_call, watched};
use crate::{
    arguments::{ConfigOption, DataOption},
    call_trace::{LineSink, StepNames, Trace, TracedCode},
    command_error::CommandError,
    output::print,
    runtime,
    seal::SealOption,
};

/// The width of the column with the subject of a line.
const WIDTH: usize = 12;

/// Makes one call.
#[derive(Args, Debug)]
pub(crate) struct TryOptions {
    /// The address of a badge, such as /badges/hello/demo, or its URL at a server.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    config: ConfigOption,
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    seal: SealOption,
}

/// Makes the badge, and prints the steps of the plugin, the requests, the heads of their answers, what the log says,
/// and the badge. The code is a failure if the badge is an error.
///
/// # Errors
/// The configuration is refused, or the address is no badge of a configured plugin.
pub(super) fn run(options: &TryOptions) -> Result<ExitCode, CommandError> {
    let (config, plugins) = config::need(options.config.file.as_deref()).map_err(CommandError::configuration)?;
    let trace = Arc::new(Trace::new(Lines::default(), "; this command has no store, so there is nothing"));
    let world = watched::world(&config.engine, &options.data, &options.seal, &trace)?;
    let traced = |plugin: Plugin| {
        let trace = Trace::clone(&trace);
        plugin.with_code(|code| Arc::new(TracedCode::new(code, trace, StepNames::numbers())))
    };
    let plugins: Vec<_> = plugins.into_iter().map(traced).collect();
    // Log lines of the engine's start concern all plugins, so they are dropped.
    let engine = log_lines::collect(|_| (), || Engine::new(plugins, &config.engine, world));
    let engine = engine.map_err(CommandError::configuration)?;
    let path = badge_call::path(&options.address);
    let now = SystemTime::now();
    let (plugin, call) = badge_call::find(&engine, &path, now)?;
    trace.add("call", call_lines(plugin, &call));
    let request = json_request(&engine, &path, &call, now);
    let runtime = runtime::single_threaded()?;
    let logged = Arc::clone(&trace);
    let response = log_lines::collect(
        move |line| logged.add("log", log_lines_of(&line)),
        || runtime.block_on(engine.respond(&request, now)),
    );
    // A step that never returns must not keep the process from ending.
    runtime.shutdown_background();
    let is_error = !response.line.code.is_empty();
    if is_error {
        trace.add("error", error_lines(&response));
    } else {
        trace.add("badge", badge_lines(&response));
    }
    print(&text(&trace))?;
    Ok(if is_error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The lines that are printed at the end, each with its subject.
#[derive(Default)]
struct Lines(Mutex<Vec<(String, String)>>);

impl LineSink for Lines {
    fn take(&self, about: &str, lines: &[String]) {
        let about = [about].into_iter().chain(iter::repeat(""));
        let lines = about.zip(lines).map(|(about, line)| (about.to_owned(), line.clone()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    }
}

/// All lines. Secrets are also hidden in lines that were added before the secret was found.
fn text(trace: &Trace<Lines>) -> String {
    let lines = mem::take(&mut *trace.sink().0.lock().unwrap_or_else(PoisonError::into_inner));
    lines.into_iter().fold(String::new(), |mut text, (about, line)| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{about:<WIDTH$}{}", trace.hide(&line));
        text
    })
}

/// A line of the log, and its fields.
fn log_lines_of(line: &LogLine) -> Vec<String> {
    let fields = line.fields.iter().map(|(name, value)| format!("{name}: {value}"));
    iter::once(line.message.clone()).chain(fields).collect()
}

/// The badge's route, and the parameters of its address.
fn call_lines(plugin: &Plugin, call: &Call<'_>) -> Vec<String> {
    let mut lines = vec![format!("the badge {:?} of the plugin {:?}", call.name, plugin.id)];
    lines.extend(call.params.iter().chain(&call.query).map(|(name, value)| {
        let shown = if is_secret_name(name) { "…" } else { value.as_str() };
        format!("{name}: {shown}")
    }));
    lines
}

/// The request for the same badge as JSON, from which its texts can be read. If the badge has a parameter `format` of
/// its own, that would be another call, so the request is unchanged.
fn json_request(engine: &Engine, path: &str, call: &Call<'_>, now: SystemTime) -> Request {
    let (stem, query) = path.split_once('?').unwrap_or((path, ""));
    let stem = [".svg", ".png"].iter().find_map(|ending| stem.strip_suffix(ending)).unwrap_or(stem);
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("format="));
    let query: Vec<_> = others.chain(["format=json"]).collect();
    let json = Request::get(&format!("{stem}?{}", query.join("&")));
    let is_same =
        |other: &Call<'_>| (&other.name, &other.params, &other.query) == (&call.name, &call.params, &call.query);
    match engine.call(&json, now) {
        Some((_, other)) if is_same(&other) => json,
        _ => Request::get(path),
    }
}

/// The texts and the colour of a badge, and for how long it is fresh.
fn badge_lines(response: &Response) -> Vec<String> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let words = match (text("label"), text("message")) {
        ("", "") => format!("a picture of {} bytes", response.body.len()),
        ("", message) => message.to_owned(),
        (label, message) => format!("{label}: {message}"),
    };
    let color = Some(text("color")).filter(|color| !color.is_empty()).map(|color| format!("color {color}"));
    let further: Vec<_> = color.into_iter().chain([fresh_words(response)]).collect();
    vec![words, further.join(", ")]
}

/// The status, the code and the text of an error, whose fault it is, and what to do.
fn error_lines(response: &Response) -> Vec<String> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = &*response.line.code;
    let words = body["message"].as_str().map(|words| format!(": {words}")).unwrap_or_default();
    let fault = response.line.fault.map(|source| match source {
        Source::Caller => "what the address names is at fault",
        Source::Upstream => "an upstream is at fault",
        Source::Provider => "the plugin is at fault",
        Source::Engine => "the server is at fault, or how it is set up",
    });
    let retry = response.headers.get("retry-after").and_then(|value| value.to_str().ok());
    let mut lines = vec![format!("{} {code}{words}", response.status.as_u16())];
    let further = fault.into_iter().map(str::to_owned).chain([fresh_words(response)]);
    let further = further.chain(retry.map(|seconds| format!("to be asked again after {seconds} seconds")));
    lines.push(further.collect::<Vec<_>>().join(", "));
    lines.extend(advice(code).map(str::to_owned));
    lines
}

/// For how long a cache may show the response.
fn fresh_words(response: &Response) -> String {
    let caching = response.headers.get("cache-control").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match caching.split(", ").find_map(|word| word.strip_prefix("max-age=")) {
        Some(seconds) => format!("fresh for {seconds} seconds"),
        None => "not to be cached".to_owned(),
    }
}
