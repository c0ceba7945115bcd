//! The delivery of events as a whole: the bootstrap between a stream of DynamoDB, queues of SQS and receivers, and what
//! the queues gave up, which `badgesmith dead` shows and sends again.
//!
//! The test is the event sources of Lambda: it hands over new rows of the table as a stream does, and messages as SQS
//! does, deletes what was worked on, and sends again what was not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, unreachable_pub)]

#[path = "support/delivering.rs"]
mod delivering;
#[path = "../examples/local-cloud/peers.rs"]
mod peers;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "support/signed_report.rs"]
mod signed_report;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use badgesmith_aws::FifoMessage;
use badgesmith_engine::events::resume;
use delivering::Cloud;
use peers::OWNER;
use receiver::Receiver;
use signed_report::report;
use support::body;

const PLUGIN: &str = "[[plugin]]\nid = \"test-results\"\nlibrary = \"badgesmith_provider_test_results\"\n\
                      collections = [\"test-results\"]\n";
/// How long a part of a test may take on a loaded machine: a third of the events is sent again after five seconds, and
/// a damaged message is received 200 times.
const LONG: Duration = Duration::from_secs(300);

fn toml(engine: &str, receiver: &Receiver) -> String {
    let subscription = |name: &str, event: &str| {
        format!(
            "[[subscription]]\nname = {name:?}\nurl = \"http://{}/{name}\"\nsecret = \"Signs\"\nevents = [{event:?}]\n",
            receiver.address
        )
    };
    let allowed = format!("allow-addresses = [\"{}\"]", receiver.address);
    let subscriptions = subscription("team", "result.recorded") + &subscription("gone", "badge.changed");
    format!("[engine]\nstore = \"dynamodb\"\n{allowed}\n{engine}\n{PLUGIN}{subscriptions}")
}

/// Posts the report of a run of a branch, and checks the status.
fn post(function: &support::Function, branch: &str, run: usize, status: u16) {
    let path = format!("/tests/results/linux/{OWNER}/tools/{branch}");
    let answer = function.ask(&report(&path, &path, &run.to_string(), &format!("{branch}-{run}")));
    assert_eq!(answer["statusCode"], status, "{answer}");
}

#[test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
fn events_come_to_receivers_in_order_signed_and_once_although_a_third_fails_and_one_that_is_gone_gets_them_later() {
    const BRANCHES: usize = 4;
    const RUNS: usize = 16;
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let function = cloud.function("delivery", &toml("", &receiver));
    let mut sources = cloud.sources();
    for run in 0..RUNS {
        post(&function, &format!("b{}", run % BRANCHES), run, 201);
    }
    let end = Instant::now() + LONG;
    while receiver.taken("team").len() < RUNS || !sources.are_empty() {
        assert!(Instant::now() < end, "{} of {RUNS} events came in time", receiver.taken("team").len());
        sources.step(&function);
    }
    let (taken, asked) = (receiver.taken("team"), receiver.asked("team"));
    let ids: BTreeSet<_> = taken.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), taken.len()), (RUNS, RUNS), "none is lost and none comes twice");
    assert!(asked.len() >= RUNS + RUNS / 3, "only {} attempts", asked.len());
    let mut sequences = BTreeMap::<&str, u64>::new();
    for event in &taken {
        let (branch, sequence) = (event["subject"]["branch"].as_str().unwrap(), event["sequence"].as_u64().unwrap());
        assert!(sequences.insert(branch, sequence) < Some(sequence), "{branch} is out of order at {sequence}");
    }
    assert_eq!(sequences.len(), BRANCHES);
    // The function waits for the second attempt, and asks SQS to do the same.
    for waits in receiver.waits("team") {
        assert!(waits > Duration::from_secs(4), "sent again after {waits:?}");
    }
    // The receiver ended the other subscription. Its events wait in the table, and in no queue.
    assert!(!receiver.asked("gone").is_empty() && receiver.taken("gone").is_empty());
    let said = cloud.badgesmith("delivery", &["subscription", "list", "--aws"]);
    assert!(said.contains("gone\t") && said.contains("4 waiting") && said.contains("ended by the receiver"), "{said}");
    receiver.opens("gone");
    assert!(cloud.block_on(resume(&*cloud.store, "gone", std::time::SystemTime::now())).unwrap());
    let end = Instant::now() + LONG;
    while receiver.taken("gone").len() < BRANCHES || !sources.are_empty() {
        assert!(Instant::now() < end, "{} of {BRANCHES} events came in time", receiver.taken("gone").len());
        sources.step(&function);
    }
    assert_eq!(cloud.block_on(cloud.events.dead().depth()), Ok((0, 0)));
    println!("{} attempts for {RUNS} events", asked.len());
}

