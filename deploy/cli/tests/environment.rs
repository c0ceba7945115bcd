//! Faults around a server: a plugin that ends or blocks the process, a wrong clock, a secrets file with loose
//! permissions.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use support::{Server, command, report::TOML, secret, try_send};

/// Compiles a library from C.
fn build(name: &str, source: &str, arguments: &[&str]) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.so"));
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-pthread", "-I"])
        .arg(here.join("../../providers/sdk/include"))
        .args(arguments)
        .arg(here.join(source))
        .arg("-o")
        .arg(&library)
        .status();
    assert!(built.expect("a C compiler is needed for the plugins of the tests").success());
    library
}

fn liar(lie: &str) -> PathBuf {
    build(&format!("mishap-{lie}"), "../../engine/tests/plugins/liar.c", &[&format!("-DLIE={lie}")])
}

/// The lines of a log, which are all JSON.
fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"))).collect()
}

#[test]
fn a_plugin_that_exits_with_0_ends_the_process_as_a_failure() {
    for lie in ["EXITING", "QUICK_EXITING", "EXITING_THREAD"] {
        let library = liar(lie);
        let toml = format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
        let mut server = Server::start(&format!("mishap-{lie}"), &toml);
        let request = "GET /badges/liar/x.svg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        // The process ends before it answers.
        drop(try_send(server.address, request));
        assert_eq!(server.wait(), Some(70), "{lie}");
        let log = lines(&server.log_once(|log| log.contains("called exit")));
        let last = log.last().unwrap();
        assert_eq!(last["level"], "ERROR", "{lie}: {last}");
        assert!(last["message"].as_str().unwrap().contains("called exit"), "{lie}: {last}");
        assert!(last["timestamp"].as_str().unwrap().ends_with('Z'), "{lie}: {last}");
    }
    let checked = command().args(["plugin", "check"]).arg(liar("EXITING")).output().unwrap();
    assert!(!checked.status.success(), "{checked:?}");
}

#[test]
fn a_plugin_that_never_returns_blocks_one_thread_however_many_requests_it_gets() {
    let library = liar("SLEEPING");
    let toml = format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
    let server = Server::start("mishap-sleeping", &toml);
    let steps = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", server.process())).unwrap();
        let name = |task: std::io::Result<fs::DirEntry>| fs::read_to_string(task.ok()?.path().join("comm")).ok();
        tasks.filter_map(name).filter(|name| name.trim() == "step").count()
    };
    std::thread::scope(|scope| {
        for index in 0..30 {
            let server = &server;
            scope.spawn(move || {
                let badge = server.get(&format!("/badges/liar/{index}.svg"));
                assert!(badge.body.contains("liar: provider failed"), "{badge:?}");
            });
        }
    });
    assert_eq!(steps(), 1);
    assert!(server.get("/badges/liar/x.svg").body.contains("liar: provider failed"));
    assert!(server.get("/health?deep=1").body.contains("out of service"));
    assert_eq!(steps(), 1, "and none later");
}

#[test]
fn every_normal_end_has_its_exit_code() {
    assert_eq!(command().arg("--version").status().unwrap().code(), Some(0));
    assert_eq!(command().args(["render", "--message", "x"]).output().unwrap().status.code(), Some(0));
    assert_eq!(command().args(["render", "--message"]).output().unwrap().status.code(), Some(2));
    assert_eq!(command().args(["serve", "--config", "/nothing"]).output().unwrap().status.code(), Some(1));
    let mut server = Server::start("mishap-none", TOML);
    server.terminate();
    assert_eq!(server.wait(), Some(0));
}

/// A system clock that a file sets, in seconds since 1970.
struct Clock {
    shim: PathBuf,
    file: PathBuf,
}

impl Clock {
    fn new(name: &str) -> Self {
        let shim = build(&format!("clock-{name}"), "tests/support/clock.c", &[]);
        Self { shim, file: Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clock-{name}")) }
    }

    fn set(&self, seconds: i64) {
        // Atomically: a process that reads the file meanwhile must not fall back to the real clock.
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, seconds.to_string()).unwrap();
        fs::rename(fresh, &self.file).unwrap();
    }

    fn over(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.shim).env("BADGESMITH_TEST_CLOCK", &self.file);
    }
}

