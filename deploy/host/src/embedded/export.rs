//! Export of all results of a data directory, also from a damaged file. Nothing is ever written to the file.

use std::{io, path::Path, time::SystemTime};

use badgesmith_engine::{Settings, store::subject_of};

use super::{
    panic_guard::{drop_quietly, guard, silence_guarded_panics},
    records::parse,
    rows::{RESULTS, RowKey},
    store_error::StoreError,
    store_file::{StoreFile, StoreRefusal},
};
use crate::{
    transfer::{ExportError, ExportSummary, ExportedLine},
    unix_time::unix_seconds,
};

/// Hands every result that has not expired at `now` to `each`, in key order, and reports which ones are damaged.
///
/// # Errors
/// There is no store, a server has it open, none of it can be read, or the first error of `each`.
pub fn export(
    directory: &Path,
    now: SystemTime,
    each: &mut dyn FnMut(ExportedLine) -> io::Result<()>,
) -> Result<ExportSummary, ExportError<StoreRefusal>> {
    silence_guarded_panics();
    let memory = usize::try_from(Settings::default().store_bytes()).unwrap_or(usize::MAX);
    let file = StoreFile::new(directory, memory);
    let refuse = |error| ExportError::Store(file.refusal(error));
    let store = file.open_read_only().map_err(refuse)?;
    let open_table = || Ok::<_, redb::Error>(store.begin_read()?.open_table(RESULTS)?);
    let exported = match guard(open_table) {
        Ok(table) => Export { now: unix_seconds(now), each, summary: ExportSummary::default() }.run(&table),
        Err(error) => Err(refuse(error)),
    };
    // Nothing was written, so a panic while it is closed loses nothing.
    drop_quietly(store);
    exported
}

type Results = redb::ReadOnlyTable<RowKey<'static>, &'static [u8]>;

/// A row that could not be read as a result.
struct DamagedRow(String);

/// An export in progress.
struct Export<'a> {
    now: u64,
    each: &'a mut dyn FnMut(ExportedLine) -> io::Result<()>,
    summary: ExportSummary,
}

impl Export<'_> {
    /// Reads forwards. Where the file cannot be read any further, the results behind that place are read backwards.
    fn run(mut self, results: &Results) -> Result<ExportSummary, ExportError<StoreRefusal>> {
        let mut last = None;
        let outcome = walk(results, Direction::Forwards, &mut |key, value| {
            last = Some((key.0.to_owned(), key.1.to_owned()));
            self.emit(line(key, value, self.now))?;
            Ok(true)
        })?;
        let Err(error) = outcome else { return Ok(self.summary) };
        let mut behind = Vec::new();
        let mut first = None;
        let _ = walk(results, Direction::Backwards, &mut |key, value| {
            let is_new = last.as_ref().is_none_or(|(partition, sort)| key > (&**partition, &**sort));
            if is_new {
                first = Some(format!("{:?} {:?}", key.0, key.1));
                behind.push(line(key, value, self.now));
            }
            Ok(is_new)
        })?;
        let before =
            last.map_or_else(|| "the first one".to_owned(), |(partition, key)| format!("{partition:?} {key:?}"));
        let after = first.unwrap_or_else(|| "the last one".to_owned());
        self.summary.damaged.push(format!("{error}: what lies between {before} and {after} cannot be read"));
        for line in behind.into_iter().rev() {
            self.emit(line)?;
        }
        Ok(self.summary)
    }

    fn emit(&mut self, line: Result<Option<ExportedLine>, DamagedRow>) -> io::Result<()> {
        match line {
            Ok(Some(line)) => {
                self.summary.written += 1;
                (self.each)(line)?;
            }
            Ok(None) => {}
            Err(DamagedRow(description)) => self.summary.damaged.push(description),
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Forwards,
    Backwards,
}

/// Receives a row's key and value and returns whether it wants more.
type RowVisitor<'a> = dyn FnMut(RowKey<'_>, &[u8]) -> io::Result<bool> + 'a;

/// Shows the rows to `visit` until it wants no more; the inner error is the one that ended the reading.
fn walk(results: &Results, direction: Direction, visit: &mut RowVisitor<'_>) -> io::Result<Result<(), StoreError>> {
    let mut rows = match guard(|| results.range::<RowKey<'_>>(..).map_err(redb::Error::from)) {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    loop {
        let next = || {
            let row = if direction == Direction::Backwards { rows.next_back() } else { rows.next() };
            row.transpose().map_err(redb::Error::from)
        };
        match guard(next) {
            Ok(Some((key, value))) => {
                if !visit(key.value(), value.value())? {
                    return Ok(Ok(()));
                }
            }
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// A row as an exported line; `None` if it has expired.
fn line(key: RowKey<'_>, value: &[u8], now: u64) -> Result<Option<ExportedLine>, DamagedRow> {
    let (Some((expires, record)), Some((collection, subject))) = (parse(key, value), subject_of(key.0, key.1)) else {
        return Err(DamagedRow(format!("the result at {:?} {:?} is damaged", key.0, key.1)));
    };
    Ok((expires > now).then(|| ExportedLine::new(collection, &subject, record, expires)))
}
