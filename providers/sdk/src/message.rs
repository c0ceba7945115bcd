//! The two messages that cross the boundary, as JSON: a call goes in, a step comes out.
//!
//! `include/badgesmith_provider.h` is their specification; this file is its Rust reading, for both sides.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{Answer, Asked, Badge, Call, CallKind, Failure, Provider, Record, Step};

#[derive(Serialize, Deserialize)]
struct CallMessage<'a> {
    kind: CallKind,
    name: Cow<'a, str>,
    params: Cow<'a, BTreeMap<String, String>>,
    #[serde(default)]
    query: Cow<'a, BTreeMap<String, String>>,
    #[serde(default)]
    settings: Cow<'a, BTreeMap<String, String>>,
    now: u64,
    answers: Vec<AnswerMessage<'a>>,
}

#[derive(Serialize, Deserialize)]
struct AnswerMessage<'a> {
    status: u16,
    #[serde(default)]
    headers: Cow<'a, BTreeMap<String, String>>,
}

/// A step and everything it rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMessage {
    /// Everything asked in this call from its beginning, in order; what has no answer yet is what is asked now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetch: Vec<Asked>,
    /// The finished badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Badge>,
    /// What a report became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Where a redirect leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The failure it ends with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
}

impl StepMessage {
    /// How many ends it has: none while it asks, one at the end, more where it is rubbish.
    pub fn ends(&self) -> usize {
        let ends = [self.done.is_some(), self.record.is_some(), self.redirect.is_some(), self.fail.is_some()];
        ends.into_iter().filter(|is_there| *is_there).count()
    }
}

/// Writes a call; its answers' bodies travel beside it, or a report's.
pub fn write_call(call: &Call) -> Vec<u8> {
    let message = CallMessage {
        kind: call.kind,
        name: Cow::Borrowed(&call.name),
        params: Cow::Borrowed(&call.params),
        query: Cow::Borrowed(&call.query),
        settings: Cow::Borrowed(&call.settings),
        now: call.now,
        answers: call
            .answers
            .iter()
            .map(|answer| AnswerMessage { status: answer.status, headers: Cow::Borrowed(&answer.headers) })
            .collect(),
    };
    write(&message)
}

/// Reads a call and puts the bodies back to their answers; the body of a report is left over.
///
/// # Errors
/// What is wrong with the message, for the host's log.
pub fn read_call<'a>(message: &[u8], bodies: &[&'a [u8]]) -> Result<Call<'a>, String> {
    let message: CallMessage = serde_json::from_slice(message).map_err(|fault| format!("not a call: {fault}"))?;
    let left = usize::from(message.kind == CallKind::Report);
    if message.answers.len() + left != bodies.len() {
        return Err(format!("{} answers came with {} bodies", message.answers.len(), bodies.len()));
    }
    let answers = message.answers.into_iter().zip(bodies);
    Ok(Call {
        kind: message.kind,
        name: message.name.into_owned(),
        params: message.params.into_owned(),
        query: message.query.into_owned(),
        settings: message.settings.into_owned(),
        now: message.now,
        answers: answers
            .map(|(answer, body)| Answer { status: answer.status, headers: answer.headers.into_owned(), body })
            .collect(),
        asked: RefCell::default(),
    })
}

/// Runs a provider on one call and writes what it says.
///
/// # Errors
/// What is wrong with the call, for the host's log.
pub fn answer(provider: &dyn Provider, message: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
    let call = read_call(message, bodies)?;
    let outcome = match call.kind {
        CallKind::Badge => provider.badge(&call).map(Step::Done),
        CallKind::Report => provider.accept(&call, bodies.last().unwrap_or(&&[][..])).map(Step::Record),
        CallKind::Redirect => provider.redirect(&call).map(Step::Redirect),
    };
    let said = StepMessage { fetch: call.asked.take(), ..StepMessage::default() };
    Ok(write(&match outcome.unwrap_or_else(|step| step) {
        Step::Fetch(_) | Step::Latest(_) => said,
        Step::Done(badge) => StepMessage { done: Some(badge), ..said },
        Step::Record(record) => StepMessage { record: Some(record), ..said },
        Step::Redirect(url) => StepMessage { redirect: Some(url), ..said },
        Step::Fail(failure) => StepMessage { fail: Some(failure), ..said },
    }))
}

/// Reads a step.
///
/// # Errors
/// What is wrong with the message, for the host's log.
pub fn read_step(message: &[u8]) -> Result<StepMessage, String> {
    let text = std::str::from_utf8(message).map_err(|_| "its step is not UTF-8".to_owned())?;
    serde_json::from_str(text).map_err(|fault| format!("its step cannot be read: {fault}"))
}

fn write<T: Serialize>(message: &T) -> Vec<u8> {
    // Strings and numbers in maps with string keys always have a JSON form.
    serde_json::to_vec(message).unwrap_or_default()
}
