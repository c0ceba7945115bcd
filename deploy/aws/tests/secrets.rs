//! The owners' secrets in AWS.
//!
//! Secrets Manager is a fake one in this process, and the one that `BADGESMITH_SECRETS_MANAGER` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/call_counts.rs"]
mod call_counts;
#[path = "support/dynamodb.rs"]
mod dynamodb;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/secrets_manager.rs"]
mod secrets_manager;

use std::{
    collections::BTreeMap,
    env,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_aws::{
    AwsClients, AwsSecrets, DynamoStore,
    secret_admin::{SHARED_PREFIX, SecretAdmin, SecretAdminError, SecretScope},
};
use badgesmith_engine::{
    store::{Span, Store, Subject},
    world::{MOST_SERVER_SECRETS, SERVER, Secrets},
};
use badgesmith_host::{client::Connections, secrets::SecretRefusal};
use bytes::Bytes;
use call_counts::{calls, since};
use peer::Peer;
use secrets_manager::FakeSecretsManager;
use serde_json::json;

const fn scope<'a>(owner: &'a str, repo: Option<&'a str>, purpose: &'a str) -> SecretScope<'a> {
    SecretScope { owner, repo, purpose }
}

/// The secrets that a server with an empty cache finds.
async fn found(aws: &Arc<AwsClients>, owner: &str, repo: Option<&str>, purpose: &str) -> Vec<String> {
    let secrets = AwsSecrets::new(Arc::clone(aws));
    let found = secrets.find(owner, repo, purpose).await.unwrap();
    found.iter().map(|secret| secret.reveal().to_owned()).collect()
}

/// All operations on secrets, with what a server finds after each.
async fn secrets_are_set_rotated_and_removed(aws: &Arc<AwsClients>) {
    let admin = SecretAdmin::new(Arc::clone(aws));
    let (acme, tools) = (scope("Acme", None, "TestData"), scope("ACME", Some("Tools"), "TestData"));
    let find = |repo| found(aws, "acme", repo, "TestData");
    assert!(find(None).await.is_empty());
    assert_eq!(admin.rotate(acme, "one").await, Err(SecretAdminError::NothingToRotate));
    admin.set(acme, "one two \u{1F980}").await.unwrap();
    assert_eq!(find(None).await, ["one two \u{1F980}"]);
    assert_eq!(find(Some("tools")).await, ["one two \u{1F980}"], "a repository without secrets has those of its owner");
    admin.set(tools, "own").await.unwrap();
    assert_eq!(find(Some("tools")).await, ["own"]);
    assert_eq!(find(Some("other")).await, ["one two \u{1F980}"]);
    admin.rotate(acme, "three").await.unwrap();
    admin.rotate(acme, "four").await.unwrap();
    assert_eq!(find(None).await, ["four", "three"]);
    let listed: Vec<_> = admin.list().await.unwrap().into_iter().map(|listed| (listed.holder, listed.values)).collect();
    assert_eq!(listed, [("acme".to_owned(), 2), ("acme/tools".to_owned(), 1)]);
    assert_eq!(admin.finish(acme).await, Ok(true));
    assert_eq!(admin.finish(acme).await, Ok(false));
    assert_eq!(find(None).await, ["four"]);
    let refused = admin.set(scope("acme", None, "Package"), "two words").await.unwrap_err();
    assert_eq!(refused, SecretAdminError::Refused(SecretRefusal::NotForHeaders));
    assert_eq!(admin.remove(acme).await, Ok(true));
    assert_eq!(admin.remove(acme).await, Ok(false));
    assert!(find(None).await.is_empty());
    assert_eq!(find(Some("tools")).await, ["own"]);
}

/// The server's own secrets, as a server with an empty cache finds them.
async fn of_server(aws: &Arc<AwsClients>, purpose: &str) -> Vec<String> {
    let found = AwsSecrets::new(Arc::clone(aws)).of_server(purpose).await.unwrap();
    found.iter().map(|secret| secret.reveal().to_owned()).collect()
}

