//! Which changes of a badge a subscription is told of.

use badgesmith_renderer::Color;
use serde::{Deserialize, Serialize};

use super::event::BadgeWords;

/// `only` of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Only {
    /// The words or the colour of the badge differ from before.
    Changes,
    /// The badge is failing now and was not before, or there was none.
    Failures,
    /// The badge was failing and is not any more.
    Recoveries,
}

impl Only {
    /// Whether an event with these badges is told.
    #[must_use]
    pub fn wants(self, before: Option<&BadgeWords>, after: Option<&BadgeWords>) -> bool {
        let (was_failing, is_failing) = (before.is_some_and(is_failing), after.is_some_and(is_failing));
        match self {
            Self::Changes => before != after,
            Self::Failures => is_failing && !was_failing,
            Self::Recoveries => was_failing && after.is_some() && !is_failing,
        }
    }
}

/// Whether a badge says that something fails: its colour is red, by whatever name or digits. The digits may be those of
/// today's red or of the classic one.
fn is_failing(badge: &BadgeWords) -> bool {
    let color = Color::parse(&badge.color).map(|color| color.rgb());
    color.is_some_and(|color| [Color::RED, Color::RED.classic()].iter().any(|red| red.rgb() == color))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(message: &str, color: &str) -> BadgeWords {
        BadgeWords { label: "tests".to_owned(), message: message.to_owned(), color: color.to_owned() }
    }

    #[test]
    fn red_fails_by_every_name_and_notation_and_no_other_colour_does() {
        for (color, fails) in [
            ("red", true),
            ("critical", true),
            ("#dd4343", true),
            ("DD4343", true),
            ("rgb(221, 67, 67)", true),
            ("#e05d44", true),
            ("orange", false),
            ("important", false),
            ("brightgreen", false),
            ("#000", false),
            ("", false),
            ("no color", false),
        ] {
            assert_eq!(is_failing(&badge("x", color)), fails, "{color}");
        }
    }

    #[test]
    fn a_first_failure_is_told_once_and_a_recovery_needs_a_failure() {
        let (green, red, worse) = (badge("ok", "green"), badge("1 failed", "red"), badge("2 failed", "critical"));
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
