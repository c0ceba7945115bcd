//! What an operator sees of the server: `/metrics` and the access log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{
    Server, Upstream, UpstreamReply, command, nuget_toml,
    report::{self, TOML, body, request},
    secret, send,
};

const SECRET: &str = "It's a Secret to Everybody";
const NUGET: &str = "/badges/packages/nuget/{package}";
const REPORTS: &str = "/tests/results/{platform}/{owner}/{repo}/{branch…}";

fn feed(path: &str) -> UpstreamReply {
    match path {
        "/v3-flatcontainer/a/index.json" => (200, Vec::new(), br#"{"versions":["1.0.0"]}"#.to_vec()),
        path if path.starts_with("/v3/registration5-gz-semver2/") => (200, Vec::new(), br#"{"listed":true}"#.to_vec()),
        _ => (404, Vec::new(), Vec::new()),
    }
}

/// Checks the exposition format (each family has its help, its type and then its samples), and returns the samples by
/// name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let (mut samples, mut family) = (BTreeMap::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("a help of some words");
            assert!(name.starts_with("badgesmith_") && words.ends_with('.'), "{line}");
            let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect(line);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            name.clone_into(&mut family);
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect(line);
        assert!(sample.starts_with(&family), "{line}");
        assert_eq!(samples.insert(sample.to_owned(), value.parse().expect(line)), None, "{line}");
    }
    samples
}

