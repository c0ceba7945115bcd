//! States in DynamoDB: a change is one conditional put; with an outbox row, a transaction of two.
//!
//! | attribute | what |
//! |---|---|
//! | `PK`, `SK` | the collection and the repository; the part and the branch |
//! | `Seq` | the sequence, as a text that sorts as sequences do |
//! | `Fields` | the fields, as JSON text |
//! | `Written` | when it was written, in RFC 3339 |
//! | `TTL` | the expiry in seconds since 1970, only of a state with a life |

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{
    MOST_STATES, Row, States, Subject, escape, read_sequence, read_state_key, sequence_text, state_key, state_partition,
};
use badgesmith_host::unix_time::{unix_milliseconds, unix_seconds};
use badgesmith_provider::{FoundState, State, Timestamp};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    event_rows,
    item::{self, Item, expires, number, text},
    item_calls::{self, Put},
    lists::Listed,
    transaction::{self, transact},
};

/// The size of a page of a query.
const PAGE_SIZE: i32 = 256;

/// The condition for writing a state: there is no state yet, or an older or an expired one.
const IS_NEWER: &str = "attribute_not_exists(PK) OR Seq < :seq OR #TTL <= :now";

/// A state that is to be written, with the outbox row that announces it.
pub(crate) struct NewState<'a> {
    pub(crate) state: &'a State,
    pub(crate) subject: &'a Subject,
    pub(crate) now: SystemTime,
    pub(crate) outbox: Option<&'a Row>,
}

/// Writes a state, unless the stored one has the same or a greater sequence, and lists its subject.
pub(crate) async fn put_state(aws: &AwsClients, listed: &Listed, new: &NewState<'_>) -> Result<bool, AwsError> {
    let NewState { state, subject, now, outbox } = *new;
    let is_listed = state.life_seconds.is_none();
    let written = match outbox {
        Some(outbox) => put_told(aws, new, outbox).await?,
        None => put_alone(aws, new).await?,
    };
    let Put::Refused { is_retried } = written else {
        if is_listed {
            listed.list_state(aws, &state.collection, subject, now).await?;
        }
        return Ok(true);
    };
    // The stored state may be this very one: written by an attempt whose response was lost, or by a process that ended
    // before it had listed the subject.
    let present = find(aws, &query_of(state, subject), unix_seconds(now)).await?;
    let Some(present) = present.first().filter(|present| present.sequence == state.sequence) else { return Ok(false) };
    if is_listed {
        let written = Duration::from_millis(u64::try_from(present.written_ms).unwrap_or_default());
        listed.list_state(aws, &state.collection, subject, SystemTime::UNIX_EPOCH + written).await?;
    }
    Ok(is_retried && present.written_ms == unix_milliseconds(now) && present.fields == state.fields)
}

async fn put_alone(aws: &AwsClients, new: &NewState<'_>) -> Result<Put, AwsError> {
    let put = aws.dynamodb().await.put_item().table_name(&aws.tables().results);
    let put = put
        .set_item(Some(of_state(new.state, new.subject, new.now)))
        .condition_expression(IS_NEWER)
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":seq", text(sequence_text(&new.state.sequence)))
        .expression_attribute_values(":now", number(unix_seconds(new.now)));
    item_calls::put(put, aws.deadline(), "writing a state").await
}

/// Writes a state and its outbox row in one transaction. All attempts share an idempotency token, so repeating an
/// attempt whose response was lost succeeds. A refusal therefore never means that an earlier attempt succeeded.
async fn put_told(aws: &AwsClients, new: &NewState<'_>, outbox: &Row) -> Result<Put, AwsError> {
    let put = transaction::put(&aws.tables().results, of_state(new.state, new.subject, new.now))
        .condition_expression(IS_NEWER)
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":seq", text(sequence_text(&new.state.sequence)))
        .expression_attribute_values(":now", number(unix_seconds(new.now)));
    let writes = vec![transaction::write(put)?, event_rows::outbox(aws, outbox)?];
    let is_written = transact(aws, "writing a state", writes).await?.is_empty();
    Ok(if is_written { Put::Written } else { Put::Refused { is_retried: false } })
}

fn query_of(state: &State, subject: &Subject) -> States {
    States {
        collection: state.collection.clone(),
        owner: subject.owner().to_owned(),
        repo: subject.repo().to_owned(),
        platform: Some(subject.platform().to_owned()),
        branch: Some(subject.branch().to_owned()),
    }
}

fn of_state(state: &State, subject: &Subject, now: SystemTime) -> Item {
    let life = state.life_seconds.map(|seconds| unix_seconds(now).saturating_add(seconds.into()));
    // Serializing a JSON map does not fail.
    let fields = serde_json::to_string(&state.fields).unwrap_or_default();
    let mut item = Item::from([
        ("PK".to_owned(), text(state_partition(&state.collection, subject.owner(), subject.repo()))),
        ("SK".to_owned(), text(state_key(subject.platform(), subject.branch()))),
        ("Seq".to_owned(), text(sequence_text(&state.sequence))),
        ("Fields".to_owned(), text(fields)),
        ("Written".to_owned(), text(Timestamp::nearest(unix_milliseconds(now)).to_string())),
    ]);
    if let Some(expires) = life {
        item.insert("TTL".to_owned(), number(expires));
    }
    item::put_version(&mut item);
    item
}

/// The state of an item; `None` if the item is not a state in a form that this version knows.
pub(crate) fn state(item: &Item) -> Option<FoundState> {
    if !item::is_known_version(item) {
        return None;
    }
    let (platform, branch) = read_state_key(item::read(item, "SK")?)?;
    Some(FoundState {
        platform,
        branch,
        sequence: read_sequence(item::read(item, "Seq")?)?,
        fields: serde_json::from_str(item::read(item, "Fields")?).ok()?,
        written_ms: Timestamp::parse(item::read(item, "Written")?)?.as_ms(),
    })
}

/// The states that a query names, ordered by their keys, at most [`MOST_STATES`].
pub(crate) async fn find(aws: &AwsClients, states: &States, now: u64) -> Result<Vec<FoundState>, AwsError> {
    let States { collection, owner, repo, platform, branch } = states;
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results).consistent_read(true);
    let query = query.expression_attribute_values(":pk", text(state_partition(collection, owner, repo)));
    let query = match (platform, branch) {
        (None, _) => query.key_condition_expression("PK = :pk"),
        (Some(platform), None) => query
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":prefix", text(format!("{}#", escape(platform)))),
        (Some(platform), Some(branch)) => query
            .key_condition_expression("PK = :pk AND SK = :sk")
            .expression_attribute_values(":sk", text(state_key(platform, branch))),
    };
    let deadline = aws.deadline();
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let query = query.clone().limit(PAGE_SIZE).set_exclusive_start_key(start);
        let page = item_calls::page(query, deadline, "reading states").await?;
        // DynamoDB deletes expired items with a delay.
        for item in page.items().iter().filter(|item| expires(item) > now) {
            let damaged = || AwsError::DamagedItem { key: item::read(item, "SK").unwrap_or_default().to_owned() };
            found.push(state(item).ok_or_else(damaged)?);
            if found.len() == MOST_STATES {
                return Ok(found);
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(found);
        }
    }
}
