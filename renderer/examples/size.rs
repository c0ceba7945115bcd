//! A program that draws a badge in every format that is compiled in: what it grows by with a feature is the feature's cost in bytes.
//!
//! `cargo build --release -p badgesmith-renderer --example size --no-default-features --features faces`, then
//! `stat -c %s target/release/examples/size`.

use std::io::{Write, stdout};

use badgesmith_renderer::{ResolvedBadge, json, svg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).take(2).collect();
    let [label, message] = words.as_slice() else { return Err("two words, please".into()) };
    let badge = ResolvedBadge { outline: true, ..ResolvedBadge::new(label, message) };
    stdout().write_all(svg(&badge).as_bytes())?;
    stdout().write_all(json(&badge, false).as_bytes())?;
    #[cfg(feature = "png")]
    stdout().write_all(&badgesmith_renderer::png(&badge, badgesmith_renderer::Scale::TWO)?)?;
    Ok(())
}
