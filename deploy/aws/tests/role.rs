//! Which calls a report, a badge, a delivery and a state make, and whether the function's role in the template permits
//! them and no others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "support/call_counts.rs"]
mod call_counts;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/secrets_manager.rs"]
mod secrets_manager;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_aws::{
    AwsClients, AwsSecrets, DynamoStore, TableNames,
    policy::{ALLOWED_CALLS, PolicyResource},
};
use badgesmith_engine::{
    store::{Delivery, Entry, Recorded, Row, RowChange, RowIs, Span, Store, Subject},
    world::Secrets,
};
use badgesmith_host::client::Connections;
use badgesmith_provider::{Record, State, Timestamp};
use bytes::Bytes;
use call_counts::{calls, since};
use peer::Peer;
use secrets_manager::FakeSecretsManager;
use serde_json::Map;

/// The resources by what their statements in the template contain. No statement has any other resource.
const NAMES: [(&str, PolicyResource); 6] = [
    ("Results.Arn", PolicyResource::Results),
    ("Nonces.Arn", PolicyResource::Nonces),
    ("Secrets.Arn", PolicyResource::Secrets),
    ("Answers.Arn", PolicyResource::Answers),
    (":secret:${Secrets}/*", PolicyResource::Values),
    (SHARED, PolicyResource::Values),
];

/// The prefix of secrets that all stages of an account once shared.
const SHARED: &str = ":secret:badgesmith/*";

/// The permissions that every Lambda function needs for logs and traces.
const RUNTIME_ACTIONS: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

