//! A JSON parser: RFC 8259, and lone surrogates, which JavaScript accepts.
//!
//! serde_json is not used because it refuses lone surrogates, which become replacement characters here, and loses the
//! digits of numbers and the order of members.

use std::borrow::Cow;

use super::{
    json_bounds::{DEEPEST, INVALID, MOST_VALUES, TOO_MUCH},
    json_scan,
    number::number,
    value::{Map, Tree},
    wanted::WantedChildren,
};
use crate::query_error::QueryError;

/// Parses a document.
pub(super) fn read(text: &str) -> Result<Tree<'_>, QueryError> {
    read_for(text, &[])
}

/// Parses a document for a query that visits these children on its first levels. The whole document must be valid and
/// within the limits, but other members are left out, and other items are null.
pub(super) fn read_for<'t>(text: &'t str, wanted: &[WantedChildren<'_>]) -> Result<Tree<'t>, QueryError> {
    let mut parser = JsonParser { text, at: 0, values: 0 };
    let tree = parser.value(0, wanted)?;
    if parser.peek().is_some() { Err(INVALID) } else { Ok(tree) }
}

struct JsonParser<'t> {
    text: &'t str,
    at: usize,
    values: usize,
}

impl<'t> JsonParser<'t> {
    /// Skips whitespace, and returns the next byte.
    fn peek(&mut self) -> Option<u8> {
        self.at = json_scan::whitespace(self.text.as_bytes(), self.at);
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), QueryError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(INVALID)
        }
    }

    fn value(&mut self, depth: usize, wanted: &[WantedChildren<'_>]) -> Result<Tree<'t>, QueryError> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(TOO_MUCH);
        }
        match self.peek().ok_or(INVALID)? {
            b'"' => Ok(Tree::Text(self.string()?)),
            b'{' | b'[' if depth == DEEPEST => Err(INVALID),
            b'{' => self.map(depth + 1, wanted),
            b'[' => self.list(depth + 1, wanted),
            b't' => self.word("true", Tree::Bool(true)),
            b'f' => self.word("false", Tree::Bool(false)),
            b'n' => self.word("null", Tree::Null),
            _ => Ok(Tree::Number(self.number()?)),
        }
    }

    /// Skips a value, and counts it and the values in it.
    fn skip_value(&mut self, depth: usize) -> Result<(), QueryError> {
        self.at = json_scan::value_end(self.text.as_bytes(), self.at, depth, &mut self.values)?;
        Ok(())
    }

    fn word(&mut self, word: &str, value: Tree<'t>) -> Result<Tree<'t>, QueryError> {
        self.at = json_scan::word_end(self.text.as_bytes(), self.at, word).ok_or(INVALID)?;
        Ok(value)
    }

    fn list(&mut self, depth: usize, wanted: &[WantedChildren<'_>]) -> Result<Tree<'t>, QueryError> {
        self.at += 1;
        let (wanted, below) = wanted.split_first().unwrap_or((&WantedChildren::All, &[]));
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Tree::List(Box::default()));
        }
        loop {
            items.push(if wanted.has_item(items.len()) {
                self.value(depth, below)?
            } else {
                self.skip_value(depth)?;
                Tree::Null
            });
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b']')?;
                return Ok(Tree::List(items.into_boxed_slice()));
            }
        }
    }

    fn map(&mut self, depth: usize, wanted: &[WantedChildren<'_>]) -> Result<Tree<'t>, QueryError> {
        self.at += 1;
        let (wanted, below) = wanted.split_first().unwrap_or((&WantedChildren::All, &[]));
        let mut members = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Tree::Map(Box::new(Map::new(members))));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(INVALID);
            }
            let name = self.string()?;
            self.expect(b':')?;
            if wanted.has_member(&name) {
                members.push((name, self.value(depth, below)?));
            } else {
                self.skip_value(depth)?;
            }
            if self.peek() == Some(b',') {
                self.at += 1;
            } else {
                self.expect(b'}')?;
                return Ok(Tree::Map(Box::new(Map::new(members))));
            }
        }
    }

    fn number(&mut self) -> Result<Cow<'t, str>, QueryError> {
        let start = self.at;
        self.at = json_scan::number_end(self.text.as_bytes(), start).ok_or(INVALID)?;
        Ok(number(&self.text[start..self.at]))
    }

    /// A string, whose opening quote is next.
    fn string(&mut self) -> Result<Cow<'t, str>, QueryError> {
        self.at += 1;
        let plain = self.plain()?;
        if self.take('"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        while !self.take('"') {
            self.at += 1;
            self.escape(&mut text)?;
            text.push_str(self.plain()?);
        }
        Ok(Cow::Owned(text))
    }

    /// The characters up to a quote or an escape.
    fn plain(&mut self) -> Result<&'t str, QueryError> {
        let start = self.at;
        self.at = json_scan::plain_end(self.text.as_bytes(), start)?;
        Ok(&self.text[start..self.at])
    }

    /// What follows a `\`.
    fn escape(&mut self, text: &mut String) -> Result<(), QueryError> {
        let letter = self.text.as_bytes().get(self.at).ok_or(INVALID)?;
        self.at += 1;
        text.push(match letter {
            b'"' | b'\\' | b'/' => char::from(*letter),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                self.letter(unit)?
            }
            _ => return Err(INVALID),
        });
        Ok(())
    }

    /// The character that begins with this UTF-16 code unit.
    fn letter(&mut self, unit: u32) -> Result<char, QueryError> {
        if let Some(letter) = char::from_u32(unit) {
            return Ok(letter);
        }
        let before = self.at;
        if unit < 0xdc00 && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = self.unit()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// A UTF-16 code unit in four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, QueryError> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(INVALID)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(INVALID);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| INVALID)
    }

    /// Skips a character if it is next, and returns whether it was.
    fn take(&mut self, letter: char) -> bool {
        let is_next = self.text[self.at..].starts_with(letter);
        self.at += usize::from(is_next);
        is_next
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Whether a tree has the values that serde_json reads; numbers are compared as numbers.
    fn is_same(tree: &Tree, value: &Value) -> bool {
        match (tree, value) {
            (Tree::Null, Value::Null) => true,
            (Tree::Bool(one), Value::Bool(other)) => one == other,
            (Tree::Number(one), Value::Number(other)) => one.parse::<f64>().ok() == other.as_f64(),
            (Tree::Text(one), Value::String(other)) => one == other,
            (Tree::List(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
            }
            (Tree::Map(one), Value::Object(other)) => {
                let has = |(name, value): &(Cow<str>, Tree)| other.get(&**name).is_some_and(|o| is_same(value, o));
                one.len() == other.len() && one.iter().all(has)
            }
            _ => false,
        }
    }

    #[test]
    fn a_lone_surrogate_is_a_replacement_character() {
        let rows = [
            (r#"["\ud83d"]"#, "\u{fffd}"),
            (r#"["a\ud83dz"]"#, "a\u{fffd}z"),
            (r#"["\ude00\ud83d"]"#, "\u{fffd}\u{fffd}"),
            (r#"["\ud83d\ude00"]"#, "😀"),
            (r#"["\ud83d\ud83d\ude00"]"#, "\u{fffd}😀"),
            (r#"["\ud83d\n"]"#, "\u{fffd}\n"),
            (r#"["\ud83d\u0041"]"#, "\u{fffd}A"),
            (r#"["\\ud83d"]"#, "\\ud83d"),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text), Ok(Tree::List(Box::new([Tree::Text(expected.into())]))), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "[",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":1,}",
            "[01]",
            "[1.]",
            "[.5]",
            "[+1]",
            "[1e]",
            "[nul]",
            "['a']",
            "[\"\t\"]",
            "[\"\\x\"]",
            "[\"\\u12\"]",
            "[\"\\u+123\"]",
            "[\"a]",
            "[1] 2",
            "[NaN]",
            "// a\n[]",
            "[\u{a0}]",
        ] {
            assert_eq!(read(text), Err(INVALID), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn serde_json_reads_the_same(text in r#"([\[\]{}:,"0-9eE.+\\ -]|true|null|\\u00e9|\\ud83d\\ude00|"a"|é|\[|\]){0,24}"#) {
            match (read(&text), serde_json::from_str::<Value>(&text)) {
                (Ok(tree), Ok(value)) => proptest::prop_assert!(is_same(&tree, &value), "{text}"),
                (Ok(_), Err(fault)) => proptest::prop_assert!(fault.to_string().contains("out of range"), "{text}: {fault}"),
                (Err(_), Ok(_)) => proptest::prop_assert!(false, "{text}"),
                (Err(_), Err(_)) => {}
            }
        }
    }
}
