//! From a signed report to its badge, through the real bootstrap and what plays AWS.
//!
//! `BADGESMITH_PACKAGE` names the folder that deploy/package.sh zips; without it this build's own bootstrap is asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, unreachable_pub)]

#[path = "../examples/local-cloud/peers.rs"]
mod peers;
#[path = "support/report.rs"]
mod report;
mod support;

use std::{env, fs, path::PathBuf};

use peers::{OWNER, Peers};
use report::report;
use serde_json::json;
use support::{Function, body};

const TOML: &str = "[engine]\nstore = \"dynamodb\"\n\n[[plugin]]\nid = \"test-results\"\n\
                    library = \"badgesmith_provider_test_results\"\ncollections = [\"test-results\"]\n";

/// The packaged function, or this build's.
fn start(peers: &Peers) -> Function {
    let variables = peers.variables();
    match env::var_os("BADGESMITH_PACKAGE").map(PathBuf::from) {
        Some(folder) => Function::run(&folder.join("bootstrap"), &folder, &variables),
        None => Function::start("cloud", TOML, &variables),
    }
}

#[test]
fn a_report_is_recorded_once_and_shown_and_a_thousand_events_take_no_more_memory() {
    let peers = Peers::start().unwrap();
    let function = start(&peers);
    let rest = format!("linux/{OWNER}/tools/feature/x");
    let sent = format!("/tests/results/linux/{OWNER}/tools/feature%2Fx");
    let first = report(&sent, &format!("/tests/results/{rest}"), "7", "n1");
    let answer = function.ask(&first);
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let replay = function.ask(&first);
    assert!(replay["statusCode"] == 400 && body(&replay).contains("NONCE_ALREADY_USED"), "{replay}");
    let again = function.ask(&report(&sent, &format!("/tests/results/{rest}"), "7", "n2"));
    assert!(again["statusCode"] == 409 && body(&again).contains("DUPLICATE_TEST_RESULT"), "{again}");
    let elsewhere = function.ask(&report(&sent, &format!("/tests/results/{rest}y"), "8", "n3"));
    assert_eq!(elsewhere["statusCode"], 401, "{elsewhere}");
    let nobody = function.ask(&report("/x", "/tests/results/linux/nobody/tools/main", "8", "n4"));
    assert_eq!(nobody["statusCode"], 401, "{nobody}");
    let badge = function.get(&format!("/badges/tests/{rest}"), "skipped=true");
    assert!(body(&badge).contains(r#""message":"190 passed, 2 skipped","color":"brightgreen""#), "{badge}");
    let redirect = function.get(&format!("/redirect/test-results/{rest}"), "");
    assert_eq!(
        (&redirect["statusCode"], &redirect["headers"]["location"]),
        (&json!(302), &json!("https://example.com/7"))
    );

    let ask = |index: usize| {
        let (path, words) = match index % 4 {
            0 => (format!("/badge/n-{index}-blue.png"), ""),
            1 => (format!("/badges/tests/{rest}.svg"), "190 passed"),
            2 => (format!("/badges/tests/linux/{OWNER}/none/{index}"), "RESULT_NOT_FOUND"),
            _ => (format!("/badge/n-{index}-blue"), "n: "),
        };
        let answer = function.get(&path, "");
        assert!(body(&answer).contains(words), "{path}: {answer}");
    };
    (0..400).for_each(&ask);
    let before = resident(&function);
    (400..1400).for_each(&ask);
    let after = resident(&function);
    println!("resident memory: {before} KiB after 400 events, {after} KiB after 1,000 more");
    assert!(after < before + 4096, "from {before} KiB to {after} KiB");
}

/// The memory that the function holds, in KiB.
fn resident(function: &Function) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", function.process.0.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
