//! `badgesmith report`: what is counted, what is printed, and the errors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{fs, io::Write, process::Stdio};

use badgesmith_engine::signature;
use serde_json::Value;
use support::{
    command,
    reports::{RUN, SECRET, folder, report, said},
};

#[test]
fn a_dry_run_needs_nothing_and_prints_the_body() {
    let folder = folder("dry");
    let (out, words, code) = said(&report(&folder, &["--dry-run", "unit.xml"], &[]));
    assert_eq!((words.as_str(), code), ("", 0));
    let body: Value = serde_json::from_str(&out).unwrap();
    let timestamp = body["timestamp"].as_str().unwrap();
    let golden = format!(
        "{{\"platform\":\"{}\",\"passed\":1,\"failed\":1,\"skipped\":0,\"total\":2,\"timestamp\":\"{timestamp}\",\"duration_ms\":1500,\
         \"suites\":[{{\"name\":\"unit\",\"passed\":1,\"failed\":1,\"skipped\":0}}]}}\n",
        std::env::consts::OS
    );
    assert_eq!(out, golden);
    assert!(timestamp.len() == "2026-01-02T03:04:05.678Z".len() && timestamp.ends_with('Z'), "{timestamp}");
}

#[test]
fn files_directories_patterns_and_standard_input_add_up_and_count_once() {
    let folder = folder("several");
    for (names, passed, total) in [
        (&["unit.xml", "deep/down/more.tap"][..], 3, 5),
        (&["unit.xml", "unit.xml", "./unit.xml"], 1, 2),
        (&["."], 3, 5),
        (&["**/*.tap", "u?it.xml"], 3, 5),
        (&["deep/notes.txt"], 1, 1),
        (&["unit.xml", "."], 3, 5),
    ] {
        let (out, words, code) = said(&report(&folder, &[&["--dry-run"], names].concat(), &[]));
        assert_eq!(code, 0, "{names:?}: {words}");
        let body: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&body["passed"], &body["total"]), (&passed.into(), &total.into()), "{names:?}");
    }
    let mut child = command()
        .env_clear()
        .args(["report", "--dry-run", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"1..1\nok 1\n").unwrap();
    assert!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().contains("\"passed\":1,"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_reason() {
    let folder = folder("unreadable");
    fs::write(folder.join("deep/cut.xml"), "<testsuite>\n<testcase>").unwrap();
    fs::write(folder.join("empty.xml"), "").unwrap();
    fs::create_dir(folder.join("nothing")).unwrap();
    for (names, line) in [
        (&["gone.xml"][..], "badgesmith: gone.xml: there is no such file"),
        (&["*.trx"], "badgesmith: *.trx: no file fits; did the tests run?"),
        (
            &["***"],
            "badgesmith: ***: Pattern syntax error near position 2: wildcards are either regular `*` or recursive `**`",
        ),
        (
            &["nothing"],
            "badgesmith: nothing: no file in it is called like a report (xml, trx, tap, json, jsonl, ndjson, gojson, ctrf)",
        ),
        (&["empty.xml"], "badgesmith: empty.xml: the file is empty; did the test tool run?"),
        (
            &["deep/package.json"],
            "badgesmith: deep/package.json: it is JSON with none of the keys that reports have, which is no report of tests",
        ),
        (
            &["unit.xml", "deep"],
            "badgesmith: deep/cut.xml: not well-formed XML, line 2, column 11: Unexpected end of stream: still inside the root element",
        ),
    ] {
        let (out, words, code) = said(&report(&folder, &[&["--dry-run"], names].concat(), &[]));
        assert_eq!((out.as_str(), words.as_str(), code), ("", format!("{line}\n").as_str(), 3), "{names:?}");
    }
    fs::remove_file(folder.join("deep/cut.xml")).unwrap();
    fs::remove_dir_all(folder.join("deep/down")).unwrap();
    let (_, words, code) = said(&report(&folder, &["--dry-run", "deep"], &[]));
    let expected = "badgesmith: notice: passed over, because they are no reports of tests: deep/package.json\n\
                    badgesmith: no file that was found is a report of tests\n";
    assert_eq!((words.as_str(), code), (expected, 3));
}

#[test]
fn strangers_in_a_directory_or_a_pattern_are_passed_over_and_named_ones_are_refused() {
    let folder = folder("strangers");
    let strangers = [
        ("linter.json", r#"{"errors":[],"results":[{"filename":"a.py","issue_severity":"LOW"}]}"#),
        ("schema.json", r#"{"$schema":"x","examples":[1],"properties":{"stats":{},"results":{}}}"#),
        ("manifest.xml", r#"<assembly xmlns="urn:schemas-microsoft-com:asm.v1"/>"#),
        ("template.xml", "<{{ root }}/>"),
    ];
    fs::create_dir(folder.join("out")).unwrap();
    fs::write(folder.join("out/junit.xml"), "<testsuite><testcase/></testsuite>").unwrap();
    let playwright = r#"{"suites":[],"errors":[],"stats":{"expected":3,"unexpected":1,"skipped":1,"flaky":0}}"#;
    fs::write(folder.join("out/playwright.json"), playwright).unwrap();
    for (name, text) in strangers {
        fs::write(folder.join("out").join(name), text).unwrap();
        let (_, words, code) = said(&report(&folder, &["--dry-run", &format!("out/{name}")], &[]));
        assert!(code == 3 && words.contains("no report of tests"), "{name}: {words}");
    }
    let all = "out/linter.json, out/manifest.xml, out/schema.json, out/template.xml";
    for name in ["out", "out/*"] {
        let (out, words, code) = said(&report(&folder, &["--dry-run", name], &[]));
        assert!(out.contains(r#""passed":4,"failed":1,"skipped":1,"total":6"#) && code == 0, "{out}{words}");
        assert_eq!(words, format!("badgesmith: notice: passed over, because they are no reports of tests: {all}\n"));
    }
    let named = ["--dry-run", "--skip-others", "out/junit.xml", "out/linter.json"];
    let (out, words, code) = said(&report(&folder, &named, &[]));
    assert!(out.contains(r#""total":1"#) && words.contains("passed over") && code == 0, "{words}");
    // A truncated report is refused, also if it was found in a directory.
    fs::write(folder.join("out/cut.json"), r#"{"suites":[{"specs":[{"title":"x""#).unwrap();
    let (out, words, code) = said(&report(&folder, &["--dry-run", "out"], &[]));
    assert!(out.is_empty() && words.contains("out/cut.json: broken JSON") && code == 3, "{words}");
}

#[test]
fn a_pattern_goes_into_no_directory_of_others_files_unless_it_names_it() {
    let folder = folder("vendored");
    fs::create_dir_all(folder.join("app/node_modules/dep")).unwrap();
    for name in ["app/TEST-own.xml", "app/node_modules/dep/TEST-other.xml"] {
        fs::write(folder.join(name), "<testsuite><testcase/></testsuite>").unwrap();
    }
    for (name, total) in [("app", 1), ("app/**/TEST-*.xml", 1), ("app/node_modules/**/TEST-*.xml", 1), ("app/**/*", 1)]
    {
        let (out, words, code) = said(&report(&folder, &["--dry-run", name], &[]));
        assert!(out.contains(&format!(r#""total":{total}"#)) && code == 0, "{name}: {out}{words}");
    }
}

#[test]
fn no_tests_at_all_are_no_success_unless_that_is_asked_for() {
    let folder = folder("no-tests");
    for (name, text) in
        [("a.xml", "<testsuites/>"), ("b.tap", "1..0 # SKIP no network\n"), ("c.trx", "<TestRun><Results/></TestRun>")]
    {
        fs::write(folder.join(name), text).unwrap();
        let (out, words, code) = said(&report(&folder, &["--dry-run", name], &[]));
        let expected =
            "badgesmith: the 1 report(s) have no tests; did they run? --allow-empty sends that all the same\n";
        assert_eq!((words.as_str(), code), (expected, 3), "{name}");
        assert!(out.contains(r#""total":0"#), "{name}: {out}");
        let (out, words, code) = said(&report(&folder, &["--dry-run", "--allow-empty", name], &[]));
        assert_eq!((out.contains(r#""total":0"#), words.as_str(), code), (true, "", 0), "{name}");
    }
    // A report without tests is accepted beside one with tests.
    let (_, words, code) = said(&report(&folder, &["--dry-run", "a.xml", "unit.xml"], &[]));
    assert_eq!((words.as_str(), code), ("", 0));
}

#[test]
fn remarks_are_told_beside_the_body() {
    let folder = folder("remarks");
    fs::write(folder.join("cut.tap"), "1..9\nok 1\n").unwrap();
    let (out, words, code) = said(&report(&folder, &["--dry-run", "cut.tap"], &[]));
    assert!(out.contains(r#""passed":1,"failed":1,"skipped":0,"total":2"#) && code == 0, "{out}");
    let expected = "badgesmith: cut.tap: 9 tests were planned and 1 ran\n\
                    badgesmith: cut.tap: 1 run(s) or suite(s) failed although no test in them did; each is one failure\n";
    assert_eq!(words, expected);
}

#[test]
fn the_headers_are_printed_so_that_another_client_can_send_the_report() {
    let folder = folder("headers");
    let arguments = [&["unit.xml", "--dry-run", "--print-headers", "--platform", "linux"][..], &RUN].concat();
    let (out, words, code) = said(&report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]));
    assert_eq!((words.as_str(), code), ("", 0));
    let (head, body) = out.split_once("\n\n").unwrap();
    let lines: Vec<_> = head.lines().collect();
    let [line, signed, timestamp, nonce] = lines[..] else { panic!("{head}") };
    let path = line.strip_prefix("POST ").unwrap();
    let (timestamp, nonce) =
        (timestamp.strip_prefix("X-Timestamp: ").unwrap(), nonce.strip_prefix("X-Nonce: ").unwrap());
    let by_hand = signature::sign(SECRET, timestamp, nonce, "POST", path, body.trim_end().as_bytes());
    assert_eq!(signed, format!("X-Signature: {by_hand}"));
    let (_, words, code) = said(&report(&folder, &arguments, &[]));
    assert!(code == 2 && words.contains("--print-headers needs the secret"), "{words}");
}

#[test]
fn wrong_usage_says_what_is_missing_or_wrong() {
    let folder = folder("usage");
    let with = |more: &[&'static str]| [&["unit.xml"], &RUN[..], more].concat();
    for (arguments, said_) in [
        (
            vec!["unit.xml"],
            "nothing here says --server, --owner, --repo, --branch, --commit, --run-id, --html-url; give it",
        ),
        (with(&["--server", "http://badges.example"]), "--server is http:// on another machine"),
        (with(&["--server", "https://me:pw@badges.example"]), "--server must have no user or password in it"),
        (with(&["--server", "ftp://badges.example"]), "--server must be an https:// address"),
        (with(&["--server", "badges.example"]), "invalid value 'badges.example' for '--server <URL>'"),
        (with(&["--server", "http://127.0.0.1:1", "--platform", ".."]), "must not be empty, `.` or `..`"),
        (with(&["--server", "http://127.0.0.1:1", "--platform", "a/b"]), "must hold no slash"),
        (with(&["--server", "http://127.0.0.1:1", "--platform", "a%41"]), "must hold no slash"),
        (with(&["--server", "http://127.0.0.1:1", "--secret-file", "gone"]), "--secret-file gone: "),
        (with(&["--server", "http://127.0.0.1:1", "--run-url", "x"]), "--run-url must be an absolute https or http"),
        (vec!["unit.xml", "--dry-run", "--owner", "a/b"], "must hold no slash"),
        (vec!["unit.xml", "--dry-run", "--branch", "a//b"], "must not be empty, `.` or `..`"),
        (vec!["unit.xml", "--dry-run", "--html-url", "x"], "--html-url must be an absolute https or http address"),
        (with(&["--secret", SECRET]), "unexpected argument '--secret'"),
        (vec![], "required arguments were not provided"),
    ] {
        let mut command = command();
        command.env_clear().env("BADGESMITH_SECRET", SECRET).current_dir(&folder).arg("report").args(&arguments);
        let (out, words, code) = said(&command.output().unwrap());
        assert_eq!((out.as_str(), code), ("", 2), "{arguments:?}: {words}");
        assert!(words.contains(said_), "{words}");
    }
}

#[test]
fn the_help_names_the_kinds_and_the_exit_codes() {
    let (out, _, code) = said(&report(&folder("help"), &["--help"], &[]));
    assert_eq!(code, 0);
    for words in [
        "Exit codes: 0 sent",
        "JUnit XML, TRX, NUnit",
        "GitHub Actions, GitLab, Azure Pipelines, Jenkins and",
        "BADGESMITH_SECRET",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}
