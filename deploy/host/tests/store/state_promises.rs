//! What every store promises of states, lists and marks.

use std::time::{Duration, SystemTime};

use badgesmith_engine::store::{
    Delivery, ListedSubject, MARK_LIFE, MOST_STATES, RESULT_LIFE, Recorded, States, Store, Subject, SubjectRecord,
};
use badgesmith_provider::{FoundState, State};
use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::{Map, json};

use crate::promises::{SECOND, entry, entry_at, put, record, subject, wait_until_cached};

/// Hands the names of these promises to another macro.
macro_rules! for_every_state_promise {
    ($run:ident) => {
        $run!(state_promises:
            a_state_is_read_back_whole,
            a_state_is_written_only_when_it_is_newer_whatever_came_first,
            of_eight_writers_at_once_the_newest_state_stays,
            states_are_found_by_repository_part_and_branch,
            a_query_finds_no_more_states_than_its_limit,
            a_state_with_a_life_expires_and_is_not_listed,
            a_state_whose_names_are_too_long_is_refused,
            owners_and_their_subjects_are_listed_in_pages,
            a_list_says_when_a_subject_changed_last,
            a_subject_of_which_nothing_is_left_is_no_longer_listed,
            a_mark_is_read_with_the_answer_and_never_moves_back,
        );
    };
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A state of a run: its sequence is one of its fields too.
fn state(platform: &str, branch: &str, sequence: &[u64]) -> State {
    State {
        collection: "workflow".to_owned(),
        owner: "Acme".to_owned(),
        repo: "Tools".to_owned(),
        platform: platform.to_owned(),
        branch: branch.to_owned(),
        sequence: sequence.to_vec(),
        fields: Map::from_iter([("sequence".to_owned(), json!(sequence))]),
        life_seconds: None,
    }
}

fn states(platform: Option<&str>, branch: Option<&str>) -> States {
    let [platform, branch] = [platform, branch].map(|part| part.map(str::to_owned));
    States { collection: "workflow".to_owned(), owner: "acme".to_owned(), repo: "tools".to_owned(), platform, branch }
}

async fn find(store: &impl Store, platform: Option<&str>, branch: Option<&str>, now: SystemTime) -> Vec<FoundState> {
    store.states(&states(platform, branch), now).await.unwrap()
}

/// The parts and branches of states that are found now.
async fn found(store: &impl Store, platform: Option<&str>, branch: Option<&str>) -> Vec<String> {
    let found = find(store, platform, branch, SystemTime::now()).await;
    found.into_iter().map(|state| format!("{} {}", state.platform, state.branch)).collect()
}

pub(crate) async fn a_state_is_read_back_whole(store: &impl Store) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_752_837_027_512);
    assert_eq!(find(store, None, None, now).await, []);
    let fields = json!({"number": 42, "ratio": 1.0, "none": null, "deep": {"list": [1, "two", {}]}, "🦀": "\u{0}"});
    let fields: Map<_, _> = serde_json::from_value(fields).unwrap();
    let sequence = vec![0, u64::MAX, 7, 1];
    let written = State { fields: fields.clone(), ..state("CI.yml", "Feature/#1%", &sequence) };
    assert_eq!(store.put_state(&written, now).await, Ok(true));
    let (platform, branch) = ("ci.yml".to_owned(), "feature/#1%".to_owned());
    let expected = FoundState { platform, branch, sequence, fields, written_ms: 1_752_837_027_512 };
    assert_eq!(find(store, None, None, now).await, [expected]);
}

pub(crate) async fn a_state_is_written_only_when_it_is_newer_whatever_came_first(store: &impl Store) {
    let sequences: [&[u64]; 4] = [&[9, 1], &[9, 1, 3], &[10], &[10, 1, 2, 1_800_000_000]];
    // All 24 orders of arrival, each on a branch of its own.
    for order in 0..24 {
        let (mut left, mut rest, mut newest) = (sequences.to_vec(), order, None);
        for count in (1..=4).rev() {
            let sequence = left.remove(rest % count);
            rest /= count;
            let is_newer = newest.is_none_or(|newest| sequence > newest);
            newest = newest.max(Some(sequence));
            let state = state("ci.yml", &order.to_string(), sequence);
            assert_eq!(store.put_state(&state, SystemTime::now()).await, Ok(is_newer), "order {order}: {sequence:?}");
            assert_eq!(store.put_state(&state, SystemTime::now()).await, Ok(false), "order {order}: a second time");
        }
        let found = find(store, Some("ci.yml"), Some(&order.to_string()), SystemTime::now()).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].sequence, [10, 1, 2, 1_800_000_000], "order {order}");
        assert_eq!(found[0].fields["sequence"], json!(found[0].sequence));
    }
}

