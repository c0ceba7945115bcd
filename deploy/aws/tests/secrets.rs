//! The owners' secrets in AWS, and what AWS is asked for a report and for a badge.
//!
//! Secrets Manager is one in this process, and the one that `BADGESMITH_SECRETS_MANAGER` names, if any.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/dynamodb.rs"]
mod dynamodb;
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

use badgesmith_aws::{
    Aws, AwsSecrets, DynamoStore, policy,
    vault::{Place, SHARED_PREFIX, Vault},
};
use badgesmith_engine::{
    store::{Entry, Recorded, Span, Store, Subject},
    world::Secrets,
};
use badgesmith_host::client::Connections;
use badgesmith_provider::Record;
use bytes::Bytes;
use keeper::Keeper;
use peer::Peer;
use serde_json::{Map, json};

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
    let prefix = aws.tables().secret_prefix();
    assert!(names[0].starts_with(&format!("{prefix}acme/tools/TestData/")), "{names:?}");
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

/// A deployment that was set up before it had a prefix of its own: an owner whose secret is being rotated, a repository
/// with a secret, and an owner whose secret BadgeSmith named.
async fn of_before(peer: &Peer, secrets_manager: &str) -> Arc<Aws> {
    let mut settings = peer.settings();
    settings.secrets_manager = Some(secrets_manager.to_owned());
    // The prefix of a table of this name is the one that all once shared.
    settings.tables.secrets = SHARED_PREFIX.trim_end_matches('/').to_owned();
    peer.provision(&settings).await;
    let before = Arc::new(Aws::new(settings.clone(), Connections::new()));
    let vault = Vault::new(Arc::clone(&before));
    vault.set(place("acme", None, "TestData"), r#"{"hmac_key": "one"}"#).await.unwrap();
    vault.rotate(place("acme", None, "TestData"), "two \u{1F980}").await.unwrap();
    vault.set(place("acme", Some("tools"), "TestData"), "own").await.unwrap();
    vault.set(place("other", None, "Package"), "token").await.unwrap();

    let aws = peer.aws_with(secrets_manager).await;
    let endpoint = settings.dynamodb.unwrap();
    let found = dynamodb::call(&endpoint, "Scan", &json!({"TableName": before.tables().secrets})).await;
    for item in found["Items"].as_array().unwrap() {
        let mut item = item.clone();
        if item["SK"]["S"] == "Package" {
            item["SK"]["S"] = "CONST#GITHUB#package".into();
            item["SecretName"] = item["SecretNames"]["L"][0].clone();
            item.as_object_mut().unwrap().remove("SecretNames");
        }
        dynamodb::call(&endpoint, "PutItem", &json!({"TableName": aws.tables().secrets, "Item": item})).await;
    }
    aws
}

/// What a migration leaves as it was: every secret, the newest first.
async fn all_are_found(aws: &Arc<Aws>) {
    assert_eq!(found(aws, "acme", None, "TestData").await, ["two \u{1F980}", "one"]);
    assert_eq!(found(aws, "acme", Some("tools"), "TestData").await, ["own"]);
    assert_eq!(found(aws, "other", None, "Package").await, ["token"]);
    assert!(found(aws, "nobody", None, "TestData").await.is_empty());
}

async fn moved(aws: &Arc<Aws>) -> Vec<(String, usize)> {
    let migrated = Vault::new(Arc::clone(aws)).migrate().await.unwrap();
    assert!(migrated.iter().all(|migrated| migrated.missing.is_empty()), "{migrated:?}");
    migrated.into_iter().map(|migrated| (migrated.listed.holder, migrated.moved)).collect()
}

#[tokio::test]
async fn what_was_migrated_is_read_by_a_role_that_reads_its_own_prefix_only() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = of_before(&peer, &keeper.url()).await;
    keeper.put("badgesmith/acme/TestData/of-another-deployment", "hush");
    all_are_found(&aws).await;
    let rows = |counts: [usize; 3]| {
        let names = ["acme", "acme/tools", "other"].map(str::to_owned);
        names.into_iter().zip(counts).collect::<Vec<_>>()
    };
    assert_eq!(moved(&aws).await, rows([2, 1, 1]));
    let after = keeper.names();
    let own = aws.tables().secret_prefix();
    let (own_names, others): (Vec<_>, Vec<_>) = after.iter().partition(|name| name.starts_with(&own));
    assert_eq!(own_names.len(), 4, "{after:?}");
    // What BadgeSmith named may still be used by it; another deployment's is nobody's business here.
    assert_eq!(others.len(), 2, "{after:?}");
    assert!(others.iter().any(|name| name.starts_with("badgesmith/other/Package/")), "{after:?}");
    keeper.read_only_under(&own);
    all_are_found(&aws).await;
    assert_eq!(moved(&aws).await, rows([0, 0, 0]), "what is done is not done again");
    assert_eq!(keeper.names(), after);

    // The rest of what operators do goes on as before.
    let vault = Vault::new(Arc::clone(&aws));
    assert_eq!(vault.finish(place("acme", None, "TestData")).await, Ok(true));
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["two \u{1F980}"]);
    assert_eq!(keeper.names().len(), after.len() - 1);
}

#[tokio::test]
async fn a_migration_that_was_stopped_is_repeated() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = of_before(&peer, &keeper.url()).await;
    let lost = keeper.names().into_iter().find(|name| name.starts_with("badgesmith/acme/tools/")).unwrap();
    keeper.remove(&lost);
    let migrated = Vault::new(Arc::clone(&aws)).migrate().await.unwrap();
    let told: Vec<_> = migrated.iter().map(|one| (&*one.listed.holder, one.moved, one.missing.clone())).collect();
    assert_eq!(told, [("acme", 2, vec![]), ("acme/tools", 0, vec![lost.clone()]), ("other", 1, vec![])]);
    // Restored, it is found where it was, and moved.
    keeper.put(&lost, "own");
    all_are_found(&aws).await;
    assert_eq!(moved(&aws).await, [("acme".to_owned(), 0), ("acme/tools".to_owned(), 1), ("other".to_owned(), 0)]);
    all_are_found(&aws).await;
}

#[tokio::test]
async fn a_migration_that_may_not_read_says_so_and_changes_nothing() {
    let (peer, keeper) = (Peer::start().await, Keeper::start());
    let aws = of_before(&peer, &keeper.url()).await;
    let before = keeper.names();
    keeper.read_only_under("nothing");
    let words = Vault::new(Arc::clone(&aws)).migrate().await.unwrap_err();
    assert!(words.contains("AccessDenied"), "{words}");
    keeper.read_only_under("");
    assert_eq!(keeper.names(), before);
    all_are_found(&aws).await;
}

#[tokio::test]
async fn another_secrets_manager_migrates_the_same_way() {
    let Ok(url) = env::var("BADGESMITH_SECRETS_MANAGER") else {
        assert!(env::var_os("CI").is_none(), "BADGESMITH_SECRETS_MANAGER names no peer; .ci/peers starts one");
        println!("skipped: BADGESMITH_SECRETS_MANAGER names no second Secrets Manager");
        return;
    };
    let peer = Peer::start().await;
    let aws = of_before(&peer, &url).await;
    assert_eq!(moved(&aws).await.iter().map(|(_, count)| count).sum::<usize>(), 4);
    all_are_found(&aws).await;
    assert_eq!(moved(&aws).await.iter().map(|(_, count)| count).sum::<usize>(), 0);
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
