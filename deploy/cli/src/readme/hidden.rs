//! The parts of a text that a reader does not see as markup: code, and comments.
//!
//! Addresses there are rewritten like all others, because people copy them, but they are no pictures of the page.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::markup::Markup;

/// Where in a document something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Page,
    Code,
    Comment,
}

/// The hidden parts of a document.
pub(super) struct HiddenParts {
    code: Vec<Range<usize>>,
    comments: Vec<Range<usize>>,
}

impl HiddenParts {
    pub(super) fn of(text: &[u8], markup: Markup) -> Self {
        let code = match markup {
            Markup::Markdown => markdown_code(text),
            Markup::Html => Vec::new(),
            Markup::Rest => indented_code(text),
            Markup::AsciiDoc => fenced_code(text),
        };
        let comments = match markup {
            Markup::Markdown | Markup::Html => html_comments(text, &code),
            Markup::Rest => Vec::new(),
            Markup::AsciiDoc => lines(text).filter(|line| text[line.clone()].starts_with(b"//")).collect(),
        };
        Self { code, comments }
    }

    pub(super) fn place(&self, at: usize) -> Place {
        if is_within(&self.code, at) {
            Place::Code
        } else if is_within(&self.comments, at) {
            Place::Comment
        } else {
            Place::Page
        }
    }
}

/// Whether one of the ranges, which are in order and do not overlap, has the position.
fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let before = ranges.partition_point(|range| range.start <= at);
    before.checked_sub(1).and_then(|last| ranges.get(last)).is_some_and(|range| range.contains(&at))
}

/// Code blocks and code spans. A byte that is no UTF-8 is read as a question mark, so that positions stay the same.
fn markdown_code(text: &[u8]) -> Vec<Range<usize>> {
    let mut readable = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        readable.push_str(chunk.valid());
        readable.extend(chunk.invalid().iter().map(|_| '?'));
    }
    let is_code = |event: &Event<'_>| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)));
    let events = Parser::new_ext(&readable, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES).into_offset_iter();
    events.filter(|(event, _)| is_code(event)).map(|(_, range)| range).collect()
}

/// From `<!--` to `-->`, or to the end of the text.
fn html_comments(text: &[u8], code: &[Range<usize>]) -> Vec<Range<usize>> {
    let find = |from: usize, what: &[u8]| {
        text.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(start) = find(at, b"<!--") {
        at = start + 4;
        if !is_within(code, start) {
            at = find(at, b"-->").unwrap_or(text.len());
            comments.push(start..at);
        }
    }
    comments
}

/// The lines of a text, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    })
}

/// Literal blocks of reStructuredText: what is indented below a line that ends with `::`, or below a code directive.
fn indented_code(text: &[u8]) -> Vec<Range<usize>> {
    let mut code: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    for line in lines(text) {
        let content = text[line.clone()].trim_ascii();
        let indent = text[line.clone()].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if content.is_empty() {
            continue;
        }
        match open {
            Some(outer) if indent > outer => code.push(line),
            _ => {
                let is_directive = content.starts_with(b"..");
                let is_code = |name: &&[u8]| content.strip_prefix(b".. ").is_some_and(|rest| rest.starts_with(name));
                let names: [&[u8]; 4] = [b"code::", b"code-block::", b"sourcecode::", b"parsed-literal::"];
                let opens = names.iter().any(is_code) || !is_directive && content.ends_with(b"::");
                open = opens.then_some(indent);
            }
        }
    }
    code
}

/// Listing and literal blocks of AsciiDoc: from a line of four or more `-` or `.`, or of three backticks, to the same
/// line again.
fn fenced_code(text: &[u8]) -> Vec<Range<usize>> {
    let mut code = Vec::new();
    let mut open: Option<Range<usize>> = None;
    for line in lines(text) {
        let content = |line: &Range<usize>| text[line.clone()].trim_ascii_end();
        let is_same = |byte: u8| content(&line).iter().all(|other| *other == byte);
        let is_rule = content(&line).len() >= 4 && (is_same(b'-') || is_same(b'.'));
        let is_fence = is_rule || content(&line).starts_with(b"```");
        match &open {
            None if is_fence => open = Some(line),
            Some(first) if is_fence && content(&line).get(..3) == content(first).get(..3) => {
                code.push(first.start..line.end);
                open = None;
            }
            _ => {}
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_comments_are_told_from_the_page() {
        let rows = [
            (Markup::Markdown, "a X\n```\ny X\n```\n`X` <!-- X --> X\n\n    X\n", "page code code comment page code"),
            (Markup::Markdown, "`<!--` X <!-- X", "page comment"),
            (Markup::Html, "<pre>X</pre><!-- X -->X", "page comment page"),
            (
                Markup::Rest,
                "X::\n\n  X\n\n  X\nX\n.. code-block:: rst\n\n   X\n.. image:: X\n   X",
                "page code code page code page page",
            ),
            (Markup::AsciiDoc, "X\n----\nX\n....\n----\n// X\n....\nX\n....\nX", "page code comment code page"),
        ];
        for (markup, text, expected) in rows {
            let hidden = HiddenParts::of(text.as_bytes(), markup);
            let places = text.match_indices('X').map(|(at, _)| match hidden.place(at) {
                Place::Page => "page",
                Place::Code => "code",
                Place::Comment => "comment",
            });
            assert_eq!(places.collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_move_no_position() {
        let text = b"\xff\xfe \xe2\x82 `X` X";
        let hidden = HiddenParts::of(text, Markup::Markdown);
        assert_eq!((hidden.place(7), hidden.place(10)), (Place::Code, Place::Page));
    }
}