pub(crate) async fn of_eight_writers_at_once_the_newest_state_stays(store: &impl Store) {
    let states: Vec<_> = (0..8).map(|writer| state("ci.yml", "main", &[7, (writer * 5) % 8])).collect();
    let twice = states.iter().chain(&states);
    let outcomes = join_all(twice.map(|state| store.put_state(state, SystemTime::now()))).await;
    let written = outcomes.iter().filter(|outcome| **outcome == Ok(true)).count();
    assert!((1..=8).contains(&written) && outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let found = find(store, None, None, SystemTime::now()).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].sequence, &found[0].fields["sequence"]), (&[7, 7][..], &json!([7, 7])));
}

pub(crate) async fn states_are_found_by_repository_part_and_branch(store: &impl Store) {
    for (part, branch) in [("ci.yml", "main"), ("ci.yml", "main2"), ("ci.yml", "a#b"), ("ci", "x"), ("ci.yml2", "main")]
    {
        assert_eq!(store.put_state(&state(part, branch, &[1]), SystemTime::now()).await, Ok(true));
    }
    let elsewhere = [
        State { repo: "tools2".to_owned(), ..state("ci.yml", "main", &[1]) },
        State { owner: "acme2".to_owned(), ..state("ci.yml", "main", &[1]) },
        State { collection: "job".to_owned(), ..state("ci.yml", "main", &[1]) },
    ];
    for state in &elsewhere {
        assert_eq!(store.put_state(state, SystemTime::now()).await, Ok(true));
    }
    let all = ["ci x", "ci.yml a#b", "ci.yml main", "ci.yml main2", "ci.yml2 main"];
    assert_eq!(found(store, None, None).await, all);
    assert_eq!(found(store, Some("ci.yml"), None).await, all[1..4]);
    assert_eq!(found(store, Some("ci.yml"), Some("main")).await, all[2..3]);
    assert_eq!(found(store, Some("ci.yml"), Some("a#b")).await, all[1..2]);
    assert_eq!(found(store, Some("ci.yml"), Some("mai")).await, [""; 0]);
    assert_eq!(found(store, Some("ci.y"), None).await, [""; 0]);
}

pub(crate) async fn a_query_finds_no_more_states_than_its_limit(store: &impl Store) {
    let states: Vec<_> = (0..MOST_STATES + 4).map(|number| state("ci.yml", &format!("{number:03}"), &[1])).collect();
    for some in states.chunks(20) {
        join_all(some.iter().map(|state| store.put_state(state, SystemTime::now()))).await;
    }
    let found = found(store, None, None).await;
    assert_eq!((found.len(), &*found[MOST_STATES - 1]), (MOST_STATES, &*format!("ci.yml {:03}", MOST_STATES - 1)));
}

pub(crate) async fn a_state_with_a_life_expires_and_is_not_listed(store: &impl Store) {
    let now = SystemTime::now();
    let living = State { life_seconds: Some(100), ..state("42", "build", &[7]) };
    assert_eq!(store.put_state(&living, now).await, Ok(true));
    assert_eq!(find(store, Some("42"), None, now + 98 * SECOND).await.len(), 1);
    assert_eq!(find(store, Some("42"), None, now + 101 * SECOND).await, []);
    assert_eq!(store.subjects("acme", None, "", 9, now).await, Ok(Vec::new()));
    assert_eq!(store.owners("", 9).await, Ok(Vec::new()));
    let older = state("42", "build", &[6]);
    assert_eq!(store.put_state(&older, now + 98 * SECOND).await, Ok(false));
    assert_eq!(store.put_state(&older, now + 101 * SECOND).await, Ok(true), "an expired state is none");
    assert_eq!(find(store, Some("42"), None, now + 9999 * DAY).await.len(), 1);
}

