//! What every store promises, one function per promise. Each gets an empty store.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{
    Entry, Identity, LONGEST_BRANCH, LONGEST_NAME, LONGEST_PLATFORM, MOST_RECORDS, NONCE_LIFE, Nonce, RESULT_LIFE,
    Recorded, Span, Store, Subject,
};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Map, json};

/// Hands the names of all promises to another macro.
macro_rules! for_every_promise {
    ($run:ident) => {
        $run!(promises:
            a_record_is_read_back_whole,
            the_first_and_the_last_moment_are_kept_in_their_order,
            the_newest_is_the_one_with_the_latest_time_whatever_came_first,
            records_of_equal_times_are_ordered_by_run_and_then_by_attempt,
            two_spellings_are_one_subject,
            no_two_subjects_share_a_record,
            no_two_collections_share_a_record,
            three_collections_of_one_subject_share_nothing_but_its_name,
            the_longest_names_are_stored,
            a_large_record_is_stored,
            a_run_is_recorded_once_whatever_its_time,
            a_duplicate_uses_no_nonce,
            a_nonce_is_used_once_for_its_subject_whatever_the_run,
            a_used_nonce_writes_nothing,
            a_nonce_may_be_used_again_after_its_lifetime,
            one_nonce_serves_three_collections_at_once,
            a_known_run_comes_before_the_nonce_of_a_token,
            the_nonce_of_a_token_is_kept_until_the_token_expires,
            of_two_repositories_with_one_name_at_once_one_is_remembered,
            an_expired_record_is_not_read,
            a_run_may_be_recorded_again_after_its_lifetime,
            of_many_concurrent_entries_with_one_nonce_one_is_recorded,
            of_many_concurrent_entries_of_one_run_one_is_recorded,
            concurrent_runs_are_all_recorded,
            history_reaches_back_as_far_as_requested,
            an_answer_is_cached_until_it_expires,
            a_large_answer_is_cached,
            a_working_store_is_healthy_and_the_check_changes_nothing,
        );
    };
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const ALL: Span = Span { last: MOST_RECORDS, since_ms: None, before: None };

pub(crate) fn subject(branch: &str) -> Subject {
    Subject::new("acme", "tools", "linux", branch).unwrap()
}

/// A record of a run, with its time as a field too.
pub(crate) fn record(run: &str, attempt: u32, timestamp_ms: i64) -> Record {
    let fields = Map::from_iter([("passed".to_owned(), json!(timestamp_ms))]);
    Record { run_id: run.to_owned(), run_attempt: attempt, timestamp_ms: timestamp_ms.try_into().unwrap(), fields }
}

/// An entry with a nonce of its own, which arrived at `arrived`.
pub(crate) fn entry_at(subject: &Subject, record: Record, arrived: SystemTime) -> Entry {
    let collection = "test-results".to_owned();
    let nonce = format!("{}/{}/{}", record.run_id, record.run_attempt, record.timestamp_ms.as_ms());
    Entry { collection, subject: subject.clone(), nonce: nonce.into(), record, arrived, outbox: None }
}

pub(crate) fn entry(subject: &Subject, record: Record) -> Entry {
    entry_at(subject, record, SystemTime::now())
}

pub(crate) async fn put(store: &impl Store, entry: &Entry) -> Recorded {
    store.record(entry).await.unwrap()
}

async fn read(store: &impl Store, subject: &Subject, span: Span, now: SystemTime) -> Vec<Record> {
    store.history("test-results", subject, span, now).await.unwrap()
}

pub(crate) async fn runs(store: &impl Store, subject: &Subject) -> Vec<String> {
    let records = read(store, subject, ALL, SystemTime::now()).await;
    records.into_iter().map(|record| record.run_id).collect()
}

pub(crate) async fn the_first_and_the_last_moment_are_kept_in_their_order(store: &impl Store) {
    let subject = subject("main");
    let [first, middle, last] = [0, 1000, 253_402_300_799_999].map(|ms| record(&ms.to_string(), 1, ms));
    for record in [&last, &first, &middle] {
        assert_eq!(put(store, &entry(&subject, record.clone())).await, Recorded::New);
    }
    let now = SystemTime::now();
    assert_eq!(read(store, &subject, ALL, now).await, [last.clone(), middle, first]);
    let since = Span { last: 9, since_ms: Some(253_402_300_799_999), before: None };
    assert_eq!(read(store, &subject, since, now).await, [last]);
}

pub(crate) async fn a_record_is_read_back_whole(store: &impl Store) {
    let subject = subject("main");
    assert_eq!(read(store, &subject, Span::LATEST, SystemTime::now()).await, []);
    let fields = json!({
        "passed": 190, "ratio": 1.0, "huge": 1.5e300, "none": null, "deep": {"list": [1, "two", false, {}]},
        "suites": [{"name": "\u{1F980} \u{0} \"quoted\"", "passed": 18_446_744_073_709_551_615_u64}], "empty": "",
    });
    let record = Record { fields: serde_json::from_value(fields).unwrap(), ..record("\u{1F980}#1%", 9999, 1) };
    assert_eq!(put(store, &entry(&subject, record.clone())).await, Recorded::New);
    assert_eq!(read(store, &subject, Span::LATEST, SystemTime::now()).await, [record]);
}

pub(crate) async fn the_newest_is_the_one_with_the_latest_time_whatever_came_first(store: &impl Store) {
    let subject = subject("main");
    // 1970, 2001, 2026, 2096 and the last millisecond of 9999.
    let times = [999_999_999_999, 0, 253_402_207_200_000, 1_780_000_000_000, 3_976_214_400_000];
    for time in times {
        assert_eq!(put(store, &entry(&subject, record(&time.to_string(), 1, time))).await, Recorded::New);
    }
    let mut sorted = times;
    sorted.sort_unstable_by_key(|time| std::cmp::Reverse(*time));
    assert_eq!(runs(store, &subject).await, sorted.map(|time| time.to_string()));
    let latest = read(store, &subject, Span::LATEST, SystemTime::now()).await;
    assert_eq!(latest, [record("253402207200000", 1, 253_402_207_200_000)]);
}

pub(crate) async fn records_of_equal_times_are_ordered_by_run_and_then_by_attempt(store: &impl Store) {
    let subject = subject("main");
    for (run, attempt) in [("b", 2), ("a", 10), ("b", 1000), ("a", 9), ("b", 10), ("10", 1), ("9", 1)] {
        assert_eq!(put(store, &entry(&subject, record(run, attempt, 7000))).await, Recorded::New);
    }
    let found = read(store, &subject, ALL, SystemTime::now()).await;
    let found: Vec<_> = found.iter().map(|record| (&*record.run_id, record.run_attempt)).collect();
    assert_eq!(found, [("b", 1000), ("b", 10), ("b", 2), ("a", 10), ("a", 9), ("9", 1), ("10", 1)]);
}

pub(crate) async fn two_spellings_are_one_subject(store: &impl Store) {
    let one = Subject::new("ACME", "Tools", "Linux", "Feature/\u{c4}\u{3a3}").unwrap();
    let other = Subject::new("acme", "tOOLS", "linuX", "feature/\u{e4}\u{3c3}").unwrap();
    assert_eq!(put(store, &entry(&one, record("1", 1, 1000))).await, Recorded::New);
    assert_eq!(runs(store, &other).await, ["1"]);
    let again = Entry { nonce: "another".into(), ..entry(&other, record("1", 1, 1000)) };
    assert_eq!(put(store, &again).await, Recorded::Duplicate);
}

pub(crate) async fn no_two_subjects_share_a_record(store: &impl Store) {
    let subjects = [
        ["a", "b", "c", "d"],
        ["a#b", "c", "d", "e"],
        ["a", "b#c", "d", "e"],
        ["a", "b", "c#d", "e"],
        ["a", "b", "c", "d#e"],
        ["a", "b", "c", "d%23e"],
        ["a", "b", "c", "d%2523e"],
        ["a/b", "c", "d", "e"],
        ["a", "b/c", "d", "e"],
        ["a", "b", "c/d", "e"],
        ["a", "b", "c", "d/e"],
        ["a", "b", "c", "d "],
        ["a", "b", "c", "d$"],
        ["a", "b", "c", "d\""],
        ["a", "b", "c", "dd"],
        ["a", "b", "c", "\u{1F980}"],
        ["\u{1F980}", "\u{1F980}", "\u{1F980}", "\u{1F980}"],
        ["%", "#", "%25", "%23"],
        ["%25", "%23", "%", "#"],
        ["a", "b", "c", "feature/x#1%2f"],
    ];
    let subjects = subjects.map(|[owner, repo, platform, branch]| Subject::new(owner, repo, platform, branch).unwrap());
    for (index, subject) in subjects.iter().enumerate() {
        // The same run and the same nonce everywhere.
        let time = i64::try_from(index).unwrap();
        let entry = Entry { nonce: "n".into(), ..entry(subject, record("run", 1, time)) };
        assert_eq!(put(store, &entry).await, Recorded::New, "{subject:?}");
    }
    for (index, subject) in subjects.iter().enumerate() {
        let found = read(store, subject, ALL, SystemTime::now()).await;
        assert_eq!(found, [record("run", 1, i64::try_from(index).unwrap())], "{subject:?}");
    }
}

pub(crate) async fn no_two_collections_share_a_record(store: &impl Store) {
    let subject = subject("main");
    let other = Entry { collection: "coverage".to_owned(), ..entry(&subject, record("1", 1, 2000)) };
    assert_eq!(put(store, &other).await, Recorded::New);
    assert_eq!(runs(store, &subject).await, [""; 0]);
    assert_eq!(put(store, &entry(&subject, record("1", 1, 1000))).await, Recorded::New);
    let found = store.history("coverage", &subject, ALL, SystemTime::now()).await.unwrap();
    assert_eq!(found, [record("1", 1, 2000)]);
}

/// Tests, coverage and values of one name, as one build reports them.
pub(crate) async fn three_collections_of_one_subject_share_nothing_but_its_name(store: &impl Store) {
    let subject = subject("main");
    let collections = ["test-results", "coverage", "values"];
    let found = async |collection: &str| store.history(collection, &subject, ALL, SystemTime::now()).await.unwrap();
    // One run and one time, so that only the collection tells them apart.
    let entries = collections.map(|collection| {
        let fields = Map::from_iter([("of".to_owned(), json!(collection))]);
        let nonce = format!("of {collection}").into();
        Entry { collection: collection.to_owned(), nonce, ..entry(&subject, Record { fields, ..record("7", 1, 1000) }) }
    });
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(put(store, entry).await, Recorded::New, "{}", entry.collection);
        for later in &collections[index + 1..] {
            assert_eq!(found(later).await, [], "{} wrote to {later}", entry.collection);
        }
    }
    for entry in &entries {
        assert_eq!(found(&entry.collection).await, std::slice::from_ref(&entry.record));
        let again = Entry { nonce: "another".into(), ..entry.clone() };
        assert_eq!(put(store, &again).await, Recorded::Duplicate, "{}", entry.collection);
    }
    let listed = store.subjects("acme", None, "", 9, SystemTime::now()).await.unwrap();
    let mut listed: Vec<_> = listed.into_iter().map(|listed| listed.collection).collect();
    listed.sort();
    assert_eq!(listed, ["coverage", "test-results", "values"]);
}

