//! The GitHub provider and its webhooks with a real server: runs that are delivered in any order, several times, by
//! several senders, and to a server that is killed; strangers' runs; and answers that a delivery makes stale.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "support/aws.rs"]
mod aws;
#[path = "support/delivery.rs"]
mod delivery;
mod support;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use aws::Cloud;
use delivery::{Delivery, RunPayload, SECRET, send_all, shuffle, take_all};
use serde_json::json;
use support::{Server, Upstream, UpstreamReply, github_toml, secret};

/// How many workflows there are.
const WORKFLOWS: u64 = 10;
const CONCLUSIONS: [&str; 6] = ["success", "failure", "cancelled", "skipped", "timed_out", "neutral"];

/// GitHub without anything.
fn nothing(_: &str) -> UpstreamReply {
    (404, vec![("Content-Type", "application/json".to_owned())], br#"{"message":"Not Found"}"#.to_vec())
}

/// A server with the embedded store and the webhook's secret.
fn embedded(name: &str, toml: &str) -> Server {
    let server = Server::start(name, toml);
    let (success, said) = secret(&server.data, &["add", "--owner", "*", "--purpose", "Webhook"], SECRET);
    assert!(success, "{said}");
    server
}

/// Emulated AWS with the tables and the webhook's secret.
fn provisioned(cloud: Cloud) -> Cloud {
    let (success, said) = cloud.run(&["provision"], "");
    assert!(success, "{said}");
    let (success, said) = cloud.run(&["secret", "add", "--aws", "--owner", "*", "--purpose", "Webhook"], SECRET);
    assert!(success, "{said}");
    cloud
}

/// 200 deliveries in the order in which GitHub makes them: of each workflow five runs to their ends, a second attempt
/// of the last one, and a run under way.
fn deliveries() -> Vec<Delivery> {
    let mut all = Vec::new();
    for workflow in 0..WORKFLOWS {
        let file = format!("w{workflow}.yml");
        let run = RunPayload {
            workflow: &file,
            number: 1,
            attempt: 1,
            branch: "main",
            head: "acme/shop",
            status: "queued",
            conclusion: None,
        };
        for (number, attempt) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (5, 2), (6, 1)] {
            let conclusion = CONCLUSIONS[usize::try_from(workflow * 7 + number * 3 + attempt).unwrap() % 6];
            let run = RunPayload { number, attempt, ..run };
            all.push(run.delivery("shop"));
            all.push(RunPayload { status: "in_progress", ..run }.delivery("shop"));
            if number < 6 {
                all.push(RunPayload { status: "completed", conclusion: Some(conclusion), ..run }.delivery("shop"));
            }
        }
    }
    assert_eq!(all.len(), 200);
    all
}

/// The badges and redirects of all workflows.
fn badges(server: &Server) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for workflow in 0..WORKFLOWS {
        for address in [
            format!("/badges/workflow/acme/shop/w{workflow}.yml/main"),
            format!("/badges/workflow/acme/shop/w{workflow}.yml/main?progress=true"),
            format!("/badges/workflow/acme/shop/w{workflow}.yml/main?event=push"),
            format!("/github/actions/workflow/status/acme/shop/w{workflow}.yml?format=json"),
            format!("/redirect/workflow/acme/shop/w{workflow}.yml/main"),
        ] {
            let response = server.get(&address);
            let own = |line: &&str| !["date: ", "x-correlation-id: "].iter().any(|name| line.starts_with(name));
            let head: Vec<_> = response.head.lines().filter(own).collect();
            assert!([200, 302].contains(&response.status), "{address}: {}", response.body);
            seen.insert(address, format!("{}\n{}", head.join("\n"), response.body));
        }
    }
    seen
}

/// The lines of an export, without the times at which they were written and expire.
fn exported(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(members) = value.as_object_mut() else { continue };
        members.retain(|name, _| !["arrived", "expires", "written", "exported"].iter().any(|it| name.contains(it)));
        let line = value.to_string();
        // Nonces are not compared: they are of deliveries, of which each server had its own.
        if line.contains("workflow") || line.contains("repository") || line.contains("visibility") {
            lines.push(line);
        }
    }
    lines.sort();
    lines
}