pub(crate) async fn a_state_whose_names_are_too_long_is_refused(store: &impl Store) {
    for (part, branch) in [
        ("", "main"),
        ("ci.yml", ""),
        (&*"x".repeat(129), "main"),
        ("ci.yml", &"x".repeat(245)),
        (&"#".repeat(128), &"#".repeat(244)),
    ] {
        assert!(store.put_state(&state(part, branch, &[1]), SystemTime::now()).await.is_err(), "{part} {branch}");
    }
}

/// The keys of all subjects of an owner, read in pages of `limit`.
async fn listed(store: &impl Store, owner: &str, repo: Option<&str>, limit: usize) -> Vec<String> {
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.subjects(owner, repo, &after, limit, SystemTime::now()).await.unwrap();
        assert!(page.len() <= limit);
        keys.extend(page.iter().map(|listed| ListedSubject::key(&listed.collection, &listed.subject)));
        if page.len() < limit {
            return keys;
        }
        after = keys.last().unwrap().clone();
    }
}

pub(crate) async fn owners_and_their_subjects_are_listed_in_pages(store: &impl Store) {
    assert_eq!(store.owners("", 9).await, Ok(Vec::new()));
    assert_eq!(listed(store, "acme", None, 9).await, [""; 0]);
    let of = |owner: &str, repo: &str, branch: &str| Subject::new(owner, repo, "linux", branch).unwrap();
    // Reported, delivered and as a state, in no order.
    for (owner, repo, branch) in [
        ("b", "tools", "main"),
        ("acme", "tools", "z"),
        ("acme", "tool", "main"),
        ("acme", "tools", "a#b"),
        ("#a", "x", "y"),
    ] {
        assert_eq!(put(store, &entry(&of(owner, repo, branch), record("1", 1, 1000))).await, Recorded::New);
    }
    let (collection, subject) = ("job".to_owned(), of("c", "tools", "main"));
    let records = vec![SubjectRecord { collection, subject, record: record("1", 1, 1000), outbox: None }];
    let (scheme, owner, id) = ("github".to_owned(), "acme".to_owned(), "d".to_owned());
    let delivery = Delivery { scheme, owner, id, records, arrived: SystemTime::now() };
    assert_eq!(store.deliver(&delivery).await, Ok(true));
    let written = [state("ci.yml", "main", &[1]), State { owner: "d".to_owned(), ..state("ci.yml", "main", &[1]) }];
    for state in written.iter().chain(&written) {
        assert!(store.put_state(state, SystemTime::now()).await.is_ok());
    }
    assert_eq!(store.owners("", 9).await.unwrap(), ["#a", "acme", "b", "c", "d"]);
    assert_eq!(store.owners("", 2).await.unwrap(), ["#a", "acme"]);
    assert_eq!(store.owners("acme", 2).await.unwrap(), ["b", "c"]);
    assert_eq!(store.owners("#a", 1).await.unwrap(), ["acme"]);
    assert_eq!(store.owners("d", 9).await.unwrap(), [""; 0]);
    let all = [
        "tool#test-results#linux#main",
        "tools#test-results#linux#a%23b",
        "tools#test-results#linux#z",
        "tools#workflow#ci.yml#main",
    ];
    for limit in [1, 2, 3, 4, 5] {
        assert_eq!(listed(store, "acme", None, limit).await, all, "pages of {limit}");
        assert_eq!(listed(store, "acme", Some("tools"), limit).await, all[1..], "pages of {limit}");
        assert_eq!(listed(store, "acme", Some("tool"), limit).await, all[..1], "pages of {limit}");
    }
    assert_eq!(listed(store, "acme", Some("too"), 9).await, [""; 0]);
    assert_eq!(listed(store, "c", None, 9).await, ["tools#job#linux#main"]);
    let after = store.subjects("acme", Some("tool"), all[2], 9, SystemTime::now()).await;
    assert_eq!(after, Ok(Vec::new()), "after the last of a repository");
}

