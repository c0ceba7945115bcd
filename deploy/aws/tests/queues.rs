//! Queues, topics and keys of AWS: what is promised of queued reports, and the calls that the server makes.
//!
//! Those that need SQS, SNS and KMS use ministack, whose address `BADGESMITH_SECRETS_MANAGER` has and `.ci/peers`
//! starts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/reports.rs"]
mod reports;

use std::{
    collections::BTreeMap,
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_aws::{
    AwsClients, AwsSettings, DynamoStore, FifoMessage, Kms, MessageEnd, QueueNames, Sns, SqsGauge, SqsQueue,
    TopicMessage,
    provision::{self, ProvisionStep},
    report_consumer::{consume_batch, record_batch, settle_batch},
};
use badgesmith_engine::{
    QueueDepth, QueueGauge, QueueHealth, QueuedError, ReportQueue,
    store::{Nonce, Store, Subject},
};
use badgesmith_host::client::Connections;
use peer::Peer;
use reports::{LONG, MemoryQueue, RefusingStore, engine, engine_without_plugins, report, runs};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// How long a received message is hidden from others in these tests.
const HIDDEN: Duration = Duration::from_secs(3);

/// Clients of ministack, with names of queues that no other test has.
fn ministack() -> (Arc<AwsClients>, QueueNames) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let endpoint = env::var("BADGESMITH_SECRETS_MANAGER").expect("run this with .ci/peers");
    let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let queues =
        QueueNames { reports: Some(format!("reports-{unique}.fifo")), events: Some(format!("events-{unique}.fifo")) };
    let settings = AwsSettings { queues: queues.clone(), timeout: LONG, ..AwsSettings::default() }.at(&endpoint);
    (Arc::new(AwsClients::new(settings, Connections::new())), queues)
}

/// The steps for queues that are missing; all of them are taken if `applies`.
async fn queue_steps(aws: &AwsClients, applies: bool) -> usize {
    let plan = provision::plan(aws).await.unwrap();
    let steps: Vec<_> = plan.steps.iter().filter(|step| matches!(step, ProvisionStep::Queue(_))).collect();
    for step in &steps {
        if applies {
            assert!(provision::apply(aws, step).await.unwrap());
        }
    }
    steps.len()
}

/// The queue of reports and that of its dead letters.
async fn report_queues() -> (Arc<AwsClients>, SqsQueue, SqsQueue) {
    let (aws, queues) = ministack();
    queue_steps(&aws, true).await;
    let name = queues.reports.unwrap();
    let dead = name.replace(".fifo", "-dead.fifo");
    let [queue, dead] = [name, dead].map(|name| SqsQueue::new(Arc::clone(&aws), &name).unwrap());
    (aws, queue, dead)
}

#[tokio::test]
async fn a_report_is_answered_with_202_once_it_is_in_the_queue_and_with_201s_members() {
    let (store, queue) = (Arc::new(RefusingStore::default()), Arc::new(MemoryQueue::default()));
    let engine = engine(store.clone(), Arc::default(), Some(queue.clone()));
    let (status, answer) = report(&engine, "main", 7).await;
    assert_eq!(status, 202);
    let expected = json!({"test_result_id": "7", "repository": "acme/tools/linux/main", "status": "queued",
        "timestamp": "1970-01-01T00:00:07.000Z"});
    assert_eq!(answer, expected);
    assert!(runs(&*store, "main").await.is_empty());
    let sent = queue.sent.lock().unwrap()[0].clone();
    engine.record_queued(&sent.body, SystemTime::now()).await.unwrap();
    engine.record_queued(&sent.body, SystemTime::now()).await.unwrap();
    assert_eq!(runs(&*store, "main").await, [7]);
    assert_eq!(store.writes.load(Ordering::Relaxed), 1, "the second receipt changes nothing");
}

#[tokio::test]
async fn a_report_is_refused_with_503_while_nonces_secrets_or_the_queue_are_refused_and_not_while_results_are() {
    let (store, queue) = (Arc::new(RefusingStore::default()), Arc::new(MemoryQueue::default()));
    let secrets = Arc::new(reports::Stub::default());
    let engine = engine(store.clone(), secrets.clone(), Some(queue.clone()));
    let rows = [(&store.refuses_nonces, 503), (&secrets.refuses_secrets, 503), (&queue.is_refused, 503)];
    for (run, (refusal, expected)) in rows.into_iter().enumerate() {
        refusal.store(true, Ordering::Relaxed);
        assert_eq!(report(&engine, "main", u32::try_from(run).unwrap()).await.0, expected, "{run}");
        refusal.store(false, Ordering::Relaxed);
    }
    store.refuses_results.store(true, Ordering::Relaxed);
    assert_eq!(report(&engine, "main", 9).await.0, 202);
    assert_eq!(queue.sent.lock().unwrap().len(), 1, "what was refused is not in the queue");
}

