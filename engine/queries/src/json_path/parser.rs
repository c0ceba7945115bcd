//! Parses the segments and selectors of a JSONPath.
//!
//! jsonpath-plus (<https://github.com/JSONPath-Plus/JSONPath>) accepts paths without `$`, names with dashes and digits
//! after a dot, `.[0]`, unquoted names in brackets, `~` and `^`. Its scripts, such as `[(@.length - 1)]`, are refused.

use super::path_syntax::{PathSegment, PathSelector, PathSlice};
use crate::query_error::QueryError;

/// The most segments of a path: more than the depth of any document.
const MOST_SEGMENTS: usize = 128;
/// The deepest nesting of filters in filters.
const DEEPEST_FILTER: usize = 4;
/// The largest absolute value of an index or of a slice's number: 2⁵³ - 1.
const LARGEST_INTEGER: i64 = (1 << 53) - 1;

/// Parses a path by the RFC, or else by the rules of jsonpath-plus.
pub(super) fn parse(text: &str) -> Result<Vec<PathSegment>, QueryError> {
    match PathParser::new(text, false).whole() {
        Err(QueryError::JsonPath) => PathParser::new(text, true).whole(),
        parsed => parsed,
    }
}

/// A parser, and the rest of its path.
pub(super) struct PathParser<'q> {
    pub(super) rest: &'q str,
    /// Whether the rules are those of jsonpath-plus.
    is_lenient: bool,
    /// How many filters the parser is inside.
    filters: usize,
}

impl<'q> PathParser<'q> {
    fn new(text: &'q str, is_lenient: bool) -> Self {
        Self { rest: text, is_lenient, filters: 0 }
    }

    fn whole(mut self) -> Result<Vec<PathSegment>, QueryError> {
        let has_root = self.take("$");
        let mut segments = Vec::new();
        if !has_root {
            if !self.is_lenient {
                return Err(QueryError::JsonPath);
            }
            if !self.rest.starts_with(['.', '[', '^', '~']) {
                segments.push(PathSegment::Child(vec![self.dot_selector()?]));
            }
        } else if self.is_lenient && self.rest.is_empty() {
            return Err(QueryError::JsonPath);
        }
        segments.extend(self.segments()?);
        if self.rest.is_empty() { Ok(segments) } else { Err(QueryError::JsonPath) }
    }

    /// All segments, up to a text that is not one.
    pub(super) fn segments(&mut self) -> Result<Vec<PathSegment>, QueryError> {
        // In a filter a dash is not part of a name.
        let is_lenient = self.is_lenient && self.filters == 0;
        let mut segments = Vec::new();
        loop {
            if segments.len() > MOST_SEGMENTS {
                return Err(QueryError::QueryTooDeep);
            }
            let before = self.rest;
            self.whitespace();
            if self.take("..") {
                let selectors = if self.rest.starts_with('[') { self.brackets()? } else { vec![self.dot_selector()?] };
                segments.push(PathSegment::Descendant(selectors));
            } else if is_lenient
                && (self.rest.starts_with(".[") || self.rest.starts_with(".^") || self.rest.starts_with(".~"))
            {
                self.take(".");
            } else if self.take(".") {
                segments.push(PathSegment::Child(vec![self.dot_selector()?]));
            } else if self.rest.starts_with('[') {
                segments.push(PathSegment::Child(self.brackets()?));
            } else if is_lenient && self.take("^") {
                segments.push(PathSegment::Parent);
            } else if is_lenient && self.take("~") {
                segments.push(PathSegment::Name);
            } else {
                self.rest = before;
                return Ok(segments);
            }
        }
    }

