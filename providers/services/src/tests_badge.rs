//! The badge of test results, as shields writes it.

use badgesmith_provider::{Badge, Call};

/// The numbers of tests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TestCounts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    pub(crate) total: u64,
}

impl TestCounts {
    /// The badge, in the words that the caller chose by `passed_label`, `failed_label`, `skipped_label` and
    /// `compact_message`.
    pub(crate) fn badge(self, call: &Call) -> Badge {
        Badge::new(self.message(call)).color(self.color())
    }

    fn message(self, call: &Call) -> String {
        if self.total == 0 {
            return "no tests".to_owned();
        }
        let is_compact = call.flag("compact_message");
        let word = |parameter: &str, compact: &str, word: &str| {
            let own = call.query(parameter).map(str::to_owned);
            own.unwrap_or_else(|| if is_compact { compact } else { word }.to_owned())
        };
        let counts = [
            (self.passed, word("passed_label", "✔", "passed")),
            (self.failed, word("failed_label", "✘", "failed")),
            (self.skipped, word("skipped_label", "➟", "skipped")),
        ];
        let shown = counts.into_iter().enumerate().filter(|(index, (count, _))| *index == 0 || *count > 0);
        let texts = shown.map(
            |(_, (count, word))| {
                if is_compact { format!("{word} {count}") } else { format!("{count} {word}") }
            },
        );
        texts.collect::<Vec<_>>().join(if is_compact { " | " } else { ", " })
    }

    const fn color(self) -> &'static str {
        match self {
            Self { total: 0, .. } => "yellow",
            Self { failed: 1.., .. } => "red",
            Self { skipped: 1.., passed: 1.., .. } => "green",
            Self { skipped: 1.., .. } => "yellow",
            Self { .. } => "brightgreen",
        }
    }
}
