//! Why a badge cannot be drawn from the command line.

use std::{fmt, path::PathBuf};

use badgesmith_renderer::Style;

/// What is wrong with the badge, with the values that the text names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RenderError {
    InvalidLogo,
    UnknownIcon(String),
    /// The picture is too large, or the logo cannot be drawn.
    Png(String),
    /// A line of a batch is not a JSON object with the fields of a badge.
    Malformed(String),
    InvalidColor(String),
    InvalidStyle(String),
    UnknownField {
        name: String,
        advice: FieldAdvice,
    },
    /// A line of a batch file, by its number.
    Line {
        file: PathBuf,
        number: usize,
        cause: Box<RenderError>,
    },
}

/// What to write in the place of an unknown field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FieldAdvice {
    /// An option of the command has that name.
    UseOption,
    Known(&'static str),
    /// No known field is similar; these are all.
    AnyOf(&'static [&'static str]),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidLogo => f.write_str("the logo is no image as a data URI; write data:image/svg+xml;base64,…"),
            #[cfg(feature = "server")]
            Self::UnknownIcon(name) => {
                write!(f, "{name:?} is no icon; write the slug of a simple-icons icon such as github")
            }
            #[cfg(not(feature = "server"))]
            Self::UnknownIcon(name) => write!(
                f,
                "{name:?} is no image as a data URI; logos by name are in the server's archive of the same release"
            ),
            Self::Png(words) => f.write_str(words),
            Self::Malformed(words) => write!(f, "not a badge as JSON: {words}"),
            Self::InvalidColor(text) => write!(f, "{text:?} is not a colour"),
            Self::InvalidStyle(text) => {
                let names = Style::ALL.map(Style::name).join(", ");
                write!(f, "{text:?} is not a style; there are {names}")
            }
            Self::UnknownField { name, advice } => {
                write!(f, "no badge has the field {name:?}; ")?;
                match advice {
                    FieldAdvice::UseOption => write!(f, "say --{name} for all badges of the batch"),
                    FieldAdvice::Known(known) => write!(f, "write {known:?}"),
                    FieldAdvice::AnyOf(known) => write!(f, "the fields are {}", known.join(", ")),
                }
            }
            Self::Line { file, number, cause } => write!(f, "{} line {number}: {cause}", file.display()),
        }
    }
}