#[tokio::test]
async fn a_report_for_a_queue_that_nobody_set_is_refused() {
    let engine = engine(Arc::new(RefusingStore::default()), Arc::default(), None);
    assert_eq!(report(&engine, "main", 1).await.0, 503);
}

#[tokio::test]
async fn a_message_whose_plugin_is_gone_is_poison() {
    let (store, queue) = (Arc::new(RefusingStore::default()), Arc::new(MemoryQueue::default()));
    let taking = engine(store.clone(), Arc::default(), Some(queue.clone()));
    assert_eq!(report(&taking, "main", 1).await.0, 202);
    let body = queue.sent.lock().unwrap()[0].body.clone();
    let gone = engine_without_plugins(store);
    assert_eq!(
        gone.record_queued(&body, SystemTime::now()).await,
        Err(QueuedError::NoPlugin("test-results".to_owned()))
    );
}

#[tokio::test]
async fn a_nonce_is_claimed_once_on_dynamodb_and_a_report_with_it_is_refused() {
    let peer = Peer::start().await;
    let store = peer.store().await;
    let subject = Subject::new("acme", "tools", "linux", "main").unwrap();
    let (nonce, now) = (Nonce::from("n1"), SystemTime::now());
    assert_eq!(store.claim_nonce("test-results", &subject, &nonce, now).await, Ok(true));
    assert_eq!(store.claim_nonce("test-results", &subject, &nonce, now).await, Ok(false));
    let late = now + badgesmith_engine::store::NONCE_LIFE + Duration::from_secs(1);
    assert_eq!(store.claim_nonce("test-results", &subject, &nonce, late).await, Ok(true));
}

