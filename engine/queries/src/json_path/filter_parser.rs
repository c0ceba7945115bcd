//! Reads the filters of a JSONPath: RFC 9535, section 2.3.5, with `===` and `!==` of JavaScript.

use std::cell::RefCell;

use super::{
    parser::Reader,
    path_syntax::{Comparison, Filter, Fits, Operand, Query, Test},
};
use crate::{Fault, tree::Tree};

/// An operand, or what is true by itself.
enum Part {
    Operand(Operand),
    Fits(Box<Fits>),
}

/// Comparisons, the longer ones first.
const COMPARISONS: [(&str, Comparison); 8] = [
    ("===", Comparison::Same),
    ("!==", Comparison::Different),
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Reader<'_> {
    /// What follows a `?`.
    pub(super) fn filter(&mut self) -> Result<Filter, Fault> {
        self.blanks();
        let before = self.rest;
        if self.take("(") {
            // Whether the parentheses hold all of it is known at their end.
            let test = self.any();
            self.blanks();
            if test.is_ok() && self.take(")") {
                self.blanks();
                if self.rest.starts_with([',', ']']) {
                    return Ok(Filter { test: test?, is_javascript: true });
                }
            }
            self.rest = before;
        }
        Ok(Filter { test: self.any()?, is_javascript: false })
    }

    /// Tests with `||` between them.
    fn any(&mut self) -> Result<Test, Fault> {
        let mut tests = vec![self.all()?];
        self.blanks();
        while self.take("||") {
            tests.push(self.all()?);
            self.blanks();
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::Any(tests) })
    }

    /// Tests with `&&` between them.
    fn all(&mut self) -> Result<Test, Fault> {
        let mut tests = vec![self.test()?];
        self.blanks();
        while self.take("&&") {
            tests.push(self.test()?);
            self.blanks();
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::All(tests) })
    }

    fn test(&mut self) -> Result<Test, Fault> {
        self.blanks();
        let is_turned = !self.rest.starts_with("!=") && self.take("!");
        self.blanks();
        let test = if self.take("(") {
            let test = self.any()?;
            self.blanks();
            self.expect(")")?;
            test
        } else {
            let part = self.part()?;
            let before = self.rest;
            self.blanks();
            let comparison = COMPARISONS.iter().find(|(written, _)| self.take(written));
            match (part, comparison) {
                (Part::Operand(one), Some((_, comparison))) if !is_turned => {
                    self.blanks();
                    let Part::Operand(other) = self.part()? else { return Err(Fault::JsonPath) };
                    if !is_one_value(&one) || !is_one_value(&other) {
                        return Err(Fault::JsonPath);
                    }
                    Test::Compare(one, *comparison, other)
                }
                (Part::Operand(Operand::Query(query)), None) => Test::Exists(query),
                (Part::Fits(fits), None) => {
                    self.rest = before;
                    Test::Fits(fits)
                }
                _ => return Err(Fault::JsonPath),
            }
        };
        Ok(if is_turned { Test::Not(Box::new(test)) } else { test })
    }

    /// A literal, a path or a call.
    fn part(&mut self) -> Result<Part, Fault> {
        match self.rest.chars().next().ok_or(Fault::JsonPath)? {
            '@' | '$' => self.query().map(|query| Part::Operand(Operand::Query(query))),
            '\'' | '"' => self.quoted().map(|text| Part::Operand(Operand::Literal(Tree::Text(text.into())))),
            '-' | '0'..='9' => self.number().map(|number| Part::Operand(Operand::Literal(number))),
            _ => {
                let is_word = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
                let end = self.rest.find(|letter| !is_word(letter)).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                match word {
                    "true" | "false" => Ok(Part::Operand(Operand::Literal(Tree::Truth(word == "true")))),
                    "null" => Ok(Part::Operand(Operand::Literal(Tree::Null))),
                    _ => self.call(word),
                }
            }
        }
    }

    fn query(&mut self) -> Result<Query, Fault> {
        let is_from_root = self.take("$");
        if !is_from_root {
            self.expect("@")?;
        }
        Ok(Query { is_from_root, segments: self.segments()? })
    }

    fn number(&mut self) -> Result<Tree<'static>, Fault> {
        let is_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.' | 'e' | 'E');
        let end = self.rest.find(|letter| !is_number(letter)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        // JSON's own grammar of numbers.
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => Ok(Tree::Number(text.to_owned().into())),
            Err(_) => Err(Fault::JsonPath),
        }
    }

    /// What follows the name of a function.
    fn call(&mut self, name: &str) -> Result<Part, Fault> {
        self.expect("(")?;
        let part = match name {
            "length" => Part::Operand(Operand::Length(Box::new(self.value()?))),
            "count" => Part::Operand(Operand::Count(self.nodes()?)),
            "value" => Part::Operand(Operand::Value(self.nodes()?)),
            "match" | "search" => {
                let text = self.value()?;
                self.blanks();
                self.expect(",")?;
                let regex = self.value()?;
                Part::Fits(Box::new(Fits { text, regex, is_whole: name == "match", last: RefCell::default() }))
            }
            _ => return Err(Fault::JsonPath),
        };
        self.blanks();
        self.expect(")")?;
        Ok(part)
    }

    /// An argument that is one value.
    fn value(&mut self) -> Result<Operand, Fault> {
        self.blanks();
        match self.part()? {
            Part::Operand(operand) if is_one_value(&operand) => Ok(operand),
            _ => Err(Fault::JsonPath),
        }
    }

    /// An argument that is whatever a path leads to.
    fn nodes(&mut self) -> Result<Query, Fault> {
        self.blanks();
        self.query()
    }
}

fn is_one_value(operand: &Operand) -> bool {
    !matches!(operand, Operand::Query(query) if !query.is_singular())
}
