//! How long it takes to load a plugin: its file read and compared, opened, its manifest read and checked.
//!
//! `cargo bench -p badgesmith-engine -- LIBRARY ORIGIN`, for example with `target/release/deps/libbadgesmith_provider_nuget.so`
//! and `https://api.nuget.org`; without them the tests' C provider is loaded.
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
            // A library that is open already would be counted once more and not opened again.
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
