//! `badgesmith report --value`, and values over HTTP: recorded, and shown as badges, redirects, charts and histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{
    Server,
    report::{VALUES_TOML, body, nonce, now, post, request},
    reports::{RUN, SECRET, folder, report, said},
    secret, send,
};

/// A server whose owner `acme` has a secret.
fn server(name: &str) -> Server {
    let server = Server::start(name, VALUES_TOML);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    server
}

/// The body of a run of `shop`, with these fields.
fn value(name: &str, run: &str, fields: &Value) -> String {
    let mut body = json!({
        "platform": name, "commit": "11e20f8", "run_id": run, "timestamp": now(),
        "url_html": format!("https://example.com/runs/{run}"),
    });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body.to_string()
}

fn put(server: &Server, name: &str, run: &str, fields: &Value) {
    let path = format!("/values/results/{name}/acme/shop/main");
    let response = post(server.address, SECRET, &path, &value(name, run, fields)).unwrap();
    assert_eq!(response.status, 201, "{}", response.body);
}

#[test]
fn a_number_is_on_its_badge_its_redirect_its_chart_and_its_history() {
    let server = server("values-number");
    let badge = "/badges/values/Size/acme/shop/main";
    assert!(server.get(badge).body.contains("RESULT_NOT_FOUND"));
    put(&server, "size", "1", &json!({ "value": 900, "as": "bytes", "unit": "kB" }));
    put(&server, "size", "2", &json!({ "value": 1.2, "as": "bytes", "unit": "MB" }));
    let json = server.get(badge).body;
    assert!(json.contains(r#""label":"Size","message":"1.2 MB","color":"blue""#), "{json}");
    let own = server.get(&format!("{badge}?label=bundle&precision=2&steps=1MB&colors=green,red")).body;
    assert!(own.contains(r#""label":"bundle","message":"1.20 MB","color":"red""#), "{own}");
    let wrong = server.get(&format!("{badge}?steps=1,2&colors=green,red"));
    assert!(wrong.status == 400 && wrong.body.contains("colors must be 3 for 2 steps"), "{}", wrong.body);
    assert!(server.get(&format!("{badge}.svg?as=money")).body.contains("as must be metric, bytes"));
    let redirect = server.get("/redirect/values/size/acme/shop/main");
    assert!(redirect.status == 302 && redirect.head.contains("location: https://example.com/runs/2\r\n"));
    let trend = server.get(&format!("{badge}.svg?trend=10")).body;
    assert!(trend.contains("trend of 2: first 900000, last 1200000"), "{trend}");
    let chart = server.get("/charts/values/size/acme/shop/main").body;
    assert!(chart.contains("1,200,000 on "), "{chart}");
    let history: Value = serde_json::from_str(&server.get("/api/history/values/size/acme/shop/main").body).unwrap();
    assert_eq!((&history["items"][0]["value"], &history["items"][1]["value"]), (&json!(1.2e6), &json!(9e5)));
}

#[test]
fn a_word_is_on_its_badge_and_in_its_history_and_has_no_chart() {
    let server = server("values-word");
    put(&server, "channel", "1", &json!({ "value": "stable", "label": "release channel" }));
    let json = server.get("/badges/values/channel/acme/shop/main").body;
    assert!(json.contains(r#""label":"release channel","message":"stable""#), "{json}");
    let plain = server.get("/badges/values/channel/acme/shop/main.svg").body;
    assert_eq!(server.get("/badges/values/channel/acme/shop/main.svg?trend=10").body, plain);
    let chart = server.get("/charts/values/channel/acme/shop/main").body;
    assert!(chart.contains("no numbers in 90 days"), "{chart}");
    let history = server.get("/api/history/values/channel/acme/shop/main").body;
    assert!(history.contains(r#""value":"stable""#), "{history}");
    let wrong = server.get("/badges/values/channel/acme/shop/main?as=bytes");
    assert!(wrong.status == 400 && wrong.body.contains("because the value is a text"), "{}", wrong.body);
}

#[test]
fn a_wrong_value_is_refused_with_words_and_a_name_that_could_be_another_is_too() {
    let server = server("values-wrong");
    let path = "/values/results/size/acme/shop/main";
    for (fields, words) in [
        (json!({ "value": 1e300 }), "value must be a number from -1e18 to 1e18"),
        (json!({ "value": "1.2MB", "as": "bytes" }), "value must be a number, because as is bytes"),
        (json!({ "value": 1, "steps": [1, 2], "colors": ["red"] }), "colors must be 3 for 2 steps"),
    ] {
        let response = post(server.address, SECRET, path, &value("size", "1", &fields)).unwrap();
        assert!(response.status == 400 && response.body.contains("INVALID_VALUE_PAYLOAD"), "{}", response.body);
        assert!(response.body.contains(words), "{}", response.body);
    }
    let nan = value("size", "1", &json!({ "value": 0 })).replace("\"value\":0", "\"value\":NaN");
    assert_eq!(post(server.address, SECRET, path, &nan).unwrap().status, 400);
    for name in ["a%2Fb".to_owned(), "a%252Fb".to_owned(), "x".repeat(129)] {
        let path = format!("/values/results/{name}/acme/shop/main");
        let response = post(server.address, SECRET, &path, &value(&name, "1", &json!({ "value": 1 }))).unwrap();
        assert_eq!(response.status, 400, "{name}: {}", response.body);
    }
    assert_eq!(server.get("/badges/values/size/acme/shop/main").status, 404);
}

/// The three kinds of reports have one subject here: the same owner, repository, part and branch, and the same run.
#[test]
fn a_report_of_one_provider_cannot_write_into_anothers_collection() {
    let server = server("values-collections");
    let at = |kind: &str| format!("/{kind}/results/web/acme/shop/main");
    let shown = |kind: &str| server.get(&format!("/badges/{kind}/web/acme/shop/main")).body;
    let bodies = [
        ("tests", body("web", "7", [5, 0, 0]), "5 passed"),
        (
            "coverage",
            value("web", "7", &json!({ "lines": { "covered": 1, "total": 2 }, "value": 77, "passed": 1 })),
            "50%",
        ),
        (
            "values",
            value("web", "7", &json!({ "value": 42, "lines": { "covered": 9, "total": 9 }, "passed": 9 })),
            "42",
        ),
    ];
    for (index, (kind, body, _)) in bodies.iter().enumerate() {
        // A request that was signed for another kind's address is no report of this one.
        for (other, ..) in bodies.iter().filter(|(other, ..)| other != kind) {
            let moved = request(SECRET, &at(other), body, &nonce()).replace(&at(other), &at(kind));
            assert_eq!(send(server.address, &moved).status, 401, "{other} sent to {kind}");
        }
        assert_eq!(post(server.address, SECRET, &at(kind), body).unwrap().status, 201, "{kind}");
        for (later, ..) in &bodies[index + 1..] {
            assert!(shown(later).contains("RESULT_NOT_FOUND"), "{kind} wrote to {later}");
        }
    }
    for (kind, body, message) in &bodies {
        assert!(shown(kind).contains(&format!(r#""message":"{message}""#)), "{}", shown(kind));
        let history: Value =
            serde_json::from_str(&server.get(&format!("/api/history/{kind}/web/acme/shop/main")).body).unwrap();
        assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "{history}");
        assert_eq!(post(server.address, SECRET, &at(kind), body).unwrap().status, 409, "{kind}");
    }
}

#[test]
fn the_values_of_one_command_are_on_their_badges_beside_its_tests() {
    let (server, folder) = (server("values-sent"), folder("values-sent"));
    let address = format!("http://{}", server.address);
    let values = [
        ("size=1.2MB", "size", "1.2 MB", "yellow"),
        ("memory=1.5 MiB", "memory", "1.5 MiB", "blue"),
        ("warnings=3", "warnings", "3 warnings", "blue"),
        ("share=87.5%", "share", "87.5%", "blue"),
        ("time=3m 20s", "time", "3m 20s", "blue"),
        ("release=1.2.3", "release", "1.2.3", "blue"),
        ("channel=stable", "channel", "stable", "blue"),
    ];
    let mut arguments = vec!["unit.xml", "--server", &address, "--part", "web"];
    arguments.extend(values.iter().flat_map(|(value, ..)| ["--value", value]));
    arguments.extend(["--value-unit", "warnings=warnings", "--value-label", "size=bundle"]);
    arguments.extend(["--value-steps", "size=1MB,2MB", "--value-colors", "size=green,yellow,red"]);
    arguments.extend(["--owner", "acme", "--repo", "shop", "--branch", "main", "--commit", "c0ffee", "--run-id", "7"]);
    arguments.extend(["--html-url", "https://ci.example/7"]);
    let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert_eq!((words.as_str(), code), ("", 0));
    let line = format!(
        "size is 1.2MB, recorded for acme/shop, main on web.size\n\
         [![web.size]({address}/badges/values/web.size/acme/shop/main.svg)]\
         ({address}/redirect/values/web.size/acme/shop/main)\n"
    );
    assert!(out.contains(&line) && out.starts_with("1 passed, 1 failed"), "{out}");
    for (_, name, message, color) in values {
        let badge = server.get(&format!("/badges/values/web.{name}/acme/shop/main")).body;
        assert!(badge.contains(&format!(r#""message":"{message}","color":"{color}""#)), "{badge}");
    }
    assert!(server.get("/badges/values/web.size/acme/shop/main").body.contains(r#""label":"bundle""#));
    assert!(server.get("/badges/tests/web/acme/shop/main").body.contains("1 passed"));
}

#[test]
fn a_dry_run_prints_each_value_and_a_wrong_one_is_named_before_anything_is_sent() {
    let folder = folder("values-dry");
    let (out, words, code) = said(&report(&folder, &["--dry-run", "--value", "size=1.2MB", "--value", "n=3"], &[]));
    assert_eq!((words.as_str(), code), ("", 0));
    let bodies: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&bodies[0]["value"], &bodies[0]["as"], &bodies[0]["unit"]),
        (&json!(1.2), &json!("bytes"), &json!("MB"))
    );
    assert_eq!((&bodies[1]["platform"], &bodies[1]["value"], bodies.len()), (&json!("n"), &json!(3), 2));
    let signed = [&["--dry-run", "--print-headers", "--value", "size=1"][..], &RUN].concat();
    let (out, words, code) = said(&report(&folder, &signed, &[("BADGESMITH_SECRET", SECRET)]));
    assert!(code == 0 && out.starts_with("POST /values/results/size/"), "{out}{words}");
    for (arguments, line) in [
        (&["--value", "size"][..], "--value size: write --value NAME=VALUE"),
        (
            &["--value", "size=many", "--value-as", "size=bytes"],
            "--value size: bytes are written 1200, 1.2MB or 1.2 MiB",
        ),
        (&["--value", "a/b=1"], "must hold no slash"),
    ] {
        let arguments = [&["--dry-run", "--print-headers"][..], arguments, &RUN].concat();
        let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
        assert!(code == 2 && out.is_empty() && words.contains(line), "{out}{words}");
    }
}
