//! Calls into redb with its panics caught: on damaged bytes redb may panic, which becomes a [`StoreError`].

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
};

use super::store_error::StoreError;

thread_local! {
    /// Whether this thread is inside [`guard`], so that a panic becomes an error and is not logged by itself.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Installs a panic hook that stays silent for panics inside [`guard`]: their message is part of the error, which is
/// logged or shown. For any other panic it calls the hook that was installed before, which is the log's
/// ([`logs::log_panics`](crate::logs::log_panics)).
pub(super) fn silence_guarded_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                previous(panic);
            }
        }));
    });
}

/// Calls redb and turns a panic into [`StoreError::Damaged`].
///
/// After an error the database may be in an inconsistent state: it has to be opened again.
pub(super) fn guard<T, E: Into<StoreError>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, StoreError> {
    let was_guarded = IS_GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(was_guarded);
    match outcome {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(panic) => Err(StoreError::Damaged(format!("redb broke off: {}", message(&*panic)))),
    }
}

/// Drops a redb object and ignores a panic. Where redb panicked before, its locks are poisoned and dropping panics as
/// well, which says nothing new.
pub(super) fn drop_quietly<T>(value: T) {
    let _ = guard(|| {
        drop(value);
        Ok::<_, StoreError>(())
    });
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}
