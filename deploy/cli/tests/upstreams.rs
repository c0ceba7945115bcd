//! Many requests for badges that are not cached, of an upstream that is slow or has large answers.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use support::{Server, Upstream, nuget_toml, watch::Watch};

/// The limit of concurrent requests to one origin.
const EXCHANGES_OF_ORIGIN: usize = 128;

/// Requests so many packages, on connections that are closed without reading the answer.
fn ask_and_leave(server: &Server, count: usize) {
    for number in 0..count {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let request = format!("GET /badges/packages/nuget/p{number} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
    }
}

#[test]
fn clients_that_disconnect_cause_a_bounded_number_of_requests_to_a_slow_upstream() {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let upstream = Upstream::raw(|_, _| {
        MOST.fetch_max(OPEN.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_secs(6));
        OPEN.fetch_sub(1, Ordering::SeqCst);
        false
    });
    let server = Server::start("slow-upstream", &nuget_toml(&upstream.url()));
    let watch = Watch::begin(&server);
    ask_and_leave(&server, 2000);
    let refused = server.get("/badges/packages/nuget/one-more");
    assert!(refused.head.starts_with("HTTP/1.1 50"), "{refused:?}");
    assert!(server.get("/badge/a-b-red").body.starts_with("<svg"));
    watch.end("2,000 packages of a slow upstream");
    let most = MOST.load(Ordering::SeqCst);
    println!("{most} requests at once at the upstream");
    assert!(most <= EXCHANGES_OF_ORIGIN, "{most}");
}

#[test]
fn concurrent_large_answers_of_an_upstream_take_a_bounded_memory() {
    // JSON that is invalid at its second byte takes the provider no time.
    let body = [b"{{".to_vec(), vec![b' '; 8 * 1024 * 1024]].concat();
    let upstream = Upstream::start(move |_| (200, Vec::new(), body.clone()));
    let server = Server::start("large-answers", &nuget_toml(&upstream.url()));
    let watch = Watch::begin(&server);
    ask_and_leave(&server, 300);
    thread::sleep(Duration::from_secs(2));
    assert!(server.get("/badge/a-b-red").body.starts_with("<svg"));
    watch.end("300 answers of 8 MiB");
}
