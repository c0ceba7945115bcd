//! Provisioning of tables that are there already: what an earlier version recorded is listed once, and events get their
//! stream.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/dynamodb.rs"]
mod dynamodb;
#[path = "support/peer.rs"]
mod peer;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_aws::{
    AwsClients, AwsSettings, DynamoStore,
    provision::{self, ProvisionError, ProvisionStep},
};
use badgesmith_engine::store::{Entry, ListedSubject, Recorded, Store, Subject};
use badgesmith_host::client::Connections;
use badgesmith_provider::{Record, Timestamp};
use peer::Peer;
use serde_json::{Map, json};

fn entry(owner: &str, branch: &str, run: i64, arrived: SystemTime) -> Entry {
    Entry {
        collection: "test-results".to_owned(),
        subject: Subject::new(owner, "tools", "linux", branch).unwrap(),
        nonce: format!("{branch}-{run}").into(),
        record: Record {
            run_id: run.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(run),
            fields: Map::new(),
        },
        arrived,
        outbox: None,
    }
}

/// A store with a memory of its own.
fn clients(settings: &AwsSettings) -> Arc<AwsClients> {
    Arc::new(AwsClients::new(settings.clone(), Connections::new()))
}

async fn listed(store: &DynamoStore, owner: &str) -> Vec<(String, SystemTime)> {
    let listed = store.subjects(owner, None, "", 99, SystemTime::now()).await.unwrap();
    listed.into_iter().map(|listed| (ListedSubject::key(&listed.collection, &listed.subject), listed.changed)).collect()
}

#[tokio::test]
async fn the_results_of_an_earlier_version_are_listed_once() {
    let peer = Peer::start().await;
    let settings = peer.settings();
    peer.provision(&settings).await;
    let (table, endpoint) = (settings.tables.results.clone(), settings.dynamodb.clone().unwrap());
    assert_eq!(provision::plan(&clients(&settings)).await.unwrap().steps, [], "a new table needs no lists");
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() - 1000;
    let second = |second: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds + second);
    let store = DynamoStore::new(clients(&settings));
    for (owner, branch, run, time) in
        [("acme", "main", 1, 20), ("acme", "main", 2, 10), ("acme", "x#y", 1, 30), ("other", "main", 1, 40)]
    {
        assert_eq!(store.record(&entry(owner, branch, run, second(time))).await, Ok(Recorded::New));
    }
    // As an earlier version left the table: results without lists.
    for (partition, key) in [
        ("LISTS", "FILLED"),
        ("OWNERS", "acme"),
        ("OWNERS", "other"),
        ("SUBJECTS#acme", "tools#test-results#linux#main"),
        ("SUBJECTS#acme", "tools#test-results#linux#x%23y"),
        ("SUBJECTS#other", "tools#test-results#linux#main"),
    ] {
        let item =
            json!({"TableName": table, "Key": {"PK": {"S": partition}, "SK": {"S": key}}, "ReturnValues": "ALL_OLD"});
        let deleted = dynamodb::call(&endpoint, "DeleteItem", &item).await;
        assert!(deleted.get("Attributes").is_some(), "{partition} {key}: {deleted}");
    }
    assert_eq!(store.owners("", 9).await, Ok(Vec::new()));
    // A server of this version has recorded another result meanwhile.
    let store = DynamoStore::new(clients(&settings));
    assert_eq!(store.record(&entry("other", "main", 2, second(50))).await, Ok(Recorded::New));

    let step = ProvisionStep::List(table.clone());
    assert_eq!(provision::plan(&clients(&settings)).await.unwrap().steps.as_slice(), std::slice::from_ref(&step));
    assert_eq!(step.to_string(), format!("{table}: list the owners and subjects of the results that are there"));
    for _ in 0..2 {
        assert_eq!(provision::apply(&clients(&settings), &step).await, Ok(true));
        assert_eq!(provision::plan(&clients(&settings)).await.unwrap().steps, []);
        assert_eq!(store.owners("", 9).await.unwrap(), ["acme", "other"]);
        let main = "tools#test-results#linux#main".to_owned();
        let other = "tools#test-results#linux#x%23y".to_owned();
        assert_eq!(listed(&store, "acme").await, [(main.clone(), second(20)), (other, second(30))]);
        assert_eq!(listed(&store, "other").await, [(main, second(50))], "what changed last stays");
    }
}

#[tokio::test]
async fn the_table_of_events_has_a_stream_of_new_items_and_an_existing_one_gets_it() {
    let peer = Peer::start().await;
    let mut settings = peer.settings();
    settings.tables.events.clear();
    peer.provision(&settings).await;
    assert_eq!(provision::plan(&clients(&settings)).await.unwrap().steps, [], "events are off by default");
    let endpoint = settings.dynamodb.clone().unwrap();
    let described = async |table: &str| {
        let found = dynamodb::call(&endpoint, "DescribeTable", &json!({"TableName": table})).await;
        found["Table"]["StreamSpecification"].clone()
    };
    let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"});
    let create = async |table: &str, stream: Option<&str>| {
        let key = |name: &str, of: &str| json!({"AttributeName": name, "KeyType": of});
        let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let mut table = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("PK", "HASH"), key("SK", "RANGE")], "AttributeDefinitions": [text("PK"), text("SK")],
        });
        if let Some(view) = stream {
            table["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
        }
        dynamodb::call(&endpoint, "CreateTable", &table).await;
    };
    let steps = async |settings: &AwsSettings| provision::plan(&clients(settings)).await.unwrap().steps;
    "events-new".clone_into(&mut settings.tables.events);
    let [created, expiring] = [ProvisionStep::Create, ProvisionStep::Expire].map(|step| step("events-new".to_owned()));
    assert_eq!(steps(&settings).await, [created, expiring]);
    peer.provision(&settings).await;
    assert_eq!((steps(&settings).await, described("events-new").await), (vec![], stream.clone()));

    create("events-there", None).await;
    "events-there".clone_into(&mut settings.tables.events);
    let there = "events-there".to_owned();
    let [streaming, expiring] = [ProvisionStep::Stream, ProvisionStep::Expire].map(|step| step(there.clone()));
    assert_eq!(steps(&settings).await, [streaming.clone(), expiring]);
    assert_eq!(streaming.to_string(), "events-there: switch on the stream of new items");
    peer.provision(&settings).await;
    assert_eq!((steps(&settings).await, described("events-there").await), (vec![], stream));

    create("events-keys", Some("KEYS_ONLY")).await;
    "events-keys".clone_into(&mut settings.tables.events);
    let refused = provision::plan(&clients(&settings)).await.unwrap_err();
    assert_eq!(refused, ProvisionError::WrongStream { table: "events-keys".to_owned(), view: "KEYS_ONLY".to_owned() });
    assert!(refused.to_string().contains("a stream of KEYS_ONLY"), "{refused}");
}
