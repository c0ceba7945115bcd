//! Records in DynamoDB: a report or a delivery is one transaction, and a badge one consistent query.

use std::time::SystemTime;

use aws_sdk_dynamodb::types::TransactWriteItem;
use badgesmith_engine::store::{
    DELIVERY_LIFE, Delivery, Entry, Nonce, Recorded, Span, Subject, SubjectRecord, delivery_partition, nonce_partition,
    partition, result_prefix, result_range, run_key,
};
use badgesmith_host::unix_time::unix_seconds;
use badgesmith_provider::Record;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    event_rows,
    item::{self, PlacedRecord, claim, expires, number, text},
    item_calls, lists,
    transaction::{put, transact, unless_claimed, write},
};

/// The page size of a query from its second page on.
const PAGE_SIZE: i32 = 100;

/// Claims the nonce and the run, writes the record and its outbox row and lists its subject, in one transaction.
pub(crate) async fn record(aws: &AwsClients, entry: &Entry) -> Result<Recorded, AwsError> {
    let placed = PlacedRecord::of(entry);
    let arrived = unix_seconds(entry.arrived);
    let nonces = nonce_partition(&entry.collection, &entry.subject);
    let nonce = claim(nonces, &entry.nonce.value, unix_seconds(entry.nonce.expiry(entry.arrived)));
    let nonce = write(unless_claimed(&aws.tables().nonces, nonce, arrived))?;
    let mut writes = Vec::from(writes_of(aws, &placed, entry.arrived)?);
    let place = if entry.nonce.is_after_run { writes.len() } else { 0 };
    writes.insert(place, nonce);
    writes.extend(lists::listing(aws, placed.collection, placed.subject, entry.arrived)?);
    writes.extend(placed.outbox.map(|row| event_rows::outbox(aws, row)).transpose()?);
    let failed = transact(aws, "recording", writes).await?;
    // The first reason decides.
    Ok(match failed.iter().position(|is_failed| *is_failed) {
        None => Recorded::New,
        Some(first) if first == place => Recorded::NonceUsed,
        Some(_) => Recorded::Duplicate,
    })
}

/// Claims a nonce without writing a record. The claim contains a random text, by which a retry recognizes the claim of
/// an earlier attempt whose answer was lost.
pub(crate) async fn claim_nonce(
    aws: &AwsClients,
    collection: &str,
    subject: &Subject,
    nonce: &Nonce,
    now: SystemTime,
) -> Result<bool, AwsError> {
    let mut item = claim(nonce_partition(collection, subject), &nonce.value, unix_seconds(nonce.expiry(now)));
    let claimant = text(format!("{:032x}", fastrand::u128(..)));
    item.insert("Claimant".to_owned(), claimant.clone());
    let put = aws.dynamodb().await.put_item().table_name(&aws.tables().nonces).set_item(Some(item));
    let put = put
        .condition_expression("attribute_not_exists(PK) OR #TTL <= :now OR Claimant = :claimant")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":claimant", claimant)
        .expression_attribute_values(":now", number(unix_seconds(now)));
    let written = item_calls::put(put, aws.deadline(), "claiming a nonce").await?;
    Ok(written == item_calls::Put::Written)
}

