//! A signed report becomes a record, in an order that a forger learns nothing from.
//!
//! Sizes, headers, clock, signature, body, and then one transaction that claims the nonce, claims the run and writes
//! the record. Nothing is claimed by a request that is not authentic, and 201 is said when the record is durable.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{CallKind, Record, ReportRoute, Timestamp};
use http::HeaderName;
use serde::Serialize;

use crate::{Inner, serve::badge::{in_time, shelf}, bounded::Done, draw::picture::refuse, call::run::{self, Question}, error::Error, meter::Event, plugins::Plugin, call::records, request::Request, response::{Caching, Draft, Response}, route::Parameters, signature::{Signature, string_to_sign}, store::{Entry, LONGEST_KEY, Recorded, Subject, result_key}};

/// The headers of a signed request.
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-nonce");
/// The longest nonce, in bytes.
const LONGEST_NONCE: usize = 128;
/// How far back a request's clock may be, and how far ahead.
const BACK: Duration = Duration::from_secs(5 * 60);
const AHEAD: Duration = Duration::from_secs(60);

/// Answers a report: 201 when its record is durable, or why there is none.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    request: &Request,
    (plugin, route): (&Arc<Plugin>, &ReportRoute),
    parameters: Parameters,
    ambiguous: Option<String>,
    now: SystemTime,
) -> Response {
    let outcome = match ambiguous {
        // One signature names one subject. It is seen without a secret, so it is said before anything else.
        Some(name) => Err(Error::ambiguous(&name)),
        None => accept(inner, request, (plugin, route), &parameters, now).await,
    };
    audit(request, &parameters, &outcome);
    inner.world.meter.note(&Event::Reported { plugin: &plugin.id, outcome: word(&outcome) });
    match outcome {
        Ok(record) => created(request, &parameters, &record),
        Err(error) => refuse(&error, request),
    }
}

async fn accept(
    inner: &Arc<Inner>,
    request: &Request,
    (plugin, route): (&Arc<Plugin>, &ReportRoute),
    parameters: &Parameters,
    now: SystemTime,
) -> Result<Record, Error> {
    let param = |name| parameters.get(name).map_or("", String::as_str);
    let subject = Subject::new(param("owner"), param("repo"), param("platform"), param("branch"))
        .map_err(|part| Error::from(&records::too_long(part)))?;
    let signed = Signed::read(request)?;
    signed.check_clock(now)?;
    let is_authentic = signed.is_authentic(inner, request, &subject, &route.purpose).await?;
    if !is_authentic {
        return Err(Error::unauthorized());
    }
    let question = Question {
        kind: CallKind::Report,
        name: route.name.clone(),
        params: parameters.clone(),
        query: Parameters::new(),
        body: request.body.clone(),
    };
    let driving = run::drive(inner, plugin, &question, shelf(plugin, 0), now);
    let record = match in_time(inner, driving).await.map(|finished| finished.outcome) {
        Ok(Ok(Done::Record(record))) => record,
        Ok(Ok(_)) => return Err(Error::broken()),
        Ok(Err(failure)) => return Err(Error::from(&failure)),
        Err(broken) => return Err(Error::provider(plugin, &broken)),
    };
    if result_key(&subject, &record).len() > LONGEST_KEY {
        return Err(Error::from(&records::too_long("branch")));
    }
    let entry =
        Entry { collection: route.collection.clone(), subject, nonce: signed.nonce.to_owned(), record, arrived: now };
    let recorded = inner.world.store.record(&entry).await;
    let recorded = recorded.map_err(|fault| {
        inner.store.doubt();
        Error::from(&records::unavailable(&fault))
    })?;
    match recorded {
        Recorded::New => Ok(entry.record),
        Recorded::NonceUsed => Err(Error::nonce_used()),
        Recorded::Duplicate => Err(Error::duplicate()),
    }
}

