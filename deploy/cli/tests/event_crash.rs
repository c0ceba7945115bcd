//! SIGKILL at varying moments while builds report and a receiver fails a third of the time: every recorded result's
//! event arrives, in order for each subject, with one id, and no event is about a result that is not there.
//!
//! `BADGESMITH_ROUNDS` is the number of kills, 3 if it is not set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/aws.rs"]
mod aws;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::{BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aws::Cloud;
use serde_json::Value;
use support::{
    Server,
    report::{self, TOML, body},
    secret,
};

const SECRET: &str = "hush";
/// Base64 of 24 bytes.
const SIGNS: &str = "whsec_d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3";
const WRITERS: u64 = 16;
/// Without a request for so long, nothing more comes: a lease of a killed process lasts 30 s, and a second attempt is
/// made within 6 s.
const STALLED: Duration = Duration::from_secs(120);
/// How many branches each writer reports for, one after the other.
const BRANCHES: u64 = 12;

/// What was received.
#[derive(Default)]
struct Received {
    /// Ids that were refused once.
    refused: HashSet<String>,
    /// By branch: the events in the order in which they were taken for the first time.
    events: BTreeMap<String, Vec<Value>>,
    ids: HashSet<String>,
    repeated: usize,
    requests: usize,
}

/// A receiver of webhooks that refuses every third request, and none twice.
struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Received>>::default();
        let shared = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let received = Arc::clone(&shared);
                thread::spawn(move || take(stream.unwrap(), &received));
            }
        });
        Self { address, received }
    }

    fn toml(&self) -> String {
        let address = self.address;
        format!(
            "[[subscription]]\nname = \"team\"\nurl = \"http://{address}/in\"\nsecret = \"Signs\"\n\
             events = [\"result.recorded\", \"badge.changed\"]\n"
        )
    }
}