pub(crate) async fn the_longest_names_are_stored(store: &impl Store) {
    let long = |most: usize| "#".repeat(most);
    let subject =
        Subject::new(&long(LONGEST_NAME), &long(LONGEST_NAME), &"x".repeat(LONGEST_PLATFORM), &long(LONGEST_BRANCH));
    let subject = subject.unwrap();
    let entry = Entry { nonce: "~".repeat(128).into(), ..entry(&subject, record("r", 9999, 1000)) };
    assert_eq!(put(store, &entry).await, Recorded::New);
    assert_eq!(read(store, &subject, ALL, SystemTime::now()).await, [record("r", 9999, 1000)]);
}

pub(crate) async fn a_large_record_is_stored(store: &impl Store) {
    let subject = subject("main");
    let fields = Map::from_iter([("log".to_owned(), json!("x".repeat(256 * 1024)))]);
    let record = Record { fields, ..record("1", 1, 1000) };
    assert_eq!(put(store, &entry(&subject, record.clone())).await, Recorded::New);
    assert_eq!(read(store, &subject, Span::LATEST, SystemTime::now()).await, [record]);
}

pub(crate) async fn a_run_is_recorded_once_whatever_its_time(store: &impl Store) {
    let subject = subject("main");
    assert_eq!(put(store, &entry(&subject, record("1", 1, 1000))).await, Recorded::New);
    assert_eq!(put(store, &entry(&subject, record("1", 1, 2000))).await, Recorded::Duplicate);
    assert_eq!(put(store, &entry(&subject, record("1", 2, 2000))).await, Recorded::New);
    assert_eq!(put(store, &entry(&self::subject("other"), record("1", 1, 1000))).await, Recorded::New);
    assert_eq!(read(store, &subject, ALL, SystemTime::now()).await, [record("1", 2, 2000), record("1", 1, 1000)]);
}

