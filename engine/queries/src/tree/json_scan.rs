//! Finds the ends of the tokens and values of a JSON text, without building values.

use super::json_bounds::{DEEPEST, INVALID, MOST_VALUES, TOO_MUCH};
use crate::query_error::QueryError;

/// A byte of 1 in each byte of a word: eight bytes are compared at once.
const ONES: u64 = u64::MAX / 0xff;
/// The highest bit of each byte of a word.
const HIGHEST_BITS: u64 = ONES * 0x80;

/// The offset after whitespace.
#[inline(always)]
pub(super) fn whitespace(text: &[u8], at: usize) -> usize {
    // Most tokens have no whitespace before them.
    if text.get(at).is_some_and(|byte| *byte <= b' ') { long_whitespace(text, at) } else { at }
}

fn long_whitespace(text: &[u8], mut at: usize) -> usize {
    loop {
        match text.get(at) {
            Some(b' ') if text[at..].starts_with(b"        ") => at += 8,
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            _ => return at,
        }
    }
}

/// The offset of the first quote, backslash or control character.
#[inline(always)]
fn special(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*bytes);
        // After flipping bit 0x02, a quote is 0x20, and control characters stay below 0x20.
        let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
        let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        // A subtraction that borrowed sets the highest bit of its byte, and may also set it in the bytes above: only
        // the lowest one counts.
        let found = (quote_or_control | backslash) & !word & HIGHEST_BITS;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).map(|length| at + length)
}

/// The offset of the first quote or backslash in a string.
pub(super) fn plain_end(text: &[u8], at: usize) -> Result<usize, QueryError> {
    special(text, at).filter(|end| text[*end] >= b' ').ok_or(INVALID)
}

/// The offset after a string whose first character is at this offset.
#[inline(always)]
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let end = special(text, at)?;
    if text[end] == b'"' { Some(end + 1) } else { escaped_string_end(text, end) }
}

/// The offset after a string in which the first quote, backslash or control character is at this offset.
fn escaped_string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match text[at] {
            b'"' => return Some(at + 1),
            b'\\' => {}
            _ => return None,
        }
        let after = match text.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at + 2,
            b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at + 6,
            _ => return None,
        };
        at = special(text, after)?;
    }
}

/// The offset after a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
#[inline(always)]
pub(super) fn number_end(text: &[u8], at: usize) -> Option<usize> {
    let whole = at + usize::from(text.get(at) == Some(&b'-'));
    let end = digits_end(text, whole)?;
    if end > whole + 1 && text[whole] == b'0' {
        return None;
    }
    if matches!(text.get(end), Some(b'.' | b'e' | b'E')) { fraction_end(text, end) } else { Some(end) }
}

/// The offset after the fraction and the exponent of a number.
fn fraction_end(text: &[u8], mut at: usize) -> Option<usize> {
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'-' | b'+')));
        at = digits_end(text, at + 1 + sign)?;
    }
    Some(at)
}

/// The offset after at least one digit.
#[inline(always)]
fn digits_end(text: &[u8], start: usize) -> Option<usize> {
    let mut end = start;
    while let Some(bytes) = text.get(end..).and_then(|rest| rest.first_chunk()) {
        // After flipping the bits of `0`, digits are the numbers below 10.
        let word = u64::from_le_bytes(*bytes) ^ (ONES * u64::from(b'0'));
        let found = (word.wrapping_add(ONES * (0x80 - 10)) | word) & HIGHEST_BITS;
        if found != 0 {
            end += found.trailing_zeros() as usize / 8;
            return (end > start).then_some(end);
        }
        end += 8;
    }
    while text.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    (end > start).then_some(end)
}

/// The offset after a word, which must be next.
pub(super) fn word_end(text: &[u8], at: usize, word: &str) -> Option<usize> {
    text.get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
}

/// The offset after a value at this depth. Counts the value and the values in it.
pub(super) fn value_end(text: &[u8], mut at: usize, depth: usize, values: &mut usize) -> Result<usize, QueryError> {
    let mut count = *values;
    // One bit for each open list or object, the innermost one lowest: 1 if it is an object.
    let (mut open, mut inside) = (0_u128, depth);
    loop {
        count += 1;
        if count > MOST_VALUES {
            return Err(TOO_MUCH);
        }
        at = whitespace(text, at);
        let first = *text.get(at).ok_or(INVALID)?;
        let end = match first {
            b'"' => string_end(text, at + 1),
            b'{' | b'[' if inside == DEEPEST => None,
            b'{' | b'[' => {
                let next = whitespace(text, at + 1);
                // The code of a closing bracket is the code of the opening one plus 2.
                if text.get(next) == Some(&(first + 2)) {
                    Some(next + 1)
                } else {
                    (open, inside) = (open << 1 | u128::from(first == b'{'), inside + 1);
                    at = if first == b'{' { name_end(text, next).ok_or(INVALID)? } else { next };
                    continue;
                }
            }
            b't' => word_end(text, at, "true"),
            b'f' => word_end(text, at, "false"),
            b'n' => word_end(text, at, "null"),
            _ => number_end(text, at),
        };
        at = end.ok_or(INVALID)?;
        loop {
            if inside == depth {
                *values = count;
                return Ok(at);
            }
            at = whitespace(text, at);
            match (text.get(at), open & 1) {
                (Some(b','), 0) => {
                    at += 1;
                    break;
                }
                (Some(b','), _) => {
                    at = name_end(text, whitespace(text, at + 1)).ok_or(INVALID)?;
                    break;
                }
                (Some(b']'), 0) | (Some(b'}'), 1) => (open, inside, at) = (open >> 1, inside - 1, at + 1),
                _ => return Err(INVALID),
            }
        }
    }
}

/// The offset after a member's name, which must be next, and the colon behind it.
#[inline(always)]
fn name_end(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let end = whitespace(text, string_end(text, at + 1)?);
    (text.get(end) == Some(&b':')).then_some(end + 1)
}
