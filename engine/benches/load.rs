//! The time to load a plugin: checksum, opening the library, parsing and checking the manifest.
//!
//! `cargo bench -p badgesmith-engine -- LIBRARY ORIGIN`, for example with
//! `target/release/deps/libbadgesmith_provider_nuget.so` and `https://api.nuget.org`. Without arguments the C provider
//! of the tests is loaded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use badgesmith_engine::{Config, plugins};

const ROUNDS: usize = 51;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let library = arguments.next().map_or_else(support::hello, PathBuf::from);
    let origin = arguments.next().unwrap_or_else(|| "https://example.com".to_owned());
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            // Opening a library that is open already only increments a reference count, so each round opens a copy.
            let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("copy-{round}.so"));
            std::fs::copy(&library, &copy).unwrap();
            let id = "copy";
            let toml = format!(
                "[[plugin]]\nid = {id:?}\nmount = \"/badges/copy\"\nlibrary = {copy:?}\norigins = [{origin:?}]\n"
            );
            let started = Instant::now();
            let config = Config::parse(&toml, Path::new("plugins.toml")).unwrap();
            let loaded = plugins::load(&config, &[]).unwrap();
            let took = started.elapsed();
            assert_eq!(loaded.len(), 1);
            std::fs::remove_file(copy).unwrap();
            took
        })
        .collect();
    times.sort();
    let [best, median] = [0, ROUNDS / 2].map(|index| times[index].as_secs_f64() * 1e6);
    println!("{}: best {best:.0} µs, median {median:.0} µs", library.display());
}
