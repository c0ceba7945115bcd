//! `badgesmith plugin`: a provider's way from an empty folder to a deployment.

mod check;
mod elf;
mod list;
mod new;
mod pack;
mod record;

use std::{io::Write, path::PathBuf, time::SystemTime};

use badgesmith_engine::store::{Entry, Ill, Recorded, Span, Store, Subject, Unavailable};
use badgesmith_provider::Record;
use bytes::Bytes;
use clap::{Args, Subcommand};
use futures_util::future::{BoxFuture, ready};

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Makes a folder with a small provider to begin from.
    New(new::New),
    /// Looks providers over: what a start would refuse, how they are built, what their transcripts say.
    Check(check::Check),
    /// Lists the configured plugins and what each may reach.
    List(Configured),
    /// Copies the configured plugins to a folder, with checksums and manifests: what is deployed.
    Pack(pack::Pack),
    /// Writes a transcript from a real call of a configured plugin.
    Record(record::Record),
}

/// Which plugins.toml.
#[derive(Args, Debug)]
pub(crate) struct Configured {
    /// The plugins and what they may reach; without it plugins.toml here or beside the binary.
    #[arg(long, env = "BADGESMITH_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Does it.
///
/// # Errors
/// What is refused, and what to write instead.
pub(crate) fn run(plugin: &Plugin) -> Result<(), String> {
    match plugin {
        Plugin::New(new) => new::run(new),
        Plugin::Check(check) => check::run(check),
        Plugin::List(configured) => list::run(configured),
        Plugin::Pack(pack) => pack::run(pack),
        Plugin::Record(record) => record::run(record),
    }
}

/// Writes to standard output.
fn say(words: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    out.write_all(words.as_bytes()).and_then(|()| out.flush()).map_err(|fault| format!("standard output: {fault}"))
}

/// A store that keeps nothing: a command ends before anything could be asked twice.
struct Nothing;

impl Store for Nothing {
    fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        Box::pin(ready(Ok(None)))
    }

    fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}

    fn record<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        Box::pin(ready(Err(Unavailable("a command records nothing".to_owned()))))
    }

    fn history<'a>(
        &'a self,
        _: &'a str,
        _: &'a Subject,
        _: Span,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        Box::pin(ready(Err(Unavailable("a command records nothing".to_owned()).into())))
    }
}