pub(crate) async fn a_duplicate_uses_no_nonce(store: &impl Store) {
    let subject = subject("main");
    put(store, &entry(&subject, record("1", 1, 1000))).await;
    let nonce = || "n".into();
    let duplicate = Entry { nonce: nonce(), ..entry(&subject, record("1", 1, 2000)) };
    assert_eq!(put(store, &duplicate).await, Recorded::Duplicate);
    let other = Entry { nonce: nonce(), ..entry(&subject, record("2", 1, 2000)) };
    assert_eq!(put(store, &other).await, Recorded::New);
}

pub(crate) async fn a_nonce_is_used_once_for_its_subject_whatever_the_run(store: &impl Store) {
    let subject = subject("main");
    let with = |subject: &Subject, run: &str| Entry { nonce: "n".into(), ..entry(subject, record(run, 1, 1000)) };
    assert_eq!(put(store, &with(&subject, "1")).await, Recorded::New);
    assert_eq!(put(store, &with(&subject, "2")).await, Recorded::NonceUsed);
    assert_eq!(put(store, &with(&subject, "1")).await, Recorded::NonceUsed, "a used nonce comes before a duplicate");
    assert_eq!(put(store, &with(&self::subject("other"), "1")).await, Recorded::New);
}

pub(crate) async fn a_used_nonce_writes_nothing(store: &impl Store) {
    let subject = subject("main");
    put(store, &entry(&subject, record("1", 1, 1000))).await;
    let nonce = "1/1/1000".into();
    let replayed = Entry { nonce, ..entry(&subject, record("2", 1, 2000)) };
    assert_eq!(put(store, &replayed).await, Recorded::NonceUsed);
    assert_eq!(runs(store, &subject).await, ["1"]);
    assert_eq!(put(store, &entry(&subject, record("2", 1, 2000))).await, Recorded::New);
}

