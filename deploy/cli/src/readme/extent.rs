//! Finds where an address ends, by the markup around it.

use super::{found::Escapes, markup::Markup};

/// The longest address that is read, in bytes: one with a logo in it can be long.
const LONGEST: usize = 16 * 1024;
/// How far back an attribute's name or a label is looked for, in bytes.
const LOOK_BACK: usize = 512;

/// The end of an address, and how it is escaped.
pub(super) struct Extent {
    pub(super) end: usize,
    pub(super) escapes: Escapes,
}

/// How an address is delimited.
enum Setting {
    /// An attribute's value in these quotes, which is one address.
    Attribute(u8),
    /// One of several addresses in these quotes, as in `srcset`, or a text in quotes.
    Quotes(u8),
    /// An attribute's value without quotes.
    BareAttribute,
    /// A value in AsciiDoc's brackets, as in `link=`.
    NamedValue,
    /// Between `<` and `>`.
    Angles,
    /// Markdown's destination, in parentheses.
    Destination,
    /// The rest of a line, up to white space.
    Definition,
    Text,
}

/// The extent of the address from `start`, whose path begins at `path`.
pub(super) fn of(text: &[u8], start: usize, path: usize, markup: Markup) -> Extent {
    let rest = text.get(path..text.len().min(path.saturating_add(LONGEST))).unwrap_or_default();
    let before = text.get(start.saturating_sub(LOOK_BACK)..start).unwrap_or_default();
    let setting = setting(before, markup);
    let escapes = match (&setting, markup) {
        (Setting::Attribute(_) | Setting::Quotes(_) | Setting::BareAttribute, _) => Escapes::Entities,
        (_, Markup::Markdown) => Escapes::EntitiesAndBackslashes,
        (_, Markup::Html | Markup::AsciiDoc) => Escapes::Entities,
        (_, Markup::Rest) => Escapes::None,
    };
    Extent { end: path + length(&setting, rest, markup), escapes }
}

fn setting(before: &[u8], markup: Markup) -> Setting {
    match before {
        [head @ .., quote @ (b'"' | b'\'')] => match attribute_name(head) {
            Some(name) if !name.to_ascii_lowercase().ends_with(b"set") => Setting::Attribute(*quote),
            _ => Setting::Quotes(*quote),
        },
        [.., b'='] if markup == Markup::AsciiDoc => Setting::NamedValue,
        [.., b'='] if attribute_name(before).is_some() => Setting::BareAttribute,
        [.., b'<'] => Setting::Angles,
        _ if markup == Markup::Markdown && before.trim_ascii_end().ends_with(b"(") => Setting::Destination,
        _ if is_definition(before, markup) => Setting::Definition,
        _ => Setting::Text,
    }
}

/// The name of the attribute whose value begins after `head`, which ends with a `=` and perhaps blanks.
fn attribute_name(head: &[u8]) -> Option<&[u8]> {
    let name = head.trim_ascii_end().strip_suffix(b"=")?.trim_ascii_end();
    let letters = name.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    name.get(name.len() - letters..).filter(|name| !name.is_empty())
}

/// Whether the address has the rest of its line up to a blank to itself: a reference of Markdown, a directive, an
/// option or a target of reStructuredText, an attribute of AsciiDoc.
fn is_definition(before: &[u8], markup: Markup) -> bool {
    let line = before.rsplit(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    let head = line.trim_ascii();
    line.ends_with(b" ")
        && match markup {
            Markup::Markdown => head.starts_with(b"[") && head.ends_with(b"]:"),
            Markup::Rest => head.ends_with(b":") && (head.starts_with(b":") || head.starts_with(b"..")),
            Markup::AsciiDoc => head.starts_with(b":") && head.ends_with(b":"),
            Markup::Html => false,
        }
}

/// How many bytes of `rest` belong to the address.
fn length(setting: &Setting, rest: &[u8], markup: Markup) -> usize {
    match setting {
        Setting::Attribute(quote) => enclosed_length(rest, *quote).unwrap_or_else(|| text_length(rest, markup)),
        Setting::Quotes(quote) => text_length(rest, markup).min(position(rest, |byte| byte == *quote)),
        Setting::BareAttribute => position(rest, |byte| is_blank(byte) || b">\"'`".contains(&byte)),
        Setting::NamedValue => position(rest, |byte| is_blank(byte) || b",]\"".contains(&byte)),
        Setting::Angles => enclosed_length(rest, b'>').unwrap_or_else(|| text_length(rest, markup)),
        Setting::Destination => destination_length(rest),
        Setting::Definition => position(rest, is_blank),
        Setting::Text => text_length(rest, markup),
    }
}

/// The length up to `close`, without blanks before it; `None` if the line ends first.
fn enclosed_length(rest: &[u8], close: u8) -> Option<usize> {
    let end = rest.iter().position(|byte| *byte == close || b"\r\n".contains(byte))?;
    (rest.get(end) == Some(&close)).then(|| rest.get(..end).unwrap_or_default().trim_ascii_end().len())
}

/// The length of a destination of Markdown: up to a blank, or a closing parenthesis that was not opened in it.
fn destination_length(rest: &[u8]) -> usize {
    let mut open = 0;
    let mut is_escaped = false;
    position(rest, |byte| {
        let was_escaped = is_escaped;
        is_escaped = byte == b'\\' && !was_escaped;
        match byte {
            b'(' if !was_escaped => opens(&mut open),
            b')' if !was_escaped => closes(&mut open),
            _ => is_blank(byte),
        }
    })
}

/// The length of an address in running text, without the punctuation after it.
fn text_length(rest: &[u8], markup: Markup) -> usize {
    let (mut parentheses, mut brackets) = (0, 0);
    let end = position(rest, |byte| match byte {
        b'[' if markup == Markup::AsciiDoc => true,
        b'(' => opens(&mut parentheses),
        b'[' => opens(&mut brackets),
        b')' => closes(&mut parentheses),
        b']' => closes(&mut brackets),
        _ => is_blank(byte) || b"<>\"`".contains(&byte),
    });
    let is_punctuation = |byte: &&u8| b".,:;!?*_~'\\".contains(byte);
    end - rest.get(..end).unwrap_or_default().iter().rev().take_while(is_punctuation).count()
}

/// Counts an opening bracket. It does not end the address.
fn opens(count: &mut usize) -> bool {
    *count += 1;
    false
}

/// Counts a closing bracket. It ends the address if none was opened in it.
fn closes(count: &mut usize) -> bool {
    let ends = *count == 0;
    *count = count.saturating_sub(1);
    ends
}

fn position(rest: &[u8], ends: impl FnMut(u8) -> bool) -> usize {
    rest.iter().copied().position(ends).unwrap_or(rest.len())
}

/// White space or a control character.
fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}
