//! SIGKILL at varying moments while many builds report: every acknowledged result is stored afterwards, once.
//!
//! `BADGESMITH_ROUNDS` is the number of kills, 5 if it is not set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/aws.rs"]
mod aws;
mod support;

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use aws::Cloud;
use support::{
    Server,
    report::{self, TOML, body},
    secret,
};

const SECRET: &str = "hush";
const WRITERS: u64 = 32;

#[test]
fn every_acknowledged_result_is_in_the_embedded_store_after_a_kill_and_only_once() {
    let server = Server::start("crash", TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    kill_and_count(server, || Server::start_with("crash", TOML, &[]), Duration::from_millis(1));
}

#[test]
fn every_acknowledged_result_is_in_dynamodb_after_a_kill_and_only_once() {
    let cloud = Cloud::start();
    assert!(cloud.run(&["provision"], "").0);
    assert!(cloud.run(&["secret", "set", "--aws", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    let start = || cloud.serve("crash-dynamodb");
    // A new server reads the secrets first, and every transaction is a network request, so it needs more time.
    kill_and_count(start(), start, Duration::from_millis(10));
}

/// Kills the server in each round, after 3 to 122 times `pause`, and checks every result of the round.
fn kill_and_count(mut server: Server, start: impl Fn() -> Server, pause: Duration) {
    let rounds = std::env::var("BADGESMITH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5_u64);
    let next = AtomicU64::new(1);
    let (mut acknowledged, mut unanswered) = (0, 0);
    for round in 0..rounds {
        let (is_over, heard) = (AtomicBool::new(false), Mutex::new(HashSet::new()));
        let lost = Mutex::new(HashSet::new());
        let address = server.address;
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let run = next.fetch_add(1, Ordering::Relaxed);
                        match report::post(address, SECRET, &path(run), &body("linux", &run.to_string(), [run, 0, 0])) {
                            Some(response) => {
                                assert_eq!(response.status, 201, "{}", response.body);
                                heard.lock().unwrap().insert(run);
                            }
                            None => {
                                lost.lock().unwrap().insert(run);
                                return;
                            }
                        }
                    }
                });
            }
            // Some rounds end before the first transaction, others after hundreds.
            thread::sleep(pause * u32::try_from(3 + round * 37 % 120).unwrap());
            server.kill();
            is_over.store(true, Ordering::Relaxed);
        });
        server = start();
        let (heard, lost) = (heard.into_inner().unwrap(), lost.into_inner().unwrap());
        for run in &heard {
            let badge = server.get(&format!("/badges/tests/linux/acme/tools/{run}")).body;
            assert!(badge.contains(&format!("\"{run} passed\"")), "round {round}: run {run} was acknowledged: {badge}");
            let again = report::post(server.address, SECRET, &path(*run), &body("linux", &run.to_string(), [0, 1, 0]));
            assert_eq!(again.unwrap().status, 409, "round {round}: run {run} is there already");
        }
        for run in &lost {
            // It may be written or not; sent again, it is stored once.
            let again =
                report::post(server.address, SECRET, &path(*run), &body("linux", &run.to_string(), [*run, 0, 0]));
            assert!(matches!(again.unwrap().status, 201 | 409), "round {round}: run {run}");
            let badge = server.get(&format!("/badges/tests/linux/acme/tools/{run}")).body;
            assert!(badge.contains(&format!("\"{run} passed\"")), "round {round}: run {run}: {badge}");
        }
        acknowledged += heard.len();
        unanswered += lost.len();
    }
    println!("{rounds} rounds: {acknowledged} acknowledged and there, {unanswered} left without an answer");
    assert!(acknowledged > 0);
}

fn path(run: u64) -> String {
    format!("/tests/results/linux/acme/tools/{run}")
}
