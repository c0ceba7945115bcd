//! How a list of items becomes what a badge shows.

use super::lookup::Leaf;
use crate::value::value_format::ValueFormat;

/// What is made of a list, or of the keys of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reducer {
    /// The first item.
    First,
    /// All items with this text between them.
    Join(String),
    /// The number of items.
    Count,
}

impl Reducer {
    /// What has to be read of the list.
    pub(super) const fn leaf(&self) -> Leaf {
        match self {
            Self::First | Self::Join(_) => Leaf::Items,
            Self::Count => Leaf::Count,
        }
    }

    /// The format of a value for which the file names none.
    pub(super) const fn format(&self) -> ValueFormat {
        match self {
            Self::First | Self::Join(_) => ValueFormat::Text,
            Self::Count => ValueFormat::Metric,
        }
    }
}
