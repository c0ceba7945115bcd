//! A value of a badge as it is written, in `[[badge]]` or in `[badge.values.NAME]`.

use std::collections::BTreeMap;

use badgesmith_provider::order::Order;
use serde::Deserialize;

use super::{
    file_error::FileFault,
    name_use::NameUse,
    pointer::Pointer,
    reducer::{Prerelease, Reducer},
    shown_words::{AbsentWords, ShownWords},
    sorting::{SortKey, Sorting},
    status_words::FailureWords,
    value_recipe::ValueRecipe,
    value_source::{SourceList, ValueSource},
};
use crate::toml_reader::Spanned;
use crate::value::{
    color_scale::{ColorName, ColorRule, ColorScale},
    value_format::ValueFormat,
};

/// The longest prefix, suffix or text between joined items, in bytes.
const LONGEST_AFFIX: usize = 64;

/// A value as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ValueTable {
    pub(super) from: Option<Spanned<String>>,
    pub(super) value: Option<Spanned<SourceList>>,
    pub(super) first: Option<Spanned<bool>>,
    pub(super) join: Option<Spanned<String>>,
    pub(super) count: Option<Spanned<bool>>,
    pub(super) sum: Option<Spanned<bool>>,
    pub(super) sort: Option<Spanned<SortKey>>,
    pub(super) finest: Option<Spanned<bool>>,
    pub(super) times: Option<Spanned<f64>>,
    pub(super) newest: Option<Spanned<Order>>,
    pub(super) prerelease: Option<Spanned<Prerelease>>,
    pub(super) words: Option<Spanned<BTreeMap<String, ShownWords>>>,
    pub(super) absent: Option<Spanned<AbsentWords>>,
    pub(super) empty: Option<Spanned<FailureWords>>,
    pub(super) format: Option<Spanned<ValueFormat>>,
    pub(super) prefix: Option<Spanned<String>>,
    pub(super) suffix: Option<Spanned<String>>,
    pub(super) color: Option<Spanned<ColorName>>,
    pub(super) scale: Option<Spanned<ColorScale>>,
    pub(super) r#match: Option<Spanned<BTreeMap<String, ColorName>>>,
}