#[test]
fn metrics_count_what_happened_and_name_no_client() {
    let upstream = Upstream::start(feed);
    let server = Server::start("metrics", &(nuget_toml(&upstream.url()) + TOML));
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    for path in ["a.svg", "a.svg", "a.png", "a", "unknown-name.svg"] {
        // A picture is not text, and only its status is checked here.
        let head = format!("HEAD /badges/packages/nuget/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(send(server.address, &head).status, 200, "{path}");
    }
    server.get("/badge/a-b-red");
    server.get("/caller/made/this/up");
    let path = "/tests/results/linux/acme/tools/main";
    let good = request(SECRET, path, &body("linux", "1", [1, 0, 0]), "n-1");
    assert_eq!([send(server.address, &good).status, send(server.address, &good).status], [201, 400]);
    assert_eq!(report::post(server.address, "a guess", path, "{}").unwrap().status, 401);

    let response = server.get("/metrics");
    assert_eq!(response.status, 200);
    assert!(response.head.contains("content-type: text/plain; version=0.0.4\r\n"), "{}", response.head);
    assert!(!response.head.contains("access-control"), "no page of another site reads it: {}", response.head);
    let text = response.body;
    let samples = samples(&text);
    let origin = upstream.url();
    let rows = [
        (format!(r#"badgesmith_requests_total{{route="{NUGET}",status="200"}}"#), 5.0),
        (format!(r#"badgesmith_requests_total{{route="{REPORTS}",status="201"}}"#), 1.0),
        (format!(r#"badgesmith_requests_total{{route="{REPORTS}",status="400"}}"#), 1.0),
        (r#"badgesmith_requests_total{route="none",status="200"}"#.to_owned(), 1.0),
        (format!(r#"badgesmith_request_duration_seconds_count{{route="{NUGET}"}}"#), 5.0),
        (r#"badgesmith_badges_drawn_total{format="svg"}"#.to_owned(), 5.0),
        (r#"badgesmith_badges_drawn_total{format="png"}"#.to_owned(), 1.0),
        (r#"badgesmith_badges_drawn_total{format="json"}"#.to_owned(), 1.0),
        (r#"badgesmith_provider_badges_total{cache="kept",plugin="nuget"}"#.to_owned(), 3.0),
        (r#"badgesmith_provider_badges_total{cache="made",plugin="nuget"}"#.to_owned(), 2.0),
        (r#"badgesmith_provider_answers_total{cache="asked",plugin="nuget"}"#.to_owned(), 3.0),
        (r#"badgesmith_upstream_calls_total{outcome="answered",plugin="nuget"}"#.to_owned(), 2.0),
        (r#"badgesmith_upstream_calls_total{outcome="missing",plugin="nuget"}"#.to_owned(), 1.0),
        (r#"badgesmith_upstream_call_duration_seconds_count{plugin="nuget"}"#.to_owned(), 3.0),
        (r#"badgesmith_step_duration_seconds_count{outcome="done",plugin="nuget"}"#.to_owned(), 5.0),
        (r#"badgesmith_step_duration_seconds_count{outcome="done",plugin="test-results"}"#.to_owned(), 2.0),
        (r#"badgesmith_reports_total{outcome="ACCEPTED",plugin="test-results",proof="signature"}"#.to_owned(), 1.0),
        (
            r#"badgesmith_reports_total{outcome="NONCE_ALREADY_USED",plugin="test-results",proof="signature"}"#
                .to_owned(),
            1.0,
        ),
        (
            r#"badgesmith_reports_total{outcome="INVALID_SIGNATURE",plugin="test-results",proof="signature"}"#
                .to_owned(),
            1.0,
        ),
        (format!(r#"badgesmith_breaker_open{{origin="{origin}"}}"#), 0.0),
        (r#"badgesmith_plugin_in_service{plugin="nuget"}"#.to_owned(), 1.0),
        (r#"badgesmith_cache_entries{cache="badges"}"#.to_owned(), 2.0),
        (r#"badgesmith_cache_entries{cache="answers"}"#.to_owned(), 3.0),
    ];
    for (sample, value) in rows {
        assert_eq!(samples.get(&sample), Some(&value), "{sample} in {text}");
    }
    assert!(samples[r#"badgesmith_cache_bytes{cache="answers"}"#] > 0.0, "{text}");
    for word in ["caller", "unknown-name", "acme"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[test]
fn an_open_circuit_breaker_and_a_stale_badge_are_shown() {
    let upstream = Upstream::start(feed);
    let server = Server::start("metrics-stale", &(nuget_toml(&upstream.url()) + "fresh-seconds = 0\n"));
    let badge = "/badges/packages/nuget/a.svg";
    assert!(server.get(badge).body.contains("nuget: 1.0.0"));
    let origin = upstream.url();
    upstream.stop();
    // The badge needs two documents, and each failed exchange counts once: the fifth fault in a row opens the breaker.
    for _ in 0..3 {
        assert!(server.get(badge).body.contains("nuget: 1.0.0"));
    }
    let samples = samples(&server.get("/metrics").body);
    assert_eq!(samples[&format!(r#"badgesmith_breaker_open{{origin="{origin}"}}"#)], 1.0);
    assert_eq!(samples[r#"badgesmith_breaker_openings_total{plugin="nuget"}"#], 1.0);
    assert_eq!(samples[r#"badgesmith_provider_badges_total{cache="stale",plugin="nuget"}"#], 3.0);
    assert!(samples[r#"badgesmith_provider_answers_total{cache="stale",plugin="nuget"}"#] >= 2.0, "{samples:?}");
    assert!(samples[r#"badgesmith_upstream_calls_total{outcome="unreachable",plugin="nuget"}"#] >= 5.0, "{samples:?}");
}

#[test]
fn other_machines_see_metrics_only_if_the_operator_says_so() {
    let rows: [(&str, &[&str], u16); 5] = [
        ("127.0.0.1:0", &[], 200),
        ("127.0.0.1:0", &["--metrics=false"], 404),
        ("0.0.0.0:0", &[], 404),
        ("0.0.0.0:0", &["--metrics"], 200),
        ("[::]:0", &[], 404),
    ];
    for (index, (listen, arguments, status)) in rows.into_iter().enumerate() {
        let mut serve = command();
        serve.args(["serve", "--listen", listen]).args(arguments);
        let server = Server::start_by(&format!("metrics-at-{index}"), "", serve);
        let response = server.get("/metrics");
        assert_eq!(response.status, status, "{listen} {arguments:?}");
        assert_eq!(response.body.contains("ROUTE_NOT_FOUND"), status == 404, "as any route that is none");
        assert_eq!(server.greeting.contains("/metrics"), status == 200, "{}", server.greeting);
        let post = send(server.address, "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(post.status, 404);
    }
}

#[test]
fn a_line_of_the_log_says_what_a_request_came_to() {
    let upstream = Upstream::start(feed);
    let server = Server::start("access", &nuget_toml(&upstream.url()));
    let ask = |path: &str, headers: &str| {
        send(server.address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"))
    };
    let traced = "X-Correlation-ID: build-7\r\nX-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1\r\n";
    assert!(ask("/badges/packages/nuget/a.svg", traced).head.contains("x-correlation-id: build-7\r\n"));
    ask("/badges/packages/nuget/a.svg", "X-Correlation-ID: warm\r\n");
    let missing = ask("/badges/packages/nuget/none", "X-Correlation-ID: missing\r\n");
    assert!(missing.body.contains(r#""correlation_id":"missing""#), "{missing:?}");
    ask("/badge/a-b-red", "X-Correlation-ID: two words\r\nX-Amzn-Trace-Id: Root=<script>\r\n");
    let log = server.log_once(|log| log.matches(r#""message":"answered""#).count() == 4);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    let of = |id: &str| *lines.iter().find(|line| line["correlation_id"] == id).expect(id);
    let made = of("build-7");
    let rows = [
        ("method", "GET"),
        ("path", "/badges/packages/nuget/a.svg"),
        ("route", NUGET),
        ("plugin", "nuget"),
        ("outcome", "OK"),
        ("cache", "made"),
        ("format", "svg"),
        ("trace_id", "1-5759e988-bd862e3fe1be46a994272793"),
    ];
    for (field, value) in rows {
        assert_eq!(made[field], value, "{made}");
    }
    assert_eq!(made["status"], 200);
    let (all, upstream) = (made["milliseconds"].as_f64().unwrap(), made["upstream_milliseconds"].as_f64().unwrap());
    assert!(0.0 < upstream && upstream <= all, "{made}");
    let warm = of("warm");
    assert_eq!((&warm["cache"], &warm["upstream_milliseconds"]), (&"kept".into(), &Value::Null), "{warm}");
    let missing = of("missing");
    assert_eq!((&missing["outcome"], &missing["fault"]), (&"PACKAGE_NOT_FOUND".into(), &"caller".into()), "{missing}");
    let last = lines.last().unwrap();
    assert_eq!(last["trace_id"], Value::Null, "{last}");
    assert_eq!(last["correlation_id"].as_str().map(str::len), Some(32), "{last}");
}
