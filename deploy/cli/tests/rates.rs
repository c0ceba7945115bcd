//! The rates of requests and reports that an operator sets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{
    Response, Server, command,
    report::{self, TOML, body},
    secret, send,
};

const SECRET: &str = "It's a Secret to Everybody";
const PATH: &str = "/tests/results/linux/acme/tools/main";

/// A server behind a trusted proxy on this machine.
fn start(name: &str, arguments: &[&str]) -> Server {
    let _ = std::fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let server = Server::start_with(name, TOML, &[&["--trust", "127.0.0.1"], arguments].concat());
    for owner in ["acme", "umbrella"] {
        let (is_set, said) = secret(&server.data, &["set", "--owner", owner, "--purpose", "TestData"], SECRET);
        assert!(is_set, "{said}");
    }
    server
}

/// The answer to a request line of this client.
fn ask(server: &Server, client: &str, line: &str) -> Response {
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {client}\r\n\r\n");
    send(server.address, &request)
}

fn code(response: &Response) -> String {
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    body["error_details"][0]["error_code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_client_beyond_its_rate_reads_rate_limited_and_others_are_answered() {
    let server = start("client-rate", &["--rate", "4/h"]);
    let lines = ["GET /badge/a-b-green", "GET /nothing", "HEAD /openapi.json", "GET /?format=json"];
    for line in lines {
        assert_ne!(ask(&server, "192.0.2.1", line).status, 429, "{line}");
    }
    let rows = [
        ("GET /badge/a-b-green", 200, "rate limited"),
        ("GET /badges/tests/linux/acme/tools/main.svg", 200, "rate limited"),
        ("GET /health.svg", 200, "rate limited"),
        ("GET /badge/a-b-green.json", 429, "RATE_LIMITED"),
        ("GET /badges/tests/linux/acme/tools/main", 429, "RATE_LIMITED"),
        ("GET /health", 429, "RATE_LIMITED"),
        ("POST /tests/results/linux/acme/tools/main", 429, "RATE_LIMITED"),
        ("OPTIONS /badge/a-b-green.json", 429, "RATE_LIMITED"),
        ("GET /metrics", 429, "RATE_LIMITED"),
        ("HEAD /openapi.json", 429, ""),
        ("GET /health/live", 200, "Alive"),
        ("GET /health/ready", 200, "Ready"),
    ];
    for (line, status, words) in rows {
        let response = ask(&server, "192.0.2.1", line);
        assert_eq!(response.status, status, "{line}: {response:?}");
        assert!(response.body.contains(words), "{line}: {response:?}");
        assert!(response.head.contains("cache-control: no-store"), "it says nothing of others: {response:?}");
        if status == 429 {
            let after = response.head.split_once("retry-after: ").unwrap().1.split("\r\n").next().unwrap();
            assert!((890..=900).contains(&after.parse::<u32>().unwrap()), "{response:?}");
            assert!(response.head.contains("access-control-allow-origin: *"), "{response:?}");
        }
    }
    assert_eq!(ask(&server, "192.0.2.2", "GET /badge/a-b-green.json").status, 200);
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("badgesmith_rate_limited_total{limit=\"client\"} 10\n"), "{metrics}");
    assert!(server.log().contains("\"outcome\":\"RATE_LIMITED\",\"fault\":\"caller\""), "{}", server.log());
}

#[test]
fn a_body_that_is_refused_for_the_rate_of_its_client_is_not_read() {
    let server = start("client-rate-body", &["--rate", "1/h"]);
    assert_eq!(ask(&server, "192.0.2.1", "GET /health").status, 200);
    let head = "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 1000000\r\n";
    let response = send(server.address, &format!("{head}\r\n{}", "x".repeat(1000)));
    assert_eq!((response.status, &*code(&response)), (429, "RATE_LIMITED"), "{response:?}");
}

#[test]
fn an_owner_beyond_its_rate_can_send_the_same_report_later_and_nobody_else_uses_it_up() {
    let server = start("report-rate", &["--report-rate", "2/s"]);
    let signed = |secret: &str, path: &str, run: usize, nonce: &str| {
        send(server.address, &report::request(secret, path, &body("linux", &run.to_string(), [1, 0, 0]), nonce))
    };
    for guess in 0..20 {
        assert_eq!(signed("a guess", PATH, guess, &format!("guess-{guess}")).status, 401);
    }
    // So many at once that their rate is exceeded on the slowest machine.
    let mut accepted = 0;
    let refused = (0..500).find(|run| {
        let response = signed(SECRET, PATH, *run, &format!("n-{run}"));
        accepted += usize::from(response.status == 201);
        response.status == 429
    });
    let run = refused.expect("two reports a second are slower than any machine");
    assert!(accepted >= 2, "guesses of others do not count");
    let response = signed(SECRET, PATH, run, &format!("n-{run}"));
    if response.status == 429 {
        assert_eq!(code(&response), "RATE_LIMITED");
        assert!(response.head.contains("retry-after: 1\r\n") && response.body.contains("\"owner\""), "{response:?}");
    }
    assert_eq!(signed(SECRET, &PATH.replace("acme", "umbrella"), run, "u-1").status, 201, "another owner");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let again = signed(SECRET, PATH, run, &format!("n-{run}"));
    assert!(again.status == 201 || response.status == 201, "the refused report claimed no nonce: {again:?}");
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("badgesmith_rate_limited_total{limit=\"owner\"} "), "{metrics}");
    assert!(metrics.contains("outcome=\"RATE_LIMITED\",plugin=\"test-results\",proof=\"signature\""), "{metrics}");
}

#[test]
fn this_machine_is_one_client_where_no_proxy_is_named() {
    let server = Server::start_with("loopback-rate", TOML, &["--rate", "3/h"]);
    let statuses =
        [0; 5].map(|_| send(server.address, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status);
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert!(server.log().contains("name it with --trust"), "{}", server.log());
}

#[test]
fn without_a_setting_nothing_is_limited() {
    let server = start("no-rate", &[]);
    assert!((0..300).all(|_| ask(&server, "192.0.2.1", "GET /health").status == 200));
    assert!(!server.get("/metrics").body.contains("badgesmith_rate_limited_total{"));
}

#[test]
fn a_rate_of_no_client_is_refused_and_one_that_cannot_be_read_says_what_to_write() {
    let rows: [(&[&str], &str); 3] = [
        (&["--rate", "50/s", "--listen", "unix:./rates.sock"], "write --trust unix"),
        (&["--rate", "50"], "such as 50/s"),
        (&["--report-rate", "0/m"], "such as 50/s"),
    ];
    for (arguments, words) in rows {
        let output = command().arg("serve").args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}
