//! Subscriptions of a running server: who hears of tests that begin to fail, and how a start refuses what cannot be
//! sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    path::{Path, PathBuf},
    process::Output,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{
    Server, command,
    report::{self, TOML, body},
    reports::Inbox,
    secret,
};

const SECRET: &str = "hush";
/// Base64 of 24 bytes.
const SIGNS: &str = "whsec_d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn set(data: &Path, owner: &str, purpose: &str, value: &str) {
    let (success, said) = secret(data, &["set", "--owner", owner, "--purpose", purpose], value);
    assert!(success, "{said}");
}

/// What an inbox has after it has at least so many requests and a while longer.
fn events(inbox: &Inbox, count: usize) -> Vec<Value> {
    let began = Instant::now();
    while inbox.posted().len() < count && began.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_millis(500));
    inbox.posted().iter().map(|posted| serde_json::from_slice(&posted.body).unwrap()).collect()
}

#[test]
fn a_team_hears_once_that_tests_fail_and_once_that_they_pass_again_although_a_few_failures_are_yellow() {
    let [failures, recoveries, chat] = [(); 3].map(|()| Inbox::start(&["HTTP/1.1 204 No Content\r\n\r\n"]));
    let name = "event-filters";
    let data = folder(name).join("data");
    set(&data, "acme", "TestData", SECRET);
    set(&data, "*", "Signs", SIGNS);
    set(&data, "*", "Chat", &format!("{}/services/hidden", chat.url()));
    let webhook = |name: &str, url: String| {
        format!(
            "[[subscription]]\nname = {name:?}\nurl = \"{url}/in\"\nsecret = \"Signs\"\nevents = [\"badge.changed\"]\n\
             only = {name:?}\n"
        )
    };
    let toml = format!(
        "[engine]\nallow-addresses = [\"{}\", \"{}\", \"{}\"]\n{TOML}{}{}\
         [[subscription]]\nname = \"chat\"\nurl = {{ secret = \"Chat\", origin = \"{}\" }}\nform = \"slack\"\n\
         events = [\"badge.changed\"]\nbranch = \"main\"\nonly = \"changes\"\n",
        failures.address,
        recoveries.address,
        chat.address,
        webhook("failures", failures.url()),
        webhook("recoveries", recoveries.url()),
        chat.url(),
    );
    let server = Server::start_with(name, &toml, &[]);
    for (run, counts) in [[190, 0, 0], [189, 1, 0], [188, 2, 0], [190, 0, 0]].into_iter().enumerate() {
        let path = "/tests/results/linux/acme/tools/main";
        let report = body("linux", &run.to_string(), counts);
        assert_eq!(report::post(server.address, SECRET, path, &report).unwrap().status, 201);
        // Each is told before the next one is recorded, so that each is a change of its own.
        events(&chat, run + 1);
    }
    let message = |event: &Value| event["after"]["message"].as_str().unwrap().to_owned();
    let failed = events(&failures, 1);
    assert_eq!(failed.iter().map(message).collect::<Vec<_>>(), ["189 passed, 1 failed"]);
    assert_eq!((&failed[0]["after"]["color"], &failed[0]["after"]["is_failing"]), (&"yellow".into(), &true.into()));
    assert_eq!(events(&recoveries, 1).iter().map(message).collect::<Vec<_>>(), ["190 passed"]);
    let texts: Vec<_> = events(&chat, 4).iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[1].contains("189 passed, 1 failed") && texts[1].contains("was 190 passed"), "{texts:?}");
    let log = server.log();
    assert!(!log.contains("hidden") && !log.contains(SIGNS), "{log}");
}

#[test]
fn a_start_says_of_every_subscription_that_could_not_be_sent_what_to_write() {
    let folder = folder("event-refused");
    let config = folder.join("plugins.toml");
    let subscription = |name: &str, url: &str| {
        format!(
            "[[subscription]]\nname = {name:?}\nurl = \"{url}\"\nsecret = \"Signs\"\nevents = [\"badge.changed\"]\n"
        )
    };
    let both =
        subscription("private", "https://10.0.0.7/in/hidden") + &subscription("unsigned", "https://hooks.example/in");
    std::fs::write(&config, both).unwrap();
    let start = || {
        let mut serve = command();
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .arg("--data")
            .arg(folder.join("data"));
        let Output { status, stderr, .. } = serve.output().unwrap();
        (status.success(), String::from_utf8(stderr).unwrap())
    };
    let (success, said) = start();
    assert!(!success && said.contains("\"private\"") && said.contains("\"unsigned\""), "{said}");
    assert!(said.contains("--owner '*' --purpose Signs --generate=webhook"), "{said}");
    let Output { status, stdout, .. } = command().args(["plugin", "check", "--config"]).arg(&config).output().unwrap();
    let checked = String::from_utf8(stdout).unwrap();
    assert!(
        status.success() && checked.contains("subscription private: badge.changed to https://10.0.0.7/…"),
        "{checked}"
    );
    set(&folder.join("data"), "*", "Signs", SIGNS);
    let (success, said) = start();
    assert!(!success && said.contains("allow-addresses = [\"10.0.0.7:443\"]"), "{said}");
    assert!(!said.contains("hidden") && !said.contains("unsigned"), "{said}");
}
