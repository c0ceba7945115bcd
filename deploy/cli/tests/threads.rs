//! `badgesmith serve --threads`: connections are spread over threads, which share caches, limits and the end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::Barrier,
    thread,
    time::Duration,
};

use support::{Server, Upstream, nuget_toml};

/// Starts a server with so many threads and more arguments, without the data of an earlier one.
fn start(name: &str, toml: &str, threads: &str, more: &[&str]) -> Server {
    let _ = fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    Server::start_with(name, toml, &[&["--threads", threads], more].concat())
}

/// The threads that serve connections, with how long each has run, in nanoseconds.
fn threads(server: &Server) -> Vec<(String, u64)> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.process())).unwrap();
    let mut threads: Vec<_> = tasks
        .filter_map(|task| {
            let task = task.ok()?.path();
            let name = fs::read_to_string(task.join("comm")).ok()?.trim().to_owned();
            let ran = fs::read_to_string(task.join("schedstat")).ok()?;
            Some((name, ran.split(' ').next()?.parse().ok()?))
        })
        .filter(|(name, _)| name.starts_with("serve-"))
        .collect();
    threads.sort();
    threads
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends a request on a connection that stays open, and returns the answer's first bytes.
fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut piece = [0; 16 * 1024];
    let read = stream.read(&mut piece).unwrap();
    String::from_utf8_lossy(&piece[..read]).into_owned()
}

/// An upstream that takes half a second.
fn slow_upstream() -> Upstream {
    Upstream::start(|path| {
        thread::sleep(Duration::from_millis(500));
        match path.ends_with("index.json") {
            true => (200, Vec::new(), br#"{"versions":["1.2.3"]}"#.to_vec()),
            false => (200, Vec::new(), br#"{"listed":true}"#.to_vec()),
        }
    })
}

#[test]
fn every_thread_serves_a_share_of_the_connections_and_one_alone_is_the_only_one() {
    let server = start("threads-share", "", "3", &[]);
    // A thread has its name once it has run.
    while threads(&server).len() < 3 {
        thread::sleep(Duration::from_millis(10));
    }
    let before = threads(&server);
    assert_eq!(before.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["serve-0", "serve-1", "serve-2"]);
    let mut connections: Vec<_> = (0..9).map(|_| connect(&server)).collect();
    for number in 0..20 {
        for connection in &mut connections {
            let answer = ask(connection, &format!("/badge/hello-{number}-blue"));
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
    }
    for ((name, before), (_, after)) in before.iter().zip(threads(&server)) {
        assert!(after > before + 100_000, "{name} ran from {before} to {after} ns");
    }
    let alone = start("threads-alone", "", "1", &[]);
    assert_eq!(alone.get("/badge/hello-world-blue").status, 200);
    assert_eq!(threads(&alone), []);
}

#[test]
fn callers_on_several_threads_share_one_request_to_the_upstream() {
    let upstream = slow_upstream();
    let server = start("threads-flight", &nuget_toml(&upstream.url()), "3", &[]);
    let (mut connections, begin) = ((0..6).map(|_| connect(&server)).collect::<Vec<_>>(), Barrier::new(6));
    thread::scope(|scope| {
        for connection in &mut connections {
            scope.spawn(|| {
                begin.wait();
                let answer = ask(connection, "/badges/packages/nuget/Shared");
                assert!(answer.contains(r#""message":"1.2.3""#), "{answer}");
            });
        }
    });
    assert_eq!(upstream.calls(), 2, "the versions, and whether the newest is listed");
}

#[test]
fn a_stop_finishes_the_requests_of_all_threads() {
    let upstream = slow_upstream();
    let mut server = start("threads-stop", &nuget_toml(&upstream.url()), "3", &[]);
    let mut connections: Vec<_> = (0..6).map(|_| connect(&server)).collect();
    for (number, connection) in connections.iter_mut().enumerate() {
        let request = format!("GET /badges/packages/nuget/p{number} HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
    }
    let mut idle = connect(&server);
    while upstream.calls() < 6 {
        thread::sleep(Duration::from_millis(10));
    }
    server.terminate();
    for connection in &mut connections {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(r#""message":"1.2.3""#), "{answer}");
    }
    assert_eq!(idle.read(&mut [0]).unwrap(), 0, "what is idle is closed at once");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn the_limit_of_connections_holds_for_all_threads_together() {
    let server = start("threads-limit", "", "4", &["--connections", "16"]);
    let mut crowd: Vec<_> = (0..60).map(|_| connect(&server)).collect();
    thread::sleep(Duration::from_millis(500));
    let is_open = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        stream.read(&mut [0]).is_err_and(|fault| fault.kind() == std::io::ErrorKind::WouldBlock)
    };
    assert_eq!(crowd.iter_mut().filter_map(|stream| is_open(stream).then_some(())).count(), 16);
    let last = crowd.last_mut().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(ask(last, "/badge/hello-world-blue").starts_with("HTTP/1.1 200 "));
}
