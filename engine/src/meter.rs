//! What happens on the way of a request, said to whoever counts it.

use std::time::Duration;

use crate::response::Response;

/// Who counts what happens. It is told on the way of a request, so it waits for nothing.
pub trait Meter: Send + Sync {
    /// Takes note of something that happened.
    fn note(&self, event: &Event<'_>);
}

/// Nobody counts.
impl Meter for () {
    fn note(&self, _: &Event<'_>) {}
}

/// Something that happened. Its texts are words of ours, ids of plugins.toml and templates of manifests, never what a
/// caller sent, so that there are only so many of them.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request was answered; the response's [`Line`](crate::Line) says how. Whoever sends the answer says so, because
    /// the door answers some requests without the engine.
    Answered {
        /// The answer.
        response: &'a Response,
        /// How long it took, all in all.
        took: Duration,
    },
    /// A plugin's step came back, or was given up.
    Stepped {
        /// The plugin.
        plugin: &'a str,
        /// `done`, `broken` or `overdue`.
        outcome: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// A provider's request was answered, whether or not an upstream was called for it.
    Supplied {
        /// The plugin.
        plugin: &'a str,
        /// `kept`, `asked`, `stale`, or `none` where there was no answer.
        from: &'static str,
    },
    /// An upstream was called; each try counts.
    Called {
        /// The plugin whose provider asked first.
        plugin: &'a str,
        /// `answered`, `not_modified`, `missing` or `refused`; or a fault: `failed` (5xx), `rate_limited`,
        /// `unreachable`, `timeout`, `too_large`, `nonsense`.
        outcome: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// An upstream of a plugin is left alone from now on, for a minute.
    Opened {
        /// The plugin whose request was one fault too many.
        plugin: &'a str,
    },
    /// A report was accepted or refused.
    Reported {
        /// The plugin.
        plugin: &'a str,
        /// `ACCEPTED`, or the code of the refusal. A code may be the provider's own.
        outcome: &'a str,
    },
}
