//! Reads a JSONPath: segments and selectors.
//!
//! jsonpath-plus reads paths without `$`, names with dashes and digits behind a dot, `.[0]`, names without quotes in
//! brackets, `~` and `^`. Its scripts, `[(@.length - 1)]`, are refused. <https://github.com/JSONPath-Plus/JSONPath>

use super::path_syntax::{Segment, Selector, Slice};
use crate::Fault;

/// The most segments: more than any document is deep.
const MOST_SEGMENTS: usize = 128;
/// How deep filters may stand in filters.
const DEEPEST_FILTER: usize = 4;
/// The largest number of a place or slice, either way: 2⁵³ - 1.
const LARGEST_INTEGER: i64 = (1 << 53) - 1;

/// Reads a path, by the RFC or else as jsonpath-plus would.
pub(super) fn path(text: &str) -> Result<Vec<Segment>, Fault> {
    match Reader::new(text, false).whole() {
        Err(Fault::JsonPath) => Reader::new(text, true).whole(),
        read => read,
    }
}

/// What is left of a path.
pub(super) struct Reader<'q> {
    pub(super) rest: &'q str,
    /// Whether it is read as jsonpath-plus would.
    is_lenient: bool,
    /// How many filters are open.
    filters: usize,
}

impl<'q> Reader<'q> {
    fn new(text: &'q str, is_lenient: bool) -> Self {
        Self { rest: text, is_lenient, filters: 0 }
    }

    fn whole(mut self) -> Result<Vec<Segment>, Fault> {
        let has_root = self.take("$");
        let mut segments = Vec::new();
        if !has_root {
            if !self.is_lenient {
                return Err(Fault::JsonPath);
            }
            if !self.rest.starts_with(['.', '[', '^', '~']) {
                segments.push(Segment::Child(vec![self.behind_dot()?]));
            }
        } else if self.is_lenient && self.rest.is_empty() {
            return Err(Fault::JsonPath);
        }
        segments.extend(self.segments()?);
        if self.rest.is_empty() { Ok(segments) } else { Err(Fault::JsonPath) }
    }

    /// Every segment up to what is none.
    pub(super) fn segments(&mut self) -> Result<Vec<Segment>, Fault> {
        // Within a filter a dash is not a part of a name.
        let is_lenient = self.is_lenient && self.filters == 0;
        let mut segments = Vec::new();
        loop {
            if segments.len() > MOST_SEGMENTS {
                return Err(Fault::QueryTooDeep);
            }
            let before = self.rest;
            self.blanks();
            if self.take("..") {
                let selectors = if self.rest.starts_with('[') { self.brackets()? } else { vec![self.behind_dot()?] };
                segments.push(Segment::Descendant(selectors));
            } else if is_lenient
                && (self.rest.starts_with(".[") || self.rest.starts_with(".^") || self.rest.starts_with(".~"))
            {
                self.take(".");
            } else if self.take(".") {
                segments.push(Segment::Child(vec![self.behind_dot()?]));
            } else if self.rest.starts_with('[') {
                segments.push(Segment::Child(self.brackets()?));
            } else if is_lenient && self.take("^") {
                segments.push(Segment::Parent);
            } else if is_lenient && self.take("~") {
                segments.push(Segment::Name);
            } else {
                self.rest = before;
                return Ok(segments);
            }
        }
    }