fn read(template: &str) -> String {
    std::fs::read_to_string(format!("{}/../{template}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The statements of a policy of a template, action by action, with the text of their resources.
fn granted(template: &str, policy: &str) -> Vec<(String, String)> {
    let template = read(template);
    let (_, role) = template.split_once(&format!("PolicyName: {policy}\n")).unwrap();
    let (role, _) = role.split_once("\n      Tags:").unwrap();
    let statements = role.split("- Sid: ").skip(1).map(|statement| {
        let of = |key: &str| statement.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
        (of("Action: "), of("Resource: "))
    });
    let split = |(actions, on): (&str, &str)| {
        let actions = actions.trim_matches(['[', ']']).split(", ").map(|action| (action.to_owned(), on.to_owned()));
        actions.collect::<Vec<_>>()
    };
    statements.flat_map(split).collect()
}

#[test]
fn a_role_reads_the_secrets_of_its_stage_and_shared_ones_only_while_they_are_readable() {
    let own = TableNames { secrets: "badgesmith-staging-secrets".to_owned(), ..TableNames::default() }.secret_prefix();
    // The template's table of this name is its stack's, and stacks are called badgesmith-STAGE.
    let template = read("template.yaml");
    assert!(template.contains("TableName: !Sub ${AWS::StackName}-secrets\n"));
    let boundary = read("github-oidc.yaml");
    assert_eq!(boundary.matches(&format!(":secret:{}*\n", own.replace("staging", "${Stage}"))).count(), 1);
    assert!(boundary.contains(&format!("Value: !Sub {}\n", own.replace("staging", "${Stage}"))));
    for (name, text) in [("template.yaml", template), ("github-oidc.yaml", boundary)] {
        let statements: Vec<_> = text.split("- Sid: ").filter(|statement| statement.contains(":secret:")).collect();
        assert_eq!(statements.len(), 2, "{name}");
        let (own, shared) = (statements[0], statements[1]);
        assert!(!own.contains(SHARED), "{name}: {own}");
        // After the first statement comes the condition of the second, whose `else` is no statement. `split` removed
        // the list marker of the second.
        let words: Vec<_> = own.split_whitespace().collect();
        assert!(words.ends_with(&["-", "!If", "-", "HasSharedSecrets"]), "{name}: {own}");
        assert!(shared.contains(SHARED) && shared.contains("- !Ref AWS::NoValue\n"), "{name}: {shared}");
        assert!(text.contains("HasSharedSecrets: !Equals [!Ref SharedSecrets, readable]\n"), "{name}");
    }
}

#[test]
fn the_templates_role_allows_every_call_of_the_code_and_no_other() {
    let granted = granted("template.yaml", "badges");
    // The stack of this template has no table of events.
    let is_here = |on: &&PolicyResource| **on != PolicyResource::Events;
    let calls: BTreeSet<_> = ALLOWED_CALLS
        .iter()
        .flat_map(|call| call.on.iter().filter(is_here).map(move |on| (call.action.to_owned(), format!("{on:?}"))))
        .collect();
    let is_own = |(action, _): &&(String, String)| !RUNTIME_ACTIONS.contains(&action.as_str());
    let allowed: BTreeSet<_> = granted
        .iter()
        .filter(is_own)
        .flat_map(|(action, on)| {
            let named = NAMES.iter().filter(|(name, _)| on.contains(name));
            let resources = named.map(|(_, resource)| format!("{resource:?}")).collect::<Vec<_>>();
            let count = on.matches(".Arn").count() + on.matches("arn:").count();
            assert_eq!(resources.len(), count, "{action} on {on}, which are not all resources of the deployment");
            resources.into_iter().map(|resource| (action.clone(), resource))
        })
        .collect();
    assert_eq!(allowed, calls);
    let rest: Vec<_> = granted.iter().filter(|granted| !is_own(granted)).map(|(action, _)| action.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(rest), BTreeSet::from(RUNTIME_ACTIONS));
    for (action, on) in &granted {
        assert!(!action.contains('*') && (on != "\"*\"" || action.starts_with("xray:")), "{action} on {on}");
    }
}

#[test]
fn the_role_of_the_events_template_allows_every_call_of_the_code_and_what_its_sources_need_and_no_other() {
    /// The tables and the secrets by what the resources of statements end with.
    const ENDS: [(&str, PolicyResource); 6] = [
        ("}-results", PolicyResource::Results),
        ("}-nonces", PolicyResource::Nonces),
        ("}-secrets", PolicyResource::Secrets),
        ("}-answers", PolicyResource::Answers),
        ("}-secrets/*", PolicyResource::Values),
        ("Events.Arn", PolicyResource::Events),
    ];
    // What the sources of the function's events, its queues and its topic need.
    let others = [
        ("dynamodb:DescribeStream", "!GetAtt Events.StreamArn"),
        ("dynamodb:GetRecords", "!GetAtt Events.StreamArn"),
        ("dynamodb:GetShardIterator", "!GetAtt Events.StreamArn"),
        ("dynamodb:ListStreams", "\"*\""),
        ("sns:Publish", "!Ref TopicArn"),
        ("sqs:ChangeMessageVisibility", "[!GetAtt ReportQueue.Arn, !GetAtt EventQueue.Arn]"),
        ("sqs:DeleteMessage", "[!GetAtt ReportQueue.Arn, !GetAtt EventQueue.Arn]"),
        ("sqs:GetQueueAttributes", "[!GetAtt ReportQueue.Arn, !GetAtt EventQueue.Arn]"),
        ("sqs:GetQueueUrl", "[!GetAtt ReportQueue.Arn, !GetAtt EventQueue.Arn]"),
        ("sqs:ReceiveMessage", "[!GetAtt ReportQueue.Arn, !GetAtt EventQueue.Arn]"),
        ("sqs:SendMessage", "!GetAtt EventQueue.Arn"),
    ];
    let (mut calls, mut rest) = (BTreeSet::new(), BTreeSet::new());
    for (action, on) in granted("events.yaml", "events") {
        match ENDS.iter().find(|(end, _)| on.ends_with(end)) {
            Some((_, resource)) => drop(calls.insert((action, format!("{resource:?}")))),
            None if RUNTIME_ACTIONS.contains(&&*action) => {}
            None => drop(rest.insert((action, on))),
        }
    }
    let of = |call: &'static badgesmith_aws::policy::AllowedCall| {
        call.on.iter().map(|on| (call.action.to_owned(), format!("{on:?}")))
    };
    assert_eq!(calls, ALLOWED_CALLS.iter().flat_map(of).collect());
    assert_eq!(rest, others.map(|(action, on)| (action.to_owned(), on.to_owned())).into());
}

#[tokio::test]
async fn a_report_is_one_transaction_a_badge_one_query_and_the_policy_allows_what_is_called() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    let secrets = AwsSecrets::new(Arc::clone(&aws));
    let store = DynamoStore::new(Arc::clone(&aws));
    // Calls before this are those of provisioning.
    let before = aws.call_counts();
    secrets.find("acme", Some("tools"), "TestData").await.unwrap();
    let now = SystemTime::now();
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let record =
        Record { run_id: "1".to_owned(), run_attempt: 1, timestamp_ms: Timestamp::nearest(1000), fields: Map::new() };
    let collection = "test-results".to_owned();
    let entry = Entry { collection, subject: subject.clone(), nonce: "n".into(), record, arrived: now, outbox: None };

    let first = aws.call_counts();
    let other = Entry { nonce: "first".into(), collection: "coverage".to_owned(), ..entry.clone() };
    assert_eq!(store.record(&other).await, Ok(Recorded::New));
    let listed = [("DynamoDB.PutItem", 1), ("DynamoDB.TransactWriteItems", 1)];
    assert_eq!(since(&first, &aws), calls(&listed), "a process lists an owner once a day");

    let report = aws.call_counts();
    secrets.find("acme", Some("tools"), "TestData").await.unwrap();
    assert_eq!(store.record(&entry).await, Ok(Recorded::New));
    assert_eq!(since(&report, &aws), calls(&[("DynamoDB.TransactWriteItems", 1)]));

    let delivered = aws.call_counts();
    let delivery = Delivery {
        scheme: "github".to_owned(),
        owner: "acme".to_owned(),
        id: "d".to_owned(),
        records: Vec::new(),
        arrived: now,
    };
    assert_eq!(store.deliver(&delivery).await, Ok(true));
    assert_eq!(since(&delivered, &aws), calls(&[("DynamoDB.TransactWriteItems", 1)]));

    let changed = aws.call_counts();
    let state = State {
        collection: "job".to_owned(),
        owner: "acme".to_owned(),
        repo: "tools".to_owned(),
        platform: "42".to_owned(),
        branch: "build".to_owned(),
        sequence: vec![1],
        life_seconds: Some(1000),
        ..State::default()
    };
    assert_eq!(store.put_state(&state, now).await, Ok(true));
    assert_eq!(since(&changed, &aws), calls(&[("DynamoDB.PutItem", 1)]), "a state with a life is not listed");

    let marked = aws.call_counts();
    assert!(store.answer_about("nuget x", "acme/tools", now).await.is_ok());
    assert_eq!(since(&marked, &aws), calls(&[("DynamoDB.BatchGetItem", 1)]), "an answer and its mark at once");

    let badge = aws.call_counts();
    assert_eq!(store.history("test-results", &subject, Span::LATEST, now).await, Ok(vec![entry.record.clone()]));
    assert_eq!(since(&badge, &aws), calls(&[("DynamoDB.Query", 1)]));

    let told = aws.call_counts();
    let row = |key: &str| {
        let (partition, value) = ("OUTBOX#00".to_owned(), "{}".to_owned());
        Row { partition, key: key.to_owned(), value, expires: now + Duration::from_secs(1000) }
    };
    let run = Record { run_id: "2".to_owned(), ..entry.record.clone() };
    let entry = Entry { nonce: "told".into(), record: run, outbox: Some(row("1")), ..entry };
    assert_eq!(store.record(&entry).await, Ok(Recorded::New));
    let state = State { sequence: vec![2], ..state };
    assert_eq!(store.put_told_state(&state, now, Some(&row("2"))).await, Ok(true));
    assert_eq!(since(&told, &aws), calls(&[("DynamoDB.TransactWriteItems", 2)]), "an outbox row is no call of its own");
    let rows = aws.call_counts();
    assert_eq!(store.rows("OUTBOX#00", "", 9, now).await.unwrap().len(), 2);
    let deleted = RowChange::Delete("OUTBOX#00".to_owned(), "1".to_owned(), RowIs::Present);
    assert_eq!(store.change_rows(&[deleted, RowChange::Put(row("2"), RowIs::Present)], now).await, Ok(true));
    assert_eq!(since(&rows, &aws), calls(&[("DynamoDB.Query", 1), ("DynamoDB.TransactWriteItems", 1)]));

    store.keep_answer("nuget x", Bytes::from_static(b"kept"), now + Duration::from_secs(100));
    store.settle().await;
    assert_eq!(store.answer("nuget x", now).await, Ok(Some(Bytes::from_static(b"kept"))));
    let called: BTreeSet<_> = since(&before, &aws).into_iter().map(|(name, _)| name).collect();
    let allowed: BTreeSet<_> = ALLOWED_CALLS.iter().map(|call| call.operation.to_owned()).collect();
    assert_eq!(called, allowed);
}

#[tokio::test]
async fn the_health_check_costs_three_reads() {
    let (peer, manager) = (Peer::start().await, FakeSecretsManager::start());
    let aws = peer.aws_with(&manager.url()).await;
    let (secrets, store) = (AwsSecrets::new(Arc::clone(&aws)), DynamoStore::new(Arc::clone(&aws)));
    let before = aws.call_counts();
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(secrets.check().await, Ok(()));
    let reads = [("DynamoDB.BatchGetItem", 1), ("DynamoDB.Query", 1), ("Secrets Manager.GetSecretValue", 1)];
    assert_eq!(since(&before, &aws), calls(&reads));
    let mut settings = peer.settings();
    settings.tables.secrets = "nobody-made-it".to_owned();
    settings.tables.results = "nobody-made-it".to_owned();
    let aws = Arc::new(AwsClients::new(settings, Connections::new()));
    assert!(AwsSecrets::new(Arc::clone(&aws)).check().await.is_err());
    assert!(DynamoStore::new(aws).check().await.is_err());
}
