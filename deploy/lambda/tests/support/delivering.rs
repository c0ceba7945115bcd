//! Emulated AWS with a table of events and queues, and the event sources of a function: the table's stream and the
//! queues.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's support")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use badgesmith_aws::{
    AwsClients, AwsSettings, DynamoStore, ReceivedMessage, SqsQueue, provision, secret_admin::SecretAdmin,
};
use badgesmith_engine::world::Store;
use badgesmith_host::client::Connections;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::{peers::Peers, receiver::SIGNS, support::Function};

/// How long a message that the function has is hidden from others.
const HIDDEN: Duration = Duration::from_secs(30);
/// The pause after a step without rows and messages.
const PAUSE: Duration = Duration::from_millis(200);
/// The time limit of the function that sends events, as in deploy/events.yaml.
const DEADLINE: Duration = Duration::from_secs(60);

/// The services, with tables and queues.
pub struct Cloud {
    runtime: Runtime,
    variables: BTreeMap<String, String>,
    pub store: Arc<DynamoStore>,
    pub events: Arc<SqsQueue>,
    pub reports: Arc<SqsQueue>,
}

impl Cloud {
    pub fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let ministack = env::var("BADGESMITH_SECRETS_MANAGER").expect("run this with .ci/peers");
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let peers = Peers::start().unwrap();
        let mut variables: BTreeMap<_, _> =
            peers.variables().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let more = [
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_SQS", ministack),
            ("BADGESMITH_TABLE_EVENTS", "badge-events".to_owned()),
            ("BADGESMITH_QUEUE_EVENTS", format!("events-{unique}.fifo")),
            ("BADGESMITH_QUEUE_REPORTS", format!("reports-{unique}.fifo")),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let settings = AwsSettings::from_variables(|name| variables.get(name).cloned());
        let settings = AwsSettings { timeout: Duration::from_secs(30), ..settings };
        let aws = Arc::new(AwsClients::new(settings, Connections::new()));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for step in provision::plan(&aws).await.unwrap().steps {
                provision::apply(&aws, &step).await.unwrap();
            }
            // Another test may have added it: ministack is shared.
            let _ = SecretAdmin::new(Arc::clone(&aws)).add("Signs", SIGNS).await;
        });
        let queue = |name: &str| Arc::new(SqsQueue::new(Arc::clone(&aws), &variables[name]).unwrap());
        let (events, reports) = (queue("BADGESMITH_QUEUE_EVENTS"), queue("BADGESMITH_QUEUE_REPORTS"));
        Self { runtime, store: Arc::new(DynamoStore::new(aws)), variables, events, reports }
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A function in a folder of this name.
    pub fn function(&self, name: &str, toml: &str) -> Function {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        Function::start(name, toml, &variables)
    }

    /// Runs `badgesmith …` with the plugins.toml of a function, and returns what it printed.
    pub fn badgesmith(&self, name: &str, arguments: &[&str]) -> String {
        self.try_badgesmith(name, arguments).unwrap_or_else(|said| panic!("{arguments:?}: {said}"))
    }

    /// The same; the error is what a command that failed printed on standard error.
    pub fn try_badgesmith(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        let binary = Path::new(env!("CARGO_BIN_EXE_bootstrap")).with_file_name("badgesmith");
        assert!(binary.is_file(), "there is no {}: run cargo build --workspace", binary.display());
        let config = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).join("plugins.toml");
        let mut command = Command::new(binary);
        command.args(arguments).env_clear().envs(&self.variables).env("BADGESMITH_CONFIG", config);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
    }

    /// How many dead letters both queues have.
    pub fn dead_letters(&self) -> u64 {
        let depth = |queue: &SqsQueue| {
            let (visible, hidden) = self.block_on(queue.dead().depth()).unwrap();
            visible + hidden
        };
        depth(&self.events) + depth(&self.reports)
    }

    /// The sources of events, which have handed over nothing yet.
    pub fn sources(&self) -> Sources<'_> {
        Sources { cloud: self, known: BTreeSet::new(), next: 0, received: 1 }
    }
}

/// What hands new rows and messages to a function.
pub struct Sources<'a> {
    cloud: &'a Cloud,
    /// The partitions and keys of the rows that were inserted before.
    known: BTreeSet<(String, String)>,
    /// The number of the next change.
    next: u64,
    /// How many rows and messages the last step had.
    received: usize,
}

