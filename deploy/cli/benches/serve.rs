//! Requests a second for a cached badge, compared with a plain hyper server that returns the same bytes.
//!
//! Run with `cargo bench -p badgesmith --bench serve`. The rounds alternate, and the ratio is that of the medians. Both
//! servers have one thread, and then two; they log no answers, and spread connections alike. The client has a thread of
//! its own, and as many as the servers with two.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../benchmarks/src/plain_server.rs"]
mod plain_server;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use support::{Server, Upstream, nuget_toml};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
};

const CONNECTIONS: usize = 32;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
/// How many threads both servers have.
const THREADS: [usize; 2] = [1, 2];

fn main() {
    let upstream = Upstream::start(|path| match path {
        "/v3-flatcontainer/newtonsoft.json/index.json" => (200, Vec::new(), br#"{"versions":["13.0.4"]}"#.to_vec()),
        _ => (200, Vec::new(), br#"{"listed":true}"#.to_vec()),
    });
    let toml = nuget_toml(&upstream.url()) + "fresh-seconds = 3600\n";
    for threads in THREADS {
        let server = Server::start_with("bench", &toml, &["--log-level", "warn", "--threads", &threads.to_string()]);
        for (name, path) in [
            ("a package's badge, SVG", "/badges/packages/nuget/Newtonsoft.Json.svg"),
            ("a package's badge, JSON", "/badges/packages/nuget/Newtonsoft.Json"),
            ("a package's badge, PNG", "/badges/packages/nuget/Newtonsoft.Json.png"),
            ("a static badge, SVG", "/badge/build-passing-brightgreen"),
        ] {
            let plain = plain_server::start(server.address, path, threads);
            let mut rates = [Vec::new(), Vec::new()];
            for _ in 0..ROUNDS {
                for (rates, address) in rates.iter_mut().zip([server.address, plain]) {
                    rates.push(load_on(threads, address, path));
                }
            }
            let [ours, hyper] = rates.map(median);
            let ratio = ours / hyper;
            println!("{name}, threads {threads}: {ours:.0} requests/s, plain hyper {hyper:.0}, ratio {ratio:.2}");
        }
    }
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
    let server = Server::start_with("bench", &toml, &["--log-level", "error", "--threads", "1"]);
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
                rates.push(load(CONNECTIONS, server.address, path));
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

/// Requests a second of so many clients, each with its share of the connections on a thread of its own.
fn load_on(threads: usize, address: SocketAddr, path: &str) -> f64 {
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| load(CONNECTIONS / threads, address, path))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    })
}

/// Requests a second on keep-alive connections, with one request in flight on each.
fn load(connections: usize, address: SocketAddr, path: &str) -> f64 {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        let counts = join_all((0..connections).map(|_| async {
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
