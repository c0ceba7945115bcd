//! Why the store cannot do something, and redb called so that its panics are faults too.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    io::{self, ErrorKind},
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
};

use badgesmith_engine::store::Unavailable;

/// Why the store cannot do something. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no room for what is to be written.
    Full(String),
    /// The file is not what was written.
    Damaged(String),
    /// One value is not what was written; the words name its key.
    Value(String),
    /// Another process has the file open.
    Taken,
    /// The file is no longer where it was opened, or another one is there.
    Gone,
    /// Anything else.
    Failed(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(words) => write!(f, "there is no room: {words}"),
            Self::Damaged(words) => write!(f, "the file is damaged: {words}"),
            Self::Value(words) => write!(f, "a value is damaged: {words}"),
            Self::Taken => f.write_str("another process has the file open"),
            Self::Gone => f.write_str("the file was removed or replaced while it was open"),
            Self::Failed(words) => f.write_str(words),
        }
    }
}

impl From<redb::Error> for Fault {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(fault) => fault.into(),
            redb::Error::Corrupted(words) => Self::Damaged(words),
            redb::Error::DatabaseAlreadyOpen => Self::Taken,
            // A table that another program made, or a format this version does not read.
            error @ (redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_)) => Self::Damaged(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(fault: io::Error) -> Self {
        match fault.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full(fault.to_string())
            }
            // The file ends before a page that it should have, or is none of redb's.
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Self::Damaged(fault.to_string()),
            _ => Self::Failed(fault.to_string()),
        }
    }
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

thread_local! {
    /// Whether this thread is calling redb, so that a panic becomes a fault and is not logged by itself.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics that [`guard`] catches silent: their message is in the fault, which is logged or shown. For any other
/// panic the hook that was set before is called, which is the log's ([`logs::log_panics`](crate::logs::log_panics)).
pub(super) fn silence_guarded() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                told(panic);
            }
        }));
    });
}

/// Calls redb. Damaged bytes may make it panic, which is a fault like any other.
///
/// What it was called on may be in no good state afterwards: the database has to be opened again.
pub(super) fn guard<T, E: Into<Fault>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    let before = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(before);
    match outcome {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(panic) => Err(Fault::Damaged(format!("redb broke off: {}", words(&*panic)))),
    }
}

/// Drops what redb made. Where redb panicked before, its locks are poisoned and dropping panics as well; that says
/// nothing that is not known already.
pub(super) fn let_go<T>(value: T) {
    let _ = guard(|| {
        drop(value);
        Ok::<_, Fault>(())
    });
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
