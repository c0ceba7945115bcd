//! The end of the process: one that nobody here decided is a failure.
//!
//! A native plugin can call the C library's `exit`, and whoever started the process would take the plugin's 0 for a
//! success. What ends without asking, such as `_exit` and signals, is out of reach.
#![allow(unsafe_code, reason = "the C library's functions are declared here")]

use std::{
    ffi::c_int,
    io::{IsTerminal, Write, stderr},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use badgesmith_provider::time;
use serde_json::json;

/// The status of a process that a plugin ended: an internal software error, as `sysexits.h` numbers them.
pub const STATUS: i32 = 70;
const WORDS: &str = "something called exit, a plugin most likely; the process ends as a failure";

/// Whether the process may end with the status it asks for.
static IS_OVER: AtomicBool = AtomicBool::new(false);

// SAFETY: the declarations are the C library's own. Both functions that take a hook may be called at any time, and the
// hook is there as long as the process; `_exit` ends the process and runs nothing before.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
    #[cfg(target_os = "linux")]
    safe fn at_quick_exit(hook: extern "C" fn()) -> c_int;
    safe fn _exit(status: c_int) -> !;
}

/// From now on the process ends as a failure, unless [`allow`] is called first. To be called before a plugin's code is
/// loaded, so that what the plugin wants done at the end is done before.
pub fn guard() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where there is no room for another hook, exit ends the process as it did before.
        let _ = atexit(ended);
        #[cfg(target_os = "linux")]
        let _ = at_quick_exit(ended);
    });
}

/// The process may end now, with whatever status.
pub fn allow() {
    IS_OVER.store(true, Ordering::Relaxed);
}

/// Runs on the thread that called `exit`, of which nothing is certain any more: the line is written without the log.
extern "C" fn ended() {
    if IS_OVER.load(Ordering::Relaxed) {
        return;
    }
    let mut stderr = stderr();
    let line = if stderr.is_terminal() { format!("ERROR badgesmith: {WORDS}") } else { line(SystemTime::now()) };
    let _ = writeln!(stderr, "{line}");
    _exit(STATUS)
}

fn line(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let timestamp = time::text(i64::try_from(since).unwrap_or_default());
    json!({ "timestamp": timestamp, "level": "ERROR", "message": WORDS, "target": "badgesmith" }).to_string()
}
