//! What every store promises of deliveries, and of long histories, which they fill.

use std::time::SystemTime;

use badgesmith_engine::store::{
    DELIVERY_LIFE, Delivery, MOST_CHARTED, MOST_DELIVERED, RecordPlace, Recorded, Span, Store, SubjectRecord,
};
use badgesmith_provider::Record;
use futures_util::future::join_all;

use crate::promises::{ALL, SECOND, entry, put, record, runs, subject};

/// Hands the names of these promises to another macro.
macro_rules! for_every_delivery_promise {
    ($run:ident) => {
        $run!(delivery_promises:
            a_delivery_writes_all_its_records_once,
            of_eight_identical_deliveries_at_once_one_writes,
            of_deliveries_of_one_run_at_once_one_writes_it_and_all_write_the_rest,
            a_record_whose_run_is_claimed_is_left_out_of_a_delivery,
            a_delivery_is_remembered_for_its_lifetime,
            a_thousand_records_are_read_and_those_before_a_place,
        );
    };
}

fn delivery(id: &str, records: Vec<SubjectRecord>) -> Delivery {
    let (scheme, owner) = ("github".to_owned(), "acme".to_owned());
    Delivery { scheme, owner, id: id.to_owned(), records, arrived: SystemTime::now() }
}

fn delivered(branch: &str, record: Record) -> SubjectRecord {
    SubjectRecord { collection: "test-results".to_owned(), subject: subject(branch), record, outbox: None }
}

pub(crate) async fn a_delivery_writes_all_its_records_once(store: &impl Store) {
    let most = i64::try_from(MOST_DELIVERED).unwrap();
    let records = (0..most).map(|run| delivered(&(run % 2).to_string(), record(&run.to_string(), 1, run))).collect();
    let delivery = delivery("d", records);
    assert_eq!(store.deliver(&delivery).await, Ok(true));
    assert_eq!(runs(store, &subject("0")).await, ["14", "12", "10", "8", "6", "4", "2", "0"]);
    let again = Delivery { records: vec![delivered("main", record("new", 1, 1))], ..delivery.clone() };
    assert_eq!(store.deliver(&again).await, Ok(false), "the same id with another record");
    assert_eq!(runs(store, &subject("main")).await, [""; 0]);
    let other = Delivery { owner: "other".to_owned(), ..again.clone() };
    assert_eq!(store.deliver(&other).await, Ok(true), "another owner's ids are others");
    assert_eq!(runs(store, &subject("main")).await, ["new"]);
    let other = Delivery { scheme: "gitlab".to_owned(), records: Vec::new(), ..again };
    assert_eq!(store.deliver(&other).await, Ok(true), "a delivery without records is claimed too");
    assert_eq!(store.deliver(&other).await, Ok(false));
}

pub(crate) async fn of_eight_identical_deliveries_at_once_one_writes(store: &impl Store) {
    let delivery =
        delivery("d", vec![delivered("main", record("1", 1, 1000)), delivered("main", record("2", 1, 2000))]);
    let outcomes = join_all((0..8).map(|_| store.deliver(&delivery))).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(runs(store, &subject("main")).await, ["2", "1"]);
}

pub(crate) async fn of_deliveries_of_one_run_at_once_one_writes_it_and_all_write_the_rest(store: &impl Store) {
    let deliveries: Vec<_> = (0..8)
        .map(|number| {
            let own = delivered("main", record(&format!("own-{number}"), 1, 1));
            delivery(&number.to_string(), vec![own, delivered("main", record("shared", 1, 1000 + number))])
        })
        .collect();
    let outcomes = join_all(deliveries.iter().map(|delivery| store.deliver(delivery))).await;
    assert_eq!(outcomes, vec![Ok(true); 8]);
    let runs = runs(store, &subject("main")).await;
    assert_eq!((runs.len(), &*runs[0]), (9, "shared"), "{runs:?}");
}

