//! `badgesmith export` and `badgesmith import`: move all results and states between stores, as JSON lines.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Write},
    time::SystemTime,
};

use badgesmith_aws::DynamoStore;
use badgesmith_engine::{store::Recorded, world::Store};
use badgesmith_host::{
    embedded,
    seal::{Purpose, SealError, SealedWriter, UnsealedReader, is_sealed_stream},
    transfer::{ExportError, ExportSummary, ExportedLine, ImportedLine, LONGEST_LINE},
};
use clap::Args;
use futures_util::stream::{self, StreamExt};

use crate::{
    command_error::{CommandError, ImportedLineError},
    dynamodb::client::aws,
    opened_store::StoreOption,
    output::print,
    runtime::block_on,
    seal::SealOption,
};

/// How many results are written to the store concurrently.
const CONCURRENT_WRITES: usize = 32;

/// What is exported, and how.
#[derive(Args, Debug)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    store: StoreOption,
    /// Seals the export with the first key; `badgesmith import` needs that key.
    #[arg(long)]
    seal: bool,
    #[command(flatten)]
    keys: SealOption,
}

/// Where an export is imported, and which keys open it if it is sealed.
#[derive(Args, Debug)]
pub(crate) struct ImportOptions {
    #[command(flatten)]
    store: StoreOption,
    #[command(flatten)]
    keys: SealOption,
}

/// Writes every result and state that is not expired to standard output, a line each. Secrets are not exported.
///
/// Damaged parts of the store are named on standard error and left out; the rest is written.
///
/// # Errors
/// The store cannot be read (the embedded store only while no server has it open), standard output cannot be written,
/// or a part of the store is damaged.
pub(crate) fn export(options: &ExportOptions) -> Result<(), CommandError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let exported = if options.seal {
        let sealer = options.keys.sealer()?;
        if !sealer.is_sealing() {
            return Err(CommandError::storage(SealError::NothingSeals));
        }
        block_on(async { sealer.fetch_new().await.map_err(CommandError::storage) })?;
        let mut sealed = SealedWriter::new(&sealer, Purpose::Export, out).map_err(CommandError::StandardOutput)?;
        let exported = export_to(&options.store, &mut sealed)?;
        sealed.finish().map_err(CommandError::StandardOutput)?;
        exported
    } else {
        let exported = export_to(&options.store, &mut out)?;
        out.flush().map_err(CommandError::StandardOutput)?;
        exported
    };
    if exported.damaged.is_empty() {
        return Ok(());
    }
    for words in &exported.damaged {
        // A closed standard error leaves no way to report this.
        let _ = writeln!(io::stderr(), "{words}");
    }
    Err(CommandError::StoreDamaged { written: exported.written, damaged: exported.damaged.len() })
}

/// Writes every line of a store.
fn export_to(store: &StoreOption, out: &mut impl Write) -> Result<ExportSummary, CommandError> {
    let mut each = |line| write(out, &line);
    if store.aws {
        let store = DynamoStore::new(aws(None));
        return block_on(async { store.export(SystemTime::now(), &mut each).await.map_err(failed) });
    }
    embedded::export(&store.data.directory, SystemTime::now(), &mut each).map_err(failed)
}

fn write(out: &mut impl Write, line: &ExportedLine) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(line)?)
}

/// Why an export ended.
fn failed<S: Error + Send + Sync + 'static>(error: ExportError<S>) -> CommandError {
    match error {
        ExportError::Store(error) => CommandError::storage(error),
        ExportError::Write(error) => CommandError::StandardOutput(error),
    }
}

/// Records exported results and states from standard input. Each expires at the same time as in its first store.
/// Results that are in the store already, and states that are not newer than the stored ones, change nothing. Expired
/// lines are skipped.
///
/// # Errors
/// A line is not an exported one, or the store cannot be written. The lines before it are recorded, and the same
/// lines may be imported again. A sealed export was changed or cut, or its key is not given.
pub(crate) fn import(options: &ImportOptions) -> Result<(), CommandError> {
    let opened = options.store.open()?;
    let counts = block_on(record_input(&*opened.store, &options.keys, BufReader::new(io::stdin())));
    drop(opened);
    let Imported { results, states } = counts?;
    let ImportCounts { new, duplicate, expired } = results;
    print(&format!("{new} results are new, {duplicate} were there already, {expired} are expired\n"))?;
    let ImportCounts { new, duplicate, expired } = states;
    if new + duplicate + expired == 0 {
        return Ok(());
    }
    print(&format!("{new} states are new, {duplicate} were there already, {expired} are expired\n"))
}

