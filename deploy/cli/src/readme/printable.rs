//! Texts of strangers on a terminal and in a build's log.
//!
//! What is escaped: control characters, which move the cursor or begin an escape sequence; characters that change the
//! direction of text or cannot be seen; and `##`, with which a line gives commands to Azure Pipelines, TeamCity and
//! GitHub Actions.

use std::fmt::Write;

/// The text with those characters as `\u{…}`.
pub(super) fn printable(text: &str) -> String {
    escaped(text, |character, out| {
        let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
    })
}

/// JSON with those characters as `\u…`, which any JSON parser reads as the same text. Line breaks and spaces of the
/// layout stay.
pub(super) fn printable_json(json: &str) -> String {
    escaped(json, |character, out| {
        if character == '\n' {
            out.push(character);
            return;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_dangerous(character) || character == '#' && out.ends_with('#') {
            escape(character, &mut out);
        } else {
            out.push(character);
        }
    }
    out
}

fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_moves_a_cursor_or_gives_a_command() {
        for (text, expected) in [
            ("plain é 漢 #1", "plain é 漢 #1"),
            ("\u{1b}[2J\r\n\u{9b}2J", "\\u{1b}[2J\\u{d}\\u{a}\\u{9b}2J"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}"),
            ("##vso[task.setvariable]###[", "#\\u{23}vso[task.setvariable]#\\u{23}#["),
        ] {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn json_means_the_same_with_its_characters_escaped() {
        let text = "\u{1b}\u{7f}\u{9b}\u{202e}\u{e0041} ##[x é";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let printed = printable_json(&json);
        assert_eq!(serde_json::from_str::<[String; 1]>(&printed).unwrap(), [text]);
        assert!(printed.chars().all(|character| character == '\n' || !is_dangerous(character)), "{printed}");
        assert!(!printed.contains("##"));
    }
}