    /// A star or a name behind a dot.
    fn behind_dot(&mut self) -> Result<Selector, Fault> {
        if self.take("*") {
            return Ok(Selector::All);
        }
        if self.is_lenient && self.filters == 0 {
            return self.loose_name();
        }
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii();
        let end = self.rest.find(|letter| !is_name(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(Fault::JsonPath);
        }
        self.rest = rest;
        Ok(Selector::Name(name.to_owned()))
    }

    /// A name behind a dot as jsonpath-plus takes it: whatever stands up to the next step.
    fn loose_name(&mut self) -> Result<Selector, Fault> {
        if self.rest.starts_with(['\'', '"']) {
            let before = self.rest;
            if let Ok(name) = self.quoted()
                && (self.rest.is_empty() || self.rest.starts_with(['.', '[', '^', '~']))
            {
                return Ok(Selector::Name(name));
            }
            self.rest = before;
        }
        let end = self.rest.find(['.', '[', '^', '~']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name != name.trim() || name.contains(|letter: char| letter.is_control()) {
            return Err(Fault::JsonPath);
        }
        self.rest = rest;
        let is_number = name.bytes().all(|digit| digit.is_ascii_digit());
        Ok(if is_number { Selector::Member(name.to_owned()) } else { Selector::Name(name.to_owned()) })
    }

    /// `[selector, …]`.
    fn brackets(&mut self) -> Result<Vec<Selector>, Fault> {
        self.expect("[")?;
        let mut selectors = Vec::new();
        loop {
            self.blanks();
            selectors.push(self.selector()?);
            self.blanks();
            if !self.take(",") {
                self.expect("]")?;
                return Ok(selectors);
            }
        }
    }

    fn selector(&mut self) -> Result<Selector, Fault> {
        match self.rest.chars().next().ok_or(Fault::JsonPath)? {
            '\'' | '"' => self.quoted().map(Selector::Name),
            '*' => {
                self.take("*");
                Ok(Selector::All)
            }
            '?' => {
                self.take("?");
                if self.filters == DEEPEST_FILTER {
                    return Err(Fault::QueryTooDeep);
                }
                self.filters += 1;
                let filter = self.filter()?;
                self.filters -= 1;
                Ok(Selector::Filter(filter))
            }
            '-' | ':' | '0'..='9' => self.number_or_slice(),
            first if self.is_lenient && (first == '_' || first.is_alphabetic()) => self.bare_name(),
            _ => Err(Fault::JsonPath),
        }
    }

    /// A name in brackets without quotes.
    fn bare_name(&mut self) -> Result<Selector, Fault> {
        let (name, rest) = self.rest.split_at(self.rest.find([',', ']']).ok_or(Fault::JsonPath)?);
        if name.contains(|letter: char| letter.is_control() || "'\"[(){}?@$*".contains(letter)) {
            return Err(Fault::JsonPath);
        }
        self.rest = rest;
        Ok(Selector::Name(name.trim().to_owned()))
    }

    fn number_or_slice(&mut self) -> Result<Selector, Fault> {
        let start = self.integer()?;
        let before = self.rest;
        self.blanks();
        if !self.take(":") {
            self.rest = before;
            return start.map(Selector::Index).ok_or(Fault::JsonPath);
        }
        self.blanks();
        let end = self.integer()?;
        self.blanks();
        let step = if self.take(":") {
            self.blanks();
            self.integer()?
        } else {
            None
        };
        Ok(Selector::Slice(Slice { start, end, step }))
    }

    /// A whole number without zeros in front, where there is one.
    fn integer(&mut self) -> Result<Option<i64>, Fault> {
        let sign = usize::from(self.rest.starts_with('-'));
        let digits = self.rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let (text, rest) = self.rest.split_at(sign + digits);
        if text.is_empty() {
            return Ok(None);
        }
        let has_zero = text[sign..].starts_with('0') && text != "0";
        let number = text.parse().ok().filter(|number: &i64| number.abs() <= LARGEST_INTEGER && !has_zero);
        self.rest = rest;
        number.map(Some).ok_or(Fault::JsonPath)
    }

    /// A text in quotes, its escapes resolved.
    pub(super) fn quoted(&mut self) -> Result<String, Fault> {
        let mark = self.rest.chars().next().ok_or(Fault::JsonPath)?;
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
                '\0'..='\x1f' => return Err(Fault::JsonPath),
                _ => text.push(letter),
            }
        }
    }

    fn escaped(&mut self, mark: char) -> Result<char, Fault> {
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
                    return char::from_u32(unit).ok_or(Fault::JsonPath);
                }
                self.expect("\\u")?;
                let low = self.unit()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(Fault::JsonPath);
                }
                char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(Fault::JsonPath)
            }
            _ => Err(Fault::JsonPath),
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Fault> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(Fault::JsonPath)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Fault::JsonPath);
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).map_err(|_| Fault::JsonPath)
    }

    fn letter(&mut self) -> Result<char, Fault> {
        let letter = self.rest.chars().next().ok_or(Fault::JsonPath)?;
        self.rest = &self.rest[letter.len_utf8()..];
        Ok(letter)
    }

    pub(super) fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), Fault> {
        if self.take(text) { Ok(()) } else { Err(Fault::JsonPath) }
    }
}