/// Ends a server, and exports its embedded store.
fn export(mut server: Server) -> Vec<String> {
    server.kill();
    let output = support::command().args(["export", "--data"]).arg(&server.data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    exported(&String::from_utf8(output.stdout).unwrap())
}

/// What a server of this name shows and stores after deliveries in order.
fn in_order(name: &str, upstream: &Upstream) -> (BTreeMap<String, String>, Vec<String>) {
    let server = embedded(&format!("{name}-in-order"), &github_toml(&upstream.url()));
    take_all(server.address, &deliveries(), 1);
    (badges(&server), export(server))
}

/// The deliveries three times, shuffled.
fn shuffled(seed: u64) -> Vec<Delivery> {
    let all = deliveries();
    let mut all = [all.clone(), all.clone(), all].concat();
    shuffle(&mut all, seed);
    all
}

#[test]
fn deliveries_in_any_order_and_three_times_leave_what_they_leave_in_order() {
    let upstream = Upstream::start(nothing);
    let (expected, stored) = in_order("workflows-shuffled", &upstream);
    let records = stored.iter().filter(|line| line.contains("\"run_attempt\"") && line.contains("workflow")).count();
    assert_eq!(records, 60, "one record for each run and attempt: {stored:#?}");
    for seed in 1..=3 {
        let server = embedded("workflows-shuffled", &github_toml(&upstream.url()));
        take_all(server.address, &shuffled(seed), 8);
        assert_eq!(badges(&server), expected, "seed {seed}");
        assert_eq!(export(server), stored, "seed {seed}");
    }
}

#[test]
fn deliveries_in_any_order_and_three_times_leave_the_same_in_dynamodb() {
    in_dynamodb(provisioned(Cloud::start()), "workflows-dynamodb");
}

#[test]
#[ignore = "needs BADGESMITH_DYNAMODB, which .ci/peers sets"]
fn deliveries_in_any_order_and_three_times_leave_the_same_in_dynamodb_local() {
    in_dynamodb(provisioned(Cloud::of_peer("workflows")), "workflows-dynamodb-local");
}

fn in_dynamodb(cloud: Cloud, name: &str) {
    let upstream = Upstream::start(nothing);
    let (expected, _) = in_order(name, &upstream);
    let server = cloud.serve_plugins(name, &github_toml(&upstream.url()));
    take_all(server.address, &shuffled(4), 8);
    assert_eq!(badges(&server), expected);
}

#[test]
fn a_server_that_was_killed_shows_the_same_after_the_deliveries_were_sent_again() {
    let upstream = Upstream::start(nothing);
    let (expected, stored) = in_order("workflows-killed", &upstream);
    for (seed, killed_after) in [(5, 1), (6, 50), (7, 200), (8, 450)] {
        let name = "workflows-killed";
        let mut server = embedded(name, &github_toml(&upstream.url()));
        let (deliveries, taken) = (shuffled(seed), AtomicUsize::new(0));
        thread::scope(|scope| {
            let address = server.address;
            let (deliveries, taken) = (&deliveries, &taken);
            let sent = scope.spawn(move || send_all(address, deliveries, 8, taken));
            while taken.load(Ordering::Relaxed) < killed_after && !sent.is_finished() {
                thread::sleep(Duration::from_millis(1));
            }
            server.kill();
        });
        println!("killed after {} of 600 deliveries were answered", taken.into_inner());
        let server = Server::start_with(name, &github_toml(&upstream.url()), &[]);
        take_all(server.address, &deliveries, 8);
        assert_eq!(badges(&server), expected, "killed after {killed_after}");
        assert_eq!(export(server), stored, "killed after {killed_after}");
    }
}

#[test]
fn a_strangers_runs_checks_and_statuses_change_no_badge_of_the_repository() {
    let upstream = Upstream::start(nothing);
    let server = embedded("workflows-strangers", &github_toml(&upstream.url()));
    let own = RunPayload {
        workflow: "w0.yml",
        number: 1,
        attempt: 1,
        branch: "main",
        head: "acme/shop",
        status: "completed",
        conclusion: Some("success"),
    };
    for delivery in [own.delivery("shop"), job("shop", own.number, "success")] {
        delivery.take(server.address);
    }
    let addresses = [
        "/badges/workflow/acme/shop/w0.yml",
        "/badges/workflow/acme/shop/w0.yml/main",
        "/badges/workflow/acme/shop/w0.yml/main?progress=true",
        "/badges/workflow/acme/shop/w0.yml/main?job=test",
        "/badges/workflow/acme/shop/sonar/main",
        "/github/actions/workflow/status/acme/shop/w0.yml?format=json",
        "/redirect/workflow/acme/shop/w0.yml/main",
    ];
    let words = |body: String| body.split("\"correlation_id\"").next().unwrap().to_owned();
    let seen = || addresses.map(|address| (address, words(server.get(address).body)));
    let before = seen();
    assert!(before[1].1.contains("passing") && before[3].1.contains("passing"), "{before:#?}");
    let stranger = RunPayload { number: 2, head: "stranger/shop", conclusion: Some("failure"), ..own };
    let foreign = json!([{ "number": 7, "head": { "repo": { "id": 99 } }, "base": { "repo": { "id": 1 } } }]);
    let check = |event: &'static str, branch: serde_json::Value, pull_requests: serde_json::Value| {
        let suite = json!({ "id": 5, "head_branch": branch, "pull_requests": pull_requests, "app": { "slug": "sonar" },
            "status": "completed", "conclusion": "failure", "name": "sonar", "head_sha": "99",
            "created_at": "2026-11-22T12:00:00Z", "updated_at": "2026-11-22T12:00:00Z",
            "started_at": "2026-11-22T12:00:00Z", "completed_at": "2026-11-22T12:00:00Z" });
        let mut payload = json!({ "action": "completed", event: suite });
        payload["check_run"]["check_suite"] = json!({ "head_branch": branch, "pull_requests": [] });
        Delivery::of(event, "shop", payload)
    };
    let status = json!({ "id": 9, "sha": "99", "context": "sonar", "state": "failure",
        "created_at": "2026-11-22T12:00:00Z", "updated_at": "2026-11-22T12:00:00Z",
        "branches": [{ "name": "main", "commit": { "sha": "1f2e3d4c" } }] });
    for delivery in [
        RunPayload { status: "queued", conclusion: None, ..stranger }.delivery("shop"),
        stranger.delivery("shop"),
        RunPayload { branch: "pull/7", ..stranger }.delivery("shop"),
        job("shop", stranger.number, "failure"),
        check("check_run", json!(null), json!([])),
        check("check_run", json!("main"), foreign.clone()),
        check("check_suite", json!(null), json!([])),
        check("check_suite", json!("main"), foreign),
        Delivery::of("status", "shop", status),
    ] {
        delivery.take(server.address);
        assert_eq!(seen(), before, "{delivery:?}");
    }
    let fork = server.get("/badges/workflow/acme/shop/w0.yml/fork/stranger/main").body;
    assert!(fork.contains("failing"), "{fork}");
}