pub(crate) async fn a_nonce_may_be_used_again_after_its_lifetime(store: &impl Store) {
    let (subject, now) = (subject("main"), SystemTime::now());
    let at = |run: &str, arrived| Entry { nonce: "n".into(), ..entry_at(&subject, record(run, 1, 1000), arrived) };
    assert_eq!(put(store, &at("1", now)).await, Recorded::New);
    assert_eq!(put(store, &at("2", now + NONCE_LIFE - SECOND)).await, Recorded::NonceUsed);
    assert_eq!(put(store, &at("2", now + NONCE_LIFE)).await, Recorded::New);
    assert_eq!(
        put(store, &at("3", now + NONCE_LIFE + SECOND)).await,
        Recorded::NonceUsed,
        "the lifetime counts from the last use"
    );
}

/// The nonce of a token that is refused from `expires` on.
fn of_token(expires: SystemTime) -> Nonce {
    Nonce { value: "jti".to_owned(), expires: Some(expires), is_after_run: true }
}

pub(crate) async fn one_nonce_serves_three_collections_at_once(store: &impl Store) {
    let subject = subject("main");
    for nonce in [of_token(SystemTime::now() + SECOND), "signed".into()] {
        let run = nonce.value.clone();
        let of = |collection: &str| {
            let collection = collection.to_owned();
            Entry { collection, nonce: nonce.clone(), ..entry(&subject, record(&run, 1, 1000)) }
        };
        let entries = ["test-results", "coverage", "values"].map(of);
        let outcomes = join_all(entries.iter().map(|entry| put(store, entry))).await;
        assert_eq!(outcomes, [Recorded::New; 3]);
    }
    for collection in ["test-results", "coverage", "values"] {
        let found = store.history(collection, &subject, ALL, SystemTime::now()).await.unwrap();
        assert_eq!(found, [record("signed", 1, 1000), record("jti", 1, 1000)], "{collection}");
    }
}

