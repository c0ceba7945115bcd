//! Turns a signed webhook delivery into records, states, and marks that invalidate cached answers.
//!
//! A delivery is checked in this order: size, headers, signature, payload, the owner of the payload. Then the provider
//! converts it, and the result is checked. States are written first, each in its own transaction, and only if they are
//! newer; then one transaction claims the delivery and writes the records. If the process ends in between, a redelivery
//! leads to the same result. A request that is not authentic writes nothing, and its response reveals nothing that only
//! the holder of a secret may know.

mod payload;
mod told;

use std::time::{Duration, SystemTime};

use badgesmith_provider::{Delivered, fold};
use futures_util::future::join_all;
use http::{HeaderName, header};
use serde::Serialize;
use tokio::sync::oneshot;

use self::{
    payload::{Payload, Repository},
    told::Told,
};
use crate::{
    answer::Answer,
    caching::Caching,
    call::{
        provider_call::ProviderCall,
        records::{too_long, unavailable},
        visibility,
    },
    error::Error,
    events::Cause,
    feed::Change,
    fetch::marks,
    meter::Event,
    parts::Parts,
    plugins::is_granted,
    request::{Incoming, Request},
    route::Parameters,
    signature::Signature,
    store::{Delivery, LONGEST_NAME, SubjectRecord, Unavailable},
    target::HookTarget,
    visibility_state::visibility_state,
    world::{SERVER, Secret},
};

/// The headers of a delivery.
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
const EVENT: HeaderName = HeaderName::from_static("x-github-event");
const DELIVERY: HeaderName = HeaderName::from_static("x-github-delivery");
/// The longest name of an event and the longest id of a delivery, in bytes.
const LONGEST_HEADER: usize = 128;
/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";
/// The scheme in the keys of claimed deliveries.
const SCHEME: &str = "github";
/// The event that GitHub sends when a webhook is created.
const PING: &str = "ping";
/// The event of a repository that was renamed.
const REPOSITORY: &str = "repository";
/// How far a payload's times may be ahead of the server's clock. A later time is reduced to this limit: otherwise a
/// payload with a wrong time, far in the future, would count as newer than all later ones.
const MOST_AHEAD: Duration = Duration::from_secs(60);
/// Up to this size, in bytes, a delivery is verified on the thread of the request, and a larger one on a worker thread.
const SMALL: usize = 16 * 1024;
/// How many states are written at once.
const WRITES: usize = 8;
/// The events that metrics count by name.
const EVENTS: [&str; 15] = [
    PING,
    "check_run",
    "check_suite",
    "create",
    "delete",
    "package",
    "public",
    "push",
    "registry_package",
    "release",
    "repository",
    "status",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
];

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Recorded,
    Duplicate,
    Ignored,
    Pong,
}

/// The fields of the audit log for a delivery, as far as the delivery was read.
#[derive(Debug, Default)]
struct DeliveryLine {
    owner: String,
    /// Empty if the repository is private.
    repo: String,
}

/// Answers a delivery: 200 once its records and states are durable.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>, target: &HookTarget<'_>) -> Result<Answer, Error> {
    let mut line = DeliveryLine::default();
    let outcome = take(parts, incoming, target, &mut line).await;
    let word = outcome.as_ref().map_or_else(|error| &*error.code, |outcome| outcome.word());
    let request = incoming.request;
    tracing::info!(
        outcome = word,
        event = header(request, EVENT),
        delivery = header(request, DELIVERY),
        owner = line.owner,
        repo = line.repo,
        source = request.source,
        correlation_id = request.correlation_id,
        "delivery"
    );
    let event = EVENTS.into_iter().find(|event| *event == header(request, EVENT)).unwrap_or("other");
    parts.world.meter.note(&Event::Delivered { plugin: &target.plugin.id, event, outcome: word });
    outcome.map(Outcome::answer)
}

async fn take(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &HookTarget<'_>,
    line: &mut DeliveryLine,
) -> Result<Outcome, Error> {
    let Incoming { request, now, .. } = *incoming;
    let names = ["X-GitHub-Event", "X-GitHub-Delivery"];
    let missing: Vec<_> = [EVENT, DELIVERY]
        .into_iter()
        .zip(names)
        .filter(|(name, _)| header(request, name.clone()).is_empty())
        .map(|(_, name)| name)
        .collect();
    if !missing.is_empty() {
        return Err(Error::missing_headers(&missing));
    }
    let payload = authentic(parts, request, target).await?;
    line.read(parts, &payload);
    if header(request, EVENT) == PING {
        return Ok(Outcome::Pong);
    }
    let (event, repository) = (header(request, EVENT), payload.repository.as_ref());
    let call = ProviderCall::hook(target.plugin, target.route, parameters(event, repository), payload.json.clone());
    let outcome = parts.caller.run_in_time::<Delivered>(&call, now).await.map_err(|broken| {
        broken.log(&target.plugin.id);
        Error::from(&broken)
    })?;
    let delivered = outcome.result.map_err(|failure| Error::from(&failure))?;
    if delivered.ignored {
        if repository.is_some_and(|repository| repository.is_public == Some(false)) {
            // The provider ignores this event, but the payload says that the repository is private.
            write_visibility(parts, incoming, &payload).await?;
        }
        return Ok(Outcome::Ignored);
    }
    let told = Told::check(delivered, &payload, target, now + MOST_AHEAD)?;
    write(parts, incoming, target, &payload, told).await
}

