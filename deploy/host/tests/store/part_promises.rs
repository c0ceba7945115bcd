//! What every store promises of the parts of a branch.

use std::time::SystemTime;

use badgesmith_engine::store::{Entry, EveryPart, MOST_PARTS, RESULT_LIFE, Recorded, Store, Subject};
use badgesmith_provider::{FoundParts, State};
use futures_util::future::join_all;
use serde_json::Map;

use crate::promises::{SECOND, entry, entry_at, put, record};

/// Hands the names of these promises to another macro.
macro_rules! for_every_part_promise {
    ($run:ident) => {
        $run!(part_promises:
            every_part_of_a_branch_is_found_with_its_newest_records,
            parts_of_other_branches_collections_and_repositories_are_not_found,
            at_most_64_parts_are_found_and_further_ones_are_counted,
            a_part_whose_records_have_expired_is_not_found,
            a_part_is_found_as_soon_as_its_record_is_written,
        );
    };
}

fn every(repo: &str, branch: &str, last: usize) -> EveryPart {
    EveryPart::new("test-results", ["Acme", repo, branch], last, &["passed".to_owned()]).unwrap()
}

fn of(repo: &str, part: &str, branch: &str, run: &str, time: i64) -> Entry {
    entry(&Subject::new("acme", repo, part, branch).unwrap(), record(run, 1, time))
}

async fn write_all(store: &impl Store, entries: &[Entry]) {
    for some in entries.chunks(32) {
        let written = join_all(some.iter().map(|entry| put(store, entry))).await;
        assert!(written.iter().all(|recorded| *recorded == Recorded::New), "{written:?}");
    }
}

/// The parts that were found, each with its runs.
fn runs(found: &FoundParts) -> Vec<String> {
    let run = |part: &badgesmith_provider::PartRecords| {
        let runs = part.records.iter().map(|record| record.run_id.as_str()).collect::<Vec<_>>();
        format!("{}: {}", part.platform, runs.join(" "))
    };
    let mut found: Vec<_> = found.found.iter().map(run).collect();
    found.sort();
    found
}

async fn find(store: &impl Store, repo: &str, branch: &str, last: usize) -> FoundParts {
    store.part_records(&every(repo, branch, last), SystemTime::now()).await.unwrap()
}

pub(crate) async fn every_part_of_a_branch_is_found_with_its_newest_records(store: &impl Store) {
    assert_eq!(find(store, "tools", "main", 10).await, FoundParts::default());
    let mut entries = Vec::new();
    for part in ["Web", "web!", "web#1", "api", "100%", "all", "ALL"] {
        let part_runs = if part == "ALL" { 4..6 } else { 1..4 };
        entries.extend(part_runs.map(|run| of("tools", part, "Main", &run.to_string(), 1000 * run)));
    }
    let mut with_more = of("tools", "fields", "main", "7", 7000);
    with_more.record.fields.insert("suites".to_owned(), "x".repeat(9000).into());
    entries.push(with_more);
    write_all(store, &entries).await;
    let found = find(store, "TOOLS", "main", 2).await;
    assert_eq!(runs(&found), ["100%: 3 2", "api: 3 2", "fields: 7", "web!: 3 2", "web#1: 3 2", "web: 3 2"]);
    assert_eq!(found.omitted, 0);
    let fields: Vec<_> = found.found.iter().flat_map(|part| &part.records).map(|record| record.fields.len()).collect();
    assert!(fields.iter().all(|count| *count == 1), "only the fields that are queried: {fields:?}");
    assert_eq!(runs(&find(store, "tools", "MAIN", 10).await)[1], "api: 3 2 1");
}

