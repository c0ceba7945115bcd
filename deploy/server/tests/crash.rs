//! kill -9 at random moments while many builds report: whatever was acknowledged is there afterwards, once.
//!
//! `BADGESMITH_ROUNDS` says how often; without it a few times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

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

use support::{
    Server,
    report::{self, TOML, body},
    secret,
};

const SECRET: &str = "hush";
const WRITERS: u64 = 32;

#[test]
fn whatever_was_acknowledged_is_there_after_a_kill_and_only_once() {
    let rounds = std::env::var("BADGESMITH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5_u64);
    let mut server = Server::start("crash", TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
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
            // Some rounds end before the first transaction, some after hundreds.
            thread::sleep(Duration::from_millis(3 + round * 37 % 120));
            server.kill();
            is_over.store(true, Ordering::Relaxed);
        });
        server = Server::start_with("crash", TOML, &[]);
        let (heard, lost) = (heard.into_inner().unwrap(), lost.into_inner().unwrap());
        for run in &heard {
            let badge = server.get(&format!("/badges/tests/linux/acme/tools/{run}")).body;
            assert!(badge.contains(&format!("\"{run} passed\"")), "round {round}: run {run} was acknowledged: {badge}");
            let again = report::post(server.address, SECRET, &path(*run), &body("linux", &run.to_string(), [0, 1, 0]));
            assert_eq!(again.unwrap().status, 409, "round {round}: run {run} is there already");
        }
        for run in &lost {
            // Written or not, as nobody was told; sent again it is there, and once.
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