fn take(mut stream: TcpStream, received: &Mutex<Received>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if reader.read_exact(&mut byte).is_err() {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().trim().parse().unwrap();
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        assert!(head.contains("webhook-signature: v1,"), "{head}");
        let event: Value = serde_json::from_slice(&body).unwrap();
        let status = answer(&mut received.lock().unwrap(), event);
        if stream.write_all(format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(received: &mut Received, event: Value) -> u16 {
    received.requests += 1;
    let id = event["id"].as_str().unwrap().to_owned();
    if received.requests.is_multiple_of(3) && !received.ids.contains(&id) && received.refused.insert(id.clone()) {
        return 503;
    }
    if !received.ids.insert(id) {
        received.repeated += 1;
        return 200;
    }
    let branch = event["subject"]["branch"].as_str().unwrap().to_owned();
    received.events.entry(branch).or_default().push(event);
    200
}

#[test]
fn every_result_is_told_in_order_whenever_the_process_ends_with_the_embedded_store() {
    let receiver = Receiver::start();
    let toml = format!("[engine]\nallow-addresses = [\"{}\"]\n\n{TOML}{}", receiver.address, receiver.toml());
    // The server does not start before the secret is there.
    let data = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("event-crash");
    let _ = std::fs::remove_dir_all(&data);
    for (owner, purpose, value) in [("acme", "TestData", SECRET), ("*", "Signs", SIGNS)] {
        let (success, said) = secret(&data.join("data"), &["set", "--owner", owner, "--purpose", purpose], value);
        assert!(success, "{said}");
    }
    let start = || Server::start_with("event-crash", &toml, &[]);
    kill_and_compare(start(), start, &receiver, Duration::from_millis(2));
}

#[test]
fn every_result_is_told_in_order_whenever_the_process_ends_with_dynamodb() {
    let receiver = Receiver::start();
    let cloud = Cloud::start().with_events();
    assert!(cloud.run(&["provision"], "").0);
    for (owner, purpose, value) in [("acme", "TestData", SECRET), ("*", "Signs", SIGNS)] {
        let (success, said) = cloud.run(&["secret", "set", "--aws", "--owner", owner, "--purpose", purpose], value);
        assert!(success, "{said}");
    }
    let allowed = format!("allow-addresses = [\"{}\"]\n", receiver.address);
    let start = || cloud.serve_with("event-crash-dynamodb", &allowed, &format!("{TOML}{}", receiver.toml()));
    kill_and_compare(start(), start, &receiver, Duration::from_millis(15));
}

fn path(branch: &str) -> String {
    format!("/tests/results/linux/acme/tools/{branch}")
}

fn kill_and_compare(mut server: Server, start: impl Fn() -> Server, receiver: &Receiver, pause: Duration) {
    let rounds = std::env::var("BADGESMITH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3_u64);
    let next = AtomicU64::new(1);
    // Branch and run.
    let (heard, unheard) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    for round in 0..rounds {
        let is_over = AtomicBool::new(false);
        let address = server.address;
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (next, heard, unheard, is_over) = (&next, &heard, &unheard, &is_over);
                scope.spawn(move || {
                    let mut count = round;
                    while !is_over.load(Ordering::Relaxed) {
                        count += 1;
                        let branch = format!("w{writer}-{}", count % BRANCHES);
                        let run = next.fetch_add(1, Ordering::Relaxed);
                        let report = body("linux", &run.to_string(), [run, 0, 0]);
                        match report::post(address, SECRET, &path(&branch), &report) {
                            Some(response) => {
                                assert_eq!(response.status, 201, "{}", response.body);
                                heard.lock().unwrap().insert((branch, run));
                            }
                            None => {
                                unheard.lock().unwrap().insert((branch, run));
                                return;
                            }
                        }
                    }
                });
            }
            thread::sleep(pause * u32::try_from(10 + round * 37 % 60).unwrap());
            server.kill();
            is_over.store(true, Ordering::Relaxed);
        });
        server = start();
    }
    let (heard, unheard) = (heard.into_inner().unwrap(), unheard.into_inner().unwrap());
    assert!(!heard.is_empty());
    let recorded = |received: &Received| {
        let mut told = BTreeMap::new();
        for (branch, events) in &received.events {
            for event in events.iter().filter(|event| event["type"] == "result.recorded") {
                let run: u64 = event["data"]["run_id"].as_str().unwrap().parse().unwrap();
                let other = told.insert((branch.clone(), run), event["id"].clone());
                assert_eq!(other, None, "run {run} of {branch} is told with two ids");
            }
        }
        told
    };
    // When an event arrived last, and how many requests there were then.
    let mut progress = (Instant::now(), 0);
    let told = loop {
        let (told, requests) = {
            let received = receiver.received.lock().unwrap();
            (recorded(&received), received.requests)
        };
        let missing = heard.iter().filter(|result| !told.contains_key(result)).count();
        if missing == 0 {
            break told;
        }
        if requests > progress.1 {
            progress = (Instant::now(), requests);
        }
        let health = server.get("/health?deep=1").body;
        assert!(progress.0.elapsed() < STALLED, "{missing} of {} are missing: {health}", heard.len());
        thread::sleep(Duration::from_millis(500));
    };
    for (branch, run) in told.keys().filter(|result| !heard.contains(result)) {
        assert!(unheard.contains(&(branch.clone(), *run)), "run {run} was never sent");
        let report = body("linux", &run.to_string(), [*run, 0, 0]);
        let again = report::post(server.address, SECRET, &path(branch), &report).unwrap();
        assert_eq!(again.status, 409, "run {run} of {branch} was told and is not there");
    }
    let received = receiver.received.lock().unwrap();
    for (branch, events) in &received.events {
        let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>(), "{branch}");
    }
    println!(
        "{rounds} rounds: {} acknowledged, {} told, {} requests, {} refused, {} events sent again",
        heard.len(),
        told.len(),
        received.requests,
        received.refused.len(),
        received.repeated
    );
}
