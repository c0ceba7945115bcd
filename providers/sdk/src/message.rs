//! The two JSON messages between host and provider: a call goes in, a step comes out.
//!
//! `include/badgesmith_provider.h` specifies them. This module reads and writes them for both sides.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    answer::{Answer, SentWith},
    call::{Call, CallKind},
    failure::Failure,
    hook::Delivered,
    provider::Provider,
    record::Record,
    step::{Asked, Badge, Step},
};

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
    #[serde(default, rename = "sent-with", skip_serializing_if = "Option::is_none")]
    sent_with: Option<SentWith>,
}

/// A step, and everything that the provider has requested so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMessage {
    /// All requests since the call began, in order; those without an answer yet are the ones that the step makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetch: Vec<Asked>,
    /// The finished badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Badge>,
    /// The record that a report became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// What a delivery became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivered>,
    /// The target of a redirect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The failure that ends the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
}

impl StepMessage {
    /// The number of ends in it: none while the provider makes requests, one at the end of a call; more are invalid.
    pub fn ends(&self) -> usize {
        let ends = [
            self.done.is_some(),
            self.record.is_some(),
            self.delivered.is_some(),
            self.redirect.is_some(),
            self.fail.is_some(),
        ];
        ends.into_iter().filter(|is_there| *is_there).count()
    }
}

/// Why a call cannot be read. Its text is for the host's log.
#[derive(Debug)]
#[non_exhaustive]
pub enum UnreadableCall {
    /// It is not the JSON of a call.
    Json(serde_json::Error),
    /// The number of bodies does not fit the number of answers.
    Bodies {
        /// The number of answers in the message.
        answers: usize,
        /// The number of bodies beside it.
        bodies: usize,
    },
}

impl fmt::Display for UnreadableCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(fault) => write!(f, "not a call: {fault}"),
            Self::Bodies { answers, bodies } => write!(f, "{answers} answers came with {bodies} bodies"),
        }
    }
}

impl Error for UnreadableCall {}

/// Why a step cannot be read. Its text is for the host's log.
#[derive(Debug)]
#[non_exhaustive]
pub enum UnreadableStep {
    /// It is not UTF-8.
    NotUtf8,
    /// It is not the JSON of a step.
    Json(serde_json::Error),
}

impl fmt::Display for UnreadableStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("its step is not UTF-8"),
            Self::Json(fault) => write!(f, "its step cannot be read: {fault}"),
        }
    }
}

impl Error for UnreadableStep {}

/// Writes a call. The bodies of its answers, or of a report or delivery, are passed separately.
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
            .map(|answer| AnswerMessage {
                status: answer.status,
                headers: Cow::Borrowed(&answer.headers),
                sent_with: answer.sent_with,
            })
            .collect(),
    };
    write(&message)
}

/// Reads a call and joins its answers with their bodies. In a call for a report or a delivery, the last body is that of
/// the report or delivery itself, and is left out.
///
/// # Errors
/// [`UnreadableCall`] if the message is not a call, or the number of bodies is wrong.
pub fn read_call<'a>(message: &[u8], bodies: &[&'a [u8]]) -> Result<Call<'a>, UnreadableCall> {
    let message: CallMessage = serde_json::from_slice(message).map_err(UnreadableCall::Json)?;
    let own = usize::from(matches!(message.kind, CallKind::Report | CallKind::Hook));
    if message.answers.len() + own != bodies.len() {
        return Err(UnreadableCall::Bodies { answers: message.answers.len(), bodies: bodies.len() });
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
            .map(|(answer, body)| Answer {
                status: answer.status,
                headers: answer.headers.into_owned(),
                body,
                sent_with: answer.sent_with,
            })
            .collect(),
        asked: RefCell::default(),
    })
}

/// Runs a provider on one call and writes the step it returns.
///
/// ```
/// use badgesmith_provider::{Badge, Call, Provider, Request, Step, message};
///
/// struct Hello;
///
/// impl Provider for Hello {
///     fn badge(&self, call: &Call) -> Result<Badge, Step> {
///         let greeting: String = call.fetch(Request::to("https://example.com/greeting"))?.json()?;
///         Ok(Badge::new(greeting))
///     }
/// }
///
/// let call = message::write_call(&Call::new("greeting"));
/// let step = message::answer(&Hello, &call, &[]).unwrap();
/// assert_eq!(step, br#"{"fetch":[{"base":"https://example.com/greeting"}]}"#);
/// assert_eq!(message::read_step(&step).unwrap().ends(), 0);
/// ```
///
/// # Errors
/// [`UnreadableCall`] as from [`read_call`].
pub fn answer(provider: &dyn Provider, message: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, UnreadableCall> {
    let call = read_call(message, bodies)?;
    let body = || *bodies.last().unwrap_or(&&[][..]);
    let outcome = match call.kind {
        CallKind::Badge => provider.badge(&call).map(Step::Done),
        CallKind::Report => provider.accept(&call, body()).map(Step::Record),
        CallKind::Redirect => provider.redirect(&call).map(Step::Redirect),
        CallKind::Hook => provider.deliver(&call, body()).map(|told| Step::Delivered(told.into())),
    };
    let asking = StepMessage { fetch: call.asked.take(), ..StepMessage::default() };
    Ok(write(&match outcome.unwrap_or_else(|step| step) {
        Step::Fetch(_) | Step::Latest(_) | Step::States(_) | Step::Parts(_) => asking,
        Step::Done(badge) => StepMessage { done: Some(badge), ..asking },
        Step::Record(record) => StepMessage { record: Some(record), ..asking },
        Step::Delivered(told) => StepMessage { delivered: Some(*told), ..asking },
        Step::Redirect(url) => StepMessage { redirect: Some(url), ..asking },
        Step::Fail(failure) => StepMessage { fail: Some(failure), ..asking },
    }))
}

/// Reads a step.
///
/// # Errors
/// [`UnreadableStep`] if the message is not a step.
pub fn read_step(message: &[u8]) -> Result<StepMessage, UnreadableStep> {
    let text = std::str::from_utf8(message).map_err(|_| UnreadableStep::NotUtf8)?;
    serde_json::from_str(text).map_err(UnreadableStep::Json)
}

fn write<T: Serialize>(message: &T) -> Vec<u8> {
    // Cannot fail: the messages are strings, numbers, and maps with string keys.
    serde_json::to_vec(message).unwrap_or_default()
}
