//! The code of a plugin that shows each step.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use badgesmith_engine::{
    logged_url,
    plugins::{PluginCode, StepError},
};
use badgesmith_provider::{
    Asked, Badge, Failure, FailureKind, Request,
    message::{self, StepMessage},
};
use url::Url;

use super::trace::Trace;

/// Runs the steps of other code, and adds each to a trace.
pub(super) struct TracedCode {
    code: Arc<dyn PluginCode>,
    trace: Arc<Trace>,
    /// How often the call began.
    begins: AtomicUsize,
    /// How many steps there were since it last began.
    steps: AtomicUsize,
}

impl TracedCode {
    /// The code with a trace of its steps.
    pub(super) fn new(code: Arc<dyn PluginCode>, trace: Arc<Trace>) -> Self {
        Self { code, trace, begins: AtomicUsize::new(0), steps: AtomicUsize::new(0) }
    }
}

impl fmt::Debug for TracedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedCode")
    }
}

impl PluginCode for TracedCode {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        if bodies.is_empty() {
            self.steps.store(0, Ordering::Relaxed);
            if self.begins.fetch_add(1, Ordering::Relaxed) > 0 {
                let words = "the call is run again, with answers that are there already or with another token";
                self.trace.add("again", &[words.to_owned()]);
            }
        }
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        let began = Instant::now();
        let stepped = self.code.step(call, bodies);
        let took = began.elapsed().as_millis();
        let mut lines = match &stepped {
            Ok(step) => match message::read_step(step) {
                Ok(step) => step_lines(&step, bodies.len()),
                Err(fault) => vec![format!("breaks: {fault}")],
            },
            Err(fault) => vec![format!("breaks: {fault}")],
        };
        if let Some(first) = lines.first_mut() {
            *first += &format!(" ({took} ms)");
        }
        self.trace.add(&format!("step {number}"), &lines);
        stepped
    }

    fn needs_opening(&self) -> bool {
        self.code.needs_opening()
    }

    fn open(&self) {
        self.code.open();
    }
}

/// What a step makes of so many answers.
fn step_lines(step: &StepMessage, answers: usize) -> Vec<String> {
    if let Some(badge) = &step.done {
        return vec![badge_words(badge)];
    }
    if let Some(failure) = &step.fail {
        return failure_lines(failure);
    }
    if step.ends() > 0 {
        return vec!["ends, but with no badge".to_owned()];
    }
    match step.fetch.get(answers..).unwrap_or_default() {
        [] => vec!["asks for nothing new".to_owned()],
        [one] => vec![format!("asks for {}", asked_words(one))],
        more => {
            let first = format!("asks for {} answers", more.len());
            std::iter::once(first).chain(more.iter().map(asked_words)).collect()
        }
    }
}

fn badge_words(badge: &Badge) -> String {
    let Badge { label, message, color, label_color, named_logo } = badge;
    let further = [("label", label), ("color", color), ("label color", label_color), ("logo", named_logo)];
    let further = further.into_iter().filter_map(|(name, value)| Some(format!(", {name} {:?}", value.as_ref()?)));
    format!("is done: message {message:?}{}", further.collect::<String>())
}

fn failure_lines(failure: &Failure) -> Vec<String> {
    let kind = match failure.kind {
        FailureKind::NotFound => "not found",
        FailureKind::InvalidParameter => "an invalid parameter",
        FailureKind::InvalidResponse => "an invalid answer",
        FailureKind::Inaccessible => "an upstream that cannot be asked",
    };
    let Failure { code, words, property, reason, retry_after, .. } = failure;
    let mut lines = vec![format!("fails: {code} {words:?}, {kind}")];
    lines.extend(property.iter().map(|property| format!("about: {property}")));
    lines.extend(reason.iter().map(|reason| format!("reason: {reason}")));
    lines.extend(retry_after.iter().map(|seconds| format!("to be asked again after {seconds} seconds")));
    lines
}

fn asked_words(asked: &Asked) -> String {
    match asked {
        Asked::Fetch(request) => request_words(request),
        Asked::Latest(_) | Asked::States(_) | Asked::Parts(_) => {
            format!("{asked}; this command has no store, so there is nothing")
        }
    }
}

/// The address of a request, and the secret that it is sent with by name.
fn request_words(request: &Request) -> String {
    let method = if request.body().is_some() { "POST" } else { "GET" };
    let address = match request.url() {
        Ok(url) => Url::parse(&url).map_or_else(|_| url.clone(), |parsed| logged_url(&parsed)),
        Err(fault) => format!("an address that is none: {fault}"),
    };
    let with = request.secret().map(|auth| format!(" with {auth}")).unwrap_or_default();
    let web = if request.is_web() { ", a host that the caller names" } else { "" };
    let optional = if request.is_optional() { ", optional" } else { "" };
    format!("{method} {address}{with}{web}{optional}")
}