pub(crate) async fn a_record_whose_run_is_claimed_is_left_out_of_a_delivery(store: &impl Store) {
    assert_eq!(put(store, &entry(&subject("main"), record("1", 1, 1000))).await, Recorded::New);
    assert_eq!(store.deliver(&delivery("a", vec![delivered("main", record("2", 1, 2000))])).await, Ok(true));
    let records = vec![
        delivered("main", record("1", 1, 9000)),
        delivered("main", record("3", 1, 3000)),
        delivered("main", record("2", 1, 9000)),
        delivered("main", record("3", 1, 9000)),
        delivered("main", record("2", 2, 4000)),
        delivered("other", record("2", 1, 5000)),
    ];
    assert_eq!(store.deliver(&delivery("b", records)).await, Ok(true));
    let found = store.history("test-results", &subject("main"), ALL, SystemTime::now()).await.unwrap();
    let expected = [("2", 2, 4000), ("3", 1, 3000), ("2", 1, 2000), ("1", 1, 1000)];
    assert_eq!(found, expected.map(|(run, attempt, time)| record(run, attempt, time)));
    assert_eq!(runs(store, &subject("other")).await, ["2"]);
    let claimed = delivery("c", vec![delivered("main", record("1", 1, 9000))]);
    assert_eq!(store.deliver(&claimed).await, Ok(true), "nothing is left of it but its claim");
    assert_eq!(store.deliver(&claimed).await, Ok(false));
    let reported = entry(&subject("main"), record("3", 1, 9000));
    assert_eq!(put(store, &reported).await, Recorded::Duplicate, "a delivery claims runs for reports too");
}

pub(crate) async fn a_delivery_is_remembered_for_its_lifetime(store: &impl Store) {
    let now = SystemTime::now();
    let at = |arrived| Delivery { arrived, ..delivery("d", Vec::new()) };
    assert_eq!(store.deliver(&at(now)).await, Ok(true));
    assert_eq!(store.deliver(&at(now + DELIVERY_LIFE - SECOND)).await, Ok(false));
    assert_eq!(store.deliver(&at(now + DELIVERY_LIFE)).await, Ok(true));
}

pub(crate) async fn a_thousand_records_are_read_and_those_before_a_place(store: &impl Store) {
    let most = i64::try_from(MOST_CHARTED).unwrap() + 8;
    let runs: Vec<_> =
        (0..most).map(|run| delivered("main", record(&format!("{run:04}"), 1, run / 2 * 1000))).collect();
    let deliveries: Vec<_> = runs
        .chunks(MOST_DELIVERED)
        .enumerate()
        .map(|(number, runs)| delivery(&number.to_string(), runs.to_vec()))
        .collect();
    for delivery in &deliveries {
        assert_eq!(store.deliver(delivery).await, Ok(true));
    }
    let (now, subject) = (SystemTime::now(), subject("main"));
    let read = async |span| store.history("test-results", &subject, span, now).await.unwrap();
    let newest = read(Span { last: MOST_CHARTED, since_ms: None, before: None }).await;
    let expected: Vec<_> = runs.iter().rev().map(|run| run.record.clone()).collect();
    assert_eq!(newest, expected[..MOST_CHARTED]);
    // Page by page, each beginning before the last record of the page before.
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = read(Span { last: 301, since_ms: None, before: before.clone() }).await;
        let Some(last) = page.last() else { break };
        before = Some(RecordPlace::of(last));
        all.extend(page);
    }
    assert_eq!(all, expected);
    let before = RecordPlace::of(&expected[7]);
    let since_ms = Some(expected[9].timestamp_ms.as_ms());
    let some = read(Span { last: 100, since_ms, before: Some(before.clone()) }).await;
    assert_eq!(some, expected[8..10], "since a time and before a place");
    let since_ms = Some(expected[0].timestamp_ms.as_ms());
    assert_eq!(read(Span { last: 100, since_ms, before: Some(before) }).await, [], "since a time after the place");
    let first = read(Span { last: 9, since_ms: None, before: Some(RecordPlace::of(&expected[expected.len() - 1])) });
    assert_eq!(first.await, [], "before the first record");
}