pub(crate) async fn a_known_run_comes_before_the_nonce_of_a_token(store: &impl Store) {
    let subject = subject("main");
    let nonce = of_token(SystemTime::now() + SECOND);
    let of = |run: &str| Entry { nonce: nonce.clone(), ..entry(&subject, record(run, 1, 1000)) };
    assert_eq!(put(store, &of("1")).await, Recorded::New);
    assert_eq!(put(store, &of("1")).await, Recorded::Duplicate, "a retry with the same token");
    assert_eq!(put(store, &of("2")).await, Recorded::NonceUsed);
    assert_eq!(runs(store, &subject).await, ["1"]);
    let entry = of("3");
    let other = Entry { nonce: Nonce { value: "other".to_owned(), ..nonce.clone() }, ..entry };
    let outcomes = join_all((0..16).map(|_| put(store, &other))).await;
    assert_eq!((count(&outcomes, Recorded::New), count(&outcomes, Recorded::Duplicate)), (1, 15));
}

pub(crate) async fn the_nonce_of_a_token_is_kept_until_the_token_expires(store: &impl Store) {
    let (subject, now) = (subject("main"), SystemTime::now());
    let expires = now + NONCE_LIFE * 3;
    let at =
        |run: &str, arrived| Entry { nonce: of_token(expires), ..entry_at(&subject, record(run, 1, 1000), arrived) };
    assert_eq!(put(store, &at("1", now)).await, Recorded::New);
    assert_eq!(put(store, &at("2", expires - SECOND)).await, Recorded::NonceUsed);
    assert_eq!(put(store, &at("2", expires)).await, Recorded::New);
}

pub(crate) async fn of_two_repositories_with_one_name_at_once_one_is_remembered(store: &impl Store) {
    let now = SystemTime::now();
    let identity =
        |id: u32| Identity { issuer: Some("https://ci.example".to_owned()), repository_id: Some(id.to_string()) };
    let states: Vec<_> = (0..16).map(|id| identity(id).state("Acme", "Tools", 0)).collect();
    let outcomes = join_all(states.iter().map(|state| store.put_state(state, now))).await;
    let winner = outcomes.iter().position(|outcome| *outcome == Ok(true)).unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1);
    let found = store.states(&Identity::query("acme", "tools"), now).await.unwrap();
    let (remembered, generation) = Identity::read(&found[0]);
    assert_eq!(remembered, identity(u32::try_from(winner).unwrap()));
    // What is accepted later takes its place, once.
    assert_eq!(store.put_state(&identity(99).state("acme", "tools", generation), now).await, Ok(true));
    assert_eq!(store.put_state(&identity(98).state("acme", "tools", generation), now).await, Ok(false));
}

