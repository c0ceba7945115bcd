//! Translates the character classes of a regex.

use super::re2_translator::Translator;
use crate::query_error::QueryError;

/// The names between `[:` and `:]`.
const NAMED_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

impl Translator<'_> {
    /// A class such as `\d` or `\pN`, after its `\`. Returns whether it was one.
    pub(super) fn perl_class(&mut self) -> Result<bool, QueryError> {
        let letter = self.rest.chars().next().ok_or(QueryError::Regex)?;
        let class = match letter {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            's' => "[\\t\\n\\f\\r ]",
            'S' => "[^\\t\\n\\f\\r ]",
            'w' => "[0-9A-Za-z_]",
            'W' => "[^0-9A-Za-z_]",
            'p' | 'P' => {
                self.next();
                self.unicode_class(letter)?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.next();
        self.written.push_str(class);
        Ok(true)
    }

    /// The name of a Unicode class, after `\p` or `\P`.
    fn unicode_class(&mut self, letter: char) -> Result<(), QueryError> {
        let (name, rest) = match self.rest.strip_prefix('{') {
            Some(name) => name.split_once('}').ok_or(QueryError::Regex)?,
            None => self.rest.split_at(self.rest.chars().next().map_or(0, char::len_utf8)),
        };
        let (is_negated, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
        if name.is_empty() || !name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric()) {
            return Err(QueryError::Regex);
        }
        let written = if (letter == 'P') == is_negated { "\\p{" } else { "\\P{" };
        self.written.push_str(&[written, name, "}"].concat());
        self.rest = rest;
        Ok(())
    }

    /// A class, from after its `[` to its `]`.
    pub(super) fn class(&mut self) -> Result<(), QueryError> {
        self.written.push('[');
        if self.take('^') {
            self.written.push('^');
        }
        let mut is_first = true;
        loop {
            if !is_first && self.take(']') {
                self.written.push(']');
                return Ok(());
            }
            is_first = false;
            if self.named_class()? {
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\\') {
                let before = std::mem::replace(&mut self.rest, rest);
                if self.perl_class()? {
                    continue;
                }
                self.rest = before;
            }
            self.range()?;
        }
    }

    /// A class such as `[:alpha:]` in a class. Returns whether it was one.
    fn named_class(&mut self) -> Result<bool, QueryError> {
        let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|name| name.split_once(":]")) else {
            return Ok(false);
        };
        if !NAMED_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(QueryError::Regex);
        }
        self.written.push_str(&["[:", name, ":]"].concat());
        self.rest = rest;
        Ok(true)
    }

    /// A character of a class, or a range.
    fn range(&mut self) -> Result<(), QueryError> {
        let first = self.in_class()?;
        self.literal(first);
        let last = self.rest.strip_prefix('-').filter(|last| !last.is_empty() && !last.starts_with(']'));
        if let Some(last) = last {
            self.rest = last;
            let last = self.in_class()?;
            if last < first {
                return Err(QueryError::Regex);
            }
            self.written.push('-');
            self.literal(last);
        }
        Ok(())
    }

    fn in_class(&mut self) -> Result<char, QueryError> {
        match self.next().ok_or(QueryError::Regex)? {
            '\\' => self.escaped(),
            letter => Ok(letter),
        }
    }
}
