//! What every store promises of the rows of the table of events.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{
    Delivery, Entry, LARGEST_ROW, LONGEST_ROW_KEY, MOST_CHANGED_BYTES, MOST_CHANGES, Recorded, Row, RowChange, RowIs,
    Store, SubjectRecord, Unavailable,
};
use badgesmith_provider::State;
use futures_util::future::join_all;

use crate::promises::{SECOND, entry, put, record, subject};

/// Hands the names of these promises to another macro.
macro_rules! for_every_row_promise {
    ($run:ident) => {
        $run!(row_promises:
            rows_are_read_in_the_order_of_their_keys_and_in_pages,
            all_changes_are_made_or_none,
            an_expired_row_is_absent,
            of_sixteen_changers_at_once_one_wins_each_round,
            a_hundred_changes_are_made_at_once,
            the_largest_row_is_kept_and_a_larger_one_is_refused_with_words,
            an_outbox_row_is_written_if_and_only_if_its_record_is_new,
            a_delivery_writes_the_outbox_rows_of_its_new_records_and_no_others,
            an_outbox_row_is_written_if_and_only_if_its_state_is_newer,
            of_many_entries_of_one_run_at_once_the_recorded_one_is_told,
        );
    };
}

/// The beginning of a second, since stores keep whole ones.
fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

fn row(partition: &str, key: &str, value: &str) -> Row {
    let expires = now() + 1000 * SECOND;
    Row { partition: partition.to_owned(), key: key.to_owned(), value: value.to_owned(), expires }
}

fn written(row: &Row, condition: RowIs) -> RowChange {
    RowChange::Put(row.clone(), condition)
}

fn deleted(row: &Row, condition: RowIs) -> RowChange {
    RowChange::Delete(row.partition.clone(), row.key.clone(), condition)
}

async fn write(store: &impl Store, rows: &[Row]) {
    let changes: Vec<_> = rows.iter().map(|row| written(row, RowIs::Absent)).collect();
    assert_eq!(store.change_rows(&changes, now()).await, Ok(true));
}

async fn read(store: &impl Store, partition: &str) -> Vec<Row> {
    store.rows(partition, "", 999, now()).await.unwrap()
}

/// The keys of a partition.
async fn keys(store: &impl Store, partition: &str) -> Vec<String> {
    read(store, partition).await.into_iter().map(|row| row.key).collect()
}

pub(crate) async fn rows_are_read_in_the_order_of_their_keys_and_in_pages(store: &impl Store) {
    assert_eq!(read(store, "OUTBOX#01").await, []);
    let sorted = ["#", "0", "2026-01-01T00:00:00.000Z#a", "2026-01-01T00:00:00.001Z#a", "A", "a", "a\u{0}", "é", "🦀"];
    let mut rows = sorted.map(|key| row("OUTBOX#01", key, &format!("{{\"of\": \"{key}\"}} \u{0} 🦀")));
    write(store, &rows.iter().rev().cloned().collect::<Vec<_>>()).await;
    // Partitions that are adjacent in key order.
    write(store, &["OUTBOX#0", "OUTBOX#00", "OUTBOX#010", "OUTBOX#02"].map(|near| row(near, "a", "near"))).await;
    assert_eq!(read(store, "OUTBOX#01").await, rows);
    rows[3].value.clear();
    assert_eq!(store.change_rows(&[written(&rows[3], RowIs::Any)], now()).await, Ok(true));
    assert_eq!(store.rows("OUTBOX#01", "", 0, now()).await, Ok(Vec::new()));
    for size in [1, 2, 4, 9, 10] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = store.rows("OUTBOX#01", &after, size, now()).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= size);
            after.clone_from(&last.key);
            found.extend(page);
        }
        assert_eq!(found, rows, "in pages of {size}");
    }
    let from = store.rows("OUTBOX#01", "2026-01-01T00:00:00.000Z", 2, now()).await.unwrap();
    assert_eq!(from, rows[2..4], "after a key that no row has");
}

