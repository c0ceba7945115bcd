//! `badgesmith report` with a server: signatures, retries, and what is recorded or refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

use badgesmith_engine::signature;
use serde_json::Value;
use support::{
    Server, command,
    report::TOML,
    reports::{Inbox, Posted, RUN, SECRET, folder, report, said},
    secret,
};

const RECORDED: &str = "HTTP/1.1 201 Created\r\n\r\n{}";
const KNOWN: &str = "HTTP/1.1 409 Conflict\r\n\r\n{\"message\":\"run 7 is known\",\"error_details\":[{\"error_code\":\"DUPLICATE_TEST_RESULT\"}],\"x\":null}";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n\r\n";
/// The server closes the connection without an answer.
const SILENCE: &str = "";

/// Sends `unit.xml` to a server that gives these answers in turn.
fn send(name: &str, answers: &'static [&'static str]) -> (Vec<Posted>, (String, String, i32)) {
    let inbox = Inbox::start(answers);
    let folder = folder(name);
    let server = inbox.url();
    let arguments = [&["unit.xml", "--platform", "linux", "--server", &server][..], &RUN].concat();
    let output = report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]);
    (inbox.posted(), said(&output))
}

#[test]
fn a_report_is_signed_and_sent_and_its_badge_is_shown() {
    let (posted, (out, words, code)) = send("sent", &[RECORDED]);
    assert_eq!((words.as_str(), code), ("", 0));
    let [posted] = &posted[..] else { panic!("{posted:?}") };
    let path = "/tests/results/linux/Acme/the%20shop/feature/%C3%A4%25x";
    assert_eq!(posted.line, format!("POST {path} HTTP/1.1"));
    let (timestamp, nonce) = (posted.header("x-timestamp"), posted.header("x-nonce"));
    assert_eq!(posted.header("x-signature"), signature::sign(SECRET, timestamp, nonce, "POST", path, &posted.body));
    assert_eq!(posted.header("content-type"), "application/json");
    let mut body: Value = serde_json::from_slice(&posted.body).unwrap();
    body["timestamp"].take();
    let golden = r#"{"platform":"linux","commit":"c0ffee","run_id":"7","passed":1,"failed":1,"skipped":0,"total":2,
        "url_html":"https://ci.example/7","timestamp":null,"duration_ms":1500,"suites":[{"name":"unit","passed":1,"failed":1,"skipped":0}]}"#;
    assert_eq!(body, serde_json::from_str::<Value>(golden).unwrap());
    let server = format!("http://{}", posted.header("host"));
    let of = "linux/Acme/the%20shop/feature/%C3%A4%25x";
    let golden = format!(
        "1 passed, 1 failed, 0 skipped in 1 file(s), recorded for Acme/the shop, feature/ä%x on linux\n\
         [![tests]({server}/badges/tests/{of}.svg)]({server}/redirect/test-results/{of})\n"
    );
    assert_eq!(out, golden);
}

#[test]
fn faults_are_tried_again_and_every_try_is_signed_anew() {
    let (posted, (_, words, code)) = send("again", &[DOWN, SILENCE, BUSY, RECORDED]);
    assert_eq!((words.as_str(), code), ("", 0));
    assert_eq!(posted.len(), 4);
    let nonces: BTreeSet<_> = posted.iter().map(|posted| posted.header("x-nonce").to_owned()).collect();
    assert_eq!(nonces.len(), 4);
    for try_ in &posted {
        let path = try_.line.split(' ').nth(1).unwrap();
        let signed =
            signature::sign(SECRET, try_.header("x-timestamp"), try_.header("x-nonce"), "POST", path, &try_.body);
        assert_eq!(try_.header("x-signature"), signed);
        assert_eq!(try_.body, posted[0].body);
    }
}

#[test]
fn it_gives_up_when_its_patience_ends() {
    let inbox = Inbox::start(&[DOWN]);
    let (folder, server) = (folder("gives-up"), inbox.url());
    for (patience, tries, more) in
        [("1s", 3..8, " times within the 1 seconds of --patience"), ("0", 1..2, "answers 503 Service Unavailable")]
    {
        let before = inbox.posted().len();
        let run = ["unit.xml", "--platform", "linux", "--server", &server, "--patience", patience];
        let started = Instant::now();
        let output = report(&folder, &[&run[..], &RUN].concat(), &[("BADGESMITH_SECRET", SECRET)]);
        let (out, words, code) = said(&output);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert!(tries.contains(&(inbox.posted().len() - before)), "{patience}: {}", inbox.posted().len());
        assert_eq!((out.as_str(), code), ("", 1));
        let line =
            format!("badgesmith: the report of tests was not recorded: {server} answers 503 Service Unavailable");
        assert!(words.starts_with(&line) && words.trim_end().ends_with(more) && words.lines().count() == 1, "{words}");
    }
}