/// All operations on the server's own secrets.
async fn the_servers_own_secrets_are_added_listed_and_removed_by_id(aws: &Arc<AwsClients>) {
    let admin = SecretAdmin::new(Arc::clone(aws));
    let own = scope(SERVER, None, "GitHub");
    assert!(of_server(aws, "GitHub").await.is_empty());
    let mut ids = Vec::new();
    for token in ["one", "two", "three"] {
        ids.push(admin.add("GitHub", token).await.unwrap());
    }
    assert_eq!(of_server(aws, "GitHub").await, ["three", "two", "one"]);
    assert!(of_server(aws, "Package").await.is_empty());
    assert!(found(aws, SERVER, None, "GitHub").await.is_empty(), "they verify no report");
    assert!(found(aws, SERVER, Some("tools"), "GitHub").await.is_empty());
    let known = SecretAdminError::Refused(SecretRefusal::Known(ids[1].clone()));
    assert_eq!(admin.add("GitHub", "two").await, Err(known));
    let refused = SecretAdminError::Refused(SecretRefusal::NotRotated(3));
    assert_eq!(admin.rotate(own, "four").await, Err(refused.clone()));
    assert_eq!(admin.finish(own).await, Err(refused));
    let listed = admin.list().await.unwrap().into_iter().find(|listed| listed.holder == SERVER).unwrap();
    assert_eq!(listed.ids, [&*ids[2], &*ids[1], &*ids[0]]);
    assert_eq!(admin.remove_one("GitHub", &ids[1]).await, Ok(true));
    assert_eq!(admin.remove_one("GitHub", &ids[1]).await, Ok(false));
    assert_eq!(of_server(aws, "GitHub").await, ["three", "one"]);
    admin.set(own, "new").await.unwrap();
    assert_eq!(of_server(aws, "GitHub").await, ["new"]);
    admin.rotate(own, "newer").await.unwrap();
    assert_eq!(of_server(aws, "GitHub").await, ["newer", "new"]);
    assert_eq!(admin.finish(own).await, Ok(true));
    let last = admin.list().await.unwrap().into_iter().find(|listed| listed.holder == SERVER).unwrap().ids;
    assert_eq!(admin.remove_one("GitHub", &last[0]).await, Ok(true));
    assert!(of_server(aws, "GitHub").await.is_empty());
    assert!(!admin.has(own).await.unwrap());
}

#[tokio::test]
async fn the_server_has_secrets_of_its_own_that_no_owner_is_called_to_find() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    the_servers_own_secrets_are_added_listed_and_removed_by_id(&aws).await;
    assert!(manager.names().is_empty(), "unused secrets are deleted: {:?}", manager.names());
    // A value that somebody deleted is shown by its name, and can be removed by it.
    let admin = SecretAdmin::new(Arc::clone(&aws));
    admin.add("GitHub", "one").await.unwrap();
    let lost = manager.names().remove(0);
    manager.remove(&lost);
    let id = admin.add("GitHub", "two").await.unwrap();
    assert_eq!(of_server(&aws, "GitHub").await, ["two"]);
    assert_eq!(admin.list().await.unwrap()[0].ids, [id, lost.clone()]);
    assert_eq!(admin.remove_one("GitHub", &lost).await, Ok(true));
    assert_eq!(of_server(&aws, "GitHub").await, ["two"]);
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of a second Secrets Manager, which .ci/peers starts"]
async fn another_secrets_manager_has_the_servers_own_secrets() {
    let peer = Peer::start().await;
    let aws = peer.aws_with(&external_secrets_manager()).await;
    the_servers_own_secrets_are_added_listed_and_removed_by_id(&aws).await;
}

#[tokio::test]
async fn thirty_two_secrets_of_the_server_are_read_once_for_all_callers_and_one_more_is_refused() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    let admin = SecretAdmin::new(Arc::clone(&aws));
    for index in 0..MOST_SERVER_SECRETS {
        admin.add("GitHub", &format!("token-{index}")).await.unwrap();
    }
    assert_eq!(admin.add("GitHub", "one-more").await, Err(SecretAdminError::Refused(SecretRefusal::TooMany)));
    let (secrets, before) = (AwsSecrets::new(Arc::clone(&aws)), aws.call_counts());
    let (one, other) = tokio::join!(secrets.of_server("GitHub"), secrets.of_server("GitHub"));
    assert_eq!((one.unwrap().len(), other.unwrap().len()), (32, 32));
    assert_eq!(since(&before, &aws), calls(&[("DynamoDB.BatchGetItem", 1), ("Secrets Manager.GetSecretValue", 32)]));
    let before = aws.call_counts();
    assert!(secrets.find(SERVER, None, "GitHub").await.unwrap().is_empty());
    let unknown = calls(&[("DynamoDB.BatchGetItem", 1), ("Secrets Manager.GetSecretValue", 1)]);
    assert_eq!(since(&before, &aws), unknown, "as for an unknown owner");
}

#[tokio::test]
async fn a_secret_is_valid_from_when_it_is_set_until_it_is_removed() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    secrets_are_set_rotated_and_removed(&aws).await;
    let names = manager.names();
    assert_eq!(names.len(), 1, "unused secrets are deleted: {names:?}");
    let prefix = aws.tables().secret_prefix();
    assert!(names[0].starts_with(&format!("{prefix}acme/tools/TestData/")), "{names:?}");
}

