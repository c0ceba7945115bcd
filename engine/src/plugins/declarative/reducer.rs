//! Reduces a list of items to the values that a badge shows.

use std::fmt;

use badgesmith_provider::{
    format,
    order::{Order, newest},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use serde_json::Value;

use super::{braces, lookup::Leaf, parameters::Parameters};
use crate::value::value_format::ValueFormat;

/// The way to reduce a list, or the keys of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reducer {
    /// The first item.
    First,
    /// All items with this text between them.
    Join(String),
    /// The number of items.
    Count,
    /// The sum of the items, which are numbers.
    Sum,
    /// The newest version.
    Newest(Order, Prerelease),
}

/// Whether a prerelease may be the newest version. If all versions are prereleases, one of them is in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prerelease {
    Fixed(bool),
    /// If this parameter is switched on.
    If(String),
}

impl Reducer {
    /// What to read of the list.
    pub(super) const fn leaf(&self) -> Leaf {
        match self {
            Self::First | Self::Join(_) | Self::Newest(..) | Self::Sum => Leaf::Items,
            Self::Count => Leaf::Count,
        }
    }

    /// The format of a value for which the file names none.
    pub(super) const fn format(&self) -> ValueFormat {
        match self {
            Self::First | Self::Join(_) => ValueFormat::Text,
            Self::Count | Self::Sum => ValueFormat::Metric,
            Self::Newest(..) => ValueFormat::Version,
        }
    }

    /// The items that remain, or the result of the reduction.
    pub(super) fn reduce(&self, mut items: Vec<Value>, parameters: Parameters<'_>) -> Vec<Value> {
        match self {
            Self::Join(_) => items,
            Self::First | Self::Count => {
                items.truncate(1);
                items
            }
            Self::Sum => {
                let numbers: Option<Vec<f64>> = items.iter().map(format::number).collect();
                numbers.map(|numbers| numbers.iter().sum::<f64>().into()).into_iter().collect()
            }
            Self::Newest(order, prerelease) => {
                let versions: Vec<_> = items.iter().filter_map(Value::as_str).map(str::trim).collect();
                let versions: Vec<_> = versions.into_iter().filter(|version| !version.is_empty()).collect();
                let newest = newest(&versions, *order, prerelease.is_on(parameters));
                newest.map(Value::from).into_iter().collect()
            }
        }
    }
}

impl Default for Prerelease {
    fn default() -> Self {
        Self::Fixed(false)
    }
}

impl Prerelease {
    /// The name of the parameter.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::If(name) => Some(name),
        }
    }

    fn is_on(&self, parameters: Parameters<'_>) -> bool {
        match self {
            Self::Fixed(is_on) => *is_on,
            Self::If(name) => parameters.is_on(name),
        }
    }
}

impl<'de> Deserialize<'de> for Prerelease {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct FlagOrName;

        impl Visitor<'_> for FlagOrName {
            type Value = Prerelease;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a parameter such as \"{prerelease}\"")
            }

            fn visit_bool<E>(self, is_on: bool) -> Result<Prerelease, E> {
                Ok(Prerelease::Fixed(is_on))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Prerelease, E> {
                let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match name.filter(|name| braces::is_name(name)) {
                    Some(name) => Ok(Prerelease::If(name.to_owned())),
                    None => {
                        Err(E::custom(format!("{text:?} is no parameter; write true, false or \"{{prerelease}}\"")))
                    }
                }
            }
        }

        reader.deserialize_any(FlagOrName)
    }
}