/// Claims the delivery's id and the runs of its records and writes them, in one transaction. If runs are claimed
/// already, another transaction is made without them. Returns `false` if the id is claimed already.
pub(crate) async fn deliver(aws: &AwsClients, delivery: &Delivery) -> Result<bool, AwsError> {
    let Delivery { scheme, owner, id, records, arrived } = delivery;
    let seconds = unix_seconds(*arrived);
    let mut records = without_repetitions(records);
    loop {
        let delivered = claim(delivery_partition(scheme, owner), id, seconds + DELIVERY_LIFE.as_secs());
        let mut writes = vec![write(unless_claimed(&aws.tables().nonces, delivered, seconds))?];
        for placed in &records {
            writes.extend(writes_of(aws, placed, *arrived)?);
        }
        // One transaction cannot write an item twice.
        let mut listed = Vec::new();
        for PlacedRecord { collection, subject, .. } in &records {
            if !listed.contains(&(collection, subject)) {
                listed.push((collection, subject));
                writes.extend(lists::listing(aws, collection, subject, *arrived)?);
            }
        }
        for outbox in records.iter().filter_map(|placed| placed.outbox) {
            writes.push(event_rows::outbox(aws, outbox)?);
        }
        let failed = transact(aws, "recording a delivery", writes).await?;
        let Some((is_known, failed)) = failed.split_first() else { return Ok(true) };
        if *is_known {
            return Ok(false);
        }
        // The list begins with two writes for each record, of which the first one claims the record's run.
        let is_free = failed.chunks(2).map(|writes| writes.first() != Some(&true));
        let free: Vec<_> =
            records.iter().zip(is_free).filter(|(_, is_free)| *is_free).map(|(record, _)| *record).collect();
        if free.len() == records.len() {
            let cause = "a condition failed that no record has".to_owned();
            return Err(AwsError::Call { operation: "recording a delivery", cause, is_transient: false });
        }
        records = free;
    }
}

/// The records of a delivery; of several records of one run only the first.
fn without_repetitions(records: &[SubjectRecord]) -> Vec<PlacedRecord<'_>> {
    let mut placed: Vec<PlacedRecord<'_>> = Vec::new();
    for SubjectRecord { collection, subject, record, outbox } in records {
        let run = |placed: &PlacedRecord<'_>| {
            (partition(placed.collection, placed.subject), run_key(placed.subject, placed.record))
        };
        let new = PlacedRecord { collection, subject, record, outbox: outbox.as_ref() };
        if !placed.iter().any(|placed| run(placed) == run(&new)) {
            placed.push(new);
        }
    }
    placed
}

/// The claim of a record's run, and the record.
fn writes_of(
    aws: &AwsClients,
    placed: &PlacedRecord<'_>,
    arrived: SystemTime,
) -> Result<[TransactWriteItem; 2], AwsError> {
    let (table, arrived) = (&aws.tables().results, unix_seconds(arrived));
    let run = unless_claimed(table, item::of_run(placed, arrived), arrived);
    Ok([write(run)?, write(put(table, item::of_record(placed, arrived)))?])
}

/// The records of a subject, newest first.
pub(crate) async fn history(
    aws: &AwsClients,
    collection: &str,
    subject: &Subject,
    span: &Span,
    now: u64,
) -> Result<Vec<Record>, AwsError> {
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results);
    let query = query.consistent_read(true).scan_index_forward(false);
    let query = query.expression_attribute_values(":pk", text(partition(collection, subject)));
    let (from, to) = result_range(subject, span);
    if from >= to {
        return Ok(Vec::new());
    }
    let query = if span.since_ms.is_none() && span.before.is_none() {
        query
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":prefix", text(result_prefix(subject)))
    } else {
        query
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(&to))
    };
    let deadline = aws.deadline();
    // BETWEEN includes its end, which is the record before the wanted ones and not one of them.
    let wanted = span.last + usize::from(span.before.is_some());
    let mut limit = i32::try_from(wanted).unwrap_or(i32::MAX);
    let (mut records, mut start) = (Vec::new(), None);
    loop {
        let query = query.clone().limit(limit).set_exclusive_start_key(start);
        let page = item_calls::page(query, deadline, "reading results").await?;
        // DynamoDB deletes expired items with a delay.
        let is_wanted = |item: &&item::Item| expires(item) > now && item::read(item, "SK") != Some(&to);
        for item in page.items().iter().filter(is_wanted) {
            // Skipping a damaged record would show an older result as the current one.
            let record = item::record(item)
                .ok_or_else(|| AwsError::DamagedItem { key: item::read(item, "SK").unwrap_or_default().to_owned() })?;
            records.push(record);
            if records.len() == span.last {
                return Ok(records);
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(records);
        }
        limit = PAGE_SIZE.max(limit);
    }
}
