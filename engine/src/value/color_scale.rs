//! A badge's colour: fixed, by scale, by match, or by what a version looks like.

use std::collections::BTreeMap;

use badgesmith_renderer::Color;
use serde::Deserialize;

use super::value_format::Shown;

/// The colours of a stable version and of one that is not.
const STABLE: &str = "blue";
const UNSTABLE: &str = "orange";
/// What makes a version unstable wherever it stands as a word.
const PRERELEASES: [&str; 10] =
    ["alpha", "beta", "canary", "dev", "nightly", "pre", "preview", "prerelease", "rc", "snapshot"];

/// How the colour comes about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Paint {
    /// The manifest says it.
    Fixed,
    Version,
    Scale(Scale),
    Match(BTreeMap<String, ColorName>),
}

impl Paint {
    /// The colour, where it is not the manifest's.
    pub(crate) fn color(&self, shown: &Shown) -> Option<&str> {
        match self {
            Self::Fixed => None,
            Self::Version => Some(if is_stable(&shown.text) { STABLE } else { UNSTABLE }),
            Self::Scale(scale) => Some(scale.color(shown.number)),
            Self::Match(colors) => colors.get(&shown.text).map(|color| color.0.as_str()),
        }
    }
}

/// Not 0.x, and without a word for a prerelease in it: shields' rule.
fn is_stable(version: &str) -> bool {
    let is_prerelease = |word: &str| PRERELEASES.iter().any(|name| word.eq_ignore_ascii_case(name));
    !version.starts_with('0') && !version.split(|letter: char| !letter.is_ascii_alphabetic()).any(is_prerelease)
}

/// A colour that can be drawn, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ColorName(pub(crate) String);

impl TryFrom<String> for ColorName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if Color::parse(&text).is_some() {
            return Ok(Self(text));
        }
        Err(format!("{text:?} is no colour; write a name such as \"brightgreen\", or \"#4c1\""))
    }
}

/// Colours by number: the first up to the first step, the second from there on, and so forth.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Scale {
    first: ColorName,
    /// From which number on which colour holds, ascending.
    steps: Vec<(f64, ColorName)>,
}

/// A scale as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    steps: Vec<f64>,
    colors: Vec<ColorName>,
}

impl TryFrom<Written> for Scale {
    type Error = String;

    fn try_from(Written { steps, colors }: Written) -> Result<Self, String> {
        Self::new(steps, colors)
    }
}

impl Scale {
    /// A scale of these steps and colours.
    ///
    /// # Errors
    /// Steps that do not ascend, or another number of colours than one more.
    pub(crate) fn new(steps: Vec<f64>, colors: Vec<ColorName>) -> Result<Self, String> {
        if !steps.is_sorted_by(|a, b| a < b) || steps.iter().any(|step| step.is_nan()) {
            return Err("steps do not ascend; write the lowest first, each once".to_owned());
        }
        let (steps_len, colors_len) = (steps.len(), colors.len());
        let mut colors = colors.into_iter();
        match colors.next() {
            Some(first) if steps_len > 0 && colors_len == steps_len + 1 => {
                Ok(Self { first, steps: steps.into_iter().zip(colors).collect() })
            }
            _ => Err(format!(
                "{steps_len} steps and {colors_len} colors; write at least one step, and one color more than steps"
            )),
        }
    }

    fn color(&self, number: f64) -> &str {
        let reached = self.steps.iter().rev().find(|(step, _)| number >= *step);
        &reached.map_or(&self.first, |(_, color)| color).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_orange_until_it_is_stable() {
        let stable = ["1.0.0", "10.2", "2024.1.post1", "1:9.1-2", "3.0.0-1ubuntu2", "1.0-predator", "4.2.0.rch1"];
        let unstable = ["0.9.1", "0", "1.0.0-alpha", "1.0.0-RC.1", "2.0rc1", "1.0.0-beta2", "1.0-SNAPSHOT", "dev-main"];
        for version in stable {
            assert!(is_stable(version), "{version}");
        }
        for version in unstable {
            assert!(!is_stable(version), "{version}");
        }
    }

    #[test]
    fn a_step_begins_its_colour() {
        let color = |name: &str| ColorName(name.to_owned());
        let written = Written { steps: vec![50.0, 80.0], colors: vec![color("red"), color("yellow"), color("green")] };
        let scale = Scale::try_from(written).unwrap();
        let rows = [(-1.0, "red"), (49.9, "red"), (50.0, "yellow"), (79.9, "yellow"), (80.0, "green"), (1e9, "green")];
        for (number, name) in rows {
            assert_eq!(scale.color(number), name, "{number}");
        }
    }
}
