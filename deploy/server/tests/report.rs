//! `badgesmith report`: what is counted, signed and sent, and what it says when that does not go well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use badgesmith_engine::signature;
use serde_json::Value;
use support::command;

const SECRET: &str = "hush-hush-0123456789";
const RECORDED: &str = "HTTP/1.1 201 Created\r\n\r\n{}";
const KNOWN: &str = "HTTP/1.1 409 Conflict\r\n\r\n{\"message\":\"run 7 is known\",\"error_details\":[{\"error_code\":\"DUPLICATE_TEST_RESULT\"}],\"x\":null}";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n\r\n";
/// The connection ends without an answer.
const SILENCE: &str = "";

/// A request as it came in.
#[derive(Clone, Debug)]
struct Posted {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Posted {
    fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }
}

/// A server on loopback that answers what it is told to, one answer a request and the last one for ever.
struct Inbox {
    address: SocketAddr,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Inbox {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let posted = Arc::<Mutex<Vec<Posted>>>::default();
        let inbox = Arc::clone(&posted);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = receive(&stream);
                let number = {
                    let mut posted = inbox.lock().unwrap();
                    posted.push(request);
                    posted.len() - 1
                };
                let answer = answers.get(number).or(answers.last()).unwrap();
                let length = answer.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
                let more = format!("\r\nConnection: close\r\nContent-Length: {length}\r\n");
                stream.write_all(answer.replacen("\r\n", &more, 1).as_bytes()).unwrap();
            }
        });
        Self { address, posted }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

fn receive(stream: &TcpStream) -> Posted {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines.remove(0);
    let headers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let posted = Posted { line, headers, body: Vec::new() };
    let mut body = vec![0; posted.header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Posted { body, ..posted }
}

/// A folder with reports.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    let _ = fs::remove_dir_all(&folder);
    for (file, text) in [
        ("unit.xml", "<testsuite name='unit' time='1.5'><testcase/><testcase><failure/></testcase></testsuite>"),
        ("deep/down/more.tap", "1..3\nok 1\nok 2\nok 3 # SKIP\n"),
        ("deep/package.json", "{\"name\": \"shop\"}"),
        ("deep/notes.txt", "ok 1\n"),
        ("node_modules/theirs/junit.xml", "<testsuite><testcase/></testsuite>"),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// Runs `badgesmith report` in a folder, with these variables and no others.
fn report(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.env_clear().envs(variables.iter().copied()).current_dir(folder).arg("report").args(arguments);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains(SECRET), "{}", String::from_utf8_lossy(&said));
    output
}

/// What it said: to standard output, to standard error, and its exit code.
fn said(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

/// Everything about a run that no CI system says.
const RUN: [&str; 12] = [
    "--owner",
    "Acme",
    "--repo",
    "the shop",
    "--branch",
    "feature/ä%x",
    "--commit",
    "c0ffee",
    "--run-id",
    "7",
    "--html-url",
    "https://ci.example/7",
];

/// Sends `unit.xml` to a server that gives these answers.
fn send(name: &str, answers: &'static [&'static str]) -> (Vec<Posted>, (String, String, i32)) {
    let inbox = Inbox::start(answers);
    let folder = folder(name);
    let server = inbox.url();
    let arguments = [&["unit.xml", "--platform", "linux", "--server", &server][..], &RUN].concat();
    let output = report(&folder, &arguments, &[("BADGESMITH_SECRET", SECRET)]);
    (inbox.posted(), said(&output))
}

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
    assert_eq!((words.as_str(), code), ("badgesmith: no file that was found is a report of tests\n", 3));
}

#[test]
fn remarks_are_told_beside_the_body() {
    let folder = folder("remarks");
    fs::write(folder.join("cut.tap"), "1..9\nok 1\n").unwrap();
    let (out, words, code) = said(&report(&folder, &["--dry-run", "cut.tap"], &[]));
    assert!(out.contains("\"total\":1") && code == 0, "{out}");
    assert_eq!(words, "badgesmith: cut.tap: 9 tests were planned and 1 ran\n");
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
fn after_four_tries_it_gives_up() {
    let (posted, (out, words, code)) = send("gives-up", &[DOWN]);
    assert_eq!((posted.len(), out.as_str(), code), (4, "", 1));
    let server = posted[0].header("host");
    assert_eq!(words, format!("badgesmith: http://{server} answers 503 Service Unavailable, 4 times in a row\n"));
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
            " answers 503 Service Unavailable; the server asks to wait 3600 seconds, so try again later\n",
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
    let notice = "badgesmith: notice: nothing is sent, because there is no secret to sign with. Builds of forks have none; elsewhere set BADGESMITH_SECRET\n";
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
fn the_headers_are_printed_for_whoever_sends_it_otherwise() {
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
        (with(&["--server", "http://127.0.0.1:1", "--secret-file", "gone"]), "--secret-file gone: "),
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
