//! Whether a candidate passes a filter: RFC 9535's comparisons, and JavaScript's where the filter is in parentheses.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    path_syntax::{Comparison, Filter, Fits, Operand, Query, Test},
    walk::{Found, Place, Stop, Walk},
};
use crate::{Fault, pattern::Pattern, tree::Tree};

/// How many bytes of a text are gone over in one step.
pub(super) const BYTES: usize = 32;
/// What reading a regex costs, in steps.
const REGEX: usize = 50_000;
/// The longest regex, in bytes.
const LONGEST_REGEX: usize = 128;
/// How large such a regex may become, in bytes.
const LARGEST_REGEX: usize = 256 * 1024;

/// One side of a comparison; `None` is nothing at all.
type Side<'a> = Option<Cow<'a, Tree<'a>>>;

impl<'a> Walk<'a> {
    pub(super) fn passes(&self, filter: &'a Filter, candidate: &Place<'a>) -> Result<bool, Fault> {
        self.is_true(&filter.test, candidate, filter.is_javascript)
    }

    fn is_true(&self, test: &'a Test, candidate: &Place<'a>, is_javascript: bool) -> Result<bool, Fault> {
        self.steps.spend(1)?;
        match test {
            Test::Any(tests) => {
                for test in tests {
                    if self.is_true(test, candidate, is_javascript)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::All(tests) => {
                for test in tests {
                    if !self.is_true(test, candidate, is_javascript)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => Ok(!self.is_true(test, candidate, is_javascript)?),
            Test::Exists(query) => {
                let first = self.first(query, candidate)?;
                Ok(first.is_some_and(|tree| !is_javascript || is_truthy(&tree)))
            }
            Test::Compare(one, comparison, other) => {
                let (one, other) = (self.side(one, candidate)?, self.side(other, candidate)?);
                let is_loose = is_javascript && !matches!(comparison, Comparison::Same | Comparison::Different);
                self.compares(one.as_deref(), *comparison, other.as_deref(), is_loose)
            }
            Test::Fits(fits) => self.fits(fits, candidate),
        }
    }

    /// Follows a path of a filter.
    fn each(
        &self,
        query: &'a Query,
        candidate: &Place<'a>,
        found: &mut dyn FnMut(&Found<'a>) -> Result<(), Stop>,
    ) -> Result<(), Fault> {
        let root;
        let from = if query.is_from_root {
            root = Place::new(self.root);
            &root
        } else {
            candidate
        };
        match self.from(from, &query.segments, &mut |place| found(place.found())) {
            Ok(()) | Err(Stop::Enough) => Ok(()),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    /// The first value a path leads to.
    fn first(&self, query: &'a Query, candidate: &Place<'a>) -> Result<Side<'a>, Fault> {
        let mut first = None;
        self.each(query, candidate, &mut |found| {
            first = Some(tree(found));
            Err(Stop::Enough)
        })?;
        Ok(first)
    }

    fn side(&self, operand: &'a Operand, candidate: &Place<'a>) -> Result<Side<'a>, Fault> {
        self.steps.spend(1)?;
        match operand {
            Operand::Literal(literal) => Ok(Some(Cow::Borrowed(literal))),
            Operand::Query(query) => self.first(query, candidate),
            Operand::Length(operand) => {
                let length = match self.side(operand, candidate)?.as_deref() {
                    Some(Tree::Text(text)) => {
                        self.steps.spend(text.len() / BYTES)?;
                        Some(text.chars().count())
                    }
                    Some(Tree::List(items)) => Some(items.len()),
                    Some(Tree::Map(map)) => Some(map.len()),
                    _ => None,
                };
                Ok(length.map(|length| Cow::Owned(number(length))))
            }
            Operand::Count(query) => {
                let mut count = 0;
                self.each(query, candidate, &mut |_| {
                    count += 1;
                    Ok(())
                })?;
                Ok(Some(Cow::Owned(number(count))))
            }
            Operand::Value(query) => {
                let (mut value, mut count) = (None, 0);
                self.each(query, candidate, &mut |found| {
                    value = Some(tree(found));
                    count += 1;
                    if count > 1 { Err(Stop::Enough) } else { Ok(()) }
                })?;
                Ok(value.filter(|_| count == 1))
            }
        }
    }

    fn fits(&self, fits: &'a Fits, candidate: &Place<'a>) -> Result<bool, Fault> {
        let (text, regex) = (self.side(&fits.text, candidate)?, self.side(&fits.regex, candidate)?);
        let (Some(Tree::Text(text)), Some(Tree::Text(regex))) = (text.as_deref(), regex.as_deref()) else {
            return Ok(false);
        };
        if regex.len() > LONGEST_REGEX {
            return Err(Fault::TooManySteps);
        }
        let mut last = fits.last.borrow_mut();
        if last.as_ref().is_none_or(|(last, _)| last != regex) {
            self.steps.spend(REGEX)?;
            // What is no regex fits nothing.
            let pattern = Pattern::of_path(regex, fits.is_whole, LARGEST_REGEX).ok();
            *last = Some((regex.clone().into_owned(), pattern));
        }
        match last.as_ref().and_then(|(_, pattern)| pattern.as_ref()) {
            Some(pattern) => Ok(pattern.search(text, self.steps)?.is_some()),
            None => Ok(false),
        }
    }

    fn compares(
        &self,
        one: Option<&Tree>,
        comparison: Comparison,
        other: Option<&Tree>,
        is_loose: bool,
    ) -> Result<bool, Fault> {
        let is_equal = || if is_loose { self.loosely_equal(one, other) } else { self.equal(one, other) };
        let is_ordered = |ordering: Ordering| Ok::<_, Fault>(self.ordering(one, other, is_loose)? == Some(ordering));
        Ok(match comparison {
            Comparison::Equal | Comparison::Same => is_equal()?,
            Comparison::Unequal | Comparison::Different => !is_equal()?,
            Comparison::Less => is_ordered(Ordering::Less)?,
            Comparison::Greater => is_ordered(Ordering::Greater)?,
            Comparison::LessOrEqual if is_loose => is_ordered(Ordering::Less)? || is_ordered(Ordering::Equal)?,
            Comparison::GreaterOrEqual if is_loose => is_ordered(Ordering::Greater)? || is_ordered(Ordering::Equal)?,
            Comparison::LessOrEqual => is_ordered(Ordering::Less)? || is_equal()?,
            Comparison::GreaterOrEqual => is_ordered(Ordering::Greater)? || is_equal()?,
        })
    }

    /// RFC 9535: values of one type and content; nothing equals nothing.
    fn equal(&self, one: Option<&Tree>, other: Option<&Tree>) -> Result<bool, Fault> {
        self.steps.spend(1)?;
        match (one, other) {
            (None, None) => Ok(true),
            (Some(one), Some(other)) => match (one, other) {
                (Tree::Null, Tree::Null) => Ok(true),
                (Tree::Truth(one), Tree::Truth(other)) => Ok(one == other),
                (Tree::Text(one), Tree::Text(other)) => {
                    self.steps.spend(one.len().min(other.len()) / BYTES)?;
                    Ok(one == other)
                }
                (Tree::Number(one), Tree::Number(other)) => {
                    Ok(one == other || self.parsed(one)?.is_some_and(|number| Ok(Some(number)) == self.parsed(other)))
                }
                (Tree::List(one), Tree::List(other)) => {
                    if one.len() != other.len() {
                        return Ok(false);
                    }
                    for (one, other) in one.iter().zip(other) {
                        if !self.equal(Some(one), Some(other))? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }
                (Tree::Map(one), Tree::Map(other)) => {
                    if one.len() != other.len() {
                        return Ok(false);
                    }
                    for (name, value) in one.iter() {
                        self.steps.spend(1 + name.len() / BYTES)?;
                        let Some(other) = other.get(name) else { return Ok(false) };
                        if !self.equal(Some(value), Some(other))? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }
                _ => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// JavaScript's `==`: null is nothing, and a text or a truth beside a number is one.
    fn loosely_equal(&self, one: Option<&Tree>, other: Option<&Tree>) -> Result<bool, Fault> {
        let is_nothing = |side: Option<&Tree>| matches!(side, None | Some(Tree::Null));
        if is_nothing(one) || is_nothing(other) {
            return Ok(is_nothing(one) && is_nothing(other));
        }
        match (one, other) {
            (Some(Tree::Number(_) | Tree::Truth(_)), Some(Tree::Text(_)))
            | (Some(Tree::Text(_)), Some(Tree::Number(_) | Tree::Truth(_)))
            | (Some(Tree::Number(_)), Some(Tree::Truth(_)))
            | (Some(Tree::Truth(_)), Some(Tree::Number(_))) => {
                let (one, other) = (self.as_number(one)?, self.as_number(other)?);
                Ok(one.zip(other).is_some_and(|(one, other)| one == other))
            }
            _ => self.equal(one, other),
        }
    }

    /// Which of two comes first: numbers, or texts by their letters.
    fn ordering(&self, one: Option<&Tree>, other: Option<&Tree>, is_loose: bool) -> Result<Option<Ordering>, Fault> {
        match (one, other) {
            (Some(Tree::Text(one)), Some(Tree::Text(other))) => {
                self.steps.spend(one.len().min(other.len()) / BYTES)?;
                Ok(Some(one.cmp(other)))
            }
            (Some(Tree::Number(_)), Some(Tree::Number(_))) => {
                let (one, other) = (self.as_number(one)?, self.as_number(other)?);
                Ok(one.zip(other).and_then(|(one, other)| one.partial_cmp(&other)))
            }
            _ if is_loose => {
                let (one, other) = (self.as_number(one)?, self.as_number(other)?);
                Ok(one.zip(other).and_then(|(one, other)| one.partial_cmp(&other)))
            }
            _ => Ok(None),
        }
    }

    /// A value as JavaScript's number.
    fn as_number(&self, side: Option<&Tree>) -> Result<Option<f64>, Fault> {
        match side {
            Some(Tree::Number(text)) => self.parsed(text),
            Some(Tree::Text(text)) if text.trim().is_empty() => Ok(Some(0.0)),
            Some(Tree::Text(text)) => self.parsed(text.trim()),
            Some(Tree::Truth(truth)) => Ok(Some(f64::from(*truth))),
            Some(Tree::Null) => Ok(Some(0.0)),
            _ => Ok(None),
        }
    }

    fn parsed(&self, text: &str) -> Result<Option<f64>, Fault> {
        self.steps.spend(1 + text.len() / BYTES)?;
        let is_number = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
        Ok(if is_number { text.parse().ok() } else { None })
    }
}

/// What a path found, as a value.
fn tree<'a>(found: &Found<'a>) -> Cow<'a, Tree<'a>> {
    match found {
        Found::Tree(tree) => Cow::Borrowed(*tree),
        Found::Number(length) => Cow::Owned(number(*length)),
        Found::Name(name) => Cow::Owned(Tree::Text(name.clone())),
    }
}

fn number(number: usize) -> Tree<'static> {
    Tree::Number(number.to_string().into())
}

/// What JavaScript takes for true.
fn is_truthy(tree: &Tree) -> bool {
    match tree {
        Tree::Null => false,
        Tree::Truth(truth) => *truth,
        Tree::Number(number) => number.parse::<f64>().is_ok_and(|number| number != 0.0),
        Tree::Text(text) => !text.is_empty(),
        Tree::List(_) | Tree::Map(_) => true,
    }
}