#[test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
fn what_a_queue_gave_up_is_listed_with_its_reason_replayed_after_a_fix_and_then_shown() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    let taking = cloud.function("dead", &toml("ingest = \"queue\"", &receiver));
    // Another release, which lacks the plugin.
    let lacking = cloud.function("dead-lacking", "[engine]\nstore = \"dynamodb\"\ningest = \"queue\"\n");
    let mut sources = cloud.sources();
    post(&taking, "main", 1, 202);
    let poison =
        FifoMessage { group: "poison".to_owned(), deduplication: "poison".to_owned(), body: "{\"a\": 1}".to_owned() };
    cloud.block_on(cloud.events.send(&poison)).unwrap();
    let end = Instant::now() + LONG;
    while cloud.dead_letters() < 2 {
        assert!(Instant::now() < end, "{} dead letters", cloud.dead_letters());
        sources.step_queues(&lacking);
    }

    let list = || cloud.badgesmith("dead", &["dead", "list", "--aws"]);
    let unfixed = cloud.badgesmith("dead-lacking", &["dead", "list", "--aws"]);
    assert!(unfixed.contains("no plugin has the collection \"test-results\""), "{unfixed}");
    let said = list();
    let report = said.lines().find(|line| line.contains("\ttest-results\treport\tacme/tools linux main\t")).unwrap();
    assert!(report.contains("nothing is wrong with it now") && report.contains("-dead.fifo since 20"), "{said}");
    let damaged =
        said.lines().find(|line| line.contains("\t-\tdamaged\t-\tthe message names no subscription")).unwrap();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert_eq!(list().lines().count(), 2, "a list hides nothing from the next");
    let key = |line: &str| line.split('\t').next().unwrap().to_owned();
    let shown = cloud.badgesmith("dead", &["dead", "show", &key(damaged), "--aws"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["id"], &shown["message"]), (&key(damaged).into(), &serde_json::json!({"a": 1})));
    assert!(cloud.badgesmith("dead", &["dead", "list", "--aws", "--subscription", "team"]).starts_with("there is no"));
    let missing = cloud.try_badgesmith("dead", &["dead", "replay", "nothing", "--aws"]);
    assert!(missing.is_err_and(|said| said.contains("there is no dead letter \"nothing\"")));

    assert_eq!(cloud.badgesmith("dead", &["dead", "purge", &key(damaged), "--aws"]), "1 deleted\n");
    assert_eq!(cloud.badgesmith("dead", &["dead", "replay", "--aws"]), "1 of 1 are sent again\n");
    assert_eq!(list(), "there is no dead letter\n");
    let path = format!("/badges/tests/linux/{OWNER}/tools/main");
    let end = Instant::now() + LONG;
    while !body(&taking.get(&path, "")).contains("190 passed") {
        assert!(Instant::now() < end, "the report is not shown");
        sources.step(&taking);
    }
    // More than ten of one subject, of which ten are read at once.
    for run in 0..25 {
        let body = format!("{{\"b\": {run}}}");
        let letter = FifoMessage { deduplication: format!("poison-{run}"), body, ..poison.clone() };
        cloud.block_on(cloud.events.dead().send(&letter)).unwrap();
    }
    assert_eq!(cloud.badgesmith("dead", &["dead", "purge", "--aws"]), "25 deleted\n");
    assert_eq!(cloud.dead_letters(), 0);
}
