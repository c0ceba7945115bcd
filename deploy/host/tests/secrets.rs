//! The owners' secrets in AWS, and what AWS is asked for a report and for a badge.
//!
//! Secrets Manager is one in this process, and the one that `BADGESMITH_SECRETS_MANAGER` names, if any.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/keeper.rs"]
mod keeper;
#[path = "support/peer.rs"]
mod peer;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    store::{Entry, Recorded, Span, Store, Subject},
    world::Secrets,
};
use badgesmith_host::{
    aws::{
        Aws, AwsSecrets, DynamoStore, policy,
        vault::{PREFIX, Place, Vault},
    },
    client::Connections,
};
use badgesmith_provider::Record;
use bytes::Bytes;
use keeper::Keeper;
use peer::Peer;
use serde_json::Map;

const fn place<'a>(owner: &'a str, repo: Option<&'a str>, purpose: &'a str) -> Place<'a> {
    Place { owner, repo, purpose }
}

/// What a server that was started just now finds.
async fn found(aws: &Arc<Aws>, owner: &str, repo: Option<&str>, purpose: &str) -> Vec<String> {
    let secrets = AwsSecrets::new(Arc::clone(aws));
    let found = secrets.find(owner, repo, purpose).await.unwrap();
    found.iter().map(|secret| secret.reveal().to_owned()).collect()
}

/// The calls that were made since `before`.
fn since(before: &BTreeMap<String, u64>, aws: &Aws) -> Vec<(String, u64)> {
    let more = |(name, count): (String, u64)| {
        let new = count - before.get(&name).copied().unwrap_or_default();
        (new > 0).then_some((name, new))
    };
    aws.calls().into_iter().filter_map(more).collect()
}

fn calls(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Everything an operator does with secrets, and what a server finds after each step.
async fn secrets_are_set_rotated_and_removed(aws: &Arc<Aws>) {
    let vault = Vault::new(Arc::clone(aws));
    let (acme, tools) = (place("Acme", None, "TestData"), place("ACME", Some("Tools"), "TestData"));
    let find = |repo| found(aws, "acme", repo, "TestData");
    assert!(find(None).await.is_empty());
    assert!(vault.rotate(acme, "one").await.unwrap_err().contains("set one first"));
    vault.set(acme, "one two \u{1F980}").await.unwrap();
    assert_eq!(find(None).await, ["one two \u{1F980}"]);
    assert_eq!(find(Some("tools")).await, ["one two \u{1F980}"], "the owner's counts for a repository without its own");
    vault.set(tools, "own").await.unwrap();
    assert_eq!(find(Some("tools")).await, ["own"]);
    assert_eq!(find(Some("other")).await, ["one two \u{1F980}"]);
    vault.rotate(acme, "three").await.unwrap();
    vault.rotate(acme, "four").await.unwrap();
    assert_eq!(find(None).await, ["four", "three"]);
    let listed: Vec<_> = vault.list().await.unwrap().into_iter().map(|listed| (listed.holder, listed.values)).collect();
    assert_eq!(listed, [("acme".to_owned(), 2), ("acme/tools".to_owned(), 1)]);
    assert_eq!(vault.finish(acme).await, Ok(true));
    assert_eq!(vault.finish(acme).await, Ok(false));
    assert_eq!(find(None).await, ["four"]);
    assert!(vault.set(place("acme", None, "Package"), "two words").await.unwrap_err().contains("header"));
    assert_eq!(vault.remove(acme).await, Ok(true));
    assert_eq!(vault.remove(acme).await, Ok(false));
    assert!(find(None).await.is_empty());
    assert_eq!(find(Some("tools")).await, ["own"]);
}

#[tokio::test]
async fn a_secret_counts_as_soon_as_it_is_set_and_as_long_as_it_is_not_removed() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = peer.aws_with(&keeper.url()).await;
    secrets_are_set_rotated_and_removed(&aws).await;
    let names = keeper.names();
    assert_eq!(names.len(), 1, "what is no longer used is deleted: {names:?}");
    assert!(names[0].starts_with(&format!("{PREFIX}acme/tools/TestData/")), "{names:?}");
}

#[tokio::test]
async fn another_secrets_manager_sees_it_the_same_way() {
    let Ok(url) = env::var("BADGESMITH_SECRETS_MANAGER") else {
        assert!(env::var_os("CI").is_none(), "BADGESMITH_SECRETS_MANAGER names no peer; .ci/peers starts one");
        println!("skipped: BADGESMITH_SECRETS_MANAGER names no second Secrets Manager");
        return;
    };
    let peer = Peer::start().await;
    secrets_are_set_rotated_and_removed(&peer.aws_with(&url).await).await;
}

