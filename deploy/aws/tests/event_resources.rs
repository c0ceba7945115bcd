//! Provisioning of topics, of what is subscribed to them, of event source mappings and of the key, and the calls of a
//! server that they are for.
//!
//! Those that need AWS use ministack, whose address `BADGESMITH_SECRETS_MANAGER` has and `.ci/peers` starts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "support/call_counts.rs"]
mod call_counts;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use badgesmith_aws::{
    AwsClients, AwsSettings, Kms, KmsWrapper, QueueNames, Sns, SqsQueue, TableNames,
    event_policy::{KEY_CALLS, TOPIC_CALLS},
    provision::{self, ProvisionError, ProvisionScope},
};
use badgesmith_engine::events::Outgoing;
use badgesmith_host::{client::Connections, courier::TopicPublisher, seal::KeyWrapper};
use call_counts::since;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The number of ministack's account.
const ACCOUNT: &str = "000000000000";
/// Longer than a loaded machine needs.
const LONG: Duration = Duration::from_secs(60);
/// The base64 of a zip archive without files.
const EMPTY_ZIP: &str = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";

/// A deployment in ministack with names that no other test has.
struct Deployment {
    unique: String,
    endpoint: String,
    aws: Arc<AwsClients>,
}

impl Deployment {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let endpoint = env::var("BADGESMITH_SECRETS_MANAGER").expect("run this with .ci/peers");
        let unique = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let named = |name: &str| format!("{name}-{unique}");
        let tables = TableNames {
            results: named("results"),
            nonces: named("nonces"),
            secrets: named("secrets"),
            answers: String::new(),
            events: named("events"),
        };
        let queues = QueueNames { reports: Some(named("reports") + ".fifo"), events: Some(named("told") + ".fifo") };
        let variable = |name: &str| (name == "AWS_ACCOUNT_ID").then(|| ACCOUNT.to_owned());
        let settings = AwsSettings { tables, queues, timeout: LONG, ..AwsSettings::from_variables(variable) };
        let aws = Arc::new(AwsClients::new(settings.at(&endpoint), Connections::new()));
        Self { unique, endpoint, aws }
    }

    fn named(&self, name: &str) -> String {
        format!("{name}-{}", self.unique)
    }

    /// The steps that are missing, as they are shown.
    async fn planned(&self, scope: &ProvisionScope) -> Vec<String> {
        let plan = provision::plan_with(&self.aws, scope).await.unwrap();
        plan.steps.iter().map(ToString::to_string).collect()
    }

    /// Takes the first of the missing steps alone, as often as there is one, and returns them.
    async fn one_by_one(&self, scope: &ProvisionScope) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(step) = provision::plan_with(&self.aws, scope).await.unwrap().steps.first() {
            assert_eq!(provision::apply(&self.aws, step).await, Ok(true), "{step}");
            taken.push(step.to_string());
            assert!(taken.len() < 50, "{step} is planned again and again");
        }
        taken
    }

    /// A call of a service without the code under test, signed with nothing.
    async fn call(&self, method: &str, path: &str, service: &str, more: &str, body: &str) -> String {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{more}Authorization: AWS4-HMAC-SHA256 \
             Credential=local/20200101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{method} {path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    async fn sqs(&self, operation: &str, body: Value) -> Value {
        let more = format!("X-Amz-Target: AmazonSQS.{operation}\r\nContent-Type: application/x-amz-json-1.0\r\n");
        let answer = self.call("POST", "/", "sqs", &more, &body.to_string()).await;
        serde_json::from_str(&answer).unwrap_or_default()
    }

    async fn sns(&self, form: &str) -> String {
        let form = format!("{form}&Version=2010-03-31");
        self.call("POST", "/", "sns", "Content-Type: application/x-www-form-urlencoded\r\n", &form).await
    }

    async fn lambda(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.call(method, path, "lambda", "Content-Type: application/json\r\n", &body).await;
        serde_json::from_str(&answer).unwrap()
    }

    async fn create_function(&self, name: &str) {
        let function = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"), "Code": {"ZipFile": EMPTY_ZIP},
        });
        self.lambda("POST", "/2015-03-31/functions", &function).await;
    }

    /// The mappings to a function, that of the stream first.
    async fn mappings(&self, function: &str) -> Vec<Value> {
        let path = format!("/2015-03-31/event-source-mappings/?FunctionName={function}");
        let mut found =
            self.lambda("GET", &path, &Value::Null).await["EventSourceMappings"].as_array().unwrap().clone();
        found.sort_by_key(|mapping| mapping["EventSourceArn"].to_string());
        found
    }

    async fn create_queue(&self, name: &str) -> String {
        let fifo = if name.ends_with(".fifo") { json!({"FifoQueue": "true"}) } else { json!({}) };
        let created = self.sqs("CreateQueue", json!({"QueueName": name, "Attributes": fifo})).await;
        created["QueueUrl"].as_str().unwrap().to_owned()
    }
}

