//! Lone surrogates in JSON, which JavaScript accepts and serde_json refuses.

use std::borrow::Cow;

/// JSON without lone surrogates: an escape such as `\ud83d` without its other half becomes `\ufffd`, so the length does
/// not change. A text that is not JSON is still not JSON afterwards.
///
/// ```
/// use badgesmith_queries::replace_lone_surrogates;
///
/// let replaced = replace_lone_surrogates(br#"["\ud83d", "\ud83d\ude00", "\\ud83d"]"#);
/// assert_eq!(replaced, br#"["\ufffd", "\ud83d\ude00", "\\ud83d"]"#.as_slice());
/// ```
#[must_use]
pub fn replace_lone_surrogates(json: &[u8]) -> Cow<'_, [u8]> {
    let mut replaced = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        at += match (code_unit(json, at), code_unit(json, at + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                replaced.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            _ => 2,
        };
        if at >= json.len() {
            break;
        }
    }
    replaced
}

/// The UTF-16 code unit of the escape at an offset, if there is one.
fn code_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_surrogates_are_replaced() {
        let rows = [
            (r"", r""),
            (r"\", r"\"),
            (r"\u", r"\u"),
            (r"\ud83d", r"\ufffd"),
            (r"\uDE00\uD83D", r"\ufffd\ufffd"),
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\\\ud83d", r"\\\ufffd"),
            (r"\u00e9\n\ud83dé", r"\u00e9\n\ufffdé"),
            (r"\ud83", r"\ud83"),
        ];
        for (json, expected) in rows {
            assert_eq!(replace_lone_surrogates(json.as_bytes()), expected.as_bytes(), "{json}");
        }
    }
}
