//! Evaluates the filters of a JSONPath: by RFC 9535, or by JavaScript's rules if a filter is in parentheses.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    evaluator::{EarlyEnd, PathEvaluator, PathNode, PathValue},
    path_syntax::{ComparisonOperator, FilterOperand, FilterQuery, FilterTest, PathFilter, RegexTest},
};
use crate::{pattern::Pattern, query_error::QueryError, step_budget::BYTES_A_STEP, tree::Tree};

/// The cost of compiling a regex, in steps.
const REGEX_STEPS: usize = 50_000;
/// The longest regex, in bytes.
const LONGEST_REGEX: usize = 128;
/// The largest compiled form of such a regex, in bytes.
const LARGEST_REGEX: usize = 256 * 1024;

/// The value of an operand; `None` is RFC 9535's Nothing.
type OperandValue<'a> = Option<Cow<'a, Tree<'a>>>;

impl<'a> PathEvaluator<'a> {
    /// Whether a candidate passes a filter.
    pub(super) fn passes(&self, filter: &'a PathFilter, candidate: &PathNode<'a>) -> Result<bool, QueryError> {
        self.is_true(&filter.test, candidate, filter.is_javascript)
    }

    fn is_true(&self, test: &'a FilterTest, candidate: &PathNode<'a>, is_javascript: bool) -> Result<bool, QueryError> {
        self.steps.spend(1)?;
        match test {
            FilterTest::Any(tests) => {
                for test in tests {
                    if self.is_true(test, candidate, is_javascript)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            FilterTest::All(tests) => {
                for test in tests {
                    if !self.is_true(test, candidate, is_javascript)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            FilterTest::Not(test) => Ok(!self.is_true(test, candidate, is_javascript)?),
            FilterTest::Exists(query) => {
                let first = self.first(query, candidate)?;
                Ok(first.is_some_and(|tree| !is_javascript || is_truthy(&tree)))
            }
            FilterTest::Compare(one, comparison, other) => {
                let (one, other) = (self.operand(one, candidate)?, self.operand(other, candidate)?);
                let is_loose =
                    is_javascript && !matches!(comparison, ComparisonOperator::Same | ComparisonOperator::Different);
                self.compares(one.as_deref(), *comparison, other.as_deref(), is_loose)
            }
            FilterTest::Regex(test) => self.matches(test, candidate),
        }
    }

    /// Evaluates a path of a filter, and calls `found` with each result.
    fn each(
        &self,
        query: &'a FilterQuery,
        candidate: &PathNode<'a>,
        found: &mut dyn FnMut(&PathValue<'a>) -> Result<(), EarlyEnd>,
    ) -> Result<(), QueryError> {
        let root;
        let from = if query.is_from_root {
            root = PathNode::new(self.root);
            &root
        } else {
            candidate
        };
        match self.from(from, &query.segments, &mut |node| found(node.value())) {
            Ok(()) | Err(EarlyEnd::Enough) => Ok(()),
            Err(EarlyEnd::Error(error)) => Err(error),
        }
    }

    /// The first value a path leads to.
    fn first(&self, query: &'a FilterQuery, candidate: &PathNode<'a>) -> Result<OperandValue<'a>, QueryError> {
        let mut first = None;
        self.each(query, candidate, &mut |found| {
            first = Some(tree(found));
            Err(EarlyEnd::Enough)
        })?;
        Ok(first)
    }

    fn operand(&self, operand: &'a FilterOperand, candidate: &PathNode<'a>) -> Result<OperandValue<'a>, QueryError> {
        self.steps.spend(1)?;
        match operand {
            FilterOperand::Literal(literal) => Ok(Some(Cow::Borrowed(literal))),
            FilterOperand::Query(query) => self.first(query, candidate),
            FilterOperand::Length(operand) => {
                let length = match self.operand(operand, candidate)?.as_deref() {
                    Some(Tree::Text(text)) => {
                        self.steps.spend(text.len() / BYTES_A_STEP)?;
                        Some(text.chars().count())
                    }
                    Some(Tree::List(items)) => Some(items.len()),
                    Some(Tree::Map(map)) => Some(map.len()),
                    _ => None,
                };
                Ok(length.map(|length| Cow::Owned(number(length))))
            }
            FilterOperand::Count(query) => {
                let mut count = 0;
                self.each(query, candidate, &mut |_| {
                    count += 1;
                    Ok(())
                })?;
                Ok(Some(Cow::Owned(number(count))))
            }
            FilterOperand::Value(query) => {
                let (mut value, mut count) = (None, 0);
                self.each(query, candidate, &mut |found| {
                    value = Some(tree(found));
                    count += 1;
                    if count > 1 { Err(EarlyEnd::Enough) } else { Ok(()) }
                })?;
                Ok(value.filter(|_| count == 1))
            }
        }
    }

    fn matches(&self, test: &'a RegexTest, candidate: &PathNode<'a>) -> Result<bool, QueryError> {
        let (text, regex) = (self.operand(&test.text, candidate)?, self.operand(&test.regex, candidate)?);
        let (Some(Tree::Text(text)), Some(Tree::Text(regex))) = (text.as_deref(), regex.as_deref()) else {
            return Ok(false);
        };
        if regex.len() > LONGEST_REGEX {
            return Err(QueryError::TooManySteps);
        }
        let mut last = test.last.borrow_mut();
        if last.as_ref().is_none_or(|(last, _)| last != regex) {
            self.steps.spend(REGEX_STEPS)?;
            // By the RFC a text that is not a regex matches nothing.
            let pattern = Pattern::of_path(regex, test.is_whole, LARGEST_REGEX).ok();
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
        comparison: ComparisonOperator,
        other: Option<&Tree>,
        is_loose: bool,
    ) -> Result<bool, QueryError> {
        let is_equal = || if is_loose { self.loosely_equal(one, other) } else { self.equal(one, other) };
        let is_ordered =
            |ordering: Ordering| Ok::<_, QueryError>(self.ordering(one, other, is_loose)? == Some(ordering));
        Ok(match comparison {
            ComparisonOperator::Equal | ComparisonOperator::Same => is_equal()?,
            ComparisonOperator::Unequal | ComparisonOperator::Different => !is_equal()?,
            ComparisonOperator::Less => is_ordered(Ordering::Less)?,
            ComparisonOperator::Greater => is_ordered(Ordering::Greater)?,
            ComparisonOperator::LessOrEqual if is_loose => is_ordered(Ordering::Less)? || is_ordered(Ordering::Equal)?,
            ComparisonOperator::GreaterOrEqual if is_loose => {
                is_ordered(Ordering::Greater)? || is_ordered(Ordering::Equal)?
            }
            ComparisonOperator::LessOrEqual => is_ordered(Ordering::Less)? || is_equal()?,
            ComparisonOperator::GreaterOrEqual => is_ordered(Ordering::Greater)? || is_equal()?,
        })
    }

    /// RFC 9535's equality: the same type and content; Nothing equals Nothing.
    fn equal(&self, one: Option<&Tree>, other: Option<&Tree>) -> Result<bool, QueryError> {
        self.steps.spend(1)?;
        match (one, other) {
            (None, None) => Ok(true),
            (Some(one), Some(other)) => match (one, other) {
                (Tree::Null, Tree::Null) => Ok(true),
                (Tree::Bool(one), Tree::Bool(other)) => Ok(one == other),
                (Tree::Text(one), Tree::Text(other)) => {
                    self.steps.spend(one.len().min(other.len()) / BYTES_A_STEP)?;
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
                        self.steps.spend(1 + name.len() / BYTES_A_STEP)?;
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

    /// JavaScript's `==`: null equals Nothing, and texts and booleans are converted to numbers if the types differ.
    fn loosely_equal(&self, one: Option<&Tree>, other: Option<&Tree>) -> Result<bool, QueryError> {
        let is_nothing = |operand: Option<&Tree>| matches!(operand, None | Some(Tree::Null));
        if is_nothing(one) || is_nothing(other) {
            return Ok(is_nothing(one) && is_nothing(other));
        }
        match (one, other) {
            (Some(Tree::Number(_) | Tree::Bool(_)), Some(Tree::Text(_)))
            | (Some(Tree::Text(_)), Some(Tree::Number(_) | Tree::Bool(_)))
            | (Some(Tree::Number(_)), Some(Tree::Bool(_)))
            | (Some(Tree::Bool(_)), Some(Tree::Number(_))) => {
                let (one, other) = (self.as_number(one)?, self.as_number(other)?);
                Ok(one.zip(other).is_some_and(|(one, other)| one == other))
            }
            _ => self.equal(one, other),
        }
    }

    /// The order of two numbers, or of two texts by their characters.
    fn ordering(
        &self,
        one: Option<&Tree>,
        other: Option<&Tree>,
        is_loose: bool,
    ) -> Result<Option<Ordering>, QueryError> {
        match (one, other) {
            (Some(Tree::Text(one)), Some(Tree::Text(other))) => {
                self.steps.spend(one.len().min(other.len()) / BYTES_A_STEP)?;
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

    /// A value converted to a number as in JavaScript.
    fn as_number(&self, operand: Option<&Tree>) -> Result<Option<f64>, QueryError> {
        match operand {
            Some(Tree::Number(text)) => self.parsed(text),
            Some(Tree::Text(text)) if text.trim().is_empty() => Ok(Some(0.0)),
            Some(Tree::Text(text)) => self.parsed(text.trim()),
            Some(Tree::Bool(bool)) => Ok(Some(f64::from(*bool))),
            Some(Tree::Null) => Ok(Some(0.0)),
            _ => Ok(None),
        }
    }

    fn parsed(&self, text: &str) -> Result<Option<f64>, QueryError> {
        self.steps.spend(1 + text.len() / BYTES_A_STEP)?;
        let is_number = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
        Ok(if is_number { text.parse().ok() } else { None })
    }
}

/// The result of a path as a tree.
fn tree<'a>(found: &PathValue<'a>) -> Cow<'a, Tree<'a>> {
    match found {
        PathValue::Tree(tree) => Cow::Borrowed(*tree),
        PathValue::Number(length) => Cow::Owned(number(*length)),
        PathValue::Name(name) => Cow::Owned(Tree::Text(name.clone())),
    }
}

fn number(number: usize) -> Tree<'static> {
    Tree::Number(number.to_string().into())
}

/// Whether a value counts as true in JavaScript.
fn is_truthy(tree: &Tree) -> bool {
    match tree {
        Tree::Null => false,
        Tree::Bool(bool) => *bool,
        Tree::Number(number) => number.parse::<f64>().is_ok_and(|number| number != 0.0),
        Tree::Text(text) => !text.is_empty(),
        Tree::List(_) | Tree::Map(_) => true,
    }
}
