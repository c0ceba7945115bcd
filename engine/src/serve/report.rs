//! Turns a report that has a signature or a build's token into a record.
//!
//! A report is checked in this order: sizes, headers, timestamp, signature or token, the rate limit of its owner, body.
//! Then one transaction claims the nonce, claims the run and writes the record. The order matters: a request that is
//! not authentic writes nothing, and its response reveals nothing that only the holder of a secret may know. 201 is
//! sent when the record is durable. If reports are recorded from a queue, the nonce is claimed in a separate write, and
//! 202 is sent when the queue has the report.

mod evidence;
mod name_holder;
mod queued;
mod recording;
mod signed_headers;

use badgesmith_provider::Record;
use serde::Serialize;

use self::evidence::Evidence;
pub(crate) use self::queued::record_queued;
use crate::{
    answer::Answer,
    caching::Caching,
    call::records::{too_long, unavailable},
    error::Error,
    meter::Event,
    parts::Parts,
    plugins::Ingest,
    report_limit::LimitedParty,
    request::{Incoming, Request},
    route::Parameters,
    store::{Entry, LONGEST_KEY, Recorded, Subject, result_key},
    target::ReportTarget,
};

/// The fields of the audit log for a proof, as far as the proof was read.
#[derive(Debug)]
struct ProofLine {
    /// `signature`, `token`, or `none`.
    kind: &'static str,
    /// The host of the issuer of a verified token; otherwise empty.
    issuer: String,
}

/// A report that was accepted.
struct Accepted {
    record: Record,
    /// Whether the report is recorded later, from the queue.
    is_queued: bool,
}

/// Answers a report: 201 when its record is durable, 202 when the queue has it.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>, target: &ReportTarget<'_>) -> Result<Answer, Error> {
    let mut line = ProofLine { kind: "none", issuer: String::new() };
    let outcome = match &target.ambiguous {
        // A signature must be valid for one subject only. This needs no secret, so it is checked first.
        Some(name) => Err(Error::ambiguous(name)),
        None => accept(parts, incoming, target, &mut line).await,
    };
    audit(incoming.request, &target.call.params, &line, &outcome);
    parts.world.meter.note(&Event::Reported { plugin: &target.plugin.id, proof: line.kind, outcome: word(&outcome) });
    outcome.map(|accepted| created(&target.call.params, &accepted))
}

async fn accept(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &ReportTarget<'_>,
    line: &mut ProofLine,
) -> Result<Accepted, Error> {
    let Incoming { request, now, .. } = *incoming;
    let ReportTarget { plugin, route, call, .. } = target;
    let param = |name| call.params.get(name).map_or("", String::as_str);
    let subject = Subject::new(param("owner"), param("repo"), param("platform"), param("branch"))
        .map_err(|part| Error::from(&too_long(part)))?;
    let evidence = Evidence::read(request)?;
    line.kind = evidence.name();
    // The plugin's library is opened while the secret is being looked up.
    parts.caller.open_ahead(plugin);
    let proven = evidence.verify(parts, request, target, &subject, now).await?;
    line.issuer = proven.issuer_host();
    let holder = match proven.token() {
        Some(proof) => Some((proof, name_holder::check(parts, &subject, proof, now).await?)),
        None => None,
    };
    admit(parts, subject.owner())?;
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
    let mut entry = Entry {
        collection: route.collection.clone(),
        subject,
        nonce: proven.nonce(),
        record,
        arrived: now,
        outbox: None,
    };
    if parts.ingest == Ingest::Queue {
        queued::enqueue(parts, &entry, &request.correlation_id).await?;
        return Ok(Accepted { record: entry.record, is_queued: true });
    }
    let recorded = recording::record(parts, &mut entry, &request.correlation_id, now).await;
    match recorded.map_err(|fault| Error::from(&unavailable(&fault)))? {
        Recorded::New => Ok(Accepted { record: entry.record, is_queued: false }),
        Recorded::NonceUsed if proven.token().is_some() => Err(Error::token_used()),
        Recorded::NonceUsed => Err(Error::nonce_used()),
        Recorded::Duplicate => Err(Error::duplicate()),
    }
}

/// Counts a report of this owner.
fn admit(parts: &Parts, owner: &str) -> Result<(), Error> {
    let Some(limit) = &parts.report_limit else { return Ok(()) };
    limit.admit(owner, parts.world.executor.clock()).map_err(|retry_after| {
        parts.world.meter.note(&Event::RateLimited { limit: LimitedParty::Owner });
        Error::over_rate(LimitedParty::Owner, retry_after)
    })
}

fn created(parameters: &Parameters, accepted: &Accepted) -> Answer {
    #[derive(Serialize)]
    struct Created<'a> {
        test_result_id: &'a str,
        repository: String,
        timestamp: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'static str>,
    }
    let Accepted { record, is_queued } = accepted;
    let parts = ["owner", "repo", "platform", "branch"];
    let repository = parts.map(|name| parameters.get(name).map_or("", String::as_str)).join("/");
    let timestamp = record.timestamp_ms.to_string();
    let status = is_queued.then_some("queued");
    let created = Created { test_result_id: &record.run_id, repository, timestamp, status };
    // Strings always have a JSON form.
    let body = serde_json::to_string(&created).unwrap_or_default();
    Answer::json(if *is_queued { 202 } else { 201 }, body, Caching::NoStore)
}

/// The outcome of a report for the log and the metrics: `ACCEPTED`, `QUEUED`, or the code of its error.
fn word(outcome: &Result<Accepted, Error>) -> &str {
    match outcome {
        Ok(Accepted { is_queued: true, .. }) => "QUEUED",
        Ok(_) => "ACCEPTED",
        Err(error) => &error.code,
    }
}

/// Writes the audit log: one line for every report, without its signature, its token or a secret.
fn audit(request: &Request, parameters: &Parameters, line: &ProofLine, outcome: &Result<Accepted, Error>) {
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