pub(crate) async fn an_expired_record_is_not_read(store: &impl Store) {
    let (subject, now) = (subject("main"), SystemTime::now());
    // The newest records are the first to expire.
    for index in 0..7 {
        put(store, &entry_at(&subject, record(&index.to_string(), 1, 9000 + index), now)).await;
    }
    put(store, &entry_at(&subject, record("old", 1, 1000), now + 9 * SECOND)).await;
    put(store, &entry_at(&subject, record("older", 1, 500), now + 9 * SECOND)).await;
    assert_eq!(read(store, &subject, ALL, now + RESULT_LIFE - SECOND).await.len(), 9);
    let after = now + RESULT_LIFE + SECOND;
    assert_eq!(read(store, &subject, Span::LATEST, after).await, [record("old", 1, 1000)]);
    assert_eq!(read(store, &subject, ALL, after).await, [record("old", 1, 1000), record("older", 1, 500)]);
    assert_eq!(
        read(store, &subject, Span { last: 9, since_ms: Some(1000), before: None }, after).await,
        [record("old", 1, 1000)]
    );
    assert_eq!(read(store, &subject, ALL, now + RESULT_LIFE + 10 * SECOND).await, []);
}

pub(crate) async fn a_run_may_be_recorded_again_after_its_lifetime(store: &impl Store) {
    let (subject, now) = (subject("main"), SystemTime::now());
    assert_eq!(put(store, &entry_at(&subject, record("1", 1, 1000), now)).await, Recorded::New);
    let later = now + RESULT_LIFE;
    let again = |arrived| Entry { nonce: "n".into(), ..entry_at(&subject, record("1", 1, 1000), arrived) };
    assert_eq!(put(store, &again(later - SECOND)).await, Recorded::Duplicate);
    assert_eq!(put(store, &again(later)).await, Recorded::New);
    assert_eq!(read(store, &subject, ALL, later + SECOND).await, [record("1", 1, 1000)]);
}

fn count(outcomes: &[Recorded], wanted: Recorded) -> usize {
    outcomes.iter().filter(|outcome| **outcome == wanted).count()
}

pub(crate) async fn of_many_concurrent_entries_with_one_nonce_one_is_recorded(store: &impl Store) {
    let subject = subject("main");
    let entry = entry(&subject, record("1", 1, 1000));
    let outcomes = join_all((0..64).map(|_| put(store, &entry))).await;
    assert_eq!((count(&outcomes, Recorded::New), count(&outcomes, Recorded::NonceUsed)), (1, 63));
    assert_eq!(runs(store, &subject).await, ["1"]);
}

pub(crate) async fn of_many_concurrent_entries_of_one_run_one_is_recorded(store: &impl Store) {
    let subject = subject("main");
    let entries: Vec<_> = (0..64).map(|time| entry(&subject, record("1", 1, time))).collect();
    let outcomes = join_all(entries.iter().map(|entry| put(store, entry))).await;
    assert_eq!((count(&outcomes, Recorded::New), count(&outcomes, Recorded::Duplicate)), (1, 63));
    let winner = outcomes.iter().position(|outcome| *outcome == Recorded::New).unwrap();
    assert_eq!(read(store, &subject, ALL, SystemTime::now()).await, [entries[winner].record.clone()]);
}