#[tokio::test]
async fn a_queue_that_never_answers_is_unavailable_within_the_time_of_a_health_check() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let queues = QueueNames { reports: None, events: Some("events.fifo".to_owned()) };
    let settings = AwsSettings { queues, timeout: LONG, ..AwsSettings::default() }.at(&endpoint);
    let gauge = SqsGauge::of(&Arc::new(AwsClients::new(settings, Connections::new()))).unwrap().unwrap();
    let began = Instant::now();
    assert_eq!(gauge.read().await, [QueueHealth::new("events", None)]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn the_depth_of_queues_and_of_their_dead_letters_is_asked_for_once_in_ten_seconds() {
    let (aws, queue, dead) = report_queues().await;
    for (queue, count) in [(&queue, 3), (&dead, 2)] {
        for number in 0..count {
            let text = format!("m{number}");
            let message = FifoMessage { group: text.clone(), deduplication: text.clone(), body: text };
            queue.send(&message).await.unwrap();
        }
    }
    let looks = || aws.call_counts().get("SQS.GetQueueAttributes").copied().unwrap_or_default();
    let (before, gauge) = (looks(), SqsGauge::of(&aws).unwrap().unwrap());
    let reports = QueueHealth::new("reports", Some(QueueDepth { waiting: 3, received: 0, dead: 2 }));
    let events = QueueHealth::new("events", Some(QueueDepth::default()));
    for found in futures_util::future::join_all((0..20).map(|_| gauge.read())).await {
        assert_eq!(found, [reports.clone(), events.clone()]);
    }
    assert_eq!(looks() - before, 4, "two queues and those of their dead letters");
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn queues_are_planned_created_once_and_changed_back() {
    let peer = Peer::start().await;
    let (_, queues) = ministack();
    let endpoint = env::var("BADGESMITH_SECRETS_MANAGER").unwrap();
    let settings = AwsSettings { sqs: Some(endpoint), queues: queues.clone(), ..peer.settings() };
    let aws = Arc::new(AwsClients::new(settings, Connections::new()));
    assert_eq!(queue_steps(&aws, false).await, 4);
    assert_eq!(queue_steps(&aws, true).await, 4);
    assert_eq!(queue_steps(&aws, false).await, 0);
    let queue = SqsQueue::new(Arc::clone(&aws), queues.events.as_deref().unwrap()).unwrap();
    assert_eq!(queue.depth().await, Ok((0, 0)));
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_thousand_reports_of_twenty_branches_are_recorded_once_and_the_newest_is_shown_although_consumers_crash() {
    const BRANCHES: u32 = 20;
    let (_aws, queue, dead) = report_queues().await;
    let peer = Peer::start().await;
    let store: Arc<DynamoStore> = Arc::new(peer.store().await);
    let queue = Arc::new(queue);
    let engine = Arc::new(engine(store.clone(), Arc::default(), Some(queue.clone() as Arc<dyn ReportQueue>)));
    for run in 0..1000 {
        let (status, answer) = report(&engine, &format!("b{}", run % BRANCHES), run).await;
        assert_eq!(status, 202, "{answer}");
    }
    let recorded = Arc::new(AtomicU32::new(0));
    let crashes = Arc::new(AtomicU32::new(0));
    let end = Instant::now() + Duration::from_secs(400);
    let consumers = (0..10_u32).map(|consumer| {
        let (queue, engine) = (Arc::clone(&queue), Arc::clone(&engine));
        let (recorded, crashes) = (Arc::clone(&recorded), Arc::clone(&crashes));
        tokio::spawn(async move {
            let mut batches = consumer;
            while recorded.load(Ordering::Relaxed) < 1000 && Instant::now() < end {
                let messages = queue.receive(Duration::from_secs(1), HIDDEN).await.unwrap();
                batches += 1;
                // A process that ends before it begins, or after it recorded and before it deleted. Three receipts
                // are the most, so a message meets one crash.
                let may_crash = messages.iter().all(|message| message.receives == 1) && !messages.is_empty();
                if may_crash && batches % 7 == 0 {
                    crashes.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let ends = record_batch(&engine, &messages, Instant::now() + LONG).await;
                if may_crash && batches % 7 == 3 {
                    crashes.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                if messages.is_empty() {
                    continue;
                }
                settle_batch(&queue, &messages, &ends).await.unwrap();
                let done = ends.iter().filter(|end| **end == MessageEnd::Done).count();
                recorded.fetch_add(u32::try_from(done).unwrap(), Ordering::Relaxed);
            }
        })
    });
    futures_util::future::join_all(consumers).await.into_iter().for_each(Result::unwrap);
    for branch in 0..BRANCHES {
        let found = runs(&*store, &format!("b{branch}")).await;
        let expected: Vec<_> = (0..1000).rev().filter(|run| run % BRANCHES == branch).collect();
        assert_eq!(found, expected, "branch b{branch}: the newest first, none lost and none twice");
    }
    assert_eq!(queue.depth().await.unwrap().0, 0);
    assert_eq!(dead.depth().await, Ok((0, 0)));
    let crashes = crashes.load(Ordering::Relaxed);
    assert!(crashes >= 10, "only {crashes} crashes");
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_poisonous_message_becomes_a_dead_letter_and_those_behind_it_are_recorded() {
    let (_aws, queue, dead) = report_queues().await;
    let (store, queue) = (Arc::new(RefusingStore::default()), Arc::new(queue));
    let engine = engine(store.clone(), Arc::default(), Some(queue.clone()));
    assert_eq!(report(&engine, "main", 1).await.0, 202);
    let messages = queue.receive(Duration::from_secs(1), Duration::ZERO).await.unwrap();
    let poison = FifoMessage {
        group: messages[0].group.clone(),
        deduplication: "poison".to_owned(),
        body: messages[0].body.replace("\"version\":1", "\"version\":9"),
    };
    queue.send(&poison).await.unwrap();
    assert_eq!(report(&engine, "main", 2).await.0, 202);
    for _ in 0..8 {
        let messages = queue.receive(Duration::from_secs(1), HIDDEN).await.unwrap();
        let ends = record_batch(&engine, &messages, Instant::now() + LONG).await;
        settle_batch(&queue, &messages, &ends).await.unwrap();
    }
    assert_eq!(runs(&*store, "main").await, [2, 1]);
    assert_eq!(queue.depth().await, Ok((0, 0)));
    let letters = dead.receive(Duration::from_secs(1), HIDDEN).await.unwrap();
    assert_eq!(letters.iter().map(|letter| &letter.body).collect::<Vec<_>>(), [&poison.body]);
    // After a fix it is sent again, and then shown.
    let mended = FifoMessage { body: poison.body.replace("\"version\":9", "\"version\":1"), ..poison };
    let mended =
        FifoMessage { body: mended.body.replace("\"1\"", "\"3\""), deduplication: "mended".to_owned(), ..mended };
    queue.send(&mended).await.unwrap();
    let messages = queue.receive(Duration::from_secs(1), HIDDEN).await.unwrap();
    let ends = record_batch(&engine, &messages, Instant::now() + LONG).await;
    settle_batch(&queue, &messages, &ends).await.unwrap();
    assert_eq!(ends, [MessageEnd::Done]);
    assert_eq!(runs(&*store, "main").await.len(), 3);
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn reports_that_came_while_results_were_refused_are_there_afterwards_and_none_is_a_dead_letter() {
    let (_aws, queue, dead) = report_queues().await;
    let (store, queue) = (Arc::new(RefusingStore::default()), Arc::new(queue));
    let engine = Arc::new(engine(store.clone(), Arc::default(), Some(queue.clone())));
    store.refuses_results.store(true, Ordering::Relaxed);
    for run in 0..40 {
        assert_eq!(report(&engine, &format!("b{}", run % 4), run).await.0, 202);
    }
    let ended = Instant::now() + Duration::from_secs(60);
    let consuming = async {
        while store.writes.load(Ordering::Relaxed) < 40 {
            consume_batch(&queue, || Arc::clone(&engine), Duration::from_secs(1)).await.unwrap();
        }
    };
    let mending = async {
        sleep(ended - Instant::now()).await;
        store.refuses_results.store(false, Ordering::Relaxed);
    };
    let both = futures_util::future::join(consuming, mending);
    tokio::time::timeout(LONG, both).await.expect("all are recorded soon after");
    for branch in 0..4 {
        let expected: Vec<_> = (0..40).rev().filter(|run| run % 4 == branch).collect();
        assert_eq!(runs(&*store, &format!("b{branch}")).await, expected);
    }
    assert_eq!(dead.depth().await, Ok((0, 0)));
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_topic_hands_on_what_its_filter_policies_let_through_in_order() {
    let (aws, queue, dead) = report_queues().await;
    let sns = Sns::new(Arc::clone(&aws));
    let topic = sns.create_topic(&format!("t-{}", queue.name())).await.unwrap();
    assert_eq!(sns.has_topic(&topic).await, Ok(true));
    assert_eq!(sns.has_topic(&format!("{topic}x")).await, Ok(false));
    let arn =
        |queue: &SqsQueue| topic.replace(":sns:", ":sqs:").rsplit_once(':').unwrap().0.to_owned() + ":" + queue.name();
    sns.subscribe(&topic, "sqs", &arn(&queue), Some(r#"{"event": ["badge.changed"]}"#)).await.unwrap();
    sns.subscribe(&topic, "sqs", &arn(&dead), None).await.unwrap();
    for number in 0..6 {
        let event = if number % 2 == 0 { "badge.changed" } else { "result.recorded" };
        let (text, id) = (format!("é & <{number}>"), format!("e{number}"));
        let attributes = BTreeMap::from([("event", event), ("owner", "acme"), ("part", "")]);
        let message = TopicMessage { topic: &topic, message: &text, attributes, fifo: Some(("acme/tools", &id)) };
        sns.publish(&message).await.unwrap();
    }
    for (queue, expected) in [(&queue, vec![0, 2, 4]), (&dead, vec![0, 1, 2, 3, 4, 5])] {
        let received = queue.receive(Duration::from_secs(2), HIDDEN).await.unwrap();
        let bodies: Vec<_> = received.into_iter().map(|message| message.body).collect();
        assert_eq!(bodies, expected.into_iter().map(|number| format!("é & <{number}>")).collect::<Vec<_>>());
    }
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_data_key_is_unwrapped_by_its_key_alone_and_by_no_other_bytes() {
    let (aws, _) = ministack();
    let kms = Kms::new(aws);
    let alias = format!("alias/badgesmith-{}", std::process::id());
    assert_eq!(kms.find(&alias).await, Ok(None));
    let arn = kms.create(&alias).await.unwrap();
    assert_eq!(kms.find(&alias).await, Ok(Some(arn.clone())));
    let context = [("file", "secrets.json")];
    let key = kms.new_data_key(&alias, &context).await.unwrap();
    assert_eq!(key.key, arn);
    assert_eq!(kms.unwrap(&arn, &key.wrapped, &context).await, Ok(key.plain));
    assert!(!format!("{key:?}").contains(&format!("{:?}", key.plain)));
    assert!(kms.unwrap(&arn, &[1; 64], &context).await.is_err());
}
