//! Test results over HTTP: recorded, shown, refused and logged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::thread;

use support::{
    Server,
    report::{self, TOML, body, nonce, request},
    secret, send,
};

const SECRET: &str = "It's a Secret to Everybody";

/// A server whose owner `acme` has a secret.
fn server(name: &str) -> Server {
    let server = Server::start(name, TOML);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    server
}

#[test]
fn a_report_is_on_the_badge_a_moment_later() {
    let server = server("results");
    let path = "/tests/results/linux/Acme/tools/feature%2Fx";
    let badge = "/badges/tests/linux/acme/Tools/feature/X";
    assert!(server.get(&format!("{badge}.svg")).body.contains("<title>tests: no results</title>"));
    let rows = [
        ([190, 0, 0], "190 passed", "brightgreen"),
        ([188, 2, 1], "188 passed, 2 failed", "yellow"),
        ([1, 2, 0], "2 failed", "red"),
        ([0, 0, 3], "no tests", "lightgrey"),
    ];
    for (run, (counts, message, color)) in rows.into_iter().enumerate() {
        let response = report::post(server.address, SECRET, path, &body("Linux", &run.to_string(), counts)).unwrap();
        assert_eq!(response.status, 201, "{}", response.body);
        assert!(response.body.starts_with(&format!(r#"{{"test_result_id":"{run}""#)), "{}", response.body);
        let json = server.get(badge).body;
        assert!(json.contains(&format!(r#""label":"tests","message":"{message}","color":"{color}""#)), "{json}");
        let redirect = server.get("/redirect/test-results/LINUX/acme/tools/feature/x");
        let location = format!("location: https://example.com/runs/{run}\r\n");
        assert!(redirect.status == 302 && redirect.head.contains(&location), "{}", redirect.head);
    }
    let skipped = server.get(&format!("{badge}?skipped=true&label=unit")).body;
    assert!(skipped.contains(r#""label":"unit","message":"no tests, 3 skipped""#), "{skipped}");
}

#[test]
fn the_log_has_a_line_for_every_attempt_and_no_secret() {
    let server = server("audit");
    let path = "/tests/results/linux/acme/tools/main";
    let (good, forged) = (request(SECRET, path, &body("linux", "1", [1, 0, 0]), "n-good"), "a guess");
    assert_eq!(send(server.address, &good).status, 201);
    assert_eq!(send(server.address, &good).status, 400);
    assert_eq!(report::post(server.address, forged, path, "{}").unwrap().status, 401);
    let nobody = "/tests/results/linux/nobody/tools/main";
    assert_eq!(report::post(server.address, SECRET, nobody, "{}").unwrap().status, 401);
    let log = server.log_once(|log| log.matches("INVALID_SIGNATURE").count() >= 4);
    let told = |outcome: &str, owner: &str| {
        let line =
            log.lines().find(|line| line.contains(&format!("\"outcome\":\"{outcome}\"")) && line.contains(owner));
        let line = line.unwrap_or_else(|| panic!("{outcome} of {owner} is not in {log}"));
        assert!(line.contains("127.0.0.1") && line.contains("correlation_id"), "{line}");
    };
    told("ACCEPTED", "acme");
    told("NONCE_ALREADY_USED", "acme");
    told("INVALID_SIGNATURE", "acme");
    told("INVALID_SIGNATURE", "nobody");
    let signature = good.split("X-Signature: v2=").nth(1).unwrap().get(..64).unwrap();
    assert!(!log.contains(SECRET) && !log.contains(signature), "{log}");
}

#[test]
fn of_64_identical_reports_at_once_one_is_recorded() {
    let server = server("identical");
    let path = "/tests/results/linux/acme/tools/main";
    let request = request(SECRET, path, &body("linux", "1", [1, 0, 0]), &nonce());
    let statuses: Vec<u16> = thread::scope(|scope| {
        let senders: Vec<_> = (0..64).map(|_| scope.spawn(|| send(server.address, &request).status)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 63, "{statuses:?}");
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let server = server("large");
    let path = "/tests/results/linux/acme/tools/main";
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 999999999\r\n\r\n");
    let response = send(server.address, &head);
    assert!(response.status == 413 && response.body.contains("TOO_LARGE"), "{response:?}");
}