impl DeliveryLine {
    /// Sets the owner and the repository for the audit log. A private repository is named only if plugins.toml grants
    /// it.
    fn read(&mut self, parts: &Parts, payload: &Payload) {
        payload.owner().clone_into(&mut self.owner);
        let Some(Repository { owner, name, is_public, .. }) = &payload.repository else { return };
        if *is_public == Some(true) || is_granted(&parts.caller.private, &format!("{owner}/{name}")) {
            name.clone_into(&mut self.repo);
        }
    }
}

/// The value of a header, if it consists of visible ASCII characters and is not too long; otherwise empty.
fn header(request: &Request, name: HeaderName) -> &str {
    let value = request.header(name);
    let is_name = value.len() <= LONGEST_HEADER && value.bytes().all(|byte| byte.is_ascii_graphic());
    if is_name { value } else { "" }
}

/// The parameters of the provider's call.
fn parameters(event: &str, repository: Option<&Repository>) -> Parameters {
    let (owner, repo) = repository.map_or(("", ""), |it| (&*it.owner, &*it.name));
    let pairs = [("event", event), ("owner", owner), ("repo", repo)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
}

/// The payload, if it was signed with a secret of the owner in the address, and is about that owner. Without an owner
/// in the address, the server's own secrets verify it.
///
/// A malformed signature and an unknown owner take as long as a wrong signature, so that timing reveals nothing. The
/// owner in the payload is compared after the signature, so that a sender without a secret learns nothing about owners.
async fn authentic(parts: &Parts, request: &Request, target: &HookTarget<'_>) -> Result<Payload, Error> {
    let secrets = &parts.world.secrets;
    let purpose = &*target.route.purpose;
    let owner = target.owner.as_deref().map(fold);
    let found = match &owner {
        Some(owner) => {
            if owner.is_empty() || owner.len() > LONGEST_NAME || owner.contains('/') {
                return Err(Error::from(&too_long("owner")));
            }
            let found = secrets.find(owner, None, purpose).await;
            // `*` in the address must not select the server's own secrets: no delivery is from an owner of that name.
            found.map(|found| if owner == SERVER { Vec::new() } else { found })
        }
        None => secrets.of_server(purpose).await,
    };
    let found = found.map_err(|fault| no_secrets(parts, &fault))?;
    let payload = open(parts, request, found).await?;
    let is_allowed = match &owner {
        Some(owner) => !payload.owners.is_empty() && payload.owners.iter().all(|named| named == owner),
        None => {
            // For an owner that has its own secret, the server's secrets are not accepted.
            let owners = payload.owners.iter().map(|owner| secrets.find(owner, None, purpose));
            let found = join_all(owners).await.into_iter().collect::<Result<Vec<_>, _>>();
            found.map_err(|fault| no_secrets(parts, &fault))?.iter().all(Vec::is_empty)
        }
    };
    if is_allowed { Ok(payload) } else { Err(Error::unauthorized_delivery()) }
}

fn no_secrets(parts: &Parts, fault: &Unavailable) -> Error {
    parts.secrets.invalidate();
    Error::from(&unavailable(fault))
}

/// Verifies the signature, and reads the payload if it is authentic. A large payload is verified on a worker thread.
async fn open(parts: &Parts, request: &Request, secrets: Vec<Secret>) -> Result<Payload, Error> {
    let signature = Signature::of_delivery(request.header(SIGNATURE));
    let media_type = request.header(header::CONTENT_TYPE);
    let is_form = media_type.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM));
    let body = request.body.clone();
    let work = move || {
        let is_signed = signature.unwrap_or(Signature::NONE).is_by(&secrets, &body);
        if !is_signed || signature.is_none() {
            return Err(Error::unauthorized_delivery());
        }
        Payload::read(&body, is_form).ok_or_else(Error::invalid_payload)
    };
    if request.body.len() <= SMALL {
        return work();
    }
    let (sender, receiver) = oneshot::channel();
    // Sending fails if the client has left.
    parts.world.executor.run(Box::new(move || drop(sender.send(work()))));
    receiver.await.unwrap_or_else(|_| Err(Error::engine_failed()))
}

