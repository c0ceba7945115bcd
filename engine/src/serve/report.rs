//! A signed report, or one with a build's token, becomes a record.
//!
//! Checked in this order: sizes, headers, clock, signature or token, body. Then one transaction claims the nonce, claims
//! the run and writes the record. The order matters: a request that is not authentic claims nothing, and its response
//! tells nothing that needs a secret. 201 is sent when the record is durable.

mod evidence;
mod name_holder;
mod signed_headers;

use badgesmith_provider::Record;
use serde::Serialize;

use self::evidence::Evidence;
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
    store::{Entry, LONGEST_KEY, Recorded, Subject, result_key},
    target::ReportTarget,
};

/// What the audit log says of a proof, as far as it was read.
#[derive(Debug)]
struct ProofLine {
    /// `signature`, `token`, or `none`.
    kind: &'static str,
    /// The host of the issuer of a token that was verified, or else empty.
    issuer: String,
}

/// Answers a report: 201 when its record is durable.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>, target: &ReportTarget<'_>) -> Result<Answer, Error> {
    let mut line = ProofLine { kind: "none", issuer: String::new() };
    let outcome = match &target.ambiguous {
        // A signature must be valid for one subject only. This needs no secret, so it is checked first.
        Some(name) => Err(Error::ambiguous(name)),
        None => accept(parts, incoming, target, &mut line).await,
    };
    audit(incoming.request, &target.call.params, &line, &outcome);
    parts.world.meter.note(&Event::Reported { plugin: &target.plugin.id, proof: line.kind, outcome: word(&outcome) });
    outcome.map(|record| created(&target.call.params, &record))
}

async fn accept(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &ReportTarget<'_>,
    line: &mut ProofLine,
) -> Result<Record, Error> {
    let Incoming { request, now, .. } = *incoming;
    let ReportTarget { plugin, route, call, .. } = target;
    let param = |name| call.params.get(name).map_or("", String::as_str);
    let subject = Subject::new(param("owner"), param("repo"), param("platform"), param("branch"))
        .map_err(|part| Error::from(&too_long(part)))?;
    let evidence = Evidence::read(request)?;
    line.kind = evidence.name();
    let proven = evidence.verify(parts, request, target, &subject, now).await?;
    line.issuer = proven.issuer_host();
    let holder = match proven.token() {
        Some(proof) => Some((proof, name_holder::check(parts, &subject, proof, now).await?)),
        None => None,
    };
    let outcome = parts.caller.run_in_time::<Record>(call, now).await.map_err(|broken| {
        broken.log(&plugin.id);
        Error::from(&broken)
    })?;
    let record = outcome.result.map_err(|failure| Error::from(&failure))?;
    proven.check(&record)?;
    if result_key(&subject, &record).len() > LONGEST_KEY {
        return Err(Error::from(&too_long("branch")));
    }
    if let Some((proof, holder)) = holder {
        holder.remember(parts, &subject, proof, now).await?;
    }
    let outbox = parts.outbox.of_report(&route.collection, &subject, &record, now, &request.correlation_id);
    let collection = route.collection.clone();
    let entry = Entry { collection, subject, nonce: proven.nonce(), record, arrived: now, outbox };
    let recorded = parts.world.store.record(&entry).await.map_err(|fault| {
        parts.store.invalidate();
        Error::from(&unavailable(&fault))
    })?;
    match recorded {
        Recorded::New => {
            parts.outbox.ring();
            parts.feed.tell(&Change { collection: entry.collection, subject: entry.subject });
            Ok(entry.record)
        }
        Recorded::NonceUsed if proven.token().is_some() => Err(Error::token_used()),
        Recorded::NonceUsed => Err(Error::nonce_used()),
        Recorded::Duplicate => Err(Error::duplicate()),
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

/// Writes the audit log: one line for every report, without its signature, its token or a secret.
fn audit(request: &Request, parameters: &Parameters, line: &ProofLine, outcome: &Result<Record, Error>) {
    let param = |name| parameters.get(name).map_or("", String::as_str);
    tracing::info!(
        outcome = word(outcome),
        proof = line.kind,
        issuer = line.issuer,
        owner = param("owner"),
        repo = param("repo"),
        source = request.source,
        correlation_id = request.correlation_id,
        "report"
    );
}
