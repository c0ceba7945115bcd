//! Translates a regex from RE2's syntax to that of `regex-syntax`, in one pass.
//!
//! The two syntaxes are close. In RE2 a `{` that begins no repetition is a literal, an escaped punctuation mark is that
//! mark, and `\d`, `\s`, `\w` and `\b` are ASCII. What RE2 does not have (lookaround, back references, the flags `x`
//! and `R`) is refused here. Syntax: <https://github.com/google/re2/wiki/Syntax>. `\uFFFF`, `\u{…}` and `\cA` are
//! JavaScript's, which shields' binding of RE2 accepts too.

use crate::query_error::QueryError;

/// Translates a regex.
///
/// # Errors
/// [`QueryError::Regex`] if RE2 would refuse the regex. Mistakes that `regex-syntax` also refuses are left to it.
pub(super) fn translate(pattern: &str) -> Result<String, QueryError> {
    let mut translator = Translator { rest: pattern, written: String::with_capacity(pattern.len() * 2) };
    let mut follows_repetition = false;
    while let Some(letter) = translator.next() {
        let is_repetition = match letter {
            '*' | '+' | '?' => {
                translator.written.push(letter);
                true
            }
            '{' => translator.counted(),
            _ => {
                translator.item(letter)?;
                false
            }
        };
        if is_repetition {
            if follows_repetition {
                return Err(QueryError::Regex);
            }
            if translator.take('?') {
                translator.written.push('?');
            }
        }
        follows_repetition = is_repetition;
    }
    Ok(translator.written)
}

/// The rest of a regex, and the translation so far.
pub(super) struct Translator<'p> {
    pub(super) rest: &'p str,
    pub(super) written: String,
}

impl Translator<'_> {
    pub(super) fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    /// Skips a character if it is next, and returns whether it was.
    pub(super) fn take(&mut self, letter: char) -> bool {
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Anything but a repetition.
    fn item(&mut self, letter: char) -> Result<(), QueryError> {
        match letter {
            '\\' => self.escape(),
            '[' => self.class(),
            '(' => self.group(),
            '.' | '^' | '$' | '|' | ')' => {
                self.written.push(letter);
                Ok(())
            }
            _ => {
                self.literal(letter);
                Ok(())
            }
        }
    }

    /// A literal character, in a class or outside of one.
    pub(super) fn literal(&mut self, letter: char) {
        // In Rust's syntax every punctuation mark but these two can be escaped.
        if letter.is_ascii_punctuation() && !matches!(letter, '<' | '>') {
            self.written.push('\\');
        }
        self.written.push(letter);
    }

    /// A counted repetition after its `{`, or the literal `{`. Returns whether it was a repetition.
    fn counted(&mut self) -> bool {
        let count = self.rest.split_once('}').filter(|(count, _)| is_count(count));
        if let Some((count, rest)) = count {
            self.written.push_str(&["{", count, "}"].concat());
            self.rest = rest;
        } else {
            self.literal('{');
        }
        count.is_some()
    }

    /// The beginning of a group, after its `(`.
    fn group(&mut self) -> Result<(), QueryError> {
        let Some(rest) = self.rest.strip_prefix('?') else {
            self.written.push('(');
            return Ok(());
        };
        let name = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<'));
        if let Some((name, rest)) = name.and_then(|name| name.split_once('>')) {
            let is_name = name.chars().all(|letter| letter == '_' || letter.is_alphanumeric());
            if name.is_empty() || !is_name {
                return Err(QueryError::Regex);
            }
            // Unlike RE2's, a name in Rust's syntax cannot begin with a digit.
            self.written.push_str(&["(?P<_", name, ">"].concat());
            self.rest = rest;
            return Ok(());
        }
        let end = rest.find([':', ')']).ok_or(QueryError::Regex)?;
        if !rest[..end].chars().all(|flag| "imsU-".contains(flag)) {
            return Err(QueryError::Regex);
        }
        self.written.push_str(&["(?", &rest[..=end]].concat());
        self.rest = &rest[end + 1..];
        Ok(())
    }

    /// An escape outside of a class, after its `\`.
    fn escape(&mut self) -> Result<(), QueryError> {
        let written = match self.rest.chars().next().ok_or(QueryError::Regex)? {
            'A' => "\\A",
            'z' => "\\z",
            'b' => "(?-u:\\b)",
            'B' => "(?-u:\\B)",
            // In RE2, `\C` is one byte. Here it is a character, because a part of a character cannot be shown.
            'C' => "(?s:.)",
            'Q' => {
                self.quoted();
                return Ok(());
            }
            _ if self.perl_class()? => return Ok(()),
            _ => {
                let letter = self.escaped()?;
                self.literal(letter);
                return Ok(());
            }
        };
        self.next();
        self.written.push_str(written);
        Ok(())
    }

    /// `\Q…\E`: literal text, up to the end of the regex if there is no `\E`.
    fn quoted(&mut self) {
        let (quoted, rest) = self.rest[1..].split_once("\\E").unwrap_or((&self.rest[1..], ""));
        quoted.chars().for_each(|letter| self.literal(letter));
        self.rest = rest;
    }

    /// The character of an escape, after its `\`.
    pub(super) fn escaped(&mut self) -> Result<char, QueryError> {
        let letter = self.next().ok_or(QueryError::Regex)?;
        match letter {
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            'x' => self.hexadecimal(2),
            'u' => self.hexadecimal(4),
            'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => Ok(char::from(letter as u8 & 0x1f)),
                _ => Err(QueryError::Regex),
            },
            // A single digit is a back reference, several are an octal code.
            '1'..='7' if !self.rest.starts_with(|next| ('0'..='7').contains(&next)) => Err(QueryError::Regex),
            '0'..='7' => Ok(self.octal(letter)),
            _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => Ok(letter),
            _ => Err(QueryError::Regex),
        }
    }

    /// The character of up to three octal digits, after the first.
    fn octal(&mut self, first: char) -> char {
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|digit| digit.to_digit(8)) else { break };
            self.next();
            code = code * 8 + digit;
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The character of this many hexadecimal digits, or of any number of them in braces.
    fn hexadecimal(&mut self, length: usize) -> Result<char, QueryError> {
        let (digits, rest) = match self.rest.strip_prefix('{') {
            Some(digits) => digits.split_once('}').ok_or(QueryError::Regex)?,
            None => self.rest.split_at_checked(length).ok_or(QueryError::Regex)?,
        };
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(QueryError::Regex);
        }
        self.rest = rest;
        let code = u32::from_str_radix(digits, 16).map_err(|_| QueryError::Regex)?;
        char::from_u32(code).ok_or(QueryError::Regex)
    }
}