#[test]
fn the_patience_is_for_all_reports_together() {
    let inbox = Inbox::start(&[DOWN]);
    let (folder, server) = (folder("patience-of-all"), inbox.url());
    fs::write(folder.join("lcov.info"), "SF:a.c\nDA:1,1\nend_of_record\n").unwrap();
    let run = ["unit.xml", "--coverage=lcov.info", "--server", &server, "--patience", "1s"];
    let output = report(&folder, &[&run[..], &RUN].concat(), &[("BADGESMITH_SECRET", SECRET)]);
    let (_, words, code) = said(&output);
    let paths: Vec<_> = inbox.posted().iter().map(|posted| posted.line.contains("/coverage/")).collect();
    // The second report has one attempt, because the first one took the time.
    assert_eq!((paths.iter().filter(|is_coverage| **is_coverage).count(), code), (1, 1), "{words}");
    let lines: Vec<_> = words.lines().collect();
    assert!(lines.iter().all(|line| line.contains(" was not recorded: ")) && lines.len() == 2, "{words}");
}

#[test]
fn a_server_that_was_killed_and_restarted_within_the_patience_gets_the_report_once() {
    let mut server = Server::start("report-restarted", TOML);
    let (is_set, words) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(is_set, "{words}");
    let (address, folder) = (server.address, folder("restarted"));
    server.kill();
    let url = format!("http://{address}");
    let client = thread::spawn(move || {
        let arguments = [&["unit.xml", "--platform", "linux", "--server", &url][..], &RUN].concat();
        said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]))
    });
    thread::sleep(Duration::from_millis(1500));
    assert!(!client.is_finished(), "{:?}", client.join());
    let mut serve = command();
    serve.args(["serve", "--listen", &address.to_string()]);
    let server = Server::start_by("report-restarted", TOML, serve);
    let (out, words, code) = client.join().unwrap();
    assert_eq!((words.as_str(), code), ("", 0));
    assert!(out.starts_with("1 passed, 1 failed"), "{out}");
    let history = server.get("/api/history/tests/linux/acme/the%20shop/feature/%C3%A4%25x").body;
    assert_eq!(history.matches("\"run_id\"").count(), 1, "{history}");
}

#[test]
fn with_fail_on_error_false_a_failure_is_a_warning() {
    let refusing = Inbox::start(&[KNOWN]);
    let (folder, server) = (folder("warns"), refusing.url());
    fs::write(folder.join("cut.xml"), "<testsuite>").unwrap();
    let with = |more: &[&'static str]| [more, &RUN].concat();
    for (arguments, code, start) in [
        (with(&["unit.xml"]), 1, "the report of tests was not recorded: "),
        (with(&["cut.xml"]), 3, "nothing was sent: cut.xml: "),
        (vec!["unit.xml"], 2, "nothing was sent: nothing here says --owner, "),
    ] {
        let arguments = [&arguments[..], &["--server", &server]].concat();
        for (setting, prefix, code) in [
            (None, "", code),
            (Some("--fail-on-error"), "", code),
            (Some("--fail-on-error=true"), "", code),
            (Some("--fail-on-error=false"), "warning: ", 0),
        ] {
            let arguments = [&arguments[..], &Vec::from_iter(setting)].concat();
            let (out, words, given) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
            assert_eq!((out.as_str(), given), ("", code), "{arguments:?}: {words}");
            assert!(words.starts_with(&format!("badgesmith: {prefix}{start}")), "{words}");
            assert_eq!(words.lines().count(), 1, "{words}");
        }
    }
}

#[test]
fn a_known_run_is_a_success_only_where_a_try_before_got_no_answer() {
    for (name, answers, code) in [
        ("known-after-silence", &[SILENCE, KNOWN] as &'static [&'static str], 0),
        ("known-after-fault", &[DOWN, KNOWN], 0),
        ("known-at-once", &[KNOWN], 1),
        ("known-after-busy", &[BUSY, KNOWN], 1),
    ] {
        let (_, (_, words, given)) = send(name, answers);
        assert_eq!(given, code, "{name}: {words}");
        if code == 1 {
            assert!(
                words
                    .contains(" answers 409 Conflict: run 7 is known (DUPLICATE_TEST_RESULT); another job of this run"),
                "{words}"
            );
        }
    }
}