/// The URL of a Secrets Manager that is not the fake one.
fn external_secrets_manager() -> String {
    let url = env::var("BADGESMITH_SECRETS_MANAGER");
    url.expect("set BADGESMITH_SECRETS_MANAGER to the URL of a Secrets Manager; .ci/peers starts one")
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of a second Secrets Manager, which .ci/peers starts"]
async fn another_secrets_manager_has_the_same_secrets() {
    let peer = Peer::start().await;
    secrets_are_set_rotated_and_removed(&peer.aws_with(&external_secrets_manager()).await).await;
}

/// A deployment from before it had a prefix of its own: an owner whose secret is being rotated, a repository with a
/// secret, and an owner whose item has the older form.
async fn older_deployment(peer: &Peer, secrets_manager: &str) -> Arc<AwsClients> {
    let mut settings = peer.settings();
    settings.secrets_manager = Some(secrets_manager.to_owned());
    // A table of this name has the shared prefix.
    settings.tables.secrets = SHARED_PREFIX.trim_end_matches('/').to_owned();
    peer.provision(&settings).await;
    let before = Arc::new(AwsClients::new(settings.clone(), Connections::new()));
    let admin = SecretAdmin::new(Arc::clone(&before));
    admin.set(scope("acme", None, "TestData"), r#"{"hmac_key": "one"}"#).await.unwrap();
    admin.rotate(scope("acme", None, "TestData"), "two \u{1F980}").await.unwrap();
    admin.set(scope("acme", Some("tools"), "TestData"), "own").await.unwrap();
    admin.set(scope("other", None, "Package"), "token").await.unwrap();

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

/// A migration changes no value and no order.
async fn assert_all_are_found(aws: &Arc<AwsClients>) {
    assert_eq!(found(aws, "acme", None, "TestData").await, ["two \u{1F980}", "one"]);
    assert_eq!(found(aws, "acme", Some("tools"), "TestData").await, ["own"]);
    assert_eq!(found(aws, "other", None, "Package").await, ["token"]);
    assert!(found(aws, "nobody", None, "TestData").await.is_empty());
}

async fn migrate(aws: &Arc<AwsClients>) -> Vec<(String, usize)> {
    let migrated = SecretAdmin::new(Arc::clone(aws)).migrate().await.unwrap();
    assert!(migrated.iter().all(|migrated| migrated.missing.is_empty()), "{migrated:?}");
    migrated.into_iter().map(|migrated| (migrated.listed.holder, migrated.moved)).collect()
}

#[tokio::test]
async fn migrated_secrets_are_read_by_a_role_that_may_read_its_own_prefix_only() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = older_deployment(&peer, &manager.url()).await;
    manager.put("badgesmith/acme/TestData/of-another-deployment", "hush");
    assert_all_are_found(&aws).await;
    let rows = |counts: [usize; 3]| {
        let names = ["acme", "acme/tools", "other"].map(str::to_owned);
        names.into_iter().zip(counts).collect::<Vec<_>>()
    };
    assert_eq!(migrate(&aws).await, rows([2, 1, 1]));
    let after = manager.names();
    let own = aws.tables().secret_prefix();
    let (own_names, others): (Vec<_>, Vec<_>) = after.iter().partition(|name| name.starts_with(&own));
    assert_eq!(own_names.len(), 4, "{after:?}");
    // The secret of an older item may still be in use, and another deployment's is not this one's to delete.
    assert_eq!(others.len(), 2, "{after:?}");
    assert!(others.iter().any(|name| name.starts_with("badgesmith/other/Package/")), "{after:?}");
    manager.read_only_under(&own);
    assert_all_are_found(&aws).await;
    assert_eq!(migrate(&aws).await, rows([0, 0, 0]), "a second migration moves nothing");
    assert_eq!(manager.names(), after);

    // Other operations work as before.
    let admin = SecretAdmin::new(Arc::clone(&aws));
    assert_eq!(admin.finish(scope("acme", None, "TestData")).await, Ok(true));
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["two \u{1F980}"]);
    assert_eq!(manager.names().len(), after.len() - 1);
}

#[tokio::test]
async fn an_interrupted_migration_can_be_repeated() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = older_deployment(&peer, &manager.url()).await;
    let lost = manager.names().into_iter().find(|name| name.starts_with("badgesmith/acme/tools/")).unwrap();
    manager.remove(&lost);
    let migrated = SecretAdmin::new(Arc::clone(&aws)).migrate().await.unwrap();
    let told: Vec<_> = migrated.iter().map(|one| (&*one.listed.holder, one.moved, one.missing.clone())).collect();
    assert_eq!(told, [("acme", 2, vec![]), ("acme/tools", 0, vec![lost.clone()]), ("other", 1, vec![])]);
    // The restored secret is found under its old name, and moved.
    manager.put(&lost, "own");
    assert_all_are_found(&aws).await;
    assert_eq!(migrate(&aws).await, [("acme".to_owned(), 0), ("acme/tools".to_owned(), 1), ("other".to_owned(), 0)]);
    assert_all_are_found(&aws).await;
}