pub(crate) async fn all_changes_are_made_or_none(store: &impl Store) {
    let [first, second, third] = ["1", "2", "3"].map(|key| row("P", key, key));
    let new = |row: &Row| Row { value: "new".to_owned(), ..row.clone() };
    assert_eq!(store.change_rows(&[], now()).await, Ok(true));
    write(store, &[first.clone(), second.clone()]).await;
    let equal = |value: &str| RowIs::Equal(value.to_owned());
    // Conditions of the first row, which is there, and of the third, which is not.
    let refused = [
        (&first, RowIs::Absent),
        (&first, equal("2")),
        (&first, equal("")),
        (&third, RowIs::Present),
        (&third, equal("3")),
    ];
    for (row, condition) in refused {
        for change in [written(&new(row), condition.clone()), deleted(row, condition.clone())] {
            let changes = [written(&new(&second), RowIs::Any), change];
            assert_eq!(store.change_rows(&changes, now()).await, Ok(false), "{changes:?}");
            assert_eq!(read(store, "P").await, [first.clone(), second.clone()], "{changes:?}");
        }
    }
    for condition in [RowIs::Any, RowIs::Present, equal("1")] {
        let changes = [written(&first, condition.clone()), written(&third, RowIs::Absent)];
        assert_eq!(store.change_rows(&changes, now()).await, Ok(true), "{changes:?}");
        let changes = [deleted(&first, condition), deleted(&third, equal("3")), written(&second, equal("2"))];
        assert_eq!(store.change_rows(&changes, now()).await, Ok(true), "{changes:?}");
        assert_eq!(read(store, "P").await, std::slice::from_ref(&second));
        write(store, std::slice::from_ref(&first)).await;
    }
    let nothing = [deleted(&third, RowIs::Any), deleted(&row("P", "4", ""), RowIs::Absent)];
    assert_eq!(store.change_rows(&nothing, now()).await, Ok(true), "what is absent is deleted too");
    assert_eq!(read(store, "P").await, [first, second]);
}

pub(crate) async fn an_expired_row_is_absent(store: &impl Store) {
    let start = now();
    let short = Row { expires: start + 100 * SECOND, ..row("P", "1", "short") };
    let long = Row { expires: start + 900 * SECOND, ..row("P", "2", "long") };
    write(store, &[short.clone(), long.clone()]).await;
    let (before, after) = (start + 99 * SECOND, start + 100 * SECOND);
    assert_eq!(store.rows("P", "", 1, before).await.unwrap(), std::slice::from_ref(&short));
    assert_eq!(store.rows("P", "", 1, after).await.unwrap(), [long], "the expired one is no part of the page");
    for condition in [RowIs::Present, RowIs::Equal("short".to_owned())] {
        assert_eq!(store.change_rows(&[deleted(&short, condition.clone())], after).await, Ok(false), "{condition:?}");
    }
    let again = Row { value: "again".to_owned(), expires: start + 800 * SECOND, ..short };
    assert_eq!(store.change_rows(&[written(&again, RowIs::Absent)], before).await, Ok(false));
    assert_eq!(store.change_rows(&[written(&again, RowIs::Absent)], after).await, Ok(true));
    assert_eq!(store.rows("P", "", 1, after).await.unwrap(), [again]);
}

pub(crate) async fn of_sixteen_changers_at_once_one_wins_each_round(store: &impl Store) {
    let lease = |holder: &str| row("LEASE", "teller", holder);
    write(store, &[lease("nobody")]).await;
    let mut held = "nobody".to_owned();
    for round in 0..8 {
        let changes: Vec<_> = (0..16)
            .map(|changer| {
                let holder = format!("{round}-{changer:02}");
                let won = written(&row("WON", &holder, ""), RowIs::Absent);
                vec![won, written(&lease(&holder), RowIs::Equal(held.clone()))]
            })
            .collect();
        let outcomes = join_all(changes.iter().map(|changes| store.change_rows(changes, now()))).await;
        let winners: Vec<_> = (0..16).filter(|changer| outcomes[*changer] == Ok(true)).collect();
        assert!(winners.len() == 1 && outcomes.iter().all(Result::is_ok), "round {round}: {outcomes:?}");
        held = format!("{round}-{:02}", winners[0]);
        assert_eq!(read(store, "LEASE").await[0].value, held, "round {round}");
        let won = keys(store, "WON").await;
        assert_eq!((won.len(), won.last()), (round + 1, Some(&held)), "a loser changes nothing");
    }
}

