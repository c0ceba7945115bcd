//! `badgesmith export` and `badgesmith import`: all results as JSON lines, out of one store and into another.

use std::{
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    sync::Arc,
    time::SystemTime,
};

use badgesmith_engine::{
    store::{RESULT_LIFE, Recorded},
    world::Store,
};
use badgesmith_host::{
    aws::DynamoStore,
    embedded::{self, EmbeddedStore},
    transfer::{LONGEST_LINE, Line},
};
use clap::Args;
use futures_util::stream::{self, StreamExt};

use crate::{
    dynamodb::client::{aws, wait},
    serve::Data,
};

/// How many results are on their way into the store at once.
const AT_ONCE: usize = 32;

/// Which store.
#[derive(Args, Debug)]
pub(crate) struct Transfer {
    #[command(flatten)]
    data: Data,
    /// DynamoDB, in the place of the data directory.
    #[arg(long)]
    aws: bool,
}

/// Writes every result that is not expired to standard output, a line each. Secrets stay where they are.
///
/// What is damaged is named on standard error and left out; the rest is written all the same.
///
/// # Errors
/// The store cannot be read (the embedded one only while no server has it open), standard output not written, or
/// something was damaged.
pub(crate) fn export(transfer: &Transfer) -> Result<(), String> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = |fault: io::Error| format!("standard output: {fault}");
    let exported = if transfer.aws {
        let store = DynamoStore::new(aws(None));
        wait(store.export(SystemTime::now(), &mut |line| write(&mut out, &line)))?
    } else {
        embedded::export(&transfer.data.directory, SystemTime::now(), &mut |line| write(&mut out, &line))?
    };
    out.flush().map_err(written)?;
    if exported.damaged.is_empty() {
        return Ok(());
    }
    for words in &exported.damaged {
        // Nobody is left to tell if standard error is closed.
        let _ = writeln!(io::stderr(), "{words}");
    }
    let (written, damaged) = (exported.written, exported.damaged.len());
    Err(format!("{written} results were written; {damaged} places of the store, named above, could not be read"))
}

fn write(out: &mut impl Write, line: &Line) -> Result<(), String> {
    let json = serde_json::to_string(line).map_err(|fault| fault.to_string())?;
    writeln!(out, "{json}").map_err(|fault| format!("standard output: {fault}"))
}

/// Records what export wrote, with the lifetimes it had. What is there already stays; what is expired does not come back.
///
/// # Errors
/// The first line that is none, or a store that cannot be written; what came before it is recorded, and the same lines
/// may be imported again.
pub(crate) fn import(transfer: &Transfer) -> Result<(), String> {
    let (store, embedded): (Arc<dyn Store>, _) = if transfer.aws {
        (Arc::new(DynamoStore::new(aws(None))), None)
    } else {
        let store = Arc::new(EmbeddedStore::open(&transfer.data.directory)?);
        (Arc::clone(&store) as Arc<dyn Store>, Some(store))
    };
    let counts = wait(record_all(&*store, BufReader::new(io::stdin())));
    if let Some(embedded) = embedded {
        embedded.close();
    }
    let Counts { new, there, expired } = counts?;
    let said = format!("{new} results are new, {there} were there already, {expired} are expired\n");
    io::stdout().write_all(said.as_bytes()).map_err(|fault| format!("standard output: {fault}"))
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Counts {
    new: u64,
    there: u64,
    expired: u64,
}

async fn record_all(store: &dyn Store, input: impl BufRead) -> Result<Counts, String> {
    let now = SystemTime::now();
    let lines = Lines { input, number: 0 };
    let mut outcomes = stream::iter(lines)
        .map(|line| async move {
            let (number, line) = line?;
            let entry = line.entry().map_err(|words| format!("line {number}: {words}"))?;
            if entry.arrived + RESULT_LIFE <= now {
                return Ok(None);
            }
            let recorded = store.record(&entry).await;
            recorded.map(Some).map_err(|fault| format!("line {number}: the store does not answer: {}", fault.0))
        })
        .buffer_unordered(AT_ONCE);
    let mut counts = Counts::default();
    while let Some(outcome) = outcomes.next().await {
        match outcome? {
            Some(Recorded::New) => counts.new += 1,
            Some(Recorded::Duplicate | Recorded::NonceUsed) => counts.there += 1,
            None => counts.expired += 1,
        }
    }
    Ok(counts)
}

/// The lines of an input, read one by one; empty ones are passed over.
struct Lines<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(usize, Line), String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            let number = self.number;
            let mut text = Vec::new();
            let read = self.input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut text);
            return match read {
                Err(fault) => Some(Err(format!("line {number}: {fault}"))),
                Ok(0) => None,
                Ok(length) if length > LONGEST_LINE => Some(Err(format!("line {number} is longer than 1 MiB"))),
                Ok(_) if text.trim_ascii().is_empty() => continue,
                Ok(_) => Some(match serde_json::from_slice(&text) {
                    Ok(line) => Ok((number, line)),
                    Err(fault) => Err(format!("line {number} is no exported result: {fault}")),
                }),
            };
        }
    }
}
