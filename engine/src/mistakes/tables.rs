//! The tables of a file; each is read separately.

use std::{ops::Range, path::Path};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    mistake::{Mistake, MistakeKind},
    values,
};
use crate::{
    events::Subscription,
    origin::Origin,
    plugins::{ConfigErrorKind, PluginConfig, Settings, check_scheme},
};

/// The tables of one file that have no mistakes.
pub(super) struct Tables<'a> {
    pub(super) plugins: Vec<(PluginConfig, Table<'a>)>,
    pub(super) subscriptions: Vec<(Subscription, Table<'a>)>,
    /// The plain http origins that plugins may be granted.
    pub(super) http_origins: Vec<Origin>,
}

/// The place of a table.
pub(super) struct Table<'a> {
    file: &'a Path,
    text: &'a str,
    name: String,
    span: Range<usize>,
    value: Spanned<DeValue<'a>>,
}

impl<'a> Tables<'a> {
    /// Reads a file; only plugins.toml itself has `[engine]`. `None` if it is not TOML.
    pub(super) fn read(file: &'a Path, text: &'a str, has_engine: bool, found: &mut Vec<Mistake>) -> Option<Self> {
        let (document, faults) = DeTable::parse_recoverable(text);
        if !faults.is_empty() {
            found.extend(faults.into_iter().map(|fault| {
                let words = fault.message().to_owned();
                mistake(file, text, fault.span().as_ref(), MistakeKind::Toml(words))
            }));
            return None;
        }
        let mut tables = Self { plugins: Vec::new(), subscriptions: Vec::new(), http_origins: Vec::new() };
        for (key, value) in document.into_inner() {
            let table = |name: String, value: Spanned<DeValue<'a>>| {
                let is_header = value.span() != (0..0);
                let span = if is_header { value.span() } else { key.span() };
                Table { file, text, name, span, value }
            };
            match &**key.get_ref() {
                "engine" if has_engine => {
                    tables.http_origins = read_engine(&table("[engine]".to_owned(), value), found);
                }
                "plugin" => {
                    let entries = each(table("plugin".to_owned(), value), "id", found);
                    tables.plugins.extend(entries.into_iter().map(|(config, table): (PluginConfig, _)| {
                        (PluginConfig { file: file.to_owned(), ..config }, table)
                    }));
                }
                "subscription" => {
                    tables.subscriptions.extend(each(table("subscription".to_owned(), value), "name", found));
                }
                other => {
                    let engine = if has_engine { "[engine], " } else { "" };
                    let words = format!("there is no {other}; a file has {engine}[[plugin]] and [[subscription]]");
                    found.push(mistake(file, text, Some(&key.span()), MistakeKind::Toml(words)));
                }
            }
        }
        Some(tables)
    }
}

/// A mistake in an entry of a list of `[engine]`. Its place is the list if there is no such entry, and the beginning of
/// the file if there is no such list.
pub(super) fn listed_mistake(file: &Path, text: &str, key: &str, index: usize, words: String) -> Mistake {
    let (document, _) = DeTable::parse_recoverable(text);
    let engine = document.get_ref().iter().find(|(name, _)| *name.get_ref() == "engine");
    let list = engine.and_then(|(_, engine)| entry(engine, key));
    let span = list.map(|(at_key, list)| match list.get_ref() {
        DeValue::Array(entries) => entries.get(index).map_or(at_key, Spanned::span),
        _ => at_key,
    });
    let mistake = mistake(file, text, span.as_ref(), MistakeKind::Toml(words));
    Mistake { table: "[engine]".to_owned(), key: key.to_owned(), ..mistake }
}

/// Reads `[engine]`, and returns the plain http origins that plugins may be granted.
fn read_engine(table: &Table<'_>, found: &mut Vec<Mistake>) -> Vec<Origin> {
    let Some(settings) = table.read::<Settings>(found) else { return Vec::new() };
    if let Err(fault) = check_scheme(&settings.trust, settings.allow_http) {
        found.push(table.mistake("trust", None, ConfigErrorKind::Trust(fault)));
    }
    settings.http_origins()
}

/// The tables of an array that have no mistakes. `naming` is the key with a table's name.
fn each<'a, T: DeserializeOwned>(array: Table<'a>, naming: &str, found: &mut Vec<Mistake>) -> Vec<(T, Table<'a>)> {
    let DeValue::Array(entries) = array.value.get_ref().clone() else {
        // This adds the mistake that an array is expected.
        let _ = array.read::<Vec<T>>(found);
        return Vec::new();
    };
    let mut read = Vec::new();
    for value in entries {
        let name = entry(&value, naming).and_then(|(_, value)| value.get_ref().as_str());
        let name = name.map_or_else(|| format!("[[{}]]", array.name), |name| format!("{} {name:?}", array.name));
        let table = Table { name, span: value.span(), value, ..array };
        read.extend(table.read::<T>(found).map(|read| (read, table)));
    }
    read
}

/// The entry of a table with this key.
fn entry<'v, 'a>(value: &'v Spanned<DeValue<'a>>, key: &str) -> Option<(Range<usize>, &'v Spanned<DeValue<'a>>)> {
    let found = value.get_ref().as_table()?.iter().find(|(name, _)| *name.get_ref() == key);
    found.map(|(name, value)| (name.span(), value))
}

impl Table<'_> {
    fn read<T: DeserializeOwned>(&self, found: &mut Vec<Mistake>) -> Option<T> {
        match values::read(&self.value) {
            Ok(read) => Some(read),
            Err(mistakes) => {
                found.extend(mistakes.into_iter().map(|one| {
                    let span = one.span.filter(|span| *span != (0..0)).unwrap_or_else(|| self.span.clone());
                    let mistake = mistake(self.file, self.text, Some(&span), MistakeKind::Toml(one.words));
                    Mistake { table: self.name.clone(), key: one.key, ..mistake }
                }));
                None
            }
        }
    }

    /// A mistake at a key of this table, or at a name below the key; at the table itself if it has no such key.
    pub(super) fn mistake(&self, key: &str, name: Option<&str>, kind: ConfigErrorKind) -> Mistake {
        let at_key = entry(&self.value, key);
        let at_name = at_key.as_ref().and_then(|(_, value)| entry(value, name?));
        let span = at_name.or(at_key).map_or_else(|| self.span.clone(), |(span, _)| span);
        let mistake = mistake(self.file, self.text, Some(&span), MistakeKind::Config(kind));
        // `key` stays empty, because the words name the key.
        Mistake { table: self.name.clone(), ..mistake }
    }

    /// A mistake in the plugin's routes; its kind is a placeholder that is replaced later.
    pub(super) fn route_mistake(&self) -> Mistake {
        self.mistake("id", None, ConfigErrorKind::DuplicateId)
    }
}

fn mistake(file: &Path, text: &str, span: Option<&Range<usize>>, kind: MistakeKind) -> Mistake {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Mistake { file: file.to_owned(), line, table: String::new(), key: String::new(), kind }
}