pub(crate) async fn a_hundred_changes_are_made_at_once(store: &impl Store) {
    let rows: Vec<_> = (0..MOST_CHANGES).map(|number| row("P", &format!("{number:03}"), &"x".repeat(9000))).collect();
    write(store, &rows).await;
    assert_eq!(read(store, "P").await, rows);
    let mut changes: Vec<_> = rows.iter().map(|row| deleted(row, RowIs::Equal(row.value.clone()))).collect();
    changes[99] = deleted(&rows[99], RowIs::Absent);
    assert_eq!(store.change_rows(&changes, now()).await, Ok(false));
    assert_eq!(keys(store, "P").await.len(), MOST_CHANGES);
    changes[99] = deleted(&rows[99], RowIs::Present);
    assert_eq!(store.change_rows(&changes, now()).await, Ok(true));
    assert_eq!(read(store, "P").await, []);
    let many: Vec<_> = (0..=MOST_CHANGES).map(|number| row("P", &number.to_string(), "")).collect();
    refuses(store, &many, "101 changes").await;
}

/// Asserts that rows are refused with these words, and that none of them is written.
async fn refuses(store: &impl Store, rows: &[Row], words: &str) {
    let changes: Vec<_> = rows.iter().map(|row| written(row, RowIs::Any)).collect();
    let Err(Unavailable(refusal)) = store.change_rows(&changes, now()).await else { panic!("{words}: not refused") };
    assert!(refusal.contains(words), "{words}: {refusal}");
    assert_eq!(read(store, "P").await, [], "{words}");
}

pub(crate) async fn the_largest_row_is_kept_and_a_larger_one_is_refused_with_words(store: &impl Store) {
    let largest = row("P", &"k".repeat(LONGEST_ROW_KEY), &"x".repeat(LARGEST_ROW));
    let larger = row("P", "k", &"x".repeat(LARGEST_ROW + 1));
    refuses(store, &[row("P", "1", ""), larger.clone()], "262145 bytes is larger than 262144").await;
    refuses(store, &[row("P", "", "")], "empty").await;
    refuses(store, &[row("P", &"k".repeat(LONGEST_ROW_KEY + 1), "")], "1024 bytes").await;
    refuses(store, &[row("P", "1", "a"), row("P", "1", "b")], "the same event's row").await;
    let most = MOST_CHANGED_BYTES / LARGEST_ROW;
    let many: Vec<_> = (0..most).map(|number| row("P", &number.to_string(), &largest.value)).collect();
    refuses(store, &many, "bytes together").await;
    let entry = Entry { outbox: Some(larger), ..entry(&subject("main"), record("1", 1, 1000)) };
    assert!(store.record(&entry).await.is_err_and(|Unavailable(words)| words.contains("262145")));
    assert_eq!(put(store, &Entry { outbox: None, ..entry }).await, Recorded::New, "nothing was written before");
    write(store, std::slice::from_ref(&largest)).await;
    let equal = RowIs::Equal(largest.value.clone());
    assert_eq!(store.change_rows(&[written(&largest, equal)], now()).await, Ok(true));
    assert_eq!(read(store, "P").await, [largest]);
    write(store, &many[2..]).await;
    assert_eq!(keys(store, "P").await.len(), most - 1);
}

/// An entry with an outbox row that names the record.
fn told(branch: &str, run: &str, time: i64) -> Entry {
    let outbox = Some(row("OUTBOX#07", &format!("{branch} {run} {time}"), "{}"));
    Entry { outbox, ..entry(&subject(branch), record(run, 1, time)) }
}

pub(crate) async fn an_outbox_row_is_written_if_and_only_if_its_record_is_new(store: &impl Store) {
    let first = told("main", "1", 1000);
    assert_eq!(put(store, &first).await, Recorded::New);
    assert_eq!(read(store, "OUTBOX#07").await, [first.outbox.clone().unwrap()]);
    assert_eq!(put(store, &told("main", "1", 2000)).await, Recorded::Duplicate);
    assert_eq!(put(store, &Entry { nonce: first.nonce.clone(), ..told("main", "2", 3000) }).await, Recorded::NonceUsed);
    assert_eq!(put(store, &first).await, Recorded::NonceUsed);
    assert_eq!(put(store, &Entry { outbox: None, ..told("main", "3", 4000) }).await, Recorded::New);
    assert_eq!(keys(store, "OUTBOX#07").await, ["main 1 1000"]);
    assert_eq!(put(store, &told("main", "2", 3000)).await, Recorded::New);
    assert_eq!(keys(store, "OUTBOX#07").await, ["main 1 1000", "main 2 3000"]);
}

