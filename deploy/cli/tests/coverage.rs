//! `badgesmith report --coverage`, and the badges, charts and refusals of the coverage that it reports.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{fs, path::PathBuf};

use serde_json::Value;
use support::{
    Server,
    report::{COVERAGE_TOML, nonce, post, request},
    reports::{Inbox, RUN, SECRET, folder, report, said},
    secret, send,
};

/// A folder with reports of tests and of coverage: two of the same file, whose lines overlap.
fn build(name: &str) -> PathBuf {
    let folder = folder(name);
    for (file, text) in [
        ("cov/one.info", "SF:src/a.c\nDA:1,1\nDA:2,0\nDA:3,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nend_of_record\n"),
        ("cov/two.info", "SF:$ROOT/src/a.c\nDA:2,4\nDA:3,0\nDA:4,0\nend_of_record\n"),
        ("cov/.last_run.json", "{\"result\": {\"line\": 97.5}}\n"),
        ("nothing.info", "TN:\nSF:src/a.c\nend_of_record\n"),
        ("cut.info", "SF:src/a.c\nDA:1,1\n"),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let root = fs::canonicalize(&folder).unwrap();
        fs::write(path, text.replace("$ROOT", root.to_str().unwrap())).unwrap();
    }
    folder
}

#[test]
fn a_dry_run_prints_what_all_reports_cover_together() {
    let folder = build("coverage-dry");
    let (out, words, code) = said(&report(&folder, &["--dry-run", "--coverage", "cov"], &[]));
    let notice = "badgesmith: notice: passed over, because they are no reports of coverage: cov/.last_run.json\n";
    assert_eq!((words.as_str(), code), (notice, 0));
    let body: Value = serde_json::from_str(&out).unwrap();
    let timestamp = body["timestamp"].as_str().unwrap();
    let golden = format!(
        "{{\"platform\":\"all\",\"lines\":{{\"covered\":2,\"total\":4}},\"branches\":{{\"covered\":1,\"total\":2}},\
         \"timestamp\":\"{timestamp}\"}}\n"
    );
    assert_eq!(out, golden);
    let both = ["--dry-run", "unit.xml", "--part", "web", "--coverage", "cov/one.info", "cov/two.info"];
    let (out, _, code) = said(&report(&folder, &both, &[]));
    let lines: Vec<_> = out.lines().collect();
    assert!(code == 0 && lines.len() == 2, "{out}");
    assert!(lines[0].contains("\"passed\":1,") && lines[1].contains("\"platform\":\"web\",\"lines\""), "{out}");
}

