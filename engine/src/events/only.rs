//! The changes of a badge for which a subscription receives events.

use serde::{Deserialize, Serialize};

use super::event::BadgeWords;

/// `only` of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// The text or the colour of the badge differs from before.
    Changes,
    /// The badge is failing now and was not before, or there was none.
    Failures,
    /// The badge was failing and is not failing any more.
    Recoveries,
}

impl Only {
    /// Whether an event with these badges is sent.
    #[must_use]
    pub fn wants(self, before: Option<&BadgeWords>, after: Option<&BadgeWords>) -> bool {
        let is_failing = |badge: Option<&BadgeWords>| badge.is_some_and(|badge| badge.is_failing);
        let (was_failing, is_failing) = (is_failing(before), is_failing(after));
        match self {
            Self::Changes => before != after,
            Self::Failures => is_failing && !was_failing,
            Self::Recoveries => was_failing && after.is_some() && !is_failing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(message: &str, color: &str) -> BadgeWords {
        BadgeWords {
            label: "tests".to_owned(),
            message: message.to_owned(),
            color: color.to_owned(),
            is_failing: color == "red",
        }
    }

    #[test]
    fn a_first_failure_is_told_once_and_a_recovery_needs_a_failure() {
        let (green, red, worse) = (badge("ok", "green"), badge("1 failed", "red"), badge("2 failed", "red"));
        let rows = [
            (None, None, [false, false, false]),
            (None, Some(&green), [true, false, false]),
            (None, Some(&red), [true, true, false]),
            (Some(&green), Some(&green), [false, false, false]),
            (Some(&green), Some(&red), [true, true, false]),
            (Some(&red), Some(&red), [false, false, false]),
            (Some(&red), Some(&worse), [true, false, false]),
            (Some(&red), Some(&green), [true, false, true]),
            (Some(&red), None, [true, false, false]),
        ];
        for (before, after, wanted) in rows {
            let told = [Only::Changes, Only::Failures, Only::Recoveries].map(|only| only.wants(before, after));
            assert_eq!(told, wanted, "{before:?} {after:?}");
        }
    }
}
