//! An exit hook: if a plugin calls `exit`, the process ends with a failure status.
//!
//! A native plugin can call the C library's `exit`, and a status of 0 would look like a success of this process. Calls
//! of `_exit` and signals end the process without running hooks and cannot be caught.
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

use badgesmith_provider::Timestamp;
use serde_json::json;

/// The exit status after a plugin called `exit`: `EX_SOFTWARE` of `sysexits.h`.
pub const PLUGIN_EXIT_STATUS: i32 = 70;
const MESSAGE: &str = "something called exit, a plugin most likely; the process ends as a failure";

/// Whether the hook leaves the exit status as it is.
static IS_DISARMED: AtomicBool = AtomicBool::new(false);

// SAFETY: the declarations match the C library's. Both functions that take a hook may be called at any time, and the
// hook is a function of this process and never unloaded; `_exit` ends the process without running hooks.
unsafe extern "C" {
    safe fn atexit(hook: extern "C" fn()) -> c_int;
    #[cfg(target_os = "linux")]
    safe fn at_quick_exit(hook: extern "C" fn()) -> c_int;
    safe fn _exit(status: c_int) -> !;
}

/// Installs the hook. From now on `exit` ends the process as a failure, unless [`disarm`] was called.
///
/// Hooks run in reverse order, so this is called before plugins are loaded: the plugins' own hooks then run first.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // If the C library has no room for another hook, exit works as without one.
        let _ = atexit(on_exit);
        #[cfg(target_os = "linux")]
        let _ = at_quick_exit(on_exit);
    });
}

/// Disarms the hook: from now on the process may end with any status.
pub fn disarm() {
    IS_DISARMED.store(true, Ordering::Relaxed);
}

/// Runs on the thread that called `exit`. Its thread-local values may be gone, so it writes without the logger.
extern "C" fn on_exit() {
    if IS_DISARMED.load(Ordering::Relaxed) {
        return;
    }
    let mut stderr = stderr();
    let line = if stderr.is_terminal() { format!("ERROR badgesmith: {MESSAGE}") } else { json_line(SystemTime::now()) };
    let _ = writeln!(stderr, "{line}");
    _exit(PLUGIN_EXIT_STATUS)
}

fn json_line(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let timestamp = Timestamp::nearest(i64::try_from(since).unwrap_or_default()).to_string();
    json!({ "timestamp": timestamp, "level": "ERROR", "message": MESSAGE, "target": "badgesmith" }).to_string()
}
