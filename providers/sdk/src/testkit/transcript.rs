//! A call and its turns, as a file has them, and how they are played.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Subject;
use crate::{
    Answer, Badge, Call, CallKind, Failure, Record,
    message::{self, StepMessage},
};

/// A call and the turns it takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    call: Asked,
    turns: Vec<Turn>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
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
    /// The body of a report, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The body of a report, if it is not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
}

/// What the provider says, and what it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The new requests, each as its address and whose secret goes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetch: Vec<String>,
    /// The answers, one a request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Reply>,
    /// The finished badge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Badge>,
    /// What a report became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Where a redirect leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Failure>,
}

/// One answer: a status, headers, and a body as JSON or as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The body, if it is not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The spoils that need not end in a failure here, such as `404` where a missing answer has a meaning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerates: Vec<String>,
}

impl Reply {
    /// The body's bytes.
    pub fn body(&self) -> Vec<u8> {
        self.json.as_ref().map_or_else(|| self.text.clone().into_bytes(), |json| json.to_string().into_bytes())
    }
}

/// An answer as it is played, spoiled or not.
pub(super) type Played = (u16, BTreeMap<String, String>, Vec<u8>);

impl Transcript {
    /// Reads a transcript.
    ///
    /// # Errors
    /// What is wrong with it, with its line and column.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|fault| format!("not a transcript: {fault}"))
    }

    /// The transcript as a file has it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).map(|json| json + "\n").unwrap_or_default()
    }

    /// Plays the turns, each twice, and compares what the provider says with what is written.
    ///
    /// # Errors
    /// The first turn that differs, and how.
    pub fn replay(&self, subject: &dyn Subject) -> Result<(), String> {
        let mut played = Vec::new();
        for (index, written) in self.turns.iter().enumerate() {
            let number = index + 1;
            let said = self.ask(subject, &played).map_err(|fault| format!("turn {number}: {fault}"))?;
            let turn = turn(&said, played.len()).map_err(|fault| format!("turn {number}: {fault}"))?;
            let written = Turn { answers: Vec::new(), ..written.clone() };
            if turn != written {
                let [turn, written] = [turn, written].map(|turn| serde_json::to_string(&turn).unwrap_or_default());
                return Err(format!("turn {number}: it says {turn}, the transcript {written}"));
            }
            self.check_answers(index)?;
            played.extend(self.answers(index));
        }
        match self.turns.last() {
            Some(turn) if turn.fetch.is_empty() => Ok(()),
            _ => Err("its last turn is no end: done, record, redirect or fail".to_owned()),
        }
    }

    /// Puts what the provider says now in the place of what is written, for as long as there are answers.
    pub(super) fn rewrite(&mut self, subject: &dyn Subject) -> Result<(), String> {
        let mut played = Vec::new();
        for index in 0..self.turns.len() {
            let said = turn(&self.ask(subject, &played)?, played.len())?;
            self.turns[index] = Turn { answers: std::mem::take(&mut self.turns[index].answers), ..said };
            played.extend(self.answers(index));
        }
        Ok(())
    }

    /// One turn, asked twice.
    pub(super) fn ask(&self, subject: &dyn Subject, played: &[Played]) -> Result<StepMessage, String> {
        let Asked { kind, name, params, query, settings, now, body, text } = self.call.clone();
        let answers =
            played.iter().map(|(status, headers, body)| Answer { status: *status, headers: headers.clone(), body });
        let call = Call { kind, name, params, query, settings, now, answers: answers.collect(), ..Call::default() };
        let report = body.map_or(text, |body| body.to_string());
        let report = (kind == CallKind::Report).then_some(report.as_bytes());
        let bodies: Vec<&[u8]> = played.iter().map(|(_, _, body)| body.as_slice()).chain(report).collect();
        let call = message::write_call(&call);
        let first = subject.step(&call, &bodies)?;
        if subject.step(&call, &bodies)? != first {
            return Err("asked twice, it says two things".to_owned());
        }
        message::read_step(&first)
    }

    /// The answers written for a turn.
    pub(super) fn answers(&self, turn: usize) -> impl Iterator<Item = Played> + '_ {
        self.turns[turn].answers.iter().map(|reply| (reply.status, reply.headers.clone(), reply.body()))
    }

    /// The turns.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    fn check_answers(&self, index: usize) -> Result<(), String> {
        let Turn { fetch, answers, .. } = &self.turns[index];
        if fetch.len() == answers.len() {
            return Ok(());
        }
        Err(format!("turn {}: {} requests have {} answers", index + 1, fetch.len(), answers.len()))
    }
}

/// A step as a transcript writes it: only what is asked anew.
pub(super) fn turn(said: &StepMessage, answered: usize) -> Result<Turn, String> {
    let ends = said.ends() > 0;
    if said.ends() > 1 {
        return Err("it says two ends at once".to_owned());
    }
    let new = said.fetch.get(answered..).unwrap_or_default();
    if !ends && new.is_empty() {
        return Err("it asks nothing that is not answered already".to_owned());
    }
    Ok(Turn {
        fetch: if ends { Vec::new() } else { new.iter().map(ToString::to_string).collect() },
        answers: Vec::new(),
        done: said.done.clone(),
        record: said.record.clone(),
        redirect: said.redirect.clone(),
        fail: said.fail.clone(),
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_badge(kind: &CallKind) -> bool {
    *kind == CallKind::Badge
}