pub(crate) async fn a_list_says_when_a_subject_changed_last(store: &impl Store) {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let now = SystemTime::now();
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() - 1000;
    let changed = async || {
        let listed = store.subjects("acme", None, "", 9, now).await.unwrap();
        listed.into_iter().map(|listed| listed.changed).collect::<Vec<_>>()
    };
    assert_eq!(put(store, &entry_at(&subject("main"), record("1", 1, 1000), at(seconds))).await, Recorded::New);
    assert_eq!(changed().await, [at(seconds)]);
    let duplicate = entry_at(&subject("main"), record("1", 1, 2000), at(seconds + 1));
    assert_eq!(put(store, &duplicate).await, Recorded::Duplicate);
    assert_eq!(changed().await, [at(seconds)], "a duplicate changes nothing");
    assert_eq!(put(store, &entry_at(&subject("main"), record("2", 1, 1), at(seconds + 2))).await, Recorded::New);
    assert_eq!(changed().await, [at(seconds + 2)]);
    let newer = State { collection: "test-results".to_owned(), ..state("linux", "main", &[2]) };
    assert_eq!(store.put_state(&newer, at(seconds + 3)).await, Ok(true));
    assert_eq!(changed().await, [at(seconds + 3)]);
    let older = State { sequence: vec![1], ..newer };
    assert_eq!(store.put_state(&older, at(seconds + 4)).await, Ok(false));
    assert_eq!(changed().await, [at(seconds + 3)]);
}

pub(crate) async fn a_subject_of_which_nothing_is_left_is_no_longer_listed(store: &impl Store) {
    let now = SystemTime::now();
    assert_eq!(put(store, &entry_at(&subject("record"), record("1", 1, 1000), now)).await, Recorded::New);
    // A state and a record, in both orders.
    for (branch, is_first) in [("first", true), ("last", false)] {
        let state = State { collection: "test-results".to_owned(), ..state("linux", branch, &[1]) };
        if is_first {
            assert_eq!(store.put_state(&state, now).await, Ok(true));
        }
        assert_eq!(put(store, &entry_at(&subject(branch), record("1", 1, 1000), now)).await, Recorded::New);
        if !is_first {
            assert_eq!(store.put_state(&state, now).await, Ok(true));
        }
    }
    let listed = async |now| {
        let listed = store.subjects("acme", None, "", 9, now).await.unwrap();
        listed.into_iter().map(|listed| listed.subject.branch().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(now + RESULT_LIFE - SECOND).await, ["first", "last", "record"]);
    assert_eq!(listed(now + RESULT_LIFE + 2 * DAY).await, ["first", "last"], "a state without a life stays");
    // Records that arrived later keep it listed for longer, and older ones that are imported do not shorten that.
    for (run, arrived) in [("2", now + 9 * DAY), ("3", now - 9 * DAY)] {
        assert_eq!(put(store, &entry_at(&subject("record"), record(run, 1, 1000), arrived)).await, Recorded::New);
        assert_eq!(listed(now + RESULT_LIFE - SECOND).await, ["first", "last", "record"]);
    }
}

pub(crate) async fn a_mark_is_read_with_the_answer_and_never_moves_back(store: &impl Store) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let about = "acme/\u{1F980}#tools";
    let read = async |key, about, now| {
        let found = store.answer_about(key, about, now).await.unwrap();
        (found.answer, found.stale_since)
    };
    assert_eq!(read("k", about, now).await, (None, None));
    let answer = Bytes::from_static(b"answer");
    store.keep_answer("k", answer.clone(), SystemTime::now() + 1000 * SECOND);
    wait_until_cached(store, "k", SystemTime::now(), &answer).await;
    assert_eq!(store.mark_stale(about, now).await, Ok(()));
    assert_eq!(store.mark_stale(about, now - SECOND).await, Ok(()));
    assert_eq!(read("other", about, now).await, (None, Some(now)));
    assert_eq!(read("k", "acme/other", SystemTime::now()).await, (Some(answer.clone()), None));
    let later = now + Duration::from_millis(1);
    assert_eq!(store.mark_stale(about, later).await, Ok(()));
    assert_eq!(read("other", about, later + MARK_LIFE - 2 * SECOND).await, (None, Some(later)));
    assert_eq!(read("other", about, later + MARK_LIFE + SECOND).await, (None, None), "an expired mark is none");
    assert_eq!(store.mark_stale(about, SystemTime::now()).await, Ok(()));
    let both = read("k", about, SystemTime::now()).await;
    assert!(both.0 == Some(answer) && both.1.is_some(), "{both:?}");
}
