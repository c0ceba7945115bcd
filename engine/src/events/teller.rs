//! Processes ("tells") a row of the outbox: makes its events and puts them into the queues of their receivers, in one
//! transaction.
//!
//! The transaction deletes the row, moves the subject's cursor, and writes a row for each subscription that wants an
//! event. So even if the process crashes, each happening is processed exactly once, and its events have stable numbers
//! and ids.

use std::time::SystemTime;

use badgesmith_provider::fold;
use serde_json::{Map, Value};

use super::{
    cursor::Cursor,
    event::{Event, EventName},
    happening::{Cause, Happening},
    queued::QueuedEvent,
    rows::{ENDED, QUEUE_LIFE, queue_key, queue_partition},
    subject_badge::{SubjectBadge, subject_badge},
    subscription::Subscription,
};
use crate::{
    call::visibility,
    meter,
    parts::Parts,
    plugins::is_granted,
    store::{Row, RowChange, RowIs, Unavailable, VISIBILITY},
};

/// The collections whose records and states have events of their own.
const WORKFLOWS: &str = "workflow";
const REPOSITORIES: &str = "repository";
/// The suffix of the id of an event `badge.changed`; the part before it is the id of the happening that changed the
/// badge.
const BADGE: &str = "_badge";
/// How often a transaction is tried if other processes move the cursor at the same time.
const TRIES: usize = 4;
/// The most ended subscriptions that are read.
const MOST_ENDED: usize = 1000;

/// The outcome of processing a row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Its events were put into queues; this is the number of new queue rows.
    Told(usize),
    /// Another process has processed the row.
    Gone,
}

/// Makes the events of one row of the outbox, and puts them into the queues.
///
/// # Errors
/// [`Unavailable`] if the store cannot be read or written: then the row is processed again later.
pub(crate) async fn tell(
    parts: &Parts,
    subscriptions: &[Subscription],
    row: &Row,
    now: SystemTime,
) -> Result<Telling, Unavailable> {
    let store = &*parts.world.store;
    let done = RowChange::Delete(row.partition.clone(), row.key.clone(), RowIs::Present);
    let Some(happening) = Happening::read(row) else {
        tracing::error!(partition = row.partition, key = row.key, "a row of the outbox is damaged and is left out");
        return Ok(if store.change_rows(&[done], now).await? { Telling::Told(0) } else { Telling::Gone });
    };
    for _ in 0..TRIES {
        let cursor = Cursor::read(store, &happening.subject, now).await?;
        let (cursor, events) = events(parts, &happening, cursor, now).await?;
        let mut changes = vec![done.clone()];
        if !events.is_empty() {
            changes.push(cursor.moved(&happening.subject, now));
            changes.extend(queue_rows(parts, subscriptions, &happening, &events, now).await?);
        }
        if store.change_rows(&changes, now).await? {
            let told = changes.len().saturating_sub(2);
            events.iter().for_each(|event| parts.world.meter.note(&meter::Event::Told { event: event.name.name() }));
            return Ok(Telling::Told(told));
        }
        if super::rows::row(store, &row.partition, &row.key, now).await?.is_none() {
            return Ok(Telling::Gone);
        }
    }
    Err(Unavailable("others change the same subject all the time".to_owned()))
}

/// The events of a happening, and the cursor after them.
async fn events(
    parts: &Parts,
    happening: &Happening,
    mut cursor: Cursor,
    now: SystemTime,
) -> Result<(Cursor, Vec<Event>), Unavailable> {
    let Happening { id, cause, time, subject, data, correlation_id } = happening;
    let before = cursor.badge.clone();
    let (after, is_changed) = match subject_badge(parts, subject, now).await? {
        SubjectBadge::Words(words) => {
            let is_changed = before.as_ref() != Some(&words);
            (Some(words), is_changed)
        }
        // A badge that cannot be made now counts as unchanged.
        SubjectBadge::None | SubjectBadge::Unknown => (before.clone(), false),
    };
    let mut named = Vec::new();
    match (cause, &*subject.collection) {
        (Cause::Report, _) => named.push((EventName::ResultRecorded, id.clone(), data.clone())),
        (Cause::Delivery, WORKFLOWS) => named.push((EventName::WorkflowCompleted, id.clone(), data.clone())),
        (Cause::State, REPOSITORIES | VISIBILITY) if cursor.fields != *data => {
            named.push((EventName::RepositoryChanged, id.clone(), data.clone()));
            cursor.fields = data.clone();
        }
        _ => {}
    }
    if is_changed {
        named.push((EventName::BadgeChanged, format!("{id}{BADGE}"), Map::new()));
        cursor.badge.clone_from(&after);
    }
    let mut events = Vec::with_capacity(named.len());
    for (name, id, data) in named {
        cursor.sequence += 1;
        events.push(Event {
            id,
            name,
            timestamp: *time,
            sequence: cursor.sequence,
            subject: subject.clone(),
            before: before.clone(),
            after: after.clone(),
            data,
            correlation_id: correlation_id.clone(),
        });
    }
    Ok((cursor, events))
}

/// The queue rows for the subscriptions that want these events, without subscriptions that were ended by their
/// receivers.
async fn queue_rows(
    parts: &Parts,
    subscriptions: &[Subscription],
    happening: &Happening,
    events: &[Event],
    now: SystemTime,
) -> Result<Vec<RowChange>, Unavailable> {
    let store = &*parts.world.store;
    let is_public = is_public(parts, happening, now).await?;
    let mut rows = Vec::new();
    let mut ended: Option<Vec<String>> = None;
    for subscription in subscriptions {
        for event in events.iter().filter(|event| subscription.wants(event, is_public)) {
            if ended.is_none() {
                let found = store.rows(ENDED, "", MOST_ENDED, now).await?;
                ended = Some(found.into_iter().map(|row| row.key).collect());
            }
            if ended.iter().flatten().any(|name| *name == subscription.name) {
                continue;
            }
            let queued = QueuedEvent::new(event.clone());
            rows.push(RowChange::Put(
                Row {
                    partition: queue_partition(&subscription.name),
                    key: queue_key(now, event),
                    value: queued.write(),
                    expires: now + QUEUE_LIFE,
                },
                RowIs::Any,
            ));
        }
    }
    Ok(rows)
}

/// Whether a happening may be sent to subscriptions that do not name its repository. The badge of a report is shown to
/// everybody, so its repository counts as public unless it is known to be private. The repository of a delivery counts
/// as public only if it is known to be.
async fn is_public(parts: &Parts, happening: &Happening, now: SystemTime) -> Result<bool, Unavailable> {
    let subject = &happening.subject;
    if is_granted(&parts.caller.private, &format!("{}/{}", fold(&subject.owner), fold(&subject.repo))) {
        return Ok(true);
    }
    if let (VISIBILITY, Some(Value::Bool(is_public))) =
        (&*subject.collection, happening.data.get(crate::visibility_state::PUBLIC))
    {
        return Ok(*is_public);
    }
    let known = visibility::known(&*parts.world.store, &subject.owner, &subject.repo, now).await?;
    Ok(known.unwrap_or(happening.cause == Cause::Report))
}
