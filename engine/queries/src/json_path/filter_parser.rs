//! Parses the filters of a JSONPath: RFC 9535, section 2.3.5, with `===` and `!==` of JavaScript.

use std::cell::RefCell;

use super::{
    parser::PathParser,
    path_syntax::{ComparisonOperator, FilterOperand, FilterQuery, FilterTest, PathFilter, RegexTest},
};
use crate::{query_error::QueryError, tree::Tree};

/// An operand of a comparison, or a test by a function.
enum FilterTerm {
    Operand(FilterOperand),
    Regex(Box<RegexTest>),
}

/// The comparison operators, the longer ones first.
const COMPARISONS: [(&str, ComparisonOperator); 8] = [
    ("===", ComparisonOperator::Same),
    ("!==", ComparisonOperator::Different),
    ("==", ComparisonOperator::Equal),
    ("!=", ComparisonOperator::Unequal),
    ("<=", ComparisonOperator::LessOrEqual),
    (">=", ComparisonOperator::GreaterOrEqual),
    ("<", ComparisonOperator::Less),
    (">", ComparisonOperator::Greater),
];

impl PathParser<'_> {
    /// A filter, after its `?`.
    pub(super) fn filter(&mut self) -> Result<PathFilter, QueryError> {
        self.whitespace();
        let before = self.rest;
        if self.take("(") {
            // Only at the closing parenthesis is it known whether the parentheses enclose the whole filter.
            let test = self.any();
            self.whitespace();
            if test.is_ok() && self.take(")") {
                self.whitespace();
                if self.rest.starts_with([',', ']']) {
                    return Ok(PathFilter { test: test?, is_javascript: true });
                }
            }
            self.rest = before;
        }
        Ok(PathFilter { test: self.any()?, is_javascript: false })
    }

    /// Tests with `||` between them.
    fn any(&mut self) -> Result<FilterTest, QueryError> {
        let mut tests = vec![self.all()?];
        self.whitespace();
        while self.take("||") {
            tests.push(self.all()?);
            self.whitespace();
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { FilterTest::Any(tests) })
    }

    /// Tests with `&&` between them.
    fn all(&mut self) -> Result<FilterTest, QueryError> {
        let mut tests = vec![self.test()?];
        self.whitespace();
        while self.take("&&") {
            tests.push(self.test()?);
            self.whitespace();
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { FilterTest::All(tests) })
    }

    /// A test, with `!` before it or without.
    fn test(&mut self) -> Result<FilterTest, QueryError> {
        self.whitespace();
        let is_negated = !self.rest.starts_with("!=") && self.take("!");
        self.whitespace();
        let test = if self.take("(") {
            let test = self.any()?;
            self.whitespace();
            self.expect(")")?;
            test
        } else {
            let term = self.term()?;
            let before = self.rest;
            self.whitespace();
            let comparison = COMPARISONS.iter().find(|(written, _)| self.take(written));
            match (term, comparison) {
                (FilterTerm::Operand(one), Some((_, comparison))) if !is_negated => {
                    self.whitespace();
                    let FilterTerm::Operand(other) = self.term()? else { return Err(QueryError::JsonPath) };
                    if !is_one_value(&one) || !is_one_value(&other) {
                        return Err(QueryError::JsonPath);
                    }
                    FilterTest::Compare(one, *comparison, other)
                }
                (FilterTerm::Operand(FilterOperand::Query(query)), None) => FilterTest::Exists(query),
                (FilterTerm::Regex(regex), None) => {
                    self.rest = before;
                    FilterTest::Regex(regex)
                }
                _ => return Err(QueryError::JsonPath),
            }
        };
        Ok(if is_negated { FilterTest::Not(Box::new(test)) } else { test })
    }

    /// A literal, a path or a function call.
    fn term(&mut self) -> Result<FilterTerm, QueryError> {
        match self.rest.chars().next().ok_or(QueryError::JsonPath)? {
            '@' | '$' => self.query().map(|query| FilterTerm::Operand(FilterOperand::Query(query))),
            '\'' | '"' => {
                self.quoted().map(|text| FilterTerm::Operand(FilterOperand::Literal(Tree::Text(text.into()))))
            }
            '-' | '0'..='9' => self.number().map(|number| FilterTerm::Operand(FilterOperand::Literal(number))),
            _ => {
                let is_word = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
                let end = self.rest.find(|letter| !is_word(letter)).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                match word {
                    "true" | "false" => Ok(FilterTerm::Operand(FilterOperand::Literal(Tree::Bool(word == "true")))),
                    "null" => Ok(FilterTerm::Operand(FilterOperand::Literal(Tree::Null))),
                    _ => self.call(word),
                }
            }
        }
    }

    fn query(&mut self) -> Result<FilterQuery, QueryError> {
        let is_from_root = self.take("$");
        if !is_from_root {
            self.expect("@")?;
        }
        Ok(FilterQuery { is_from_root, segments: self.segments()? })
    }

    fn number(&mut self) -> Result<Tree<'static>, QueryError> {
        let is_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.' | 'e' | 'E');
        let end = self.rest.find(|letter| !is_number(letter)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        // The RFC's numbers are those of JSON.
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => Ok(Tree::Number(text.to_owned().into())),
            Err(_) => Err(QueryError::JsonPath),
        }
    }

    /// The arguments of a function.
    fn call(&mut self, name: &str) -> Result<FilterTerm, QueryError> {
        self.expect("(")?;
        let term = match name {
            "length" => FilterTerm::Operand(FilterOperand::Length(Box::new(self.value()?))),
            "count" => FilterTerm::Operand(FilterOperand::Count(self.nodes()?)),
            "value" => FilterTerm::Operand(FilterOperand::Value(self.nodes()?)),
            "match" | "search" => {
                let text = self.value()?;
                self.whitespace();
                self.expect(",")?;
                let regex = self.value()?;
                FilterTerm::Regex(Box::new(RegexTest {
                    text,
                    regex,
                    is_whole: name == "match",
                    last: RefCell::default(),
                }))
            }
            _ => return Err(QueryError::JsonPath),
        };
        self.whitespace();
        self.expect(")")?;
        Ok(term)
    }

    /// An argument that is a single value.
    fn value(&mut self) -> Result<FilterOperand, QueryError> {
        self.whitespace();
        match self.term()? {
            FilterTerm::Operand(operand) if is_one_value(&operand) => Ok(operand),
            _ => Err(QueryError::JsonPath),
        }
    }

    /// An argument that is all the values a path leads to.
    fn nodes(&mut self) -> Result<FilterQuery, QueryError> {
        self.whitespace();
        self.query()
    }
}

fn is_one_value(operand: &FilterOperand) -> bool {
    !matches!(operand, FilterOperand::Query(query) if !query.is_singular())
}