/// The headers of a signed request, all there.
struct Signed<'a> {
    signature: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
}

impl<'a> Signed<'a> {
    fn read(request: &'a Request) -> Result<Self, Error> {
        let headers = [SIGNATURE, TIMESTAMP, NONCE].map(|name| request.header(name));
        let names = ["X-Signature", "X-Timestamp", "X-Nonce"];
        let missing: Vec<_> =
            headers.iter().zip(names).filter(|(header, _)| header.is_empty()).map(|(_, name)| name).collect();
        if !missing.is_empty() {
            return Err(Error::missing_headers(&missing));
        }
        let [signature, timestamp, nonce] = headers;
        if nonce.len() > LONGEST_NONCE || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::missing_headers(&["X-Nonce"]));
        }
        Ok(Self { signature, timestamp, nonce })
    }

    fn check_clock(&self, now: SystemTime) -> Result<(), Error> {
        let Some(timestamp) = Timestamp::parse(self.timestamp) else { return Err(Error::invalid_timestamp()) };
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let milliseconds = u128::try_from(timestamp.as_ms()).map_err(|_| Error::invalid_timestamp())?;
        if milliseconds < since(now - BACK) || milliseconds > since(now + AHEAD) {
            return Err(Error::invalid_timestamp());
        }
        Ok(())
    }

    /// Whether a secret of the repository, or else of its owner, made the signature. A signature that cannot be read, a
    /// version that is switched off and an owner nobody knows cost as much as a wrong one.
    async fn is_authentic(
        &self,
        inner: &Inner,
        request: &Request,
        subject: &Subject,
        purpose: &str,
    ) -> Result<bool, Error> {
        let Self { signature, timestamp, nonce } = self;
        let secrets = inner.world.secrets.find(subject.owner(), Some(subject.repo()), purpose).await;
        let secrets = secrets.map_err(|fault| {
            inner.secrets.doubt();
            Error::from(&records::unavailable(&fault))
        })?;
        let signature = Signature::parse(signature);
        let (is_readable, signature) = match signature {
            Some(Signature::BodyOnly(_)) if !inner.accepts_body_only => (false, Signature::Whole([0; 32])),
            Some(signature) => (true, signature),
            None => (false, Signature::Whole([0; 32])),
        };
        let whole = string_to_sign(timestamp, nonce, request.method.as_str(), &request.path, &request.body);
        let is_signed = match signature {
            Signature::Whole(_) => signature.is_by(&secrets, whole.as_bytes()),
            Signature::BodyOnly(_) => signature.is_by(&secrets, &request.body),
        };
        Ok(is_signed && is_readable)
    }
}

fn created(request: &Request, parameters: &Parameters, record: &Record) -> Response {
    #[derive(Serialize)]
    struct Created<'a> {
        test_result_id: &'a str,
        repository: String,
        timestamp: String,
    }
    let parts = ["owner", "repo", "platform", "branch"];
    let repository = parts.map(|name| parameters.get(name).map_or("", String::as_str)).join("/");
    let timestamp = record.timestamp_ms.to_string();
    let created = Created { test_result_id: &record.run_id, repository, timestamp };
    // Strings always have a JSON form.
    let body = serde_json::to_string(&created).unwrap_or_default();
    Draft::json(201, body, Caching::NoStore).respond(request)
}

/// What an attempt came to, in a word.
fn word(outcome: &Result<Record, Error>) -> &str {
    outcome.as_ref().map_or_else(|error| &*error.code, |_| "ACCEPTED")
}

/// One line for every attempt, without a signature or a secret.
fn audit(request: &Request, parameters: &Parameters, outcome: &Result<Record, Error>) {
    let param = |name| parameters.get(name).map_or("", String::as_str);
    tracing::info!(
        outcome = word(outcome),
        owner = param("owner"),
        repo = param("repo"),
        source = request.source,
        correlation_id = request.correlation_id,
        "report"
    );
}