impl ValueTable {
    /// The names that the value uses, with their offsets.
    pub(super) fn uses(&self) -> Vec<NameUse<'_>> {
        let mut uses = Vec::new();
        if let Some(value) = &self.value {
            uses.extend(NameUse::all(value, value.get_ref().0.iter().flat_map(ValueSource::names)));
        }
        if let Some(absent) = &self.absent {
            uses.extend(NameUse::all(absent, absent.get_ref().beside.iter().flat_map(Pointer::names)));
        }
        if let Some(prerelease) = &self.prerelease {
            uses.extend(NameUse::all(prerelease, prerelease.get_ref().name()));
        }
        uses
    }

    /// The offset of its first key, except `color`, which is a key of the badge, too.
    pub(super) fn first_key(&self) -> Option<usize> {
        let keys = [
            start(self.from.as_ref()),
            start(self.value.as_ref()),
            start(self.first.as_ref()),
            start(self.join.as_ref()),
            start(self.count.as_ref()),
            start(self.sum.as_ref()),
            start(self.sort.as_ref()),
            start(self.finest.as_ref()),
            start(self.times.as_ref()),
            start(self.newest.as_ref()),
            start(self.prerelease.as_ref()),
            start(self.words.as_ref()),
            start(self.absent.as_ref()),
            start(self.empty.as_ref()),
            start(self.format.as_ref()),
            start(self.prefix.as_ref()),
            start(self.suffix.as_ref()),
            start(self.scale.as_ref()),
            start(self.r#match.as_ref()),
        ];
        keys.into_iter().flatten().min()
    }

    /// The recipe of the value in the answer of a request. `offset` is the table's offset in the file.
    pub(super) fn recipe(self, request: usize, offset: usize) -> Result<ValueRecipe, FileFault> {
        let Some(value) = self.value else {
            return Err(FileFault::new(offset, "there is no value; write value = …"));
        };
        if value.get_ref().0.is_empty() {
            return Err(FileFault::at(&value, "there is no pointer; write one such as \"/version\""));
        }
        let keys = ReducerKeys {
            first: self.first,
            join: self.join,
            count: self.count,
            sum: self.sum,
            newest: self.newest,
            prerelease: self.prerelease,
        };
        let reducer = keys.reducer()?;
        let sorting = sorting(self.sort, self.finest, reducer.as_ref())?;
        let format = self
            .format
            .map_or_else(|| reducer.as_ref().map_or(ValueFormat::Text, Reducer::format), Spanned::into_inner);
        if let Some(times) = self.times.as_ref().filter(|_| !format.has_number()) {
            return Err(FileFault::at(
                times,
                "times is for numbers; write a format such as \"number\", or take it away",
            ));
        }
        let other_color = self.color.as_ref().map(|color| color.get_ref().0.clone());
        let color = color_rule(format, self.color, self.scale, self.r#match)?;
        let words = self.words.map(Spanned::into_inner).unwrap_or_default();
        Ok(ValueRecipe {
            request,
            sources: value.into_inner().0,
            sorting,
            reducer,
            times: self.times.map(Spanned::into_inner),
            words: words.into_iter().map(|(text, words)| (text, words.0)).collect(),
            absent: self.absent.map(Spanned::into_inner),
            empty: self.empty.map(Spanned::into_inner),
            format,
            prefix: affix(self.prefix)?,
            suffix: affix(self.suffix)?,
            color,
            other_color,
        })
    }
}

fn start<T>(value: Option<&Spanned<T>>) -> Option<usize> {
    value.map(|value| value.span().start)
}

/// The keys that reduce a list; at most one of them may be used.
struct ReducerKeys {
    first: Option<Spanned<bool>>,
    join: Option<Spanned<String>>,
    count: Option<Spanned<bool>>,
    sum: Option<Spanned<bool>>,
    newest: Option<Spanned<Order>>,
    prerelease: Option<Spanned<Prerelease>>,
}

impl ReducerKeys {
    fn reducer(self) -> Result<Option<Reducer>, FileFault> {
        if let (None, Some(prerelease)) = (&self.newest, &self.prerelease) {
            return Err(FileFault::at(
                prerelease,
                "prerelease is for newest; write newest = \"semver\", or take it away",
            ));
        }
        let is_on = |key: &Spanned<bool>| *key.get_ref();
        let join_at = start(self.join.as_ref());
        let separator = affix(self.join)?;
        let prerelease = self.prerelease.map(Spanned::into_inner).unwrap_or_default();
        let written = [
            self.first.filter(is_on).map(|key| (key.span().start, Reducer::First)),
            join_at.map(|offset| (offset, Reducer::Join(separator))),
            self.count.filter(is_on).map(|key| (key.span().start, Reducer::Count)),
            self.sum.filter(is_on).map(|key| (key.span().start, Reducer::Sum)),
            self.newest.map(|key| (key.span().start, Reducer::Newest(key.into_inner(), prerelease))),
        ];
        let mut written: Vec<_> = written.into_iter().flatten().collect();
        written.sort_by_key(|(offset, _)| *offset);
        match written.get(1) {
            Some((offset, _)) => {
                Err(FileFault::new(*offset, "first, join, count, sum and newest exclude each other; keep one"))
            }
            None => Ok(written.pop().map(|(_, reducer)| reducer)),
        }
    }
}

/// How a list is sorted before its first item is taken or its items are joined.
fn sorting(
    sort: Option<Spanned<SortKey>>,
    finest: Option<Spanned<bool>>,
    reducer: Option<&Reducer>,
) -> Result<Option<Sorting>, FileFault> {
    match (sort, finest) {
        (None, Some(finest)) => {
            Err(FileFault::at(&finest, "finest is for sorted versions; write sort = \"loose\", or take it away"))
        }
        (Some(sort), _) if !matches!(reducer, Some(Reducer::First | Reducer::Join(_))) => {
            Err(FileFault::at(&sort, "sort is for first and join; write one of them, or take it away"))
        }
        (sort, finest) => {
            let is_finest = finest.is_some_and(Spanned::into_inner);
            Ok(sort.map(|by| Sorting { by: by.into_inner(), is_finest }))
        }
    }
}

fn color_rule(
    format: ValueFormat,
    color: Option<Spanned<ColorName>>,
    scale: Option<Spanned<ColorScale>>,
    colors: Option<Spanned<BTreeMap<String, ColorName>>>,
) -> Result<ColorRule, FileFault> {
    match (color, scale, colors) {
        (_, Some(_), Some(colors)) => Err(FileFault::at(&colors, "there is a scale already; take one of the two away")),
        (Some(color), Some(_), None) => Err(FileFault::at(&color, "the scale has every colour; take color away")),
        (None, Some(scale), None) if !format.has_number() => Err(FileFault::at(
            &scale,
            "a scale is for numbers; write format = \"metric\", \"percent\" or \"bytes\", or a match",
        )),
        (None, Some(scale), None) => Ok(ColorRule::Scale(scale.into_inner())),
        (_, None, Some(colors))
            if format.has_number() || matches!(format, ValueFormat::Version | ValueFormat::Pep440) =>
        {
            Err(FileFault::at(&colors, "a match is for texts; write format = \"text\", or a scale"))
        }
        (_, None, Some(colors)) => Ok(ColorRule::Match(colors.into_inner())),
        (None, None, None) => Ok(match format {
            ValueFormat::Version => ColorRule::Version,
            ValueFormat::License | ValueFormat::Build | ValueFormat::Pep440 => ColorRule::Format,
            _ => ColorRule::Fixed,
        }),
        (_, None, None) => Ok(ColorRule::Fixed),
    }
}

/// A prefix, a suffix, or a text between items.
pub(super) fn affix(text: Option<Spanned<String>>) -> Result<String, FileFault> {
    match text {
        Some(text) if text.get_ref().len() > LONGEST_AFFIX => {
            Err(FileFault::at(&text, format!("it is too long; write {LONGEST_AFFIX} bytes at most")))
        }
        text => Ok(text.map(Spanned::into_inner).unwrap_or_default()),
    }
}
