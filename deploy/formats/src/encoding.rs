//! Decodes the bytes of a file as text: byte order marks, UTF-16 without a mark, the encoding that an XML declaration
//! names, and terminal escape sequences.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::refusal::{EncodingFault, ReportRefusal};

/// The character that begins a terminal escape sequence.
const ESCAPE: char = '\u{1b}';
/// The longest escape sequence that is removed, in characters.
const LONGEST_SEQUENCE: usize = 256;
/// How much of an unknown encoding's name is repeated in the refusal, in characters.
const LONGEST_LABEL: usize = 40;

/// Decodes a file, and removes its byte order mark.
///
/// XML with bytes that are invalid in its encoding is refused, as an XML parser must. Any other file may be a log that
/// contains output of the tests, so invalid bytes in it become U+FFFD.
///
/// # Errors
/// The encoding is unknown, or an XML file has bytes that are invalid in it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReportRefusal> {
    decode_bytes(bytes).map_err(ReportRefusal::Encoding)
}

/// Removes the escape sequences that color text or move the cursor (`ESC [ … letter`) or set a window title
/// (`ESC ] … BEL`). XML is returned unchanged, because the characters that XML forbids are removed when it is read.
pub(crate) fn without_escape_sequences(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) || text.trim_start().starts_with('<') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        plain.push_str(before);
        let is_end = |c: char| match after.as_bytes().first() {
            Some(b'[') => ('\u{40}'..='\u{7e}').contains(&c),
            _ => c == '\u{7}',
        };
        let is_sequence = after.starts_with(['[', ']']);
        // If no end follows within the limit, it is not an escape sequence, so only the escape character is removed.
        let end = after.char_indices().skip(1).take(LONGEST_SEQUENCE).find(|(_, c)| is_end(*c));
        rest = match end.filter(|_| is_sequence) {
            Some((at, c)) => after.get(at + c.len_utf8()..).unwrap_or_default(),
            None => after,
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn decode_bytes(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingFault> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(EncodingFault::Utf32);
    }
    let (encoding, start) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (Some(encoding), mark),
        None => (utf16_without_mark(bytes), 0),
    };
    let body = bytes.get(start..).unwrap_or_default();
    let is_xml = encoding.is_none_or(|encoding| encoding == UTF_8) && body.trim_ascii_start().starts_with(b"<");
    match encoding {
        Some(encoding) if encoding != UTF_8 => convert(body, encoding),
        _ if !is_xml => Ok(String::from_utf8_lossy(body)),
        // A byte order mark takes precedence over the XML declaration.
        Some(_) => utf8(body),
        None => match declared(body)? {
            Some(encoding) => convert(body, encoding),
            None => utf8(body),
        },
    }
}

/// Detects UTF-16 without a byte order mark, as written by `>` in Windows PowerShell: a report begins with ASCII
/// characters, so every second byte is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => Some(UTF_16LE),
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding that the XML declaration names; `None` for UTF-8, and for a UTF-16 declaration that cannot be true.
fn declared(bytes: &[u8]) -> Result<Option<&'static Encoding>, EncodingFault> {
    let Some(declaration) = bytes.strip_prefix(b"<?xml") else { return Ok(None) };
    let declaration = declaration.get(..declaration.len().min(256)).unwrap_or_default();
    let declaration = String::from_utf8_lossy(declaration);
    let declaration = declaration.split("?>").next().unwrap_or_default();
    let Some((_, value)) = declaration.split_once("encoding") else { return Ok(None) };
    let Some(value) = value.trim_start().strip_prefix('=').map(str::trim_start) else { return Ok(None) };
    let mut parts = value.splitn(3, ['"', '\'']);
    let Some(label) = parts.nth(1) else { return Ok(None) };
    match Encoding::for_label(label.as_bytes()) {
        // .NET's StringWriter declares UTF-16, and the text is saved as UTF-8 afterwards. Real UTF-16 was detected
        // before.
        Some(encoding) if encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE => Ok(None),
        Some(encoding) => Ok(Some(encoding)),
        None => Err(EncodingFault::Unknown { label: label.chars().take(LONGEST_LABEL).collect() }),
    }
}

fn convert<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, EncodingFault> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors && text.trim_start().starts_with('<') {
        return Err(EncodingFault::NotAsDeclared { encoding: encoding.name() });
    }
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingFault> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        EncodingFault::NotUtf8 { line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn text_is_decoded_from_every_encoding() {
        let xml = "<?xml version=\"1.0\" encoding=\"utf-16\"?><a b=\"é\"/>";
        for bytes in [
            utf16(&format!("\u{feff}{xml}"), u16::to_le_bytes),
            utf16(&format!("\u{feff}{xml}"), u16::to_be_bytes),
            utf16(xml, u16::to_le_bytes),
            utf16(xml, u16::to_be_bytes),
            xml.as_bytes().to_vec(),
            format!("\u{feff}{xml}").into_bytes(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(xml), "{bytes:?}");
        }
    }

    #[test]
    fn a_declared_encoding_is_used_and_an_unknown_one_is_named() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1'?><a b='\xe9'/>";
        assert!(decode(latin).unwrap().contains('é'));
        let unknown = decode(b"<?xml version='1.0' encoding='klingon'?><a/>").unwrap_err();
        assert!(unknown.to_string().contains("klingon"), "{unknown}");
        let false_utf8 = decode(b"<?xml version='1.0' encoding='utf-8'?>\n<a b='\xe9'/>").unwrap_err();
        assert!(false_utf8.to_string().contains("line 2"), "{false_utf8}");
        assert!(decode(b"\xff\xfe\0\0<\0\0\0").unwrap_err().to_string().contains("UTF-32"));
    }

    #[test]
    fn escape_sequences_are_removed() {
        for (text, plain) in [
            ("\u{1b}[32mok 1\u{1b}[0m", "ok 1"),
            ("\u{1b}[1;38;5;9mnot ok\u{1b}[K", "not ok"),
            ("\u{1b}]0;tests\u{7}ok", "ok"),
            ("\u{1b}ok", "ok"),
            ("\u{1b}[", "["),
            ("<a>\u{1b}[0m</a>", "<a>\u{1b}[0m</a>"),
        ] {
            assert_eq!(without_escape_sequences(text), plain, "{text:?}");
        }
    }

    #[test]
    fn a_log_may_hold_any_bytes() {
        assert_eq!(decode(b"ok 1 \xff\n").as_deref(), Ok("ok 1 \u{fffd}\n"));
    }
}
