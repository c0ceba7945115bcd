//! The server on a disk that fills up and is freed again, and with damaged store files.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../host/tests/support/damage.rs"]
mod damage;
#[path = "support/namespace.rs"]
mod namespace;
mod support;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use namespace::SmallDisk;
use support::{
    Server, Upstream, command, nuget_toml,
    report::{self, TOML, body},
    secret, send,
    watch::Watch,
};

const SECRET: &str = "hush";
/// The size of the disk, in MiB.
const DISK: u32 = 12;

fn path(run: u32) -> String {
    format!("/tests/results/linux/acme/tools/b{run}")
}

fn post(server: &Server, run: u32) -> support::Response {
    let report = body("linux", &run.to_string(), [u64::from(run) + 1, 0, 0]);
    report::post(server.address, SECRET, &path(run), &report).expect("the server answers")
}

fn shows(server: &Server, run: u32) -> bool {
    server.get(&format!("/badges/tests/linux/acme/tools/b{run}")).body.contains(&format!("\"{} passed\"", run + 1))
}

/// The lines of the server's log about its store.
fn store_log(server: &Server) -> String {
    let log = server.log_once(|_| true);
    log.lines().filter(|line| line.contains("embedded")).map(|line| format!("{line}\n")).collect()
}

fn deep(server: &Server, method: &str) -> support::Response {
    send(server.address, &format!("{method} /health?deep=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}

/// A server whose data directory is a small disk, and the disk.
fn start(name: &str, toml: &str) -> (SmallDisk, Server) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    let disk = SmallDisk::mount(&folder.join("data"), DISK);
    let server = again(&disk, name, toml);
    assert!(secret(&disk.path(), &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    (disk, server)
}

/// Starts a server over the same disk.
fn again(disk: &SmallDisk, name: &str, toml: &str) -> Server {
    let mut serve = disk.enter(Path::new(env!("CARGO_BIN_EXE_badgesmith")));
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env_remove("LOG_LEVEL");
    Server::start_by(name, toml, serve)
}

#[test]
#[ignore = "needs unshare and mount, by root or in a user namespace"]
fn a_full_disk_refuses_reports_while_it_lasts_and_loses_none() {
    let (disk, mut server) = start("full", TOML);
    let watch = Watch::begin(&server);
    let mut taken: Vec<u32> = (0..60).collect();
    for run in &taken {
        assert_eq!(post(&server, *run).status, 201);
    }
    assert_eq!(deep(&server, "GET").status, 200, "{}", store_log(&server));
    disk.fill();
    // The store reuses pages in its file, so some reports may still be recorded.
    let mut next = 60;
    let refused = loop {
        let response = post(&server, next);
        if response.status != 201 {
            break response;
        }
        taken.push(next);
        next += 1;
        assert!(next < 20_000, "the disk is never full");
    };
    assert!(refused.status == 503 && refused.body.contains("STORE_UNAVAILABLE"), "{refused:?}");
    let unknown = next;
    let mut slowest = Duration::ZERO;
    for run in 0..40 {
        let began = Instant::now();
        let response = post(&server, 100_000 + run);
        slowest = slowest.max(began.elapsed());
        assert!(response.status == 503 && response.body.contains("STORE_UNAVAILABLE"), "{response:?}");
        assert!(response.head.contains("retry-after"), "{response:?}");
        thread::sleep(Duration::from_millis(100));
    }
    println!("{} were taken, then none; the slowest refusal took {slowest:?}", taken.len());
    let ill = deep(&server, "GET");
    assert!(
        ill.status == 503 && ill.body.contains("\"name\":\"store\",\"status\":\"unavailable\",\"since\""),
        "{ill:?}"
    );
    assert!(!ill.body.contains("room") && !ill.body.contains("store.redb"), "{ill:?}");
    let ill = deep(&server, "HEAD");
    assert!(ill.status == 503 && ill.body.is_empty(), "{ill:?}");
    assert!(server.get("/health").body.contains("Healthy"));
    for run in &taken {
        assert!(shows(&server, *run), "run {run} was taken and is read all the time");
    }
    disk.free();
    let freed = Instant::now();
    while post(&server, next + 1).status != 201 {
        assert!(freed.elapsed() < Duration::from_secs(30), "{}", store_log(&server));
        thread::sleep(Duration::from_millis(100));
    }
    println!("taken again {:?} after there was room", freed.elapsed());
    taken.push(next + 1);
    while deep(&server, "GET").status != 200 {
        assert!(freed.elapsed() < Duration::from_secs(60), "{}", store_log(&server));
        thread::sleep(Duration::from_millis(500));
    }
    for run in next + 2..next + 40 {
        assert_eq!(post(&server, run).status, 201);
        taken.push(run);
    }
    watch.end("a full disk");
    // A server also starts on a full disk, and shows the recorded results.
    disk.fill();
    server.kill();
    let mut server = again(&disk, "full", TOML);
    assert!(taken.iter().all(|run| shows(&server, *run)), "{}", store_log(&server));
    disk.free();
    server.kill();
    let server = again(&disk, "full", TOML);
    for run in &taken {
        assert!(shows(&server, *run), "run {run} was taken");
        assert!(*run % 20 != 0 || post(&server, *run).status == 409, "run {run} is there once");
    }
    for run in (unknown..=unknown).chain(100_000..100_040) {
        assert!(
            server.get(&format!("/badges/tests/linux/acme/tools/b{run}?format=json")).status == 404,
            "run {run} was refused"
        );
    }
}

#[test]
#[ignore = "needs unshare and mount, by root or in a user namespace"]
fn cached_answers_are_evicted_for_reports_on_a_full_disk() {
    let versions: Vec<_> = (0..20_000).map(|patch| format!("\"1.0.{patch}\"")).collect();
    let index = format!("{{\"versions\":[{}]}}", versions.join(",")).into_bytes();
    let upstream = Upstream::start(move |path| {
        if path.contains("registration") { (404, vec![], Vec::new()) } else { (200, vec![], index.clone()) }
    });
    let toml = format!("{TOML}\n{}", nuget_toml(&upstream.url()));
    let (disk, server) = start("way", &toml);
    let watch = Watch::begin(&server);
    // These answers take about six of the twelve MiB.
    for package in 0..24 {
        let badge = server.get(&format!("/badges/packages/nuget/p{package}.svg"));
        assert!(badge.body.contains("1.0.19999"), "{badge:?}");
    }
    assert_eq!(post(&server, 0).status, 201);
    disk.fill();
    let mut statuses = Vec::new();
    for run in 1..1500 {
        statuses.push(post(&server, run).status);
        if statuses.last() != Some(&201) {
            break;
        }
    }
    println!("{} reports were taken on the full disk", statuses.len());
    assert!(
        statuses.iter().all(|status| *status == 201),
        "{} {:?} {}",
        statuses.len(),
        statuses.last(),
        store_log(&server)
    );
    assert!(server.log().contains("kept answers were taken away"), "{}", store_log(&server));
    assert!(shows(&server, 1) && shows(&server, 1400));
    watch.end("a full disk with kept answers");
}

#[test]
#[ignore = "needs unshare and mount, by root or in a user namespace"]
fn cached_answers_leave_room_on_the_disk_for_reports() {
    let upstream = Upstream::start(|_| (200, vec![], vec![b'['; 6_000_000]));
    let toml = format!("{TOML}\n{}", nuget_toml(&upstream.url()));
    let (disk, server) = start("room", &toml);
    for run in 0..8 {
        let badge = server.get(&format!("/badges/packages/nuget/p{run}.svg"));
        assert_eq!(badge.status, 200, "{badge:?}");
        // Answers are cached after the response.
        thread::sleep(Duration::from_millis(500));
        assert_eq!(post(&server, run).status, 201, "run {run}: {}", store_log(&server));
    }
    assert!(fs::metadata(disk.path().join("store.reserve")).is_ok(), "the disk was never full");
}

/// Runs `badgesmith serve` with a data directory: the server if it starts, or the output of its refusal.
fn serve(name: &str, data: &Path) -> Result<Server, Output> {
    let folder = data.parent().unwrap();
    fs::write(folder.join("plugins.toml"), TOML).unwrap();
    // The address is in use, so that the process ends in either case; the store is opened before that is noticed.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut check = command();
    check.args(["serve", "--listen", &taken.local_addr().unwrap().to_string(), "--config"]);
    check.arg(folder.join("plugins.toml")).arg("--data").arg(data);
    let output = check.stdin(Stdio::null()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && !words.contains("panicked"), "{:?} {words}", output.status);
    if words.contains("cannot listen") { Ok(Server::start_with(name, TOML, &[])) } else { Err(output) }
}

#[test]
fn a_damaged_store_is_refused_by_the_server_with_words_and_no_panic() {
    let mut server = Server::start("damaged", TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    for run in 0..50 {
        assert_eq!(post(&server, run).status, 201);
    }
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let data = server.data.clone();
    let file = data.join("store.redb");
    let whole = fs::read(&file).unwrap();
    let (mut refused, mut right) = (0, 0);
    for seed in 1000..1018 {
        let (kind, bytes) = damage::damage(&whole, seed);
        fs::write(&file, &bytes).unwrap();
        match serve("damaged", &data) {
            Err(output) => {
                let words = String::from_utf8_lossy(&output.stderr);
                for part in ["store.redb", "backup", "badgesmith export", "--data"] {
                    assert!(words.contains(part), "{seed} {kind}: {words}");
                }
                refused += 1;
            }
            Ok(server) => {
                assert!((0..50).all(|run| shows(&server, run)), "{seed} {kind}");
                right += 1;
            }
        }
    }
    println!("{refused} refused, {right} right");
    assert!(refused > 0);
}
