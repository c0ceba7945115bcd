//! A mistake, with its place.

use std::{error::Error, fmt, path::PathBuf};

use crate::plugins::{ConfigErrorKind, RouteErrorKind};

/// A mistake in plugins.toml or in a file of plugins.d. Its `Display` says where it is and what to write.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The table, such as `plugin "nuget"`; empty outside of all tables.
    pub table: String,
    /// The key in the table, such as `secrets.token`; empty if it is about the whole table.
    pub key: String,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub enum MistakeKind {
    /// The text is not TOML, or has a key or a value that plugins.toml does not allow; the words are the parser's.
    Toml(String),
    /// An invalid value in plugins.toml, or something that is missing there.
    Config(ConfigErrorKind),
    /// A route that conflicts with another one.
    Route(RouteErrorKind),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        match (&*self.table, &*self.key) {
            ("", "") => {}
            (place, "") | ("", place) => write!(f, "{place}: ")?,
            (table, key) => write!(f, "{table}: {key}: ")?,
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for MistakeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(words) => f.write_str(words.trim_end()),
            Self::Config(kind) => kind.fmt(f),
            Self::Route(kind) => kind.fmt(f),
        }
    }
}

impl Error for Mistake {}
