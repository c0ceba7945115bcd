//! Export of all results and states of a data directory, also from a damaged file. Nothing is ever written to the file.

use std::{io, path::Path, time::SystemTime};

use badgesmith_engine::{
    Settings,
    store::{state_subject_of, subject_of},
};
use redb::TableError;

use super::{
    checksummed::FOREVER,
    panic_guard::{drop_quietly, guard, silence_guarded_panics},
    records::parse,
    rows::{RESULTS, RowKey, RowKind, RowTable},
    states,
    store_error::StoreError,
    store_file::{ReadOnlyStore, StoreFile, StoreRefusal},
};
use crate::{
    transfer::{ExportError, ExportSummary, ExportedLine},
    unix_time::unix_seconds,
};

/// Hands every result and then every state that has not expired at `now` to `each`, in key order, and reports which
/// ones are damaged. Rows of the table of events are not exported: they are the events that this deployment has not
/// sent yet.
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
    let mut export = Export { now: unix_seconds(now), each, summary: ExportSummary::default() };
    let mut run = || {
        let results = guard(|| Ok::<_, redb::Error>(store.begin_read()?.open_table(RESULTS)?)).map_err(refuse)?;
        export.rows(&results, result_line)?;
        let Some(table) = RowKind::State.table() else { return Ok(()) };
        match guard(|| open_if_there(&store, table)).map_err(refuse)? {
            Some(states) => export.rows(&states, state_line),
            None => Ok(()),
        }
    };
    let exported = run().map(|()| export.summary);
    // Nothing was written, so a panic while it is closed loses nothing.
    drop_quietly(store);
    exported
}

type Rows = redb::ReadOnlyTable<RowKey<'static>, &'static [u8]>;

/// A table, which a store of an earlier version need not have.
fn open_if_there(store: &ReadOnlyStore, table: RowTable) -> Result<Option<Rows>, redb::Error> {
    match store.begin_read()?.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        table => Ok(Some(table?)),
    }
}

/// A row that could not be read.
struct DamagedRow(String);

/// Makes a line of a row; `None` if it has expired at the time in seconds.
type MakeLine = fn(RowKey<'_>, &[u8], u64) -> Result<Option<ExportedLine>, DamagedRow>;

/// An export in progress.
struct Export<'a> {
    now: u64,
    each: &'a mut dyn FnMut(ExportedLine) -> io::Result<()>,
    summary: ExportSummary,
}

impl Export<'_> {
    /// Reads forwards. If a part of the file cannot be read, the rows after it are read backwards from the end.
    fn rows(&mut self, rows: &Rows, line: MakeLine) -> Result<(), ExportError<StoreRefusal>> {
        let mut last = None;
        let outcome = walk(rows, Direction::Forwards, &mut |key, value| {
            last = Some((key.0.to_owned(), key.1.to_owned()));
            self.emit(line(key, value, self.now))?;
            Ok(true)
        })?;
        let Err(error) = outcome else { return Ok(()) };
        let mut behind = Vec::new();
        let mut first = None;
        let _ = walk(rows, Direction::Backwards, &mut |key, value| {
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
        Ok(())
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
fn walk(table: &Rows, direction: Direction, visit: &mut RowVisitor<'_>) -> io::Result<Result<(), StoreError>> {
    let mut rows = match guard(|| table.range::<RowKey<'_>>(..).map_err(redb::Error::from)) {
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

/// A result as an exported line.
fn result_line(key: RowKey<'_>, value: &[u8], now: u64) -> Result<Option<ExportedLine>, DamagedRow> {
    let (Some((expires, record)), Some((collection, subject))) = (parse(key, value), subject_of(key.0, key.1)) else {
        return Err(DamagedRow(format!("the result at {:?} {:?} is damaged", key.0, key.1)));
    };
    Ok((expires > now).then(|| ExportedLine::result(collection, &subject, record, expires)))
}

/// A state as an exported line.
fn state_line(key: RowKey<'_>, value: &[u8], now: u64) -> Result<Option<ExportedLine>, DamagedRow> {
    let (state, names) = (states::parse(key, value), state_subject_of(key.0, key.1));
    let (Some((expires, state)), Some((collection, subject))) = (state, names) else {
        return Err(DamagedRow(format!("the state at {:?} {:?} is damaged", key.0, key.1)));
    };
    let until = Some(expires).filter(|expires| *expires < FOREVER);
    Ok((expires > now).then(|| ExportedLine::state(collection, &subject, state, until)))
}
