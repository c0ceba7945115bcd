//! Requests a second for a cached badge, compared with a plain hyper server that returns the same bytes.
//!
//! Run with `cargo bench -p badgesmith`. The rounds alternate, and the ratio is that of the medians. Both servers have
//! one thread and log no answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper::{HeaderMap, Request, body::Incoming, header::HeaderName, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use support::{Server, Upstream, nuget_toml};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime,
};

const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

fn main() {
    let upstream = Upstream::start(|path| match path {
        "/v3-flatcontainer/newtonsoft.json/index.json" => (200, Vec::new(), br#"{"versions":["13.0.4"]}"#.to_vec()),
        _ => (200, Vec::new(), br#"{"listed":true}"#.to_vec()),
    });
    let toml = nuget_toml(&upstream.url()) + "fresh-seconds = 3600\n";
    let server = Server::start_with("bench", &toml, &["--log-level", "warn"]);
    for (name, path) in [
        ("a package's badge, SVG", "/badges/packages/nuget/Newtonsoft.Json.svg"),
        ("a package's badge, JSON", "/badges/packages/nuget/Newtonsoft.Json"),
        ("a static badge, SVG", "/badge/build-passing-brightgreen"),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200);
        let plain = plain(&response.head, response.body);
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (rates, address) in rates.iter_mut().zip([server.address, plain]) {
                rates.push(load(address, path));
            }
        }
        let [ours, hyper] = rates.map(median);
        println!("{name}: {ours:.0} requests/s, plain hyper {hyper:.0}, ratio {:.2}", ours / hyper);
    }
    drop(server);
    for lie in ["NO_JSON_STEP", "ENDLESS", "TRESPASSING", "SLEEPING"] {
        beside(lie, &toml);
    }
}

/// Requests a second for a good badge while another client requests badges of a faulty plugin, compared with the same
/// while that client requests static badges.
fn beside(lie: &str, toml: &str) {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{lie}.so"));
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", &format!("-DLIE={lie}"), "-I"])
        .arg(here.join("../../providers/sdk/include"))
        .arg(here.join("../../engine/tests/plugins/liar.c"))
        .arg("-o")
        .arg(&library)
        .status();
    assert!(built.unwrap().success());
    let toml = format!("{toml}[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
    let server = Server::start_with("bench", &toml, &["--log-level", "error"]);
    let path = "/badges/packages/nuget/Newtonsoft.Json.svg";
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (rates, asked) in rates.iter_mut().zip(["badge/hello-", "badges/liar/"]) {
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        assert_eq!(server.get(&format!("/{asked}{round}-{number}.svg")).status, 200);
                        thread::sleep(Duration::from_millis(20));
                    }
                });
                rates.push(load(server.address, path));
                stop.store(true, Ordering::Relaxed);
            });
        }
    }
    let [alone, beside] = rates.map(median);
    println!(
        "beside a plugin that lies ({lie}): {beside:.0} requests/s, beside a good one {alone:.0}, ratio {:.2}",
        beside / alone
    );
}

/// A single-threaded hyper server that answers every request with these bytes.
fn plain(head: &str, body: String) -> SocketAddr {
    let headers: HeaderMap = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["date", "connection", "content-length"].contains(name))
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    let answer = Arc::new((headers, Bytes::from(body)));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let answer = Arc::clone(&answer);
                let service = service_fn(move |_: Request<Incoming>| {
                    let mut response = hyper::Response::new(Full::new(answer.1.clone()));
                    *response.headers_mut() = answer.0.clone();
                    async move { Ok::<_, Infallible>(response) }
                });
                tokio::spawn(
                    http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
    address
}

/// Requests a second on keep-alive connections, with one request in flight on each.
fn load(address: SocketAddr, path: &str) -> f64 {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        let counts = join_all((0..CONNECTIONS).map(|_| async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut buffer = vec![0; 16 * 1024];
            stream.write_all(&request).await.unwrap();
            // All answers of one path have the same length, which the first one shows.
            let mut length = stream.read(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let head = text.find("\r\n\r\n").unwrap() + 4;
            let body: usize =
                text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            while length < head + body {
                length += stream.read(&mut buffer).await.unwrap();
            }
            let whole = head + body;
            let mut count = 1_u32;
            while started.elapsed() < ROUND {
                stream.write_all(&request).await.unwrap();
                stream.read_exact(&mut buffer[..whole]).await.unwrap();
                count += 1;
            }
            count
        }))
        .await;
        f64::from(counts.iter().sum::<u32>()) / started.elapsed().as_secs_f64()
    })
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
