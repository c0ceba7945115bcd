//! The bootstrap with emulated AWS services: a signed report and its badge, declarative providers, and the package.
//!
//! Most tests run twice: with the bootstrap of this build, and with the package in `BADGESMITH_PACKAGE`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, unreachable_pub)]

#[path = "../examples/local-cloud/peers.rs"]
mod peers;
#[path = "support/signed_report.rs"]
mod signed_report;
mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    thread,
};

use peers::{OWNER, Peers};
use serde_json::{Value, json};
use signed_report::report;
use support::{Function, body, package};

const TOML: &str = "[engine]\nstore = \"dynamodb\"\n\n[[plugin]]\nid = \"test-results\"\n\
                    library = \"badgesmith_provider_test_results\"\ncollections = [\"test-results\"]\n";

/// The declarative providers of the project.
const PROVIDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../providers/declarative");

#[test]
fn a_report_is_recorded_once_and_shown_and_a_thousand_events_take_no_more_memory() {
    let peers = Peers::start().unwrap();
    report_and_show(&Function::start("cloud", TOML, &peers.variables()));
}

#[test]
#[ignore = "needs BADGESMITH_PACKAGE, the folder that deploy/package.sh zips"]
fn the_packaged_function_records_a_report_once_and_shows_it_and_a_thousand_events_take_no_more_memory() {
    let (folder, peers) = (package(), Peers::start().unwrap());
    report_and_show(&Function::run(&folder.join("bootstrap"), &folder, &peers.variables()));
}

fn report_and_show(function: &Function) {
    let rest = format!("linux/{OWNER}/tools/feature/x");
    let sent = format!("/tests/results/linux/{OWNER}/tools/feature%2Fx");
    let first = report(&sent, &format!("/tests/results/{rest}"), "7", "n1");
    let answer = function.ask(&first);
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let replay = function.ask(&first);
    assert!(replay["statusCode"] == 400 && body(&replay).contains("NONCE_ALREADY_USED"), "{replay}");
    let again = function.ask(&report(&sent, &format!("/tests/results/{rest}"), "7", "n2"));
    assert!(again["statusCode"] == 409 && body(&again).contains("DUPLICATE_TEST_RESULT"), "{again}");
    let elsewhere = function.ask(&report(&sent, &format!("/tests/results/{rest}y"), "8", "n3"));
    assert_eq!(elsewhere["statusCode"], 401, "{elsewhere}");
    let nobody = function.ask(&report("/x", "/tests/results/linux/nobody/tools/main", "8", "n4"));
    assert_eq!(nobody["statusCode"], 401, "{nobody}");
    let badge = function.get(&format!("/badges/tests/{rest}"), "skipped=true");
    assert!(body(&badge).contains(r#""message":"190 passed, 2 skipped","color":"brightgreen""#), "{badge}");
    let redirect = function.get(&format!("/redirect/test-results/{rest}"), "");
    assert_eq!(
        (&redirect["statusCode"], &redirect["headers"]["location"]),
        (&json!(302), &json!("https://example.com/7"))
    );

    let ask = |index: usize| {
        let (path, words) = match index % 4 {
            0 => (format!("/badge/n-{index}-blue.png"), ""),
            1 => (format!("/badges/tests/{rest}.svg"), "190 passed"),
            2 => (format!("/badges/tests/linux/{OWNER}/none/{index}"), "RESULT_NOT_FOUND"),
            _ => (format!("/badge/n-{index}-blue"), "n: "),
        };
        let answer = function.get(&path, "");
        assert!(body(&answer).contains(words), "{path}: {answer}");
    };
    (0..400).for_each(&ask);
    let before = resident(function);
    (400..1400).for_each(&ask);
    let after = resident(function);
    println!("resident memory: {before} KiB after 400 events, {after} KiB after 1,000 more");
    assert!(after < before + 4096, "from {before} KiB to {after} KiB");
}

/// An upstream with one answer at one path.
fn upstream(path: &'static str, json: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            let is_known = lines.first().is_some_and(|line| line.starts_with(&format!("GET {path} ")));
            let (status, body) = if is_known { (200, json) } else { (404, "{}") };
            let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn the_function_serves_a_declarative_provider() {
    serve_declarative("declarative", Path::new(env!("CARGO_BIN_EXE_bootstrap")), Path::new(PROVIDERS));
}

#[test]
#[ignore = "needs BADGESMITH_PACKAGE, the folder that deploy/package.sh zips"]
fn the_packaged_function_serves_a_declarative_provider() {
    let folder = package();
    serve_declarative("packed-declarative", &folder.join("bootstrap"), &folder.join("plugins"));
}

fn serve_declarative(name: &str, bootstrap: &Path, providers: &Path) {
    // The provider of the project, with an upstream on this machine.
    let url = upstream("/api/formula/ripgrep.json", r#"{"versions":{"stable":"15.1.0"}}"#);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let file = providers.join("homebrew.toml");
    let grants = format!("origins = [{url:?}]\nsettings = {{ upstream = {url:?} }}\n");
    let toml = format!("[[plugin]]\nid = \"homebrew\"\ndeclarative = {file:?}\n{grants}");
    fs::write(folder.join("plugins.toml"), toml).unwrap();
    // Without a table for answers, it needs no DynamoDB.
    let function = Function::run(bootstrap, &folder, &[("BADGESMITH_TABLE_ANSWERS", "")]);
    let badge = function.get("/badges/packages/homebrew/formula/ripgrep", "");
    assert!(body(&badge).contains(r#""label":"homebrew","message":"15.1.0""#), "{badge}");
    let picture = function.get("/badges/packages/homebrew/formula/none.svg", "");
    assert!(body(&picture).contains("formula not found"), "{picture}");
}

#[test]
#[ignore = "needs BADGESMITH_PACKAGE, the folder that deploy/package.sh zips"]
fn the_package_has_every_provider_of_the_project() {
    let folder = package();
    let function = Function::run(&folder.join("bootstrap"), &folder, &[]);
    let listing: Value = serde_json::from_str(&body(&function.get("/", "format=json"))).unwrap();
    let listed: BTreeSet<_> =
        listing["providers"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let files = fs::read_dir(PROVIDERS).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "toml"));
    let mut expected: BTreeSet<_> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(expected.len() >= 20, "{expected:?}");
    expected.extend(["nuget", "github", "services", "test-results", "coverage", "values"].map(str::to_owned));
    assert_eq!(listed, expected);
}

/// The resident memory of the function, in KiB.
fn resident(function: &Function) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", function.process.0.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