/// Times and whether HTTP has a date for them: before 1970, 1970, the last second of 9999, the year 10000 and later.
const TIMES: [(i64, bool); 6] = [
    (-86_400, false),
    (-62_135_596_800, false),
    (0, true),
    (253_402_300_799, true),
    (253_402_300_800, false),
    (900_000_000_000, false),
];

#[test]
fn a_clock_before_1970_or_after_9999_is_reported_and_survived() {
    let clock = Clock::new("running");
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    clock.set(now);
    let mut serve = command();
    clock.over(serve.args(["serve", "--listen", "127.0.0.1:0"]));
    let mut server = Server::start_by("mishap-clock", TOML, serve);
    let paths = ["/badge/a-b-red", "/health?deep=1", "/", "/tests/badges/linux/acme/tools/main.svg"];
    for (time, has_date) in TIMES {
        clock.set(time);
        for path in paths {
            let answer = server.get(path);
            let expected = if has_date { 200 } else { 503 };
            assert_eq!(answer.status, expected, "{path} at {time}: {answer:?}");
            assert!(has_date || answer.body == "the clock of the server is wrong", "{answer:?}");
        }
        clock.set(now);
        assert_eq!(server.get("/badge/a-b-red").status, 200, "after {time}");
    }
    clock.set(-1);
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    // A connection may panic if the clock changes between the check and the answer; the log must still be JSON.
    lines(&server.log());
}

#[test]
fn a_start_and_every_command_survive_a_clock_that_is_wrong() {
    let clock = Clock::new("start");
    for (time, has_date) in TIMES {
        clock.set(time);
        let mut serve = command();
        clock.over(serve.args(["serve", "--listen", "127.0.0.1:0"]));
        let server = Server::start_by("mishap-clock-start", TOML, serve);
        assert_eq!(server.get("/health").status, if has_date { 200 } else { 503 }, "{time}");
        drop(server);
        let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clock.tap");
        fs::write(&results, "1..1\nok 1\n").unwrap();
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mishap-clock-start/data");
        let report = ["report", "--dry-run", "--owner", "a", "--repo", "b", "--branch", "c", "--platform", "linux"];
        let report = [&report[..], &["--run-id", "1", results.to_str().unwrap()]].concat();
        let render = ["render", "--message", "x"].to_vec();
        let export = ["export", "--data", data.to_str().unwrap()].to_vec();
        for arguments in [render, report, export] {
            let mut command = command();
            clock.over(command.args(&arguments).env("BADGESMITH_SECRET", "x"));
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!said.contains("panic") && output.status.code().is_some_and(|code| code < 70), "{time}: {said}");
        }
    }
}

#[test]
fn secrets_that_others_can_read_are_warned_about_at_the_start_and_when_they_change() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mishap-secrets/data");
    let _ = fs::remove_dir_all(&data);
    let set = |value: &str| assert!(secret(&data, &["set", "--owner", "acme", "--purpose", "Package"], value).0);
    set("one");
    let file = data.join("secrets.json");
    let warnings = |log: &str| log.matches("others than its user").count();
    let server = Server::start_with("mishap-secrets", TOML, &[]);
    assert_eq!(warnings(&server.log()), 0, "{}", server.log());
    drop(server);
    for mode in [0o644, 0o640, 0o602] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let server = Server::start_with("mishap-secrets", TOML, &[]);
        let log = server.log_once(|log| warnings(log) == 1);
        let words = format!("{mode:04o}");
        assert!(warnings(&log) == 1 && log.contains(&words) && log.contains("chmod 600"), "{log}");
        assert!(!log.contains("\"one\""), "{log}");
    }
    let server = Server::start_with("mishap-secrets", TOML, &[]);
    server.log_once(|log| warnings(log) == 1);
    // The command rewrites the file with private permissions; then they are loosened again.
    set("other");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let report = "POST /tests/results/linux/acme/tools/main HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                  X-Signature: v2=0\r\nX-Nonce: n\r\nContent-Length: 2\r\nX-Timestamp: ";
    for _ in 0..3 {
        let now = jiff::Timestamp::now();
        assert_eq!(support::send(server.address, &format!("{report}{now:.3}\r\n\r\n{{}}")).status, 401);
    }
    let log = server.log_once(|log| warnings(log) == 2);
    assert_eq!(warnings(&log), 2, "{log}");
}