/// The delivery that tells of the end of a job of `w0.yml`.
fn job(name: &str, run: u64, conclusion: &str) -> Delivery {
    let of_workflow: u64 = "w0.yml".bytes().map(u64::from).sum();
    let job = json!({ "id": run, "run_id": of_workflow * 1000 + run, "run_attempt": 1, "name": "Test",
        "status": "completed", "conclusion": conclusion, "started_at": "2026-11-21T12:00:00Z",
        "completed_at": "2026-11-21T12:01:00Z", "html_url": "https://github.com/acme/shop/actions/runs/1/job/1" });
    Delivery::of("workflow_job", name, json!({ "action": "completed", "workflow_job": job }))
}

#[test]
fn a_badge_shows_a_delivery_once_it_is_answered() {
    let upstream = Upstream::start(nothing);
    let server = embedded("workflows-at-once", &github_toml(&upstream.url()));
    let mut slowest = Duration::ZERO;
    for number in 1..=50 {
        let conclusion = if number % 2 == 0 { "success" } else { "failure" };
        let run = RunPayload {
            workflow: "ci.yml",
            number,
            attempt: 1,
            branch: "main",
            head: "acme/shop",
            status: "completed",
            conclusion: Some(conclusion),
        };
        run.delivery("shop").take(server.address);
        let answered = Instant::now();
        let badge = server.get("/badges/workflow/acme/shop/ci.yml/main").body;
        slowest = slowest.max(answered.elapsed());
        assert!(badge.contains(if number % 2 == 0 { "passing" } else { "failing" }), "run {number}: {badge}");
    }
    println!("from a delivery's answer to the badge that shows it: at most {slowest:?} of 50 runs");
}

