//! Every mistake in one value of a TOML document.
//!
//! A deserializer stops at the first mistake. So the refused entry is removed, and the rest is read again. A later
//! mistake in the table or the array that had the removed entry may only be a consequence of the removal, and is left
//! out.

use std::{mem, ops::Range};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeArray, DeValue},
};

use crate::toml_reader;

/// How many mistakes of one value are collected.
const MOST: usize = 100;

/// A mistake in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ValueMistake {
    /// The keys that lead to it, from the value on.
    pub(super) key: String,
    /// Its place in the text; `None` if that is not known.
    pub(super) span: Option<Range<usize>>,
    /// The words of the deserializer.
    pub(super) words: String,
}

/// An entry that was removed from a value.
struct Removed {
    key: String,
    span: Range<usize>,
    /// The place of the table or the array that had it.
    holder: Range<usize>,
}

/// Reads a value, or finds every mistake in it.
pub(super) fn read<T: DeserializeOwned>(value: &Spanned<DeValue<'_>>) -> Result<T, Vec<ValueMistake>> {
    let mut value = value.clone();
    let (mut found, mut removed) = (Vec::new(), Vec::<Removed>::new());
    while found.len() < MOST {
        let error = match toml_reader::read_value(value.clone()) {
            Ok(read) if found.is_empty() => return Ok(read),
            Ok(_) => break,
            Err(error) => error,
        };
        let span = error.span();
        let may_follow = removed
            .iter()
            .any(|removed| span.as_ref().is_none_or(|span| *span == removed.holder || contains(span, &removed.span)));
        let taken = span.as_ref().and_then(|span| take(&mut value, span, ""));
        if !may_follow {
            let key = taken.as_ref().map(|taken| taken.key.clone()).unwrap_or_default();
            found.push(ValueMistake { key, span, words: error.message().to_owned() });
        }
        match taken {
            Some(taken) => removed.push(taken),
            None => break,
        }
    }
    Err(found)
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Removes the innermost entry with this place from a value.
fn take(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>, path: &str) -> Option<Removed> {
    let holder = value.span();
    let joined = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value.get_mut() {
        DeValue::Table(table) => {
            for (key, inner) in table.iter_mut() {
                if let Some(taken) = take(inner, span, &joined(key.get_ref())) {
                    return Some(taken);
                }
            }
            let at = table.iter().find(|(key, inner)| contains(&key.span(), span) || contains(&inner.span(), span));
            let key = at.map(|(key, _)| key.clone())?;
            table.remove(&key);
            Some(Removed { span: key.span(), key: joined(key.get_ref()), holder })
        }
        DeValue::Array(array) => {
            for inner in array.iter_mut() {
                if let Some(taken) = take(inner, span, path) {
                    return Some(taken);
                }
            }
            let at = array.iter().position(|inner| contains(&inner.span(), span))?;
            let place = array[at].span();
            *array = mem::replace(array, DeArray::new())
                .into_iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, it)| it)
                .collect();
            Some(Removed { key: path.to_owned(), span: place, holder })
        }
        _ => None,
    }
}