pub(crate) async fn a_delivery_writes_the_outbox_rows_of_its_new_records_and_no_others(store: &impl Store) {
    assert_eq!(put(store, &told("main", "1", 1000)).await, Recorded::New);
    let delivery = |id: &str, runs: &[(&str, &str, i64)]| {
        let records = runs.iter().map(|(branch, run, time)| {
            let Entry { collection, subject, record, outbox, .. } = told(branch, run, *time);
            SubjectRecord { collection, subject, record, outbox }
        });
        let (scheme, owner, records) = ("github".to_owned(), "acme".to_owned(), records.collect());
        Delivery { scheme, owner, id: id.to_owned(), records, arrived: SystemTime::now() }
    };
    let runs = [("main", "1", 5000), ("main", "2", 2000), ("x", "1", 3000), ("main", "2", 6000), ("main", "3", 4000)];
    let first = delivery("a", &runs);
    assert_eq!(store.deliver(&first).await, Ok(true));
    let expected = ["main 1 1000", "main 2 2000", "main 3 4000", "x 1 3000"];
    assert_eq!(keys(store, "OUTBOX#07").await, expected);
    assert_eq!(store.deliver(&first).await, Ok(false));
    assert_eq!(store.deliver(&delivery("a", &[("new", "1", 1)])).await, Ok(false), "its id is claimed");
    assert_eq!(store.deliver(&delivery("b", &[("main", "1", 7000)])).await, Ok(true), "nothing of it is new");
    assert_eq!(keys(store, "OUTBOX#07").await, expected);
}

pub(crate) async fn an_outbox_row_is_written_if_and_only_if_its_state_is_newer(store: &impl Store) {
    let state = |sequence: u64, life_seconds| State {
        collection: "workflow".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: "ci.yml".to_owned(),
        branch: "main".to_owned(),
        sequence: vec![sequence],
        life_seconds,
        ..State::default()
    };
    let at = SystemTime::now();
    for (sequence, life, is_new) in [(5, None, true), (5, None, false), (4, Some(9), false), (6, Some(900), true)] {
        let outbox = row("OUTBOX#07", &format!("{sequence} {is_new}"), "{}");
        let outcome = store.put_told_state(&state(sequence, life), at, Some(&outbox)).await;
        assert_eq!(outcome, Ok(is_new), "{sequence} {life:?}");
    }
    assert_eq!(keys(store, "OUTBOX#07").await, ["5 true", "6 true"]);
    assert_eq!(store.put_told_state(&state(7, None), at, None).await, Ok(true));
    assert_eq!(keys(store, "OUTBOX#07").await.len(), 2);
    assert_eq!(store.subjects("acme", None, "", 9, at).await.unwrap().len(), 1, "a state that is told is listed");
    let states: Vec<_> =
        (0..16).map(|writer| (state(8, None), row("OUTBOX#08", &format!("{writer:02}"), ""))).collect();
    let put = states.iter().map(|(state, outbox)| store.put_told_state(state, at, Some(outbox)));
    let outcomes = join_all(put).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|outcome| *outcome == Ok(true)).unwrap();
    assert_eq!(keys(store, "OUTBOX#08").await, [format!("{winner:02}")]);
}

pub(crate) async fn of_many_entries_of_one_run_at_once_the_recorded_one_is_told(store: &impl Store) {
    let entries: Vec<_> = (0..32).map(|time| told("main", "1", 1000 + time)).collect();
    let outcomes = join_all(entries.iter().map(|entry| put(store, entry))).await;
    let winner = outcomes.iter().position(|outcome| *outcome == Recorded::New).unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Recorded::New).count(), 1);
    assert_eq!(read(store, "OUTBOX#07").await, [entries[winner].outbox.clone().unwrap()]);
}