/// How many lines had each outcome.
#[derive(Debug, Default)]
struct ImportCounts {
    new: u64,
    duplicate: u64,
    expired: u64,
}

/// The counts of both kinds of lines.
#[derive(Debug, Default)]
struct Imported {
    results: ImportCounts,
    states: ImportCounts,
}

/// The outcome of a line.
struct Outcome {
    is_state: bool,
    /// Whether it is new; `None` if it is expired.
    is_new: Option<bool>,
}

/// Records the lines of an input. The input is sealed if its first line says so.
async fn record_input(store: &dyn Store, keys: &SealOption, mut input: impl BufRead) -> Result<Imported, CommandError> {
    let mut first = Vec::new();
    let read = input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut first);
    read.map_err(|fault| CommandError::ImportedLine { number: 1, cause: ImportedLineError::Unreadable(fault) })?;
    if !is_sealed_stream(&first) {
        return record_all(store, Cursor::new(first).chain(input)).await;
    }
    let sealer = keys.sealer()?;
    let unsealed = UnsealedReader::open(&sealer, Purpose::Export, &first, input).await;
    record_all(store, BufReader::new(unsealed.map_err(CommandError::storage)?)).await
}

async fn record_all(store: &dyn Store, input: impl BufRead) -> Result<Imported, CommandError> {
    let now = SystemTime::now();
    let lines = ExportedLines { input, number: 0 };
    let mut outcomes = stream::iter(lines)
        .map(|line| async move {
            let (number, line) = line?;
            let error = |cause| CommandError::ImportedLine { number, cause };
            let line = line.imported().map_err(|cause| error(ImportedLineError::Invalid(cause.into())))?;
            let is_state = matches!(line, ImportedLine::State { .. });
            if line.is_expired(now) {
                return Ok::<_, CommandError>(Outcome { is_state, is_new: None });
            }
            let written = match &line {
                ImportedLine::Result(entry) => store.record(entry).await.map(|recorded| recorded == Recorded::New),
                ImportedLine::State { state, written } => store.put_state(state, *written).await,
            };
            let is_new = written.map_err(|fault| error(ImportedLineError::StoreUnavailable(fault.0)))?;
            Ok(Outcome { is_state, is_new: Some(is_new) })
        })
        .buffer_unordered(CONCURRENT_WRITES);
    let mut imported = Imported::default();
    while let Some(outcome) = outcomes.next().await {
        let Outcome { is_state, is_new } = outcome?;
        let counts = if is_state { &mut imported.states } else { &mut imported.results };
        match is_new {
            Some(true) => counts.new += 1,
            Some(false) => counts.duplicate += 1,
            None => counts.expired += 1,
        }
    }
    Ok(imported)
}

/// The exported lines of an input, read line by line; empty lines are skipped.
struct ExportedLines<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Iterator for ExportedLines<R> {
    type Item = Result<(usize, ExportedLine), CommandError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.number += 1;
            let number = self.number;
            let mut text = Vec::new();
            let read = self.input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut text);
            let line = match read {
                Ok(0) => return None,
                Ok(length) if length > LONGEST_LINE => Err(ImportedLineError::TooLong),
                Ok(_) if text.trim_ascii().is_empty() => continue,
                Ok(_) => ExportedLine::parse(&text).map_err(ImportedLineError::Malformed),
                Err(fault) => Err(ImportedLineError::Unreadable(fault)),
            };
            return Some(match line {
                Ok(line) => Ok((number, line)),
                Err(cause) => Err(CommandError::ImportedLine { number, cause }),
            });
        }
    }
}
