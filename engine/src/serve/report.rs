//! A signed report becomes a record.
//!
//! Checked in this order: sizes, headers, clock, signature, body. Then one transaction claims the nonce, claims the run
//! and writes the record. The order matters: a request that is not authentic claims nothing, and its response tells
//! nothing that needs a secret. 201 is sent when the record is durable.

use std::time::{Duration, SystemTime};

use badgesmith_provider::{Record, Timestamp};
use http::HeaderName;
use serde::Serialize;

use crate::{
    answer::Answer,
    caching::Caching,
    call::records::{too_long, unavailable},
    error::Error,
    feed::Change,
    meter::Event,
    parts::Parts,
    request::{Incoming, Request},
    route::Parameters,
    signature::{Signature, string_to_sign},
    store::{Entry, LONGEST_KEY, Recorded, Subject, result_key},
    target::ReportTarget,
    world::SERVER,
};

/// The headers of a signed request.
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-nonce");
/// The longest nonce, in bytes.
const LONGEST_NONCE: usize = 128;
/// How far behind the engine's clock a request's timestamp may be, and how far ahead of it.
const BACK: Duration = Duration::from_secs(5 * 60);
const AHEAD: Duration = Duration::from_secs(60);

/// Answers a report: 201 when its record is durable.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>, target: &ReportTarget<'_>) -> Result<Answer, Error> {
    let outcome = match &target.ambiguous {
        // A signature must be valid for one subject only. This needs no secret, so it is checked first.
        Some(name) => Err(Error::ambiguous(name)),
        None => accept(parts, incoming, target).await,
    };
    audit(incoming.request, &target.call.params, &outcome);
    parts.world.meter.note(&Event::Reported { plugin: &target.plugin.id, outcome: word(&outcome) });
    outcome.map(|record| created(&target.call.params, &record))
}

async fn accept(parts: &Parts, incoming: &Incoming<'_>, target: &ReportTarget<'_>) -> Result<Record, Error> {
    let Incoming { request, now, .. } = *incoming;
    let ReportTarget { plugin, route, call, .. } = target;
    let param = |name| call.params.get(name).map_or("", String::as_str);
    let subject = Subject::new(param("owner"), param("repo"), param("platform"), param("branch"))
        .map_err(|part| Error::from(&too_long(part)))?;
    let signed = SignedHeaders::read(request)?;
    signed.check_clock(now)?;
    if !signed.is_authentic(parts, request, &subject, &route.purpose).await? {
        return Err(Error::unauthorized());
    }
    let outcome = parts.caller.run_in_time::<Record>(call, now).await.map_err(|broken| {
        broken.log(&plugin.id);
        Error::from(&broken)
    })?;
    let record = outcome.result.map_err(|failure| Error::from(&failure))?;
    if result_key(&subject, &record).len() > LONGEST_KEY {
        return Err(Error::from(&too_long("branch")));
    }
    let entry =
        Entry { collection: route.collection.clone(), subject, nonce: signed.nonce.to_owned(), record, arrived: now };
    let recorded = parts.world.store.record(&entry).await.map_err(|fault| {
        parts.store.invalidate();
        Error::from(&unavailable(&fault))
    })?;
    match recorded {
        Recorded::New => {
            parts.feed.tell(&Change { collection: entry.collection, subject: entry.subject });
            Ok(entry.record)
        }
        Recorded::NonceUsed => Err(Error::nonce_used()),
        Recorded::Duplicate => Err(Error::duplicate()),
    }
}

/// The headers of a signed request.
struct SignedHeaders<'a> {
    signature: &'a str,
    timestamp: &'a str,
    nonce: &'a str,
}

impl<'a> SignedHeaders<'a> {
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

    /// Whether the signature was made with a secret of the repository, or else of its owner. A malformed signature, a
    /// disabled version and an unknown owner take as long as a wrong signature, so that timing tells nothing.
    async fn is_authentic(
        &self,
        parts: &Parts,
        request: &Request,
        subject: &Subject,
        purpose: &str,
    ) -> Result<bool, Error> {
        let Self { signature, timestamp, nonce } = self;
        let secrets = parts.world.secrets.find(subject.owner(), Some(subject.repo()), purpose).await;
        let mut secrets = secrets.map_err(|fault| {
            parts.secrets.invalidate();
            Error::from(&unavailable(&fault))
        })?;
        if subject.owner() == SERVER {
            // The server's own secrets verify nothing, whatever an implementation returns.
            secrets.clear();
        }
        let signature = Signature::parse(signature);
        let (is_readable, signature) = match signature {
            Some(Signature::BodyOnly(_)) if !parts.accepts_body_only => (false, Signature::Whole([0; 32])),
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

fn created(parameters: &Parameters, record: &Record) -> Answer {
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
    Answer::json(201, body, Caching::NoStore)
}

/// The outcome of a report for the log and the metrics: `ACCEPTED`, or the code of its error.
fn word(outcome: &Result<Record, Error>) -> &str {
    outcome.as_ref().map_or_else(|error| &*error.code, |_| "ACCEPTED")
}

/// Writes the audit log: one line for every report, without its signature and without a secret.
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
