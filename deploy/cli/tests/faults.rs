//! Every way in which an upstream can fail: the last good badge is shown if there is one, or else the right error, in
//! time, and with no more upstream requests than allowed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    io::Write,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use support::{Server, Upstream, github_toml, nuget_toml, secret};

/// What an upstream does instead of answering; false closes the connection.
type UpstreamFault = fn(&mut TcpStream) -> bool;

/// A fault, the text on the badge, the status of the JSON form, and the most upstream requests that one request may
/// cause: a badge may need two documents, and each is tried four times after a fault.
struct FaultRow {
    name: &'static str,
    fault: UpstreamFault,
    words: &'static str,
    status: u16,
    calls: usize,
}

fn send(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).is_ok()
}

const ROWS: [FaultRow; 17] = [
    FaultRow {
        name: "401",
        fault: |s| send(s, "HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n"),
        words: "forbidden",
        status: 403,
        calls: 2,
    },
    FaultRow {
        name: "403",
        fault: |s| send(s, "HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n"),
        words: "forbidden",
        status: 403,
        calls: 2,
    },
    FaultRow {
        name: "404",
        fault: |s| send(s, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"),
        words: "package not found",
        status: 404,
        calls: 2,
    },
    FaultRow {
        name: "429",
        fault: |s| send(s, "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"),
        words: "rate limited",
        status: 503,
        calls: 8,
    },
    FaultRow {
        name: "429 with Retry-After",
        fault: |s| send(s, "HTTP/1.1 429 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"),
        words: "rate limited",
        status: 503,
        calls: 1,
    },
    FaultRow {
        name: "429 with a short Retry-After",
        fault: |s| send(s, "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"),
        words: "rate limited",
        status: 503,
        calls: 8,
    },
    FaultRow {
        name: "500",
        fault: |s| send(s, "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"),
        words: "upstream unavailable",
        status: 503,
        calls: 8,
    },
    FaultRow {
        name: "503",
        fault: |s| send(s, "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"),
        words: "upstream unavailable",
        status: 503,
        calls: 8,
    },
    FaultRow {
        name: "a cut body",
        fault: |s| {
            send(s, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"versions\":[");
            false
        },
        words: "upstream unavailable",
        status: 503,
        calls: 8,
    },
    FaultRow {
        name: "a slow body",
        fault: |s| {
            send(s, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n");
            for _ in 0..50 {
                thread::sleep(Duration::from_millis(100));
                if !send(s, " ") {
                    break;
                }
            }
            false
        },
        words: "upstream unavailable",
        status: 504,
        calls: 8,
    },
    FaultRow {
        name: "silence",
        fault: |_| {
            thread::sleep(Duration::from_secs(9));
            false
        },
        words: "upstream unavailable",
        status: 504,
        calls: 8,
    },
    FaultRow {
        name: "HTML",
        fault: |s| send(s, "HTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\n<html>"),
        words: "invalid response",
        status: 502,
        calls: 2,
    },
    FaultRow {
        name: "40 MiB",
        fault: |s| {
            send(s, "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
            let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
            for _ in 0..40 {
                if !send(s, &chunk) {
                    return false;
                }
            }
            send(s, "0\r\n\r\n")
        },
        words: "invalid response",
        status: 502,
        calls: 2,
    },
    FaultRow { name: "a reset", fault: |_| false, words: "upstream unavailable", status: 503, calls: 16 },
    FaultRow {
        name: "bad gzip",
        fault: |s| send(s, "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nno zip"),
        words: "invalid response",
        status: 502,
        calls: 2,
    },
    FaultRow {
        name: "a redirect loop",
        fault: |s| send(s, "HTTP/1.1 302 X\r\nLocation: /v3-flatcontainer/a/index.json\r\nContent-Length: 0\r\n\r\n"),
        words: "invalid response",
        status: 502,
        calls: 12,
    },
    FaultRow {
        name: "a redirect elsewhere",
        fault: |s| send(s, "HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        words: "invalid response",
        status: 502,
        calls: 2,
    },
];

/// A provider whose upstream fails, and one of its badges.
#[derive(Clone, Copy)]
struct TestedProvider {
    id: &'static str,
    toml: fn(&str) -> String,
    badge: &'static str,
}

const NUGET: TestedProvider = TestedProvider { id: "nuget", toml: nuget_toml, badge: "/badges/packages/nuget/a" };
const GITHUB: TestedProvider =
    TestedProvider { id: "github", toml: github_toml, badge: "/badges/packages/github/acme/a" };

impl TestedProvider {
    fn picture(self) -> String {
        format!("{}.svg", self.badge)
    }

    /// A server with this provider, and a token for GitHub.
    fn serve(self, name: &str, upstream: &Upstream, more: &str) -> Server {
        let name = format!("{}-{name}", self.id);
        let server = Server::start(&name, &((self.toml)(&upstream.url()) + more));
        secret(&server.data, &["set", "--owner", "acme", "--purpose", "Package"], "token");
        server
    }
}

/// An upstream that has the package until it begins to fail.
fn upstream(fault: UpstreamFault, failing: &Arc<AtomicBool>) -> Upstream {
    let failing = Arc::clone(failing);
    Upstream::raw(move |head, stream| {
        if failing.load(Ordering::SeqCst) {
            return fault(stream);
        }
        let body = match head {
            head if head.contains("/v3-flatcontainer/") => r#"{"versions":["1.2.3"]}"#,
            head if head.contains("/orgs/") => r#"[{"id":1,"name":"1.2.3"}]"#,
            _ => r#"{"listed":true}"#,
        };
        send(stream, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    })
}

fn ask(server: &Server, row: &FaultRow, path: &str) -> support::Response {
    let asked = Instant::now();
    let response = server.get(path);
    assert!(asked.elapsed() < Duration::from_secs(4), "{}: {:?}", row.name, asked.elapsed());
    response
}

#[test]
fn without_a_last_good_badge_each_fault_has_its_words_in_time_and_few_calls() {
    for subject in [NUGET, GITHUB] {
        thread::scope(|scope| {
            for (index, row) in ROWS.iter().enumerate() {
                scope.spawn(move || {
                    let upstream = upstream(row.fault, &Arc::new(AtomicBool::new(true)));
                    let server = subject.serve(&format!("cold-{index}"), &upstream, "");
                    let response = ask(&server, row, &subject.picture());
                    let title = format!("<title>{}: {}</title>", subject.id, row.words);
                    assert!(response.status == 200 && response.body.contains(&title), "{}: {response:?}", row.name);
                    assert!(upstream.calls() <= row.calls, "{}: {} calls", row.name, upstream.calls());
                    let fresh = subject.serve(&format!("json-{index}"), &upstream, "");
                    let response = ask(&fresh, row, subject.badge);
                    assert_eq!(response.status, row.status, "{}: {response:?}", row.name);
                });
            }
        });
    }
}

#[test]
fn with_a_last_good_badge_each_fault_shows_it() {
    for subject in [NUGET, GITHUB] {
        thread::scope(|scope| {
            for (index, row) in ROWS.iter().enumerate() {
                scope.spawn(move || {
                    let failing = Arc::new(AtomicBool::new(false));
                    let upstream = upstream(row.fault, &failing);
                    let server = subject.serve(&format!("warm-{index}"), &upstream, "fresh-seconds = 1\n");
                    let good = format!("{}: 1.2.3", subject.id);
                    assert!(server.get(&subject.picture()).body.contains(&good), "{}", row.name);
                    thread::sleep(Duration::from_millis(1100));
                    failing.store(true, Ordering::SeqCst);
                    let before = upstream.calls();
                    // 404 is an answer and not a fault: the package is shown as not found.
                    let gone = format!("{}: package not found", subject.id);
                    let words = if row.name == "404" { gone } else { good };
                    for _ in 0..2 {
                        let response = ask(&server, row, &subject.picture());
                        assert!(response.body.contains(&words), "{}: {response:?}", row.name);
                    }
                    let calls = upstream.calls() - before;
                    assert!(calls <= 2 * row.calls, "{}: {calls} calls", row.name);
                });
            }
        });
    }
}

#[test]
fn the_last_good_badge_outlives_the_upstream_and_a_restart() {
    let failing = Arc::new(AtomicBool::new(false));
    let upstream = upstream(|_| false, &failing);
    let toml = nuget_toml(&upstream.url());
    let mut server = Server::start("restart", &toml);
    assert!(server.get(&NUGET.picture()).body.contains("nuget: 1.2.3"));
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    upstream.stop();
    let mut server = Server::start_with("restart", &toml, &[]);
    assert!(server.get(&NUGET.picture()).body.contains("nuget: 1.2.3"), "{}", server.log());
    // A crash does not lose an answer that has been stored for a while.
    server.kill();
    let server = Server::start_with("restart", &toml, &[]);
    assert!(server.get(&NUGET.picture()).body.contains("nuget: 1.2.3"), "{}", server.log());
}