/// Checks the mappings of the stream and of both queues.
fn check_mappings(mappings: &[Value]) {
    let shown: Vec<_> = mappings.iter().map(|mapping| (&mapping["BatchSize"], &mapping["StartingPosition"])).collect();
    let (none, oldest) = (Value::Null, json!("TRIM_HORIZON"));
    assert_eq!(shown, [(&json!(100), &oldest), (&json!(10), &none), (&json!(10), &none)]);
    let filter = json!({"Filters": [{"Pattern": "{\"eventName\": [\"INSERT\"]}"}]});
    assert_eq!((&mappings[0]["FilterCriteria"], &mappings[0]["BisectBatchOnFunctionError"]), (&filter, &json!(true)));
    for mapping in mappings {
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{mapping}");
    }
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_run_that_is_interrupted_after_any_step_is_completed_by_the_next_and_then_nothing_changes() {
    let cloud = Deployment::new();
    let (function, alias) = (cloud.named("worker"), format!("alias/{}", cloud.named("badges")));
    let (topic, team, jobs) = (cloud.named("badges") + ".fifo", cloud.named("team"), cloud.named("jobs") + ".fifo");
    let subscriptions = [
        format!("{topic}=sqs:{jobs}"),
        format!("{team}=email:team@example.com"),
        format!("{team}=https://localhost:9/hidden?key=hidden"),
    ];
    let scope = ProvisionScope {
        topics: vec![topic.clone()],
        topic_subscriptions: subscriptions.iter().map(|one| one.parse().unwrap()).collect(),
        function: Some(function.clone()),
        seal_key: Some(alias.clone()),
    };

    let refused = provision::plan_with(&cloud.aws, &scope).await;
    assert_eq!(refused.unwrap_err(), ProvisionError::NoFunction { function: function.clone() });
    cloud.create_function(&function).await;
    let refused = provision::plan_with(&cloud.aws, &scope).await;
    assert_eq!(refused.unwrap_err(), ProvisionError::NoQueue { queue: jobs.clone() });
    let url = cloud.create_queue(&jobs).await;
    let key = "11111111-2222-3333-4444-555555555555".to_owned();
    let other = ProvisionScope { seal_key: Some(key.clone()), ..ProvisionScope::default() };
    assert_eq!(provision::plan_with(&cloud.aws, &other).await.unwrap_err(), ProvisionError::NoKey { key });

    let planned = cloud.planned(&scope).await;
    let (events, reports, told) = (cloud.named("events"), cloud.named("reports"), cloud.named("told"));
    let expected = [
        format!("{events}: create the table"),
        format!("{told}-dead.fifo: create the queue of dead letters"),
        format!("{alias}: create the key, which KMS replaces every year, and its alias"),
        format!("{events}: the stream of new items invokes the function {function}"),
        format!("{reports}.fifo: the queue invokes the function {function}"),
        format!("{told}.fifo: the queue invokes the function {function}"),
        format!("{topic}: create the topic"),
        format!("{team}: create the topic"),
        format!("{topic}: may send to the queue {jobs}, by the queue's policy"),
        format!("{topic}: subscribe the queue {jobs}"),
        format!("{team}: subscribe team@example.com"),
        format!("{team}: subscribe https://localhost/…"),
    ];
    for line in expected {
        assert!(planned.contains(&line), "{line} is not in {planned:#?}");
    }
    assert_eq!(cloud.planned(&scope).await, planned, "a plan changes nothing");
    let taken = cloud.one_by_one(&scope).await;
    assert_eq!(BTreeSet::from_iter(&taken), BTreeSet::from_iter(&planned));
    assert_eq!(taken.len(), planned.len());
    assert_eq!(cloud.planned(&scope).await, [""; 0]);

    let mappings = cloud.mappings(&function).await;
    check_mappings(&mappings);

    // What somebody changed by hand is changed back, and a mapping that is switched off stays so.
    let path = |mapping: &Value| format!("/2015-03-31/event-source-mappings/{}", mapping["UUID"].as_str().unwrap());
    cloud.lambda("PUT", &path(&mappings[0]), &json!({"BatchSize": 7})).await;
    cloud.lambda("PUT", &path(&mappings[1]), &json!({"Enabled": false})).await;
    let theirs = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sqs:*", "Resource": "*",
    }]});
    cloud.sqs("SetQueueAttributes", json!({"QueueUrl": url, "Attributes": {"Policy": theirs.to_string()}})).await;
    let list = format!("Action=ListSubscriptionsByTopic&TopicArn=arn:aws:sns:us-east-1:{ACCOUNT}:{topic}");
    let listed = cloud.sns(&list).await;
    let (_, arn) = listed.split_once("<SubscriptionArn>").unwrap();
    let arn = arn.split_once('<').unwrap().0;
    let unset = "Action=SetSubscriptionAttributes&AttributeName=RawMessageDelivery&AttributeValue=false";
    cloud.sns(&format!("{unset}&SubscriptionArn={arn}")).await;
    let plan = provision::plan_with(&cloud.aws, &scope).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.ends_with("its mapping is switched off")), "{:?}", plan.notes);
    let expected = [
        format!("{events}: the stream of new items invokes the function {function} as it must; change the mapping"),
        format!("{topic}: may send to the queue {jobs}, by the queue's policy"),
        format!("{topic}: deliver messages as they were published to the queue {jobs}"),
    ];
    assert_eq!(cloud.one_by_one(&scope).await, expected);
    let found = cloud.sqs("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["Policy"]})).await;
    let policy: Value = serde_json::from_str(found["Attributes"]["Policy"].as_str().unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!((statements.len(), &statements[0]), (2, &theirs["Statement"][0]), "what others allow stays");

    // An event goes through the topic, which has its name only, into the queue.
    let queue = SqsQueue::new(Arc::clone(&cloud.aws), &jobs).unwrap();
    let outgoing = Outgoing::Topic {
        arn: topic.clone(),
        message: r#"{"type":"badge.changed"}"#.to_owned(),
        attributes: [("event", "badge.changed".to_owned())].into(),
        group: Some("acme/tools".to_owned()),
        deduplication: Some("evt_1".to_owned()),
    };
    let reply = TopicPublisher::publish(&Sns::new(Arc::clone(&cloud.aws)), outgoing).await.unwrap();
    assert_eq!(reply.status, 200);
    let received = queue.receive(Duration::from_secs(5), LONG).await.unwrap();
    let bodies: Vec<_> = received.iter().map(|message| &*message.body).collect();
    assert_eq!(bodies, [r#"{"type":"badge.changed"}"#]);
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
async fn a_topic_and_a_key_are_used_by_the_calls_that_the_policy_allows_and_no_others() {
    let cloud = Deployment::new();
    let (topic, alias) = (cloud.named("role"), format!("alias/{}", cloud.named("role")));
    let key = Some(alias.clone());
    let scope = ProvisionScope { topics: vec![topic.clone()], seal_key: key, ..ProvisionScope::default() };
    cloud.one_by_one(&scope).await;
    let called = |before| since(&before, &cloud.aws).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let allowed = |calls: &[(&str, &str)]| calls.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>();

    let before = cloud.aws.call_counts();
    let outgoing = Outgoing::Topic {
        arn: topic,
        message: "{}".to_owned(),
        attributes: BTreeMap::new(),
        group: None,
        deduplication: None,
    };
    let reply = TopicPublisher::publish(&Sns::new(Arc::clone(&cloud.aws)), outgoing).await.unwrap();
    assert_eq!((reply.status, called(before)), (200, allowed(&TOPIC_CALLS)));

    let before = cloud.aws.call_counts();
    let wrapper = KmsWrapper::new(Kms::new(Arc::clone(&cloud.aws)), alias);
    let made = wrapper.generate().await.unwrap();
    assert!(wrapper.unwrap(&made.wrapped).await.is_ok());
    assert_eq!(called(before), allowed(&KEY_CALLS));
}

#[tokio::test]
async fn a_topic_that_is_named_by_its_name_is_one_of_the_region_and_the_account_and_no_call_finds_it() {
    let sns = |region: &'static str, account: Option<&'static str>| {
        let variable = move |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ACCOUNT_ID" => account.map(str::to_owned),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            _ => None,
        };
        let aws = Arc::new(AwsClients::new(AwsSettings::from_variables(variable), Connections::new()));
        (Sns::new(Arc::clone(&aws)), aws)
    };
    let account = Some("123456789012");
    let rows =
        [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")];
    for (region, partition) in rows {
        let (sns, aws) = sns(region, account);
        let arn = format!("arn:{partition}:sns:{region}:123456789012:badges.fifo");
        assert_eq!(sns.topic_arn("badges.fifo").await, Ok(arn.clone()));
        assert_eq!(sns.topic_arn(&arn).await, Ok(arn));
        assert!(aws.call_counts().is_empty());
    }
    let (sns, _aws) = sns("eu-central-1", None);
    let refused = sns.topic_arn("badges").await.unwrap_err().to_string();
    assert!(refused.contains("badges") && refused.contains("AWS_ACCOUNT_ID"), "{refused}");
    let arn = "arn:aws:sns:eu-central-1:123456789012:badges";
    assert_eq!(sns.topic_arn(arn).await, Ok(arn.to_owned()), "an ARN needs no account");
}