#[test]
fn a_release_a_package_or_a_push_makes_the_next_badge_ask_github_again() {
    let upstream = Upstream::start(|path: &str| {
        let json = |body: &str| (200, vec![("Content-Type", "application/json".to_owned())], body.into());
        match path.split('?').next().unwrap() {
            "/repos/acme/shop" => json(
                r#"{"id":1,"full_name":"acme/shop","private":false,"stargazers_count":7,
                "default_branch":"main","visibility":"public"}"#,
            ),
            path if path.ends_with("/versions") => json(r#"[{"id":1,"name":"7.0.0"}]"#),
            path if path.contains("/packages/") => json(r#"{"name":"core","visibility":"public"}"#),
            _ => nothing(path),
        }
    });
    let server = embedded("workflows-stale", &github_toml(&upstream.url()));
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "Package"], "ghp-hush");
    assert!(success, "{said}");
    let (stars, package) = ("/github/stars/acme/shop?format=json", "/badges/packages/github/acme/core");
    let asked = |address: &str| {
        let before = upstream.calls();
        let response = server.get(address);
        assert_eq!(response.status, 200, "{address}: {}", response.body);
        upstream.calls() - before
    };
    let published = |event: &'static str, name: &str| {
        Delivery::of(
            event,
            "shop",
            json!({ "action": "published",
            event: { "id": 1, "name": name, "package_type": "NUGET" } }),
        )
    };
    let push = |reference: &str| Delivery::of("push", "shop", json!({ "ref": reference }));
    for (delivery, of_stars, of_package) in [
        (Delivery::of("release", "shop", json!({ "action": "published" })), true, false),
        (published("package", "Core"), true, true),
        (published("registry_package", "core"), true, true),
        (published("package", "other"), true, false),
        (push("refs/heads/main"), true, false),
        (push("refs/heads/other"), false, false),
    ] {
        asked(stars);
        asked(package);
        assert_eq!((asked(stars), asked(package)), (0, 0), "{} before", delivery.event);
        delivery.take(server.address);
        let after = (asked(stars) > 0, asked(package) > 0);
        assert_eq!(after, (of_stars, of_package), "{}: {}", delivery.event, delivery.payload);
    }
}

#[test]
fn what_was_delivered_of_a_private_repository_is_that_of_one_that_does_not_exist() {
    let upstream = Upstream::start(nothing);
    let run = RunPayload {
        workflow: "ci.yml",
        number: 1,
        attempt: 1,
        branch: "main",
        head: "acme/veiled",
        status: "completed",
        conclusion: Some("success"),
    };
    for (name, grant, is_shown) in [("veiled", "", false), ("granted", "[engine]\nprivate = [\"acme/veiled\"]\n", true)]
    {
        let server = embedded(&format!("workflows-{name}"), &format!("{grant}{}", github_toml(&upstream.url())));
        run.delivery("veiled").private("veiled").take(server.address);
        for address in [
            "/badges/workflow/acme/NAME/ci.yml",
            "/badges/workflow/acme/NAME/ci.yml/main",
            "/badges/workflow/acme/NAME/ci.yml/main?progress=true",
            "/badges/workflow/acme/NAME/ci.yml/main?job=test",
            "/github/actions/workflow/status/acme/NAME/ci.yml?format=json",
            "/github/actions/workflow/status/acme/NAME/ci.yml?branch=main",
            "/redirect/workflow/acme/NAME/ci.yml/main",
        ] {
            let [veiled, gone] = ["veiled", "gone"].map(|name| seen(&server, address, name));
            assert_eq!(veiled != gone, is_shown, "{address}: {veiled}\n{gone}");
            assert!(gone.contains("not found"), "{gone}");
        }
    }
}

/// What a caller sees of an address, without the name, the time and the id of the answer.
fn seen(server: &Server, address: &str, name: &str) -> String {
    let response = server.get(&address.replace("NAME", name));
    let own = |line: &&str| !["date: ", "x-correlation-id: ", "etag: "].iter().any(|name| line.starts_with(name));
    let head: Vec<_> = response.head.lines().filter(own).collect();
    let body = response.body.split("\"correlation_id\"").next().unwrap();
    format!("{}\n{body}", head.join("\n")).replace(name, "NAME")
}

#[test]
fn an_older_plugins_toml_takes_no_webhooks_and_asks_github_for_runs() {
    let upstream = Upstream::start(|path: &str| {
        let json = |body: &str| (200, vec![("Content-Type", "application/json".to_owned())], body.into());
        match path.split('?').next().unwrap() {
            "/repos/acme/shop" => json(r#"{"id":1,"full_name":"acme/shop","private":false,"default_branch":"main"}"#),
            path if path.ends_with("/actions/workflows/ci.yml/runs") => json(
                r#"{"total_count":1,"workflow_runs":[{"id":1,"run_number":1,"status":"completed","html_url":"https://x/",
                    "conclusion":"failure","head_repository":{"full_name":"acme/shop"}}]}"#,
            ),
            _ => nothing(path),
        }
    });
    let toml = github_toml(&upstream.url());
    let older: String =
        toml.lines().filter(|line| !line.starts_with("collections")).map(|it| format!("{it}\n")).collect();
    let server = embedded("workflows-older", &older);
    let badge = server.get("/github/actions/workflow/status/acme/shop/ci.yml?format=json").body;
    assert!(badge.contains("failing"), "{badge}");
    let delivery = Delivery::of("release", "shop", json!({ "action": "published" }));
    assert_eq!(delivery.post(server.address).unwrap().status, 404);
    let log = server.log_once(|log| log.contains("collections"));
    assert!(log.contains("webhook") && log.contains("collections"), "{log}");
}