/// Writes the result of a delivery: the visibility of the repository, the states, the records with the claim of the
/// delivery, and the marks.
async fn write(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &HookTarget<'_>,
    payload: &Payload,
    told: Told,
) -> Result<Outcome, Error> {
    let (store, now) = (&parts.world.store, incoming.now);
    write_visibility(parts, incoming, payload).await?;
    let Told { mut records, states, stale } = told;
    for SubjectRecord { collection, subject, record, outbox } in &mut records {
        *outbox =
            parts.outbox.of_record(Cause::Delivery, collection, subject, record, now, &incoming.request.correlation_id);
    }
    for states in states.chunks(WRITES) {
        let puts = join_all(states.iter().map(async |(state, subject)| {
            let outbox = parts.outbox.of_state(state, subject, now, &incoming.request.correlation_id);
            store.put_told_state(state, now, outbox.as_ref()).await
        }));
        for ((state, subject), is_new) in states.iter().zip(puts.await) {
            if is_new.map_err(|fault| no_store(parts, &fault))? {
                parts.outbox.ring();
                parts.feed.tell(&Change { collection: state.collection.clone(), subject: subject.clone() });
            }
        }
    }
    let owner = Some(payload.owner()).filter(|owner| !owner.is_empty()).unwrap_or(SERVER).to_owned();
    let id = header(incoming.request, DELIVERY).to_owned();
    let delivery = Delivery { scheme: SCHEME.to_owned(), owner, id, records, arrived: now };
    let is_new = store.deliver(&delivery).await.map_err(|fault| no_store(parts, &fault))?;
    // A redelivery makes its marks again: the process may have ended before it made them the first time.
    for about in stale.iter().filter_map(|about| marks::key(&target.plugin.id, about)) {
        parts.caller.upstreams.marks.note(&about, now);
        store.mark_stale(&about, now).await.map_err(|fault| no_store(parts, &fault))?;
    }
    if !is_new {
        return Ok(Outcome::Duplicate);
    }
    parts.outbox.ring();
    for SubjectRecord { collection, subject, .. } in delivery.records {
        parts.feed.tell(&Change { collection, subject });
    }
    Ok(Outcome::Recorded)
}

/// Writes whether the repository is public, if the payload says so. If the repository was renamed, its former name is
/// written as private.
async fn write_visibility(parts: &Parts, incoming: &Incoming<'_>, payload: &Payload) -> Result<(), Error> {
    let Some(Repository { owner, name, is_public: Some(is_public), changed }) = &payload.repository else {
        return Ok(());
    };
    let seconds = (*changed).min(seconds(incoming.now + MOST_AHEAD));
    let former = if header(incoming.request, EVENT) == REPOSITORY { payload.former_name() } else { None };
    // No later payload has the former name, so nothing would ever correct its visibility: it counts as private.
    let told = [(former.as_ref(), false), (Some(name), *is_public)];
    for (name, is_public) in told.into_iter().filter_map(|(name, is_public)| Some((name?, is_public))) {
        // A name that is too long for a key cannot be in the store.
        let Some(subject) = visibility::subject(owner, name) else { continue };
        let state = visibility_state(owner, name, is_public, seconds);
        let outbox = parts.outbox.of_state(&state, &subject, incoming.now, &incoming.request.correlation_id);
        let is_new = parts.world.store.put_told_state(&state, incoming.now, outbox.as_ref()).await;
        if is_new.map_err(|fault| no_store(parts, &fault))? {
            parts.outbox.ring();
            // The live page must stop showing a repository that became private.
            parts.feed.tell(&Change { collection: state.collection, subject });
        }
    }
    Ok(())
}

/// A time in seconds since 1970.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn no_store(parts: &Parts, fault: &Unavailable) -> Error {
    parts.store.invalidate();
    Error::from(&unavailable(fault))
}

impl Outcome {
    /// Its name in the log and in metrics.
    const fn word(self) -> &'static str {
        match self {
            Self::Recorded => "RECORDED",
            Self::Duplicate => "DUPLICATE",
            Self::Ignored => "IGNORED",
            Self::Pong => "PONG",
        }
    }

    fn answer(self) -> Answer {
        #[derive(Serialize)]
        struct Body {
            status: String,
        }
        let status = if self == Self::Ignored { 202 } else { 200 };
        // Strings always have a JSON form.
        let body = serde_json::to_string(&Body { status: self.word().to_ascii_lowercase() }).unwrap_or_default();
        Answer::json(status, body, Caching::NoStore)
    }
}