    /// A star or a name after a dot.
    fn dot_selector(&mut self) -> Result<PathSelector, QueryError> {
        if self.take("*") {
            return Ok(PathSelector::All);
        }
        if self.is_lenient && self.filters == 0 {
            return self.loose_name();
        }
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii();
        let end = self.rest.find(|letter| !is_name(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(QueryError::JsonPath);
        }
        self.rest = rest;
        Ok(PathSelector::Name(name.to_owned()))
    }

    /// A name after a dot by the rules of jsonpath-plus: everything up to the next segment.
    fn loose_name(&mut self) -> Result<PathSelector, QueryError> {
        if self.rest.starts_with(['\'', '"']) {
            let before = self.rest;
            if let Ok(name) = self.quoted()
                && (self.rest.is_empty() || self.rest.starts_with(['.', '[', '^', '~']))
            {
                return Ok(PathSelector::Name(name));
            }
            self.rest = before;
        }
        let end = self.rest.find(['.', '[', '^', '~']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name != name.trim() || name.contains(|letter: char| letter.is_control()) {
            return Err(QueryError::JsonPath);
        }
        self.rest = rest;
        let is_number = name.bytes().all(|digit| digit.is_ascii_digit());
        Ok(if is_number { PathSelector::Member(name.to_owned()) } else { PathSelector::Name(name.to_owned()) })
    }

    /// `[selector, …]`.
    fn brackets(&mut self) -> Result<Vec<PathSelector>, QueryError> {
        self.expect("[")?;
        let mut selectors = Vec::new();
        loop {
            self.whitespace();
            selectors.push(self.selector()?);
            self.whitespace();
            if !self.take(",") {
                self.expect("]")?;
                return Ok(selectors);
            }
        }
    }

    fn selector(&mut self) -> Result<PathSelector, QueryError> {
        match self.rest.chars().next().ok_or(QueryError::JsonPath)? {
            '\'' | '"' => self.quoted().map(PathSelector::Name),
            '*' => {
                self.take("*");
                Ok(PathSelector::All)
            }
            '?' => {
                self.take("?");
                if self.filters == DEEPEST_FILTER {
                    return Err(QueryError::QueryTooDeep);
                }
                self.filters += 1;
                let filter = self.filter()?;
                self.filters -= 1;
                Ok(PathSelector::Filter(filter))
            }
            '-' | ':' | '0'..='9' => self.number_or_slice(),
            first if self.is_lenient && (first == '_' || first.is_alphabetic()) => self.bare_name(),
            _ => Err(QueryError::JsonPath),
        }
    }

    /// An unquoted name in brackets.
    fn bare_name(&mut self) -> Result<PathSelector, QueryError> {
        let (name, rest) = self.rest.split_at(self.rest.find([',', ']']).ok_or(QueryError::JsonPath)?);
        if name.contains(|letter: char| letter.is_control() || "'\"[(){}?@$*".contains(letter)) {
            return Err(QueryError::JsonPath);
        }
        self.rest = rest;
        Ok(PathSelector::Name(name.trim().to_owned()))
    }

    fn number_or_slice(&mut self) -> Result<PathSelector, QueryError> {
        let start = self.integer()?;
        let before = self.rest;
        self.whitespace();
        if !self.take(":") {
            self.rest = before;
            return start.map(PathSelector::Index).ok_or(QueryError::JsonPath);
        }
        self.whitespace();
        let end = self.integer()?;
        self.whitespace();
        let step = if self.take(":") {
            self.whitespace();
            self.integer()?
        } else {
            None
        };
        Ok(PathSelector::Slice(PathSlice { start, end, step }))
    }

    /// An integer without leading zeros, if there is one.
    fn integer(&mut self) -> Result<Option<i64>, QueryError> {
        let sign = usize::from(self.rest.starts_with('-'));
        let digits = self.rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let (text, rest) = self.rest.split_at(sign + digits);
        if text.is_empty() {
            return Ok(None);
        }
        let has_zero = text[sign..].starts_with('0') && text != "0";
        let number = text.parse().ok().filter(|number: &i64| number.abs() <= LARGEST_INTEGER && !has_zero);
        self.rest = rest;
        number.map(Some).ok_or(QueryError::JsonPath)
    }

    /// A quoted text, with its escapes resolved.
    pub(super) fn quoted(&mut self) -> Result<String, QueryError> {
        let mark = self.rest.chars().next().ok_or(QueryError::JsonPath)?;
        self.rest = &self.rest[1..];
        let mut text = String::new();
        loop {
            let letter = self.letter()?;
            match letter {
                _ if letter == mark => return Ok(text),
                '\\' => {
                    let escaped = self.escaped(mark)?;
                    text.push(escaped);
                }
                '\0'..='\x1f' => return Err(QueryError::JsonPath),
                _ => text.push(letter),
            }
        }
    }

    fn escaped(&mut self, mark: char) -> Result<char, QueryError> {
        match self.letter()? {
            'b' => Ok('\x08'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            letter @ ('/' | '\\') => Ok(letter),
            letter if letter == mark => Ok(letter),
            'u' => {
                let unit = self.unit()?;
                if !(0xd800..0xdc00).contains(&unit) {
                    return char::from_u32(unit).ok_or(QueryError::JsonPath);
                }
                self.expect("\\u")?;
                let low = self.unit()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(QueryError::JsonPath);
                }
                char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(QueryError::JsonPath)
            }
            _ => Err(QueryError::JsonPath),
        }
    }

    /// A UTF-16 code unit in four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, QueryError> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(QueryError::JsonPath)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(QueryError::JsonPath);
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).map_err(|_| QueryError::JsonPath)
    }

    fn letter(&mut self) -> Result<char, QueryError> {
        let letter = self.rest.chars().next().ok_or(QueryError::JsonPath)?;
        self.rest = &self.rest[letter.len_utf8()..];
        Ok(letter)
    }

    /// Skips whitespace.
    pub(super) fn whitespace(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Skips a text if it is next, and returns whether it was.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), QueryError> {
        if self.take(text) { Ok(()) } else { Err(QueryError::JsonPath) }
    }
}