#[test]
fn a_refusal_is_final_and_says_what_the_server_said() {
    for (name, answer, said) in [
        (
            "unsigned",
            "HTTP/1.1 401 Unauthorized\r\n\r\n{\"message\":\"the signature does not match\"}",
            " answers 401 Unauthorized: the signature does not match; is it the secret that the server has for this owner or repository?\n",
        ),
        (
            "malformed",
            "HTTP/1.1 400 Bad Request\r\n\r\n{\"message\":\"no\\u001b\",\"error_details\":[{\"error_code\":\"INVALID_TEST_PAYLOAD\",\"property_name\":\"total\"}]}",
            " answers 400 Bad Request: no (INVALID_TEST_PAYLOAD total)\n",
        ),
        ("large", "HTTP/1.1 413 Content Too Large\r\n\r\n", " answers 413 Payload Too Large\n"),
        (
            "gone",
            "HTTP/1.1 404 Not Found\r\n\r\nno",
            " answers 404 Not Found; is --server the address of a badge server?\n",
        ),
        (
            "moved",
            "HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
            " answers 301 Moved Permanently; give --server the address it moved to\n",
        ),
        (
            "patient",
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\n\r\n",
            " answers 503 Service Unavailable; the server asks to wait 3600 seconds, which is longer than what is left of --patience\n",
        ),
    ] {
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let (posted, (out, words, code)) = send(name, answers);
        assert_eq!((posted.len(), out.as_str(), code), (1, "", 1), "{name}");
        assert!(words.ends_with(said), "{words}");
    }
}

#[test]
fn without_a_secret_nothing_is_sent_and_a_notice_says_so() {
    let inbox = Inbox::start(&[RECORDED]);
    let folder = folder("fork");
    fs::write(folder.join("secret"), "\n").unwrap();
    let notice = "badgesmith: notice: nothing is sent, because there is no secret to sign with. Builds of forks have none; elsewhere set BADGESMITH_SECRET, or use --oidc\n";
    let url = inbox.url();
    for (arguments, variables) in [
        (&["unit.xml", "--server", &url][..], &[][..]),
        (&["unit.xml", "--server", &url], &[("BADGESMITH_SECRET", "")]),
        (&["unit.xml", "--server", &url, "--secret-file", "secret"], &[("BADGESMITH_SECRET", SECRET)]),
    ] {
        assert_eq!(said(&report(&folder, arguments, variables)), (String::new(), notice.to_owned(), 0));
    }
    assert_eq!(inbox.posted().len(), 0);
}

#[test]
fn a_job_of_a_known_system_passes_only_the_servers_address() {
    let inbox = Inbox::start(&[RECORDED]);
    let folder = folder("github");
    fs::write(folder.join("secret"), format!("{SECRET}\r\n")).unwrap();
    let server = inbox.url() + "/behind/a/proxy/";
    let variables = [
        ("BADGESMITH_SERVER", server.as_str()),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "c0ffee"),
        ("GITHUB_RUN_ID", "7"),
        ("GITHUB_RUN_ATTEMPT", "2"),
    ];
    let (_, words, code) =
        said(&report(&folder, &["unit.xml", "--platform", "linux", "--secret-file", "secret"], &variables));
    assert_eq!((words.as_str(), code), ("", 0));
    let [posted] = &inbox.posted()[..] else { panic!() };
    assert_eq!(posted.line, "POST /behind/a/proxy/tests/results/linux/acme/shop/main HTTP/1.1");
    let (timestamp, nonce) = (posted.header("x-timestamp"), posted.header("x-nonce"));
    let signed = signature::sign(SECRET, timestamp, nonce, "POST", "/tests/results/linux/acme/shop/main", &posted.body);
    assert_eq!(posted.header("x-signature"), signed, "the server sees the path without what its proxy takes off");
    let body: Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!((&body["run_id"], &body["run_attempt"]), (&"7".into(), &2.into()));
    assert_eq!(body["url_html"], "https://github.com/acme/shop/actions/runs/7/attempts/2");
}

#[test]
fn a_badge_server_records_it_and_shows_its_badge() {
    let server = Server::start("report-server", TOML);
    let (is_set, words) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(is_set, "{words}");
    let folder = folder("served");
    let url = format!("http://{}", server.address);
    let arguments = [&["unit.xml", "--platform", "linux", "--server", &url][..], &RUN].concat();
    let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert_eq!((words.as_str(), code), ("", 0));
    let (_, badge) = out.split_once(&format!("[![tests]({url}")).unwrap();
    let (badge, _) = badge.split_once(".svg").unwrap();
    assert!(server.get(badge).body.contains(r#""message":"1 passed, 1 failed""#), "{}", server.get(badge).body);
    let (_, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert!(code == 1 && words.contains("DUPLICATE_TEST_RESULT"), "{words}");
    let again = [&arguments[..], &["--run-attempt", "2"]].concat();
    assert_eq!(said(&report(&folder, &again, &[("BADGESMITH_SECRET", SECRET)])).2, 0);
    assert!(!server.log().contains(SECRET));
}