pub(crate) async fn concurrent_runs_are_all_recorded(store: &impl Store) {
    let subject = subject("main");
    let entries: Vec<_> = (0..96).map(|run| entry(&subject, record(&format!("{run:02}"), 1, 1000))).collect();
    let outcomes = join_all(entries.iter().map(|entry| put(store, entry))).await;
    assert_eq!(count(&outcomes, Recorded::New), 96);
    let expected: Vec<_> = (0..96).rev().map(|run| format!("{run:02}")).collect();
    assert_eq!(runs(store, &subject).await, expected);
}

pub(crate) async fn history_reaches_back_as_far_as_requested(store: &impl Store) {
    let (subject, now) = (subject("main"), SystemTime::now());
    for index in 0..120 {
        put(store, &entry(&subject, record(&index.to_string(), 1, index * 1000))).await;
    }
    // Branches that are adjacent in key order.
    for branch in ["main ", "main$", "mai", "main\u{0}", "main2"] {
        put(store, &entry(&self::subject(branch), record(branch, 1, 60_000))).await;
    }
    let span = |last, since_ms| Span { last, since_ms, before: None };
    let times =
        |records: Vec<Record>| records.iter().map(|record| record.timestamp_ms.as_ms() / 1000).collect::<Vec<_>>();
    let rows = [
        (span(1, None), 119..120),
        (span(3, None), 117..120),
        (span(100, None), 20..120),
        (span(100, Some(117_000)), 117..120),
        (span(100, Some(116_001)), 117..120),
        (span(2, Some(100_000)), 118..120),
        (span(100, Some(119_001)), 120..120),
        (span(100, Some(-5)), 20..120),
        (span(100, Some(i64::MIN)), 20..120),
        (span(100, Some(253_402_300_000_000)), 120..120),
    ];
    for (span, expected) in rows {
        let found = times(read(store, &subject, span.clone(), now).await);
        assert_eq!(found, expected.rev().collect::<Vec<_>>(), "{span:?}");
    }
}

/// Waits until `wanted` is cached under a key; a store writes answers in the background.
pub(crate) async fn wait_until_cached(store: &impl Store, key: &str, now: SystemTime, wanted: &Bytes) {
    for _ in 0..1000 {
        if store.answer(key, now).await.unwrap().as_ref() == Some(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{key} is not cached");
}

pub(crate) async fn an_answer_is_cached_until_it_expires(store: &impl Store) {
    let now = SystemTime::now();
    let key = "nuget application/json https://api.example/a?b#\u{1F980}";
    assert_eq!(store.answer(key, now).await.unwrap(), None);
    let (old, new) = (Bytes::from_static(b"old \xff\x00"), Bytes::from_static(b""));
    store.keep_answer(key, old.clone(), now + 1000 * SECOND);
    wait_until_cached(store, key, now, &old).await;
    assert_eq!(store.answer(key, now + 998 * SECOND).await.unwrap(), Some(old));
    assert_eq!(store.answer(key, now + 1001 * SECOND).await.unwrap(), None, "expired, and not swept yet");
    store.keep_answer(key, new.clone(), now + 2000 * SECOND);
    wait_until_cached(store, key, now + 1001 * SECOND, &new).await;
    assert_eq!(store.answer("nuget */* https://api.example/", now).await.unwrap(), None);
}

pub(crate) async fn a_large_answer_is_cached(store: &impl Store) {
    let now = SystemTime::now();
    let large = Bytes::from(vec![7; 300 * 1024]);
    store.keep_answer("k", large.clone(), now + 1000 * SECOND);
    wait_until_cached(store, "k", now, &large).await;
}

pub(crate) async fn a_working_store_is_healthy_and_the_check_changes_nothing(store: &impl Store) {
    let subject = subject("main");
    assert_eq!(store.check().await, Ok(()), "also an empty store");
    assert_eq!(put(store, &entry(&subject, record("1", 1, 1000))).await, Recorded::New);
    for _ in 0..3 {
        assert_eq!(store.check().await, Ok(()));
    }
    assert_eq!(runs(store, &subject).await, ["1"]);
}
