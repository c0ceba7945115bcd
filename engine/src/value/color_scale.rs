//! The color of a value: fixed, by a scale of numbers, by text, or by whether a version is stable.

use std::{collections::BTreeMap, error::Error, fmt};

use badgesmith_provider::color;
use badgesmith_renderer::Color;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::value_format::ShownValue;

/// The rule for the color of a badge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ColorRule {
    /// The color does not depend on the value: it is the manifest's, or the default.
    Fixed,
    Version,
    /// The format chooses the color for each value.
    Format,
    Scale(ColorScale),
    Match(BTreeMap<String, ColorName>),
}

impl ColorRule {
    /// The color of a value; `None` if the rule has none for it.
    pub(crate) fn color(&self, shown: &ShownValue) -> Option<&str> {
        match self {
            Self::Fixed => None,
            Self::Version => Some(color::version(&shown.text)),
            Self::Format => shown.color,
            Self::Scale(scale) => Some(scale.color(shown.number)),
            Self::Match(colors) => colors.get(&shown.text).map(|color| color.0.as_str()).or(shown.color),
        }
    }
}

/// The name of a color that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ColorName(pub(crate) String);

impl TryFrom<String> for ColorName {
    type Error = UnknownColor;

    fn try_from(text: String) -> Result<Self, UnknownColor> {
        if Color::parse(&text).is_some() { Ok(Self(text)) } else { Err(UnknownColor(text)) }
    }
}

/// A text that is not a color.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownColor(String);

impl fmt::Display for UnknownColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no colour; write a name such as \"brightgreen\", or \"#4c1\"", self.0)
    }
}

impl Error for UnknownColor {}

/// Colors of numbers: the first color is for numbers below the first step, the second from the first step on, and so
/// forth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColorScale {
    first: ColorName,
    /// The steps in ascending order, each with the color from that number on.
    steps: Vec<(f64, ColorName)>,
}

/// A scale as it is written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ColorScaleTable {
    steps: Vec<f64>,
    colors: Vec<ColorName>,
}

/// Shields' scales by their names in TOML: steps, and colors.
const NAMED: [(&str, &[f64], &[&str]); 4] = [
    ("downloads", &[f64::MIN_POSITIVE, 10.0, 100.0, 1000.0], FLOOR_COLORS),
    ("coverage", &[f64::MIN_POSITIVE, 80.0, 90.0, 100.0], FLOOR_COLORS),
    ("rating", &[f64::MIN_POSITIVE, 2.0, 3.0, 4.0], FLOOR_COLORS),
    // In days.
    ("age", &[7.0, 30.0, 180.0, 365.0, 730.0], &["brightgreen", "green", "yellowgreen", "yellow", "orange", "red"]),
];
const FLOOR_COLORS: &[&str] = &["red", "yellow", "yellowgreen", "green", "brightgreen"];

impl<'de> Deserialize<'de> for ColorScale {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = ColorScale;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scale such as { steps = [50], colors = [\"red\", \"green\"] }, or the name of one")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ColorScale, E> {
                ColorScale::named(name).ok_or_else(|| E::custom(ColorScaleError::Unknown(name.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColorScale, A::Error> {
                let ColorScaleTable { steps, colors } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                ColorScale::new(steps, colors).map_err(de::Error::custom)
            }
        }

        reader.deserialize_any(NameOrTable)
    }
}

impl ColorScale {
    /// A scale of these steps and colors.
    ///
    /// # Errors
    /// [`ColorScaleError`].
    pub(crate) fn new(steps: Vec<f64>, colors: Vec<ColorName>) -> Result<Self, ColorScaleError> {
        if !steps.is_sorted_by(|a, b| a < b) || steps.iter().any(|step| step.is_nan()) {
            return Err(ColorScaleError::NotAscending);
        }
        let mismatch = ColorScaleError::Mismatch { steps: steps.len(), colors: colors.len() };
        if steps.is_empty() || colors.len() != steps.len() + 1 {
            return Err(mismatch);
        }
        let mut colors = colors.into_iter();
        let first = colors.next().ok_or(mismatch)?;
        Ok(Self { first, steps: steps.into_iter().zip(colors).collect() })
    }

    /// One of shields' scales.
    fn named(name: &str) -> Option<Self> {
        let (_, steps, colors) = NAMED.into_iter().find(|(named, ..)| *named == name)?;
        Self::new(steps.to_vec(), colors.iter().map(|color| ColorName((*color).to_owned())).collect()).ok()
    }

    fn color(&self, number: f64) -> &str {
        let reached = self.steps.iter().rev().find(|(step, _)| number >= *step);
        &reached.map_or(&self.first, |(_, color)| color).0
    }
}

/// Why steps and colors are not a scale, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColorScaleError {
    /// The steps do not ascend.
    NotAscending,
    /// There is no step, or not one color more than steps.
    Mismatch {
        /// How many steps there are.
        steps: usize,
        /// How many colors there are.
        colors: usize,
    },
    /// No scale has this name.
    Unknown(String),
}

impl fmt::Display for ColorScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAscending => f.write_str("steps do not ascend; write the lowest first, each once"),
            Self::Mismatch { steps, colors } => {
                write!(f, "{steps} steps and {colors} colors; write at least one step, and one color more than steps")
            }
            Self::Unknown(name) => {
                let names = NAMED.map(|(name, ..)| format!("{name:?}")).join(", ");
                write!(f, "no scale is called {name:?}; write {names}, or a table")
            }
        }
    }
}

impl Error for ColorScaleError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_begins_its_colour() {
        let colors = ["red", "yellow", "green"].map(|name| ColorName(name.to_owned()));
        let scale = ColorScale::new(vec![50.0, 80.0], colors.to_vec()).unwrap();
        let rows = [(-1.0, "red"), (49.9, "red"), (50.0, "yellow"), (79.9, "yellow"), (80.0, "green"), (1e9, "green")];
        for (number, name) in rows {
            assert_eq!(scale.color(number), name, "{number}");
        }
    }

    #[test]
    fn what_the_sdk_calls_a_color_can_be_drawn() {
        use badgesmith_provider::color::{color_names, is_color};

        let mut count = 0;
        for name in color_names().chain(["4c1", "#4c1", "44cc11", "#44CC11"]) {
            assert!(is_color(name) && Color::parse(name).is_some(), "{name}");
            count += 1;
        }
        // CSS has 148 names, and shields 6 besides.
        assert_eq!(count, 148 + 6 + 4);
    }

    #[test]
    fn a_named_scale_has_the_colours_of_shields() {
        use badgesmith_provider::color;

        type Scale<'a> = (&'a str, &'a dyn Fn(f64) -> &'static str);
        let floor = |number| color::floor_count(number, [2.0, 3.0, 4.0]);
        let age = |days: f64| color::age(0, (days * 86_400.0) as u64);
        let scales: [Scale; 4] =
            [("downloads", &color::downloads), ("coverage", &color::coverage), ("rating", &floor), ("age", &age)];
        for (name, expected) in scales {
            let scale = ColorScale::named(name).unwrap();
            for number in [0.0, 0.1, 1.0, 2.0, 3.9, 4.0, 7.0, 9.0, 10.0, 79.9, 80.0, 95.0, 100.0, 365.0, 800.0, 1e6] {
                assert_eq!(scale.color(number), expected(number), "{name} of {number}");
            }
        }
    }
}