#[test]
fn what_cannot_be_counted_is_named_with_its_reason_and_nothing_is_sent() {
    let folder = build("coverage-refused");
    fs::create_dir(folder.join("none")).unwrap();
    for (names, line) in [
        (&["cut.info"][..], "cut.info: line 2: it ends within a record, so it is cut off"),
        (&["unit.xml"], "unit.xml: it is XML with the root <testsuite>, which is no report of coverage"),
        (
            &["nothing.info"],
            "the 1 coverage report(s) have no lines; was the code instrumented? --allow-empty sends that all the same",
        ),
        (&["none"], "none: no file in it is called like a report (xml, coveragexml, json, info, lcov, out)"),
        (&["gone.info"], "gone.info: there is no such file"),
        (
            &["cov/.last_run.json"],
            "cov/.last_run.json: it is JSON with none of the keys that coverage reports have, which is no report of coverage",
        ),
    ] {
        let inbox = Inbox::start(&["HTTP/1.1 201 Created\r\n\r\n{}"]);
        let server = inbox.url();
        let arguments = [&["unit.xml", "--server", &server][..], &RUN, &["--coverage"], names].concat();
        let (_, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
        assert_eq!(
            (words.as_str(), code),
            (format!("badgesmith: nothing was sent: {line}\n").as_str(), 3),
            "{names:?}"
        );
        assert!(inbox.posted().is_empty(), "{names:?}");
    }
}

#[test]
fn two_totals_of_one_file_are_not_added_up() {
    let folder = build("coverage-conflict");
    let summary = |covered| {
        let counts = |covered| format!("{{\"total\": 9, \"covered\": {covered}}}");
        let part = |covered| {
            format!("{{\"lines\": {0}, \"statements\": {0}, \"functions\": {0}, \"branches\": {0}}}", counts(covered))
        };
        format!("{{\"total\": {0}, \"/app/a.ts\": {0}}}", part(covered))
    };
    for (name, covered) in [("a.json", 4), ("b.json", 4), ("c.json", 5)] {
        fs::write(folder.join(name), summary(covered)).unwrap();
    }
    let (out, words, code) = said(&report(&folder, &["--dry-run", "--coverage", "a.json", "b.json"], &[]));
    assert!(code == 0 && out.contains("\"lines\":{\"covered\":4,\"total\":9}"), "{out}{words}");
    let (_, words, code) = said(&report(&folder, &["--dry-run", "--coverage", "a.json", "c.json"], &[]));
    assert!(
        code == 3 && words.starts_with("badgesmith: c.json: an earlier report has other totals of /app/a.ts"),
        "{words}"
    );
}

/// A server whose owner `Acme` has a secret.
fn server(name: &str) -> Server {
    let server = Server::start(name, COVERAGE_TOML);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    server
}

#[test]
fn tests_and_coverage_of_one_run_are_on_their_badges() {
    let (server, folder) = (server("coverage-sent"), build("coverage-sent"));
    let address = format!("http://{}", server.address);
    let arguments = [
        "unit.xml",
        "--platform",
        "linux",
        "--server",
        &address,
        "--owner",
        "acme",
        "--repo",
        "shop",
        "--branch",
        "main",
        "--commit",
        "c0ffee",
        "--run-id",
        "7",
        "--html-url",
        "https://ci.example/7",
        "--coverage",
        "cov/one.info",
        "cov/two.info",
    ];
    let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert_eq!((words.as_str(), code), ("", 0));
    let golden = format!(
        "1 passed, 1 failed, 0 skipped in 1 file(s), recorded for acme/shop, main on linux\n\
         [![tests]({address}/badges/tests/linux/acme/shop/main.svg)]({address}/redirect/test-results/linux/acme/shop/main)\n\
         2 of 4 lines covered (50.0%), 1 of 2 branches in 2 file(s), recorded for acme/shop, main on all\n\
         [![coverage]({address}/badges/coverage/all/acme/shop/main.svg)]({address}/redirect/coverage/all/acme/shop/main)\n"
    );
    assert_eq!(out, golden);
    let badge = server.get("/badges/coverage/all/acme/shop/main").body;
    assert!(badge.contains(r#""label":"coverage","message":"50%","color":"yellow""#), "{badge}");
    let red = server.get("/badges/coverage/all/acme/shop/main?min=80&precision=1&of=branches").body;
    assert!(red.contains(r#""message":"50.0%","color":"red""#), "{red}");
    let redirect = server.get("/redirect/coverage/all/acme/shop/main");
    assert!(
        redirect.status == 302 && redirect.head.contains("location: https://ci.example/7\r\n"),
        "{}",
        redirect.head
    );
    assert!(server.get("/badges/tests/linux/acme/shop/main").body.contains("1 passed"));
    // The same run again is known to both.
    let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert!(out.is_empty() && code == 1 && words.matches("409").count() == 2, "{out}{words}");
}

#[test]
fn a_badge_compares_branches_and_charts_draw_the_percentages() {
    let server = server("coverage-diff");
    for (run, branch, covered) in [("1", "main", 860), ("2", "feature%2Fx", 872)] {
        let path = format!("/coverage/results/all/acme/shop/{branch}");
        let response = post(server.address, SECRET, &path, &body(run, covered, 1000)).unwrap();
        assert_eq!(response.status, 201, "{}", response.body);
    }
    let diff = server.get("/badges/coverage/all/acme/shop/feature/x?diff=main").body;
    assert!(diff.contains(r#""message":"87% (+1.2)","color":"yellowgreen""#), "{diff}");
    let chart = server.get("/charts/coverage/all/acme/shop/main.svg");
    assert!(chart.status == 200 && chart.body.contains("<svg"), "{}", chart.body);
    let history = server.get("/api/history/coverage/all/acme/shop/main").body;
    assert!(history.contains("86"), "{history}");
    let trend = server.get("/badges/coverage/all/acme/shop/main.svg?trend=10");
    assert!(trend.status == 200 && trend.body.contains("86%"), "{}", trend.body);
}

#[test]
fn a_report_that_is_wrong_or_of_a_stranger_is_refused() {
    let server = server("coverage-wrong");
    let path = "/coverage/results/all/acme/shop/main";
    let wrong = post(server.address, SECRET, path, &body("1", 5, 4)).unwrap();
    assert!(wrong.status == 400 && wrong.body.contains("INVALID_COVERAGE_PAYLOAD"), "{}", wrong.body);
    assert_eq!(post(server.address, "a guess", path, &body("1", 1, 4)).unwrap().status, 401);
    // Signed for the tests' address.
    let other = request(SECRET, "/tests/results/all/acme/shop/main", &body("1", 1, 4), &nonce());
    let moved = other.replace("/tests/results/", "/coverage/results/");
    assert_eq!(send(server.address, &moved).status, 401);
    assert_eq!(server.get("/badges/coverage/all/acme/shop/main").status, 404);
}

/// The body of a run.
fn body(run: &str, covered: u64, total: u64) -> String {
    serde_json::json!({
        "platform": "all", "lines": { "covered": covered, "total": total }, "commit": "11e20f8", "run_id": run,
        "url_html": format!("https://example.com/runs/{run}"), "timestamp": support::report::now(),
    })
    .to_string()
}
