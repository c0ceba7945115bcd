//! A transcript as written in a file, and its replay against a provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    fault::{TranscriptFault, TurnFault},
    subject::Subject,
};
use crate::{
    answer::{Answer, SentWith},
    call::{Call, CallKind},
    failure::Failure,
    hook::Delivered,
    message::{self, StepMessage},
    record::Record,
    step::Badge,
};

/// A call, and the turns it takes.
///
/// ```
/// use badgesmith_provider::{
///     Badge, Call, Provider, Step,
///     testkit::{InProcess, Transcript},
/// };
///
/// struct Hello;
///
/// impl Provider for Hello {
///     fn badge(&self, call: &Call) -> Result<Badge, Step> {
///         Ok(Badge::new(format!("hello {}", call.param("name"))))
///     }
/// }
///
/// let transcript = Transcript::parse(r#"{
///   "call": { "name": "greeting", "params": { "name": "world" } },
///   "turns": [{ "done": { "message": "hello moon" } }]
/// }"#).unwrap();
/// let fault = transcript.replay(&InProcess(Hello)).unwrap_err();
/// let words = r#"turn 1: it says {"done":{"message":"hello world"}}, the transcript {"done":{"message":"hello moon"}}"#;
/// assert_eq!(fault.to_string(), words);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    call: WrittenCall,
    turns: Vec<Turn>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCall {
    #[serde(default, skip_serializing_if = "is_badge")]
    kind: CallKind,
    name: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    query: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    now: u64,
    /// The body of a report or a delivery, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The body of a report or a delivery, if it is not JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
}

/// The provider's step in one turn, and the answers to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The new requests, each as [`crate::Asked`] displays it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetch: Vec<String>,
    /// The answers, one for each request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<WrittenAnswer>,
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
    /// The failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
}

/// One answer: the status, the headers, and the body as JSON or as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The body, if it is not JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Whose secret the request carried, if it carried one.
    #[serde(default, rename = "sent-with", skip_serializing_if = "Option::is_none")]
    pub sent_with: Option<SentWith>,
    /// The corruptions that need not end in a failure here, such as `404` if a missing answer has a meaning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerates: Vec<String>,
}

impl WrittenAnswer {
    /// The bytes of the body.
    pub fn body(&self) -> Vec<u8> {
        self.json.as_ref().map_or_else(|| self.text.clone().into_bytes(), |json| json.to_string().into_bytes())
    }
}

/// An answer as the provider gets it, corrupted or not.
#[derive(Clone)]
pub(super) struct PlayedAnswer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    pub(super) sent_with: Option<SentWith>,
}

impl Transcript {
    /// Reads a transcript.
    ///
    /// # Errors
    /// [`TranscriptFault::Unreadable`], with line and column.
    pub fn parse(json: &str) -> Result<Self, TranscriptFault> {
        serde_json::from_str(json).map_err(TranscriptFault::Unreadable)
    }

    /// The transcript as the text of a file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).map(|json| json + "\n").unwrap_or_default()
    }

    /// Plays the turns, each twice, and compares the provider's steps with the transcript's.
    ///
    /// # Errors
    /// [`TranscriptFault`] for the first turn that differs.
    pub fn replay(&self, subject: &dyn Subject) -> Result<(), TranscriptFault> {
        let mut played = Vec::new();
        for (index, written) in self.turns.iter().enumerate() {
            compare(written, &self.play(subject, &played).map_err(|fault| TranscriptFault::Turn(index + 1, fault))?)
                .map_err(|fault| TranscriptFault::Turn(index + 1, fault))?;
            played.extend(self.answers(index));
        }
        match self.turns.last() {
            Some(turn) if turn.fetch.is_empty() => Ok(()),
            _ => Err(TranscriptFault::NoEnd),
        }
    }

    /// Replaces the transcript's steps with the provider's, for as long as there are answers.
    pub(super) fn rewrite(&mut self, subject: &dyn Subject) -> Result<(), TranscriptFault> {
        let mut played = Vec::new();
        for index in 0..self.turns.len() {
            let turn = self.play(subject, &played).map_err(|fault| TranscriptFault::Turn(index + 1, fault))?;
            self.turns[index] = Turn { answers: std::mem::take(&mut self.turns[index].answers), ..turn };
            played.extend(self.answers(index));
        }
        Ok(())
    }

    /// The provider's turn after these answers, for which it is called twice.
    pub(super) fn play(&self, subject: &dyn Subject, played: &[PlayedAnswer]) -> Result<Turn, TurnFault> {
        let WrittenCall { kind, name, params, query, settings, now, body, text } = self.call.clone();
        let answers = played.iter().map(|PlayedAnswer { status, headers, body, sent_with }| Answer {
            status: *status,
            headers: headers.clone(),
            body,
            sent_with: *sent_with,
        });
        let call = Call { kind, name, params, query, settings, now, answers: answers.collect(), ..Call::default() };
        let report = body.map_or(text, |body| body.to_string());
        let report = matches!(kind, CallKind::Report | CallKind::Hook).then_some(report.as_bytes());
        let bodies: Vec<&[u8]> = played.iter().map(|answer| answer.body.as_slice()).chain(report).collect();
        let call = message::write_call(&call);
        let first = subject.step(&call, &bodies).map_err(TurnFault::NoStep)?;
        if subject.step(&call, &bodies).map_err(TurnFault::NoStep)? != first {
            return Err(TurnFault::TwoSteps);
        }
        turn(message::read_step(&first).map_err(TurnFault::Unreadable)?, played.len())
    }

    /// The transcript's answers for a turn, counted from 0.
    pub(super) fn answers(&self, index: usize) -> impl Iterator<Item = PlayedAnswer> + '_ {
        self.turns[index].answers.iter().map(|answer| PlayedAnswer {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body(),
            sent_with: answer.sent_with,
        })
    }

    /// The turns.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }
}

/// Checks that the provider's turn equals the transcript's, and that the transcript has an answer for each request.
fn compare(written: &Turn, turn: &Turn) -> Result<(), TurnFault> {
    let without_answers = Turn { answers: Vec::new(), ..written.clone() };
    if *turn != without_answers {
        let [provider, transcript] =
            [turn, &without_answers].map(|turn| serde_json::to_string(turn).unwrap_or_default());
        return Err(TurnFault::Different { provider, transcript });
    }
    if written.fetch.len() != written.answers.len() {
        return Err(TurnFault::Answers { requests: written.fetch.len(), answers: written.answers.len() });
    }
    Ok(())
}

/// A step as a turn of a transcript, which contains only the new requests.
fn turn(step: StepMessage, answered: usize) -> Result<Turn, TurnFault> {
    let is_end = step.ends() > 0;
    if step.ends() > 1 {
        return Err(TurnFault::TwoEnds);
    }
    let new = step.fetch.get(answered..).unwrap_or_default();
    if !is_end && new.is_empty() {
        return Err(TurnFault::NothingNew);
    }
    Ok(Turn {
        fetch: if is_end { Vec::new() } else { new.iter().map(ToString::to_string).collect() },
        answers: Vec::new(),
        done: step.done,
        record: step.record,
        delivered: step.delivered,
        redirect: step.redirect,
        // The reason is only for the log, and is left out: it may contain messages of a JSON library, which change with
        // its version.
        fail: step.fail.map(|failure| Failure { reason: None, ..failure }),
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_badge(kind: &CallKind) -> bool {
    *kind == CallKind::Badge
}
