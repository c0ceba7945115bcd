//! The time of a request with warm caches, without a socket: `cargo bench -p badgesmith-engine --bench respond`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use badgesmith_engine::Request;
use support::{TestServer, hello_toml};

const REQUESTS: u32 = 20_000;
const ROUNDS: usize = 11;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let server = TestServer::new(&(hello_toml() + "fresh-seconds = 3600\n"));
        server.upstream.set("https://example.com/world.txt", 200, &[], "13.0.4");
        for path in [
            "/badges/hello/world.svg",
            "/badges/hello/world",
            "/badge/build-passing-brightgreen",
            "/health",
            "/nothing",
        ] {
            let request = Request::get(path);
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                let started = Instant::now();
                for _ in 0..REQUESTS {
                    std::hint::black_box(server.send(&request).await);
                }
                rounds.push(started.elapsed() / REQUESTS);
            }
            rounds.sort();
            println!("{path}: {:?}", rounds[ROUNDS / 2]);
        }
    });
}
