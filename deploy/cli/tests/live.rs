//! The listeners of a server: how many there may be, slow ones, and what a stop does to them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use support::{Server, report, secret, watch::Watch};

const LISTEN: &str = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server with the live page, which takes reports of `acme`.
fn start(name: &str, arguments: &[&str]) -> Server {
    let _ = std::fs::remove_dir_all(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let toml = format!("[engine]\nlive = true\nprivate = [\"acme\"]\n{}", report::TOML);
    let server = Server::start_with(name, &toml, arguments);
    let (is_set, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], "hush");
    assert!(is_set, "{said}");
    server
}

fn send(server: &Server, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads until the text contains this, or until the connection ends.
fn read_until(stream: &mut TcpStream, needle: &str) -> String {
    let mut text = String::new();
    let mut piece = [0; 16 * 1024];
    while !text.contains(needle) {
        match stream.read(&mut piece) {
            Ok(read @ 1..) => text += &String::from_utf8_lossy(&piece[..read]),
            _ => break,
        }
    }
    text
}

/// A listener that has heard that the stream begins.
fn listen(server: &Server) -> TcpStream {
    let mut stream = send(server, LISTEN);
    let head = read_until(&mut stream, "event: ready");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("event: ready"), "{head}");
    stream
}

/// Reports runs of these numbers, each of a branch of its own.
fn report(server: &Server, numbers: std::ops::Range<usize>) {
    thread::scope(|scope| {
        for first in 0..16 {
            let numbers = numbers.clone().skip(first).step_by(16);
            scope.spawn(move || {
                for number in numbers {
                    let path = format!("/tests/results/linux/acme/tools/{}{number}", "x".repeat(200));
                    let body = report::body("linux", &number.to_string(), [1, 0, 0]);
                    assert_eq!(report::post(server.address, "hush", &path, &body).unwrap().status, 201);
                }
            });
        }
    });
}

#[test]
fn there_are_places_for_two_hundred_and_fifty_six_listeners_and_one_that_left_makes_room() {
    let server = start("listeners", &["--connections", "16"]);
    let watch = Watch::begin(&server);
    let mut crowd: Vec<_> = (0..256).map(|_| listen(&server)).collect();
    let refused = read_until(&mut send(&server, LISTEN), "correlation_id");
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("TOO_BUSY"), "{refused}");
    assert!(refused.to_ascii_lowercase().contains("retry-after: "));
    drop(crowd.split_off(250));
    let began = Instant::now();
    while crowd.len() < 256 {
        let mut stream = send(&server, LISTEN);
        if read_until(&mut stream, "\r\n").starts_with("HTTP/1.1 200 ") {
            crowd.push(stream);
        }
        assert!(began.elapsed() < Duration::from_secs(5), "places of listeners that left are free at once");
    }
    report(&server, 0..1);
    for stream in &mut crowd {
        assert!(read_until(stream, "event: change").contains("event: change"));
    }
    watch.end("256 listeners beside 16 connections");
}

#[test]
fn a_listener_that_does_not_read_is_closed_and_holds_nobody_up() {
    let server = start("slow-listener", &[]);
    let mut slow = listen(&server);
    let mut quick = listen(&server);
    let watch = Watch::begin(&server);
    let reader = thread::spawn(move || {
        let mut count = 0;
        while count < 4000 {
            let text = read_until(&mut quick, "event: change");
            assert!(!text.is_empty(), "it ended after {count} events");
            count += text.matches("event: change").count();
        }
    });
    report(&server, 0..4000);
    reader.join().unwrap();
    let reported = Instant::now();
    thread::sleep(Duration::from_secs(13));
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    let told = String::from_utf8_lossy(&rest).matches("event: change").count();
    println!("the slow listener was told {told} of 4000 events and was closed");
    assert!(told < 4000 && reported.elapsed() < Duration::from_secs(30), "it was closed, and not told the rest");
    watch.end("4,000 events to a listener that reads none");
}

#[test]
fn a_stop_ends_every_stream_at_once() {
    let mut server = start("stop-listeners", &[]);
    let crowd: Vec<_> = (0..50).map(|_| listen(&server)).collect();
    let began = Instant::now();
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let took = began.elapsed();
    println!("a server with 50 listeners stopped after {took:?}");
    assert!(took < Duration::from_secs(2));
    for mut stream in crowd {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "0\r\n\r\n", "it ends as a complete answer does");
    }
}

#[test]
fn without_the_setting_nobody_can_listen() {
    let server = Server::start("no-listeners", report::TOML);
    for path in ["/events", "/live", "/api/repos"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