/// Whether the text between braces is a repetition count, as in `{2}`, `{2,}` and `{2,5}`.
fn is_count(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    match text.split_once(',') {
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
        None => is_number(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_re2_means_the_same_in_rusts_syntax() {
        let rows = [
            ("abc-é", Some("abc\\-é")),
            ("^\\{", Some("^\\{")),
            ("{a", Some("\\{a")),
            ("x{2}y{2,}z{2,5}?", Some("x{2}y{2,}z{2,5}?")),
            ("x{,5}", Some("x\\{\\,5\\}")),
            ("x{2,5", Some("x\\{2\\,5")),
            ("x{a}", Some("x\\{a\\}")),
            ("]}", Some("\\]\\}")),
            ("\\<\\_\\ \\/\\-", Some("<\\_ \\/\\-")),
            ("\\d\\D", Some("[0-9][^0-9]")),
            ("[\\d\\W]", Some("[[0-9][^0-9A-Za-z_]]")),
            ("\\bx\\B\\Ay\\z\\C", Some("(?-u:\\b)x(?-u:\\B)\\Ay\\z(?s:.)")),
            ("\\Qa.b*\\E+", Some("a\\.b\\*+")),
            ("\\Qa\\d", Some("a\\\\d")),
            ("[[a]", Some("[\\[a]")),
            ("[a[b]", Some("[a\\[b]")),
            ("[]a]", Some("[\\]a]")),
            ("[^]a]", Some("[^\\]a]")),
            ("[a&&b]", Some("[a\\&\\&b]")),
            ("[a--b~~c]", None),
            ("[+--]", Some("[\\+-\\-]")),
            ("[\\w-.]", Some("[[0-9A-Za-z_]\\-\\.]")),
            ("[a-]", Some("[a\\-]")),
            ("[-a]", Some("[\\-a]")),
            ("[a-b-c]", Some("[a-b\\-c]")),
            ("[[:alpha:][:^digit:]]", Some("[[:alpha:][:^digit:]]")),
            ("[[:foo:]]", None),
            ("[\\x41-\\x{5a}\\n\\]]", Some("[A-Z\n\\]]")),
            ("\\101\\07\\u0041\\u{1F600}\\cA", Some("A\x07A😀\x01")),
            ("(?P<n>a)(?<m>b)(?i:c)(?s-m)(?:d)", Some("(?P<_n>a)(?P<_m>b)(?i:c)(?s-m)(?:d)")),
            ("(?P<1n>a)", Some("(?P<_1n>a)")),
            ("\\pN\\p{Greek}\\P{^Lu}\\p{^Lu}", Some("\\p{N}\\p{Greek}\\p{Lu}\\P{Lu}")),
            ("a**", None),
            ("a+?b*?", Some("a+?b*?")),
            ("a{2}+", None),
            ("a??", Some("a??")),
            ("a???", None),
            ("\\1", None),
            ("\\8", None),
            ("\\Z", None),
            ("\\h", None),
            ("\\é", None),
            ("\\", None),
            ("[a", None),
            ("[b-a]", None),
            ("[a-\\d]", None),
            ("[\\Qa\\E]", None),
            ("(?=a)", None),
            ("(?<=a)", None),
            ("(?<!a)", None),
            ("(?>a)", None),
            ("(?x)a", None),
            ("(?P=n)", None),
            ("(?#a)", None),
            ("(?P<>a)", None),
            ("(?P<a b>a)", None),
            ("\\x4", None),
            ("\\x{110000}", None),
            ("\\p{Greek", None),
        ];
        for (pattern, written) in rows {
            assert_eq!(translate(pattern).ok().as_deref(), written, "{pattern}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_translated_literal_can_be_parsed(text in "\\PC{0,40}") {
            let quoted = translate(&["\\Q", &text.replace("\\E", "")].concat()).unwrap();
            let parsed = regex_syntax::parse(&quoted);
            proptest::prop_assert!(parsed.is_ok(), "{quoted}");
        }
    }
}