pub(crate) async fn parts_of_other_branches_collections_and_repositories_are_not_found(store: &impl Store) {
    let mut entries = vec![of("tools", "web", "main", "1", 1000), of("tools", "api", "main", "1", 1000)];
    for (repo, part, branch) in [
        ("tools", "api", "a-before"),
        ("tools", "api", "z-behind"),
        ("tools", "ape", "main2"),
        ("tools", "zoo", "mai"),
        ("tools", "web", "main#"),
        ("tool", "x", "main"),
        ("tools2", "x", "main"),
        ("tools#test-results", "x", "main"),
    ] {
        entries.push(of(repo, part, branch, "1", 1000));
    }
    for collection in ["coverage", "test-result", "test-results2", "values"] {
        entries.push(Entry { collection: collection.to_owned(), ..of("tools", "x", "main", collection, 1000) });
    }
    write_all(store, &entries).await;
    assert_eq!(runs(&find(store, "tools", "main", 1).await), ["api: 1", "web: 1"]);
    assert_eq!(runs(&find(store, "tools", "main#", 1).await), ["web: 1"]);
    assert_eq!(runs(&find(store, "tools2", "main", 1).await), ["x: 1"]);
}

pub(crate) async fn at_most_64_parts_are_found_and_further_ones_are_counted(store: &impl Store) {
    for count in [1, 4, 64, 70] {
        let repo = format!("repo{count}");
        let entries: Vec<_> = (0..count)
            .flat_map(|part| ["a", "main", "z"].map(|branch| of(&repo, &format!("part{part}"), branch, "1", 1000)))
            .collect();
        write_all(store, &entries).await;
        let found = find(store, &repo, "main", 1).await;
        let omitted = usize::try_from(found.omitted).unwrap();
        assert_eq!((found.found.len(), omitted), (count.min(MOST_PARTS), count - count.min(MOST_PARTS)));
    }
}

pub(crate) async fn a_part_whose_records_have_expired_is_not_found(store: &impl Store) {
    let now = SystemTime::now();
    let subject = |part| Subject::new("acme", "tools", part, "main").unwrap();
    let old = entry_at(&subject("old"), record("1", 1, 1000), now - RESULT_LIFE + 100 * SECOND);
    let new = entry_at(&subject("new"), record("1", 1, 1000), now);
    write_all(store, &[old, new]).await;
    let state = State {
        collection: "test-results".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: "only-a-state".to_owned(),
        branch: "main".to_owned(),
        sequence: vec![1],
        ..State::default()
    };
    assert_eq!(store.put_state(&state, now).await, Ok(true));
    let found = async |at| runs(&store.part_records(&every("tools", "main", 1), at).await.unwrap());
    assert_eq!(found(now).await, ["new: 1", "old: 1"]);
    assert_eq!(found(now + 200 * SECOND).await, ["new: 1"]);
}

pub(crate) async fn a_part_is_found_as_soon_as_its_record_is_written(store: &impl Store) {
    for part in 0..8 {
        write_all(store, &[of("tools", &format!("part{part}"), "main", "1", 1000)]).await;
        assert_eq!(find(store, "tools", "main", 1).await.found.len(), part + 1);
    }
}

/// Lists 3,000 other subjects of four parts, of which a branch in the middle has two.
async fn list_thousands(store: &impl Store) {
    let now = SystemTime::now();
    let state = |part: usize, branch: usize| State {
        collection: "test-results".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: format!("part{part}"),
        branch: format!("branch{branch:04}"),
        sequence: vec![1],
        fields: Map::new(),
        life_seconds: None,
    };
    let states: Vec<_> = (0..4).flat_map(|part| (0..750).map(move |branch| state(part, branch))).collect();
    for some in states.chunks(250) {
        let written = join_all(some.iter().map(|state| store.put_state(state, now))).await;
        assert!(written.iter().all(|written| *written == Ok(true)));
    }
    let entries = ["part1", "part3"].map(|part| of("tools", part, "branch0400x", "1", 1000));
    write_all(store, &entries).await;
}

/// What is found among them. It is no promise of its own, because a DynamoDB in this process takes long to list them.
pub(crate) async fn are_found_among_thousands(store: &impl Store) {
    list_thousands(store).await;
    let found = find(store, "tools", "branch0400x", 8).await;
    assert_eq!((runs(&found), found.omitted), (vec!["part1: 1".to_owned(), "part3: 1".to_owned()], 0));
    assert_eq!(find(store, "tools", "no-branch", 8).await, FoundParts::default());
}