#[tokio::test]
async fn a_migration_without_permission_to_read_changes_nothing() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = older_deployment(&peer, &manager.url()).await;
    let before = manager.names();
    manager.read_only_under("nothing");
    let words = SecretAdmin::new(Arc::clone(&aws)).migrate().await.unwrap_err().to_string();
    assert!(words.contains("AccessDenied"), "{words}");
    manager.read_only_under("");
    assert_eq!(manager.names(), before);
    assert_all_are_found(&aws).await;
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of a second Secrets Manager, which .ci/peers starts"]
async fn another_secrets_manager_migrates_the_same_way() {
    let peer = Peer::start().await;
    let aws = older_deployment(&peer, &external_secrets_manager()).await;
    assert_eq!(migrate(&aws).await.iter().map(|(_, count)| count).sum::<usize>(), 4);
    assert_all_are_found(&aws).await;
    assert_eq!(migrate(&aws).await.iter().map(|(_, count)| count).sum::<usize>(), 0);
}

#[tokio::test]
async fn an_unknown_owner_costs_the_same_calls_as_one_with_a_secret_and_both_are_cached() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    SecretAdmin::new(Arc::clone(&aws)).set(scope("acme", None, "TestData"), "hush").await.unwrap();
    let secrets = AwsSecrets::new(Arc::clone(&aws));
    let once = calls(&[("DynamoDB.BatchGetItem", 1), ("Secrets Manager.GetSecretValue", 1)]);
    for (owner, how_many) in [("acme", 1), ("nobody", 0)] {
        let before = aws.call_counts();
        assert_eq!(secrets.find(owner, Some("tools"), "TestData").await.unwrap().len(), how_many);
        assert_eq!(since(&before, &aws), once, "{owner}");
        let before = aws.call_counts();
        assert_eq!(secrets.find(owner, Some("tools"), "TestData").await.unwrap().len(), how_many);
        assert_eq!(since(&before, &aws), [], "{owner} is cached");
    }
    let words = format!("{secrets:?}");
    assert!(words.contains("AwsSecrets") && !words.contains("hush"), "{words}");
    manager.break_down();
    let secrets = AwsSecrets::new(aws);
    let faults = [secrets.find("acme", None, "TestData").await, secrets.find("nobody", None, "TestData").await];
    assert!(faults[0].is_err() && faults[0] == faults[1], "{faults:?}");
}

#[tokio::test]
async fn secrets_with_names_of_others_are_read_and_never_deleted() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    let admin = SecretAdmin::new(Arc::clone(&aws));
    manager.put("team/acme", r#"{"hmac_key": "hush"}"#);
    assert_eq!(admin.set_name(scope("acme", None, "TestData"), "team/acme").await, Ok(true));
    assert_eq!(admin.set_name(scope("acme", None, "TestData"), "team/other").await, Ok(false));
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["hush"]);
    admin.set(scope("acme", None, "TestData"), "new").await.unwrap();
    assert_eq!(found(&aws, "acme", None, "TestData").await, ["new"]);
    assert!(manager.names().contains(&"team/acme".to_owned()));
    // A name without a secret counts as no secret.
    assert_eq!(admin.set_name(scope("other", None, "TestData"), "team/missing").await, Ok(true));
    assert!(found(&aws, "other", None, "TestData").await.is_empty());
}

#[tokio::test]
async fn a_table_that_is_switched_off_is_never_called() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.answers = String::new();
    let aws = Arc::new(AwsClients::new(settings, Connections::new()));
    let store = DynamoStore::new(Arc::clone(&aws));
    let now = SystemTime::now();
    store.keep_answer("k", Bytes::from_static(b"kept"), now + Duration::from_secs(100));
    store.settle().await;
    assert_eq!(store.answer("k", now).await, Ok(None));
    assert_eq!(aws.call_counts(), BTreeMap::new());
}

#[tokio::test]
async fn a_missing_table_is_an_error_within_the_time_limit() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.results = "nobody-made-it".to_owned();
    let aws = Arc::new(AwsClients::new(settings, Connections::new()));
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let fault = DynamoStore::new(aws).history("test-results", &subject, Span::LATEST, SystemTime::now()).await;
    let words = fault.unwrap_err().0;
    assert!(words.contains("ResourceNotFoundException"), "{words}");
}