#[tokio::test]
async fn an_owner_nobody_knows_costs_the_same_calls_as_one_with_a_secret_and_both_are_remembered() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = peer.aws_with(&keeper.url()).await;
    Vault::new(Arc::clone(&aws)).set(place("acme", None, "TestData"), "hush").await.unwrap();
    let secrets = AwsSecrets::new(Arc::clone(&aws));
    let once = calls(&[("DynamoDB.BatchGetItem", 1), ("Secrets Manager.GetSecretValue", 1)]);
    for (owner, how_many) in [("acme", 1), ("nobody", 0)] {
        let before = aws.calls();
        assert_eq!(secrets.find(owner, Some("tools"), "TestData").await.unwrap().len(), how_many);
        assert_eq!(since(&before, &aws), once, "{owner}");
        let before = aws.calls();
        assert_eq!(secrets.find(owner, Some("tools"), "TestData").await.unwrap().len(), how_many);
        assert_eq!(since(&before, &aws), [], "{owner} is remembered");
    }
    let words = format!("{secrets:?}");
    assert!(words.contains("AwsSecrets") && !words.contains("hush"), "{words}");
    keeper.break_down();
    let secrets = AwsSecrets::new(aws);
    let faults = [secrets.find("acme", None, "TestData").await, secrets.find("nobody", None, "TestData").await];
    assert!(faults[0].is_err() && faults[0] == faults[1], "{faults:?}");
}

#[tokio::test]
async fn names_that_somebody_else_wrote_are_read_and_their_secrets_left_alone() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = peer.aws_with(&keeper.url()).await;
    let vault = Vault::new(Arc::clone(&aws));
    keeper.put("team/acme", r#"{"hmac_key": "hush"}"#);
    assert_eq!(vault.name(place("acme", None, "TestData"), "team/acme").await, Ok(true));
    assert_eq!(vault.name(place("acme", None, "TestData"), "team/other").await, Ok(false));
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["hush"]);
    vault.set(place("acme", None, "TestData"), "new").await.unwrap();
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["new"]);
    assert!(keeper.names().contains(&"team/acme".to_owned()));
    // A name without a secret is as good as none.
    assert_eq!(vault.name(place("other", None, "TestData"), "team/missing").await, Ok(true));
    assert!(found(&aws, "other", None, "TestData").await.is_empty());
}

#[tokio::test]
async fn a_report_is_one_transaction_a_badge_one_query_and_the_policy_allows_what_is_called() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = peer.aws_with(&keeper.url()).await;
    let secrets = AwsSecrets::new(Arc::clone(&aws));
    let store = DynamoStore::new(Arc::clone(&aws));
    // Operators' calls are not the server's: these clients are new.
    let before = aws.calls();
    secrets.find("acme", Some("tools"), "TestData").await.unwrap();
    let now = SystemTime::now();
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let record = Record { run_id: "1".to_owned(), run_attempt: 1, timestamp_ms: 1000, fields: Map::new() };
    let collection = "test-results".to_owned();
    let entry = Entry { collection, subject: subject.clone(), nonce: "n".to_owned(), record, arrived: now };

    let report = aws.calls();
    secrets.find("acme", Some("tools"), "TestData").await.unwrap();
    assert_eq!(store.record(&entry).await, Ok(Recorded::New));
    assert_eq!(since(&report, &aws), calls(&[("DynamoDB.TransactWriteItems", 1)]));

    let badge = aws.calls();
    assert_eq!(store.history("test-results", &subject, Span::LATEST, now).await, Ok(vec![entry.record]));
    assert_eq!(since(&badge, &aws), calls(&[("DynamoDB.Query", 1)]));

    store.keep_answer("nuget x", Bytes::from_static(b"kept"), now + Duration::from_secs(100));
    store.settle().await;
    assert_eq!(store.answer("nuget x", now).await, Ok(Some(Bytes::from_static(b"kept"))));
    let called: BTreeSet<_> = since(&before, &aws).into_iter().map(|(name, _)| name).collect();
    let allowed: BTreeSet<_> = policy::CALLS.iter().map(|call| call.operation.to_owned()).collect();
    assert_eq!(called, allowed);
}

#[tokio::test]
async fn asking_how_aws_is_costs_three_reads() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = peer.aws_with(&keeper.url()).await;
    let (secrets, store) = (AwsSecrets::new(Arc::clone(&aws)), DynamoStore::new(Arc::clone(&aws)));
    let before = aws.calls();
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(secrets.check().await, Ok(()));
    let reads = [("DynamoDB.BatchGetItem", 1), ("DynamoDB.Query", 1), ("Secrets Manager.GetSecretValue", 1)];
    assert_eq!(since(&before, &aws), calls(&reads));
    let mut settings = peer.settings();
    settings.tables.secrets = "nobody-made-it".to_owned();
    settings.tables.results = "nobody-made-it".to_owned();
    let aws = Arc::new(Aws::new(settings, Connections::new()));
    assert!(AwsSecrets::new(Arc::clone(&aws)).check().await.is_err());
    assert!(DynamoStore::new(aws).check().await.is_err());
}

#[tokio::test]
async fn a_table_that_is_switched_off_is_never_asked() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.answers = String::new();
    let aws = Arc::new(Aws::new(settings, Connections::new()));
    let store = DynamoStore::new(Arc::clone(&aws));
    let now = SystemTime::now();
    store.keep_answer("k", Bytes::from_static(b"kept"), now + Duration::from_secs(100));
    store.settle().await;
    assert_eq!(store.answer("k", now).await, Ok(None));
    assert_eq!(aws.calls(), BTreeMap::new());
}

#[tokio::test]
async fn a_store_that_is_not_there_says_so_within_the_requests_time() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.results = "nobody-made-it".to_owned();
    let aws = Arc::new(Aws::new(settings, Connections::new()));
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let fault = DynamoStore::new(aws).history("test-results", &subject, Span::LATEST, SystemTime::now()).await;
    let words = fault.unwrap_err().0;
    assert!(words.contains("ResourceNotFoundException"), "{words}");
}