impl Sources<'_> {
    /// Whether the last step had nothing to hand over and no message waits.
    pub fn are_empty(&self) -> bool {
        self.received == 0
            && [&self.cloud.events, &self.cloud.reports]
                .iter()
                .all(|queue| self.cloud.block_on(queue.depth()) == Ok((0, 0)))
    }

    /// Hands over what is new.
    pub fn step(&mut self, function: &Function) {
        let rows = self.stream(function);
        self.step_queues(function);
        self.received += rows;
        if self.received == 0 {
            thread::sleep(PAUSE);
        }
    }

    /// Hands over the messages alone.
    pub fn step_queues(&mut self, function: &Function) {
        self.received = 0;
        for queue in [&self.cloud.events, &self.cloud.reports] {
            self.received += self.queue(function, queue);
        }
    }

    /// Hands over the rows that were inserted since the last step, from the first that failed on once more.
    fn stream(&mut self, function: &Function) -> usize {
        let mut records = Vec::new();
        let partitions =
            (0..4).map(|shard| format!("OUTBOX#{shard:02}")).chain(["QUEUE#team", "QUEUE#gone"].map(Into::into));
        for partition in partitions {
            let rows = self.cloud.store.rows(&partition, "", 1000, SystemTime::now());
            for row in self.cloud.block_on(rows).unwrap() {
                if self.known.insert((row.partition.clone(), row.key.clone())) {
                    self.next += 1;
                    records.push(json!({
                        "eventID": self.next.to_string(), "eventName": "INSERT", "eventVersion": "1.1",
                        "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
                        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/badge-events/stream/1",
                        "dynamodb": {
                            "Keys": {"PK": {"S": row.partition}, "SK": {"S": row.key}},
                            "SequenceNumber": self.next.to_string(), "StreamViewType": "NEW_IMAGE",
                            "NewImage": {"PK": {"S": row.partition}, "SK": {"S": row.key}, "Value": {"S": row.value}},
                        },
                    }));
                }
            }
        }
        let count = records.len();
        while !records.is_empty() {
            let answer = invoke(function, &records);
            let failed = answer["batchItemFailures"][0]["itemIdentifier"].as_str().map(str::to_owned);
            let Some(failed) = failed else { break };
            let from = records.iter().position(|record| record["dynamodb"]["SequenceNumber"] == *failed).unwrap();
            records.drain(..from);
        }
        count
    }

    /// Receives messages of a queue, hands them over, and deletes those that are not reported as failed.
    fn queue(&self, function: &Function, queue: &SqsQueue) -> usize {
        let messages = self.cloud.block_on(queue.receive(Duration::ZERO, HIDDEN)).unwrap();
        if messages.is_empty() {
            return 0;
        }
        let record = |message: &ReceivedMessage| {
            json!({
                "messageId": message.id, "receiptHandle": message.receipt, "body": message.body,
                "attributes": {"ApproximateReceiveCount": message.receives.to_string(), "MessageGroupId": message.group},
                "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:{}", queue.name()),
            })
        };
        let answer = invoke(function, &messages.iter().map(record).collect::<Vec<_>>());
        let failures = answer["batchItemFailures"].as_array().unwrap();
        let failed: BTreeSet<_> = failures.iter().map(|one| one["itemIdentifier"].as_str().unwrap()).collect();
        let mut stopped = BTreeSet::new();
        for message in &messages {
            if failed.contains(&*message.id) {
                stopped.insert(&message.group);
            } else {
                // Poison does not stop its group; it has one of its own here.
                assert!(
                    !stopped.contains(&message.group),
                    "a message was worked on behind one of its group that failed"
                );
            }
        }
        let done: Vec<_> = messages.iter().filter(|message| !failed.contains(&*message.id)).collect();
        let receipts: Vec<_> = done.iter().map(|message| &*message.receipt).collect();
        self.cloud.block_on(queue.delete(&receipts)).unwrap();
        messages.len()
    }
}

fn invoke(function: &Function, records: &[Value]) -> Value {
    let said = function.runtime.invoke_within(&json!({ "Records": records }).to_string(), DEADLINE);
    serde_json::from_str(&said.unwrap_or_else(|fault| panic!("{fault}"))).unwrap()
}
