//! The newest records of every part of a branch in DynamoDB.
//!
//! The branches of a part have adjacent keys in the list of subjects. A query reads one page of the list, which may
//! contain many parts. The next query begins after the last part of that page. If the page ended before the wanted
//! branch of that last part, the key of that branch is read separately afterwards, at the same time as those of other
//! parts.

use badgesmith_engine::store::{EveryPart, MOST_PARTS, Span, Subject, subjects_partition};
use badgesmith_provider::{FoundParts, PartRecords};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, expires, text},
    item_calls, records,
};

/// The size of a page: a page of short keys is read as 4 KB, the least that a read of DynamoDB costs, or little more.
const PAGE_SIZE: i32 = 100;
/// The most pages of a list that are read, one after another.
const MOST_PAGES: usize = 100;
/// How many queries are made at once.
const AT_ONCE: usize = 16;

/// The parts of a branch, each with its newest records.
pub(crate) async fn find(aws: &AwsClients, every: &EveryPart, now: u64) -> Result<FoundParts, AwsError> {
    let Listed { parts, is_cut } = list(aws, every, now).await?;
    let confirmed = stream::iter(parts).map(async |part| confirm(aws, every, part, now).await);
    let mut subjects: Vec<Subject> =
        confirmed.buffered(AT_ONCE).try_filter_map(async |part| Ok(part)).try_collect().await?;
    let further = subjects.len().saturating_sub(MOST_PARTS) + usize::from(is_cut);
    subjects.truncate(MOST_PARTS);
    let read = stream::iter(subjects).map(async |subject| {
        let span = Span { last: every.last, since_ms: None, before: None };
        let records = records::history(aws, &every.collection, &subject, &span, now).await?;
        Ok(PartRecords { platform: subject.platform().to_owned(), records: every.keep(records) })
    });
    let found = read.buffered(AT_ONCE).try_filter(|part| {
        // A list may name a part that has only states, or whose records have expired.
        let has_records = !part.records.is_empty();
        async move { has_records }
    });
    let found = found.try_collect::<Vec<_>>().await?;
    Ok(FoundParts { found, omitted: u32::try_from(further).unwrap_or(u32::MAX) })
}

/// A part that may have the branch.
struct Candidate {
    subject: Subject,
    /// Whether the branch was seen in the list.
    is_listed: bool,
}

/// The parts that were found in pages of the list.
struct Listed {
    parts: Vec<Candidate>,
    /// Whether there were more pages.
    is_cut: bool,
}

/// The parts of a collection that have the branch, and those of which no page reached that branch.
async fn list(aws: &AwsClients, every: &EveryPart, now: u64) -> Result<Listed, AwsError> {
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results).consistent_read(true);
    let (mut from, end) = every.range();
    let query = query
        .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :end")
        .projection_expression("SK, #TTL")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":pk", text(subjects_partition(every.owner())))
        .expression_attribute_values(":end", text(end))
        .limit(PAGE_SIZE);
    let deadline = aws.deadline();
    let mut listed = Listed { parts: Vec::new(), is_cut: true };
    for _ in 0..MOST_PAGES {
        let query = query.clone().expression_attribute_values(":from", text(&from));
        let page = item_calls::page(query, deadline, "reading the parts of a branch").await?;
        let last = read_page(every, page.items(), now, &mut listed.parts);
        let (Some(last), true) = (last, page.last_evaluated_key.is_some()) else {
            listed.is_cut = false;
            return Ok(listed);
        };
        from = every.after(&last.part);
        if !last.is_passed {
            listed.parts.extend(every.subject(&last.part).map(|subject| Candidate { subject, is_listed: false }));
        }
    }
    Ok(listed)
}

/// The last part of a page, and whether the page reached the key of the wanted branch of that part.
struct LastPart {
    part: String,
    is_passed: bool,
}

/// Adds the parts of a page that have the branch.
fn read_page(every: &EveryPart, page: &[Item], now: u64, parts: &mut Vec<Candidate>) -> Option<LastPart> {
    let mut last: Option<LastPart> = None;
    for item in page {
        let Some(key) = item::read(item, "SK") else { continue };
        let Some(part) = every.part(key) else { continue };
        let subject = every.subject(&part);
        let wanted = subject.as_ref().map(|subject| every.key(subject));
        // DynamoDB deletes expired items with a delay.
        if wanted.as_deref() == Some(key) && expires(item) > now {
            parts.extend(subject.map(|subject| Candidate { subject, is_listed: true }));
        }
        last = Some(LastPart { part, is_passed: wanted.is_none_or(|wanted| *key >= *wanted) });
    }
    last
}

/// The subject of a part, if its branch is listed.
async fn confirm(aws: &AwsClients, every: &EveryPart, part: Candidate, now: u64) -> Result<Option<Subject>, AwsError> {
    let Candidate { subject, is_listed } = part;
    if is_listed {
        return Ok(Some(subject));
    }
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results).consistent_read(true);
    let query = query
        .key_condition_expression("PK = :pk AND SK = :sk")
        .expression_attribute_values(":pk", text(subjects_partition(subject.owner())))
        .expression_attribute_values(":sk", text(every.key(&subject)));
    let page = item_calls::page(query, aws.deadline(), "reading the parts of a branch").await?;
    let is_listed = page.items().iter().any(|item| expires(item) > now);
    Ok(is_listed.then_some(subject))
}
