//! `badgesmith render --from-report`: pictures of a build without a server, and the history beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;
use support::{
    Server, command,
    report::VALUES_TOML,
    reports::{SECRET, folder, report, said},
    secret,
};

const LCOV: &str = "SF:src/a.rs\nDA:1,1\nDA:2,0\nDA:3,4\nend_of_record\n";

/// What describes a run, where no CI system does.
fn run_of(number: &str) -> [&str; 12] {
    [
        "--owner",
        "acme",
        "--repo",
        "shop",
        "--branch",
        "main",
        "--commit",
        "c0ffee",
        "--run-id",
        number,
        "--html-url",
        "https://ci.example/7",
    ]
}

/// Runs `badgesmith render` in a folder; it inherits no other variables.
fn render(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = command();
    command.env_clear().current_dir(folder).arg("render").args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

/// A folder with reports of tests and coverage.
fn build(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("lcov.info"), LCOV).unwrap();
    folder
}

fn picture(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("badges").join(name)).unwrap()
}

#[test]
fn a_picture_without_a_server_has_the_bytes_of_the_servers() {
    let folder = build("pictures-same");
    let server = Server::start("pictures-same", VALUES_TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    let counted = ["unit.xml", "deep"];
    let further = [
        &["--coverage", "lcov.info", "--platform", "linux", "--value", "size=1.2MB", "--value", "channel=stable"][..],
        &["--value-steps", "size=1MB,2MB", "--value-colors", "size=green,yellow,red"],
    ]
    .concat();
    let url = format!("http://{}", server.address);
    for run in ["1", "2"] {
        let facts = run_of(run);
        let sent = report(
            &folder,
            &[&counted[..], &further, &facts, &["--server", &url]].concat(),
            &[("BADGESMITH_SECRET", SECRET)],
        );
        assert_eq!(said(&sent).2, 0, "{:?}", said(&sent));
        let queries = ["--query", "tests-linux?skipped=true&logo=github", "--query", "coverage?precision=2&min=80"];
        let drawn = render(
            &folder,
            &[&["--from-report"], &counted[..], &further, &facts, &queries, &["--out", "badges"]].concat(),
        );
        assert_eq!(said(&drawn).2, 0, "{:?}", said(&drawn));
    }
    for (file, address) in [
        ("tests-linux.svg", "/badges/tests/linux/acme/shop/main.svg?skipped=true&logo=github"),
        ("tests-linux-trend.svg", "/badges/tests/linux/acme/shop/main.svg?skipped=true&logo=github&trend=30"),
        ("coverage.svg", "/badges/coverage/all/acme/shop/main.svg?precision=2&min=80"),
        ("coverage-trend.svg", "/badges/coverage/all/acme/shop/main.svg?precision=2&min=80&trend=30"),
        ("values-size.svg", "/badges/values/size/acme/shop/main.svg"),
        ("values-size-trend.svg", "/badges/values/size/acme/shop/main.svg?trend=30"),
        ("values-channel.svg", "/badges/values/channel/acme/shop/main.svg"),
    ] {
        assert_eq!(picture(&folder, file).trim_end(), server.get(address).body.trim_end(), "{file}");
    }
    assert!(picture(&folder, "tests-linux-trend.svg").contains("trend of 2: first 3, last 3"));
    assert!(!folder.join("badges/values-channel-trend.svg").exists(), "a word has no trend");
}

#[test]
fn a_run_is_kept_once_and_nothing_changes_for_it() {
    let folder = build("pictures-once");
    let arguments = [&["--from-report", "unit.xml", "deep/down", "--value", "size=3"][..], &run_of("7")].concat();
    let (out, notices, code) = said(&render(&folder, &arguments));
    assert_eq!((&*notices, code), ("", 0));
    assert_eq!(
        out,
        "3 passed, 1 failed, 1 skipped in 2 file(s), kept for main\nsize is 3, kept for main\n\
         ![tests](badges/tests.svg)\n![tests-trend](badges/tests-trend.svg)\n\
         ![values-size](badges/values-size.svg)\n![values-size-trend](badges/values-size-trend.svg)\n"
    );
    let history = picture(&folder, "history.json");
    let document: Value = serde_json::from_str(&history).unwrap();
    assert_eq!((&document["version"], document["results"].as_array().unwrap().len()), (&1.into(), 2));
    assert_eq!(document["results"][0]["record"]["fields"]["url_html"], "https://ci.example/7");
    let again = [&["--from-report", "unit.xml", "--value", "size=4"][..], &run_of("7")].concat();
    let (_, notices, code) = said(&render(&folder, &again));
    assert!(code == 0 && notices.contains("notice: tests: this run is in the history already"), "{notices}");
    assert_eq!(picture(&folder, "history.json"), history);
    assert!(picture(&folder, "tests.svg").contains("tests: 3 passed, 1 failed"));
    let files = fs::read_dir(folder.join("badges")).unwrap().count();
    assert_eq!(files, 5, "no temporary file is left");
}

#[test]
fn a_damaged_history_is_refused_and_stays_as_it_is() {
    let folder = build("pictures-damaged");
    fs::create_dir_all(folder.join("badges")).unwrap();
    for (text, words) in [
        ("{\"version\":1,\"results\":[", "it is not a history that `badgesmith render --from-report` wrote"),
        ("{\"version\":9,\"results\":[]}", "it has version 9, and this badgesmith reads version 1"),
    ] {
        fs::write(folder.join("badges/history.json"), text).unwrap();
        let (_, notices, code) = said(&render(&folder, &["--from-report", "unit.xml"]));
        assert!(code == 3 && notices.contains(words), "{code} {notices}");
        assert_eq!(picture(&folder, "history.json"), text);
        assert!(!folder.join("badges/tests.svg").exists());
    }
}

#[test]
fn a_mistake_is_named_and_nothing_is_written() {
    let folder = build("pictures-mistakes");
    for (arguments, words, expected) in [
        (&["--from-report", "none.xml"][..], "none.xml: ", 3),
        (&["--from-report", "lcov.info"], "lcov.info: ", 3),
        (&["--from-report", "unit.xml", "--query", "test?skipped"], "--query test: no badge of this command", 2),
        (&["--from-report", "unit.xml", "--query", "skipped"], "--query skipped: write BADGE?QUERY", 2),
        (&["--from-report", "unit.xml", "--query", "?skips=true"], "tests: no query parameter of this badge", 2),
        (&["--from-report", "unit.xml", "--query", "?color=nocolor"], "tests: invalid color", 2),
        (&["--coverage", "lcov.info", "--query", "?precision=9"], "coverage: precision is 0, 1 or 2", 2),
        (&["--value", "a=1", "--value", "a-trend=2"], "values-a-trend: two badges would have this file", 2),
        (&["--value", "size"], "--value size: write --value NAME=VALUE", 2),
        (&["--from-report", "unit.xml", "--message", "x"], "cannot be used with", 2),
        (&["--out", "badges"], "required", 2),
    ] {
        let (out, notices, code) = said(&render(&folder, arguments));
        assert!(code == expected && notices.contains(words), "{arguments:?}: {code} {out}{notices}");
        assert!(!folder.join("badges").exists(), "{arguments:?}");
    }
}

#[test]
fn a_build_outside_of_a_ci_system_needs_no_further_arguments() {
    let folder = build("pictures-local");
    fs::create_dir_all(folder.join(".git/refs/heads")).unwrap();
    fs::write(folder.join(".git/HEAD"), "ref: refs/heads/topic\n").unwrap();
    fs::write(folder.join(".git/refs/heads/topic"), "c0ffee\n").unwrap();
    for _ in 0..2 {
        let (out, notices, code) = said(&render(&folder, &["--from-report", "unit.xml", "--style", "for-the-badge"]));
        assert!(code == 0 && notices.is_empty() && out.contains("kept for topic"), "{out}{notices}");
    }
    let history: Value = serde_json::from_str(&picture(&folder, "history.json")).unwrap();
    let results = history["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["record"]["fields"]["commit"]), (2, &"c0ffee".into()));
    assert!(results[0]["record"]["fields"].get("url_html").is_none());
    assert!(picture(&folder, "tests.svg").contains("TESTS"));
    let (_, _, code) = said(&render(&folder, &["--from-report", "unit.xml", "--format", "png", "--out", "p/q"]));
    assert!(code == 0 && fs::read(folder.join("p/q/tests.png")).unwrap().starts_with(b"\x89PNG"));
    let (_, _, code) = said(&render(&folder, &["--coverage", "lcov.info", "--format", "json"]));
    let json: Value = serde_json::from_str(&picture(&folder, "coverage.json")).unwrap();
    assert!(code == 0 && json["message"] == "67%", "{json}");
}
