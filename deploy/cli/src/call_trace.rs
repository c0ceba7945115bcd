//! Traces of calls, as lines of text without secrets: for `badgesmith plugin try`, and for the log of a server at the
//! level `debug`.

mod ask_lines;
mod step_lines;
mod trace;
mod traced_code;
mod watched;

pub(crate) use self::{
    trace::{LineSink, Trace},
    traced_code::{StepNames, TracedCode},
    watched::{Watch, WatchedSecrets, WatchedUpstream},
};
