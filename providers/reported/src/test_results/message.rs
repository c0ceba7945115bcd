//! Turns counts into the message and colour of a badge.

use badgesmith_provider::{Badge, Call};

use super::counts::Counts;

/// How counts are written, according to the query parameters.
pub(crate) struct Wording<'a> {
    passed: &'a str,
    failed: &'a str,
    skipped: &'a str,
    /// Whether symbols replace words: `✔ 190 | ✘ 2`.
    is_compact: bool,
    shows_skipped: bool,
}

impl<'a> Wording<'a> {
    /// The wording that the query parameters of a call choose.
    pub(crate) fn of(call: &'a Call) -> Self {
        let is_compact = call.flag("compact");
        let word = |name, symbol, word| {
            call.query(name).filter(|label| !label.is_empty()).unwrap_or(if is_compact { symbol } else { word })
        };
        Self {
            passed: word("passed_label", "✔", "passed"),
            failed: word("failed_label", "✘", "failed"),
            skipped: word("skipped_label", "➟", "skipped"),
            is_compact,
            shows_skipped: call.flag("skipped"),
        }
    }

    /// The badge that shows these counts.
    pub(crate) fn badge(&self, counts: Counts) -> Badge {
        let Counts { passed, failed, skipped } = counts;
        let mut parts = Vec::new();
        if passed > 0 && failed <= passed {
            parts.push(self.part(passed, self.passed));
        }
        if failed > 0 {
            parts.push(self.part(failed, self.failed));
        }
        if parts.is_empty() {
            parts.push("no tests".to_owned());
        }
        if self.shows_skipped {
            parts.push(self.part(skipped, self.skipped));
        }
        Badge::new(parts.join(if self.is_compact { " | " } else { ", " })).color(color(counts))
    }

    fn part(&self, count: u64, word: &str) -> String {
        if self.is_compact { format!("{word} {count}") } else { format!("{count} {word}") }
    }
}

/// The badge of a commit for which parts are still missing: it shows how many parts have reported. Its color shows
/// whether tests of these failed; otherwise it is neutral, as tests of other parts may still fail.
pub(crate) fn unfinished(progress: String, counts: Counts) -> Badge {
    Badge::new(progress).color(if counts.failed > 0 { color(counts) } else { "lightgrey" })
}

fn color(counts: Counts) -> &'static str {
    match (counts.passed, counts.failed) {
        (0, 0) => "lightgrey",
        (_, 0) => "brightgreen",
        (passed, failed) if failed > passed => "red",
        _ => "yellow",
    }
}
