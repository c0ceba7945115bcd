//! XML reports: one pass over the elements, the kind found by the root, nothing expanded and nothing fetched.
//!
//! Characters that XML forbids, such as those of colour codes, are dropped wherever they stand. They come from what
//! tests print, and nothing that is counted depends on them.

mod boost;
mod check;
mod cppunit;
mod ctest;
mod junit;
mod nunit;
mod test_run;
mod trx;
mod xunit;

use std::borrow::Cow;

use ::xml::{
    common::Position,
    reader::{ErrorKind, EventReader, ParserConfig, XmlEvent},
};

use crate::{LARGEST_FILE, refusal::Refusal, report::Report};

/// Elements may lie this deep in each other.
const DEEPEST: usize = 200;
/// Within this many bytes a declared entity has said where it lies; one that has not is taken for the worst.
const LONGEST_ENTITY: usize = 1000;

/// A report's root begins within so many bytes.
const LONGEST_HEAD: usize = 4096;
/// The roots of all kinds.
const ROOTS: [&str; 12] = [
    "testsuites",
    "testsuite",
    "testrun",
    "TestRun",
    "test-run",
    "test-results",
    "test-suite",
    "assemblies",
    "assembly",
    "Site",
    "TestLog",
    "TestResult",
];
/// What the parser says first of a file that ends before its root is closed.
const ENDS_EARLY: &str = "Unexpected end of stream";
/// Digits of a reference to a character, of which any has at most seven.
const LONGEST_NUMBER: usize = 7;

/// What a kind makes of the elements that go by. Depths count from 1, the root.
pub(crate) trait Elements {
    /// An element begins.
    fn open(&mut self, element: &Element, depth: usize);
    /// Text lies directly in the element at this depth; it may come in pieces.
    fn text(&mut self, _text: &str, _depth: usize) {}
    /// An element ends.
    fn close(&mut self, name: &str, depth: usize);
    /// The root was closed.
    fn finish(self: Box<Self>) -> Result<Report, Refusal>;
}

/// One element's name, without its prefix, and its attributes.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    attributes: Vec<::xml::attribute::OwnedAttribute>,
}

impl Element {
    /// An attribute's value, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.local_name == name).map(|attribute| &*attribute.value)
    }

    /// An attribute that is a count.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }
}

/// Counts an XML report.
pub(crate) fn read(text: &str) -> Result<Report, Refusal> {
    let text = without_forbidden(text);
    if declares_entities(&text) {
        return Err(Refusal::Entities);
    }
    let mut config = ParserConfig::new();
    // The text is UTF-8 by now, whatever it was declared to be.
    config.override_encoding = Some(::xml::Encoding::Utf8);
    config.ignore_invalid_encoding_declarations = true;
    // Boost.Test writes two; any other second root is refused below.
    config.allow_multiple_root_elements = true;
    config.cdata_to_characters = true;
    config.max_data_length = LARGEST_FILE;
    config.max_attribute_length = LARGEST_FILE;
    let mut events = EventReader::new_with_config(text.as_bytes(), config);
    let mut kind: Option<Box<dyn Elements>> = None;
    let mut root = String::new();
    let mut depth = 0;
    loop {
        let event = events.next().map_err(|error| {
            let refusal = broken(&error);
            // A template or a piece of another language, which stands in no report's place.
            let is_stranger = kind.is_none() && !names_a_root(&text) && !ends_early(&refusal);
            let found = || format!("it begins like XML, but is {refusal}");
            if is_stranger { Refusal::NotAReport { found: found() } } else { refusal }
        })?;
        match event {
            XmlEvent::StartElement { name, .. } if depth == 0 && kind.is_some() => {
                // The log and the results of one run; whichever comes first counts.
                let is_boost = |name: &str| matches!(name, "TestLog" | "TestResult");
                if is_boost(&root) && is_boost(&name.local_name) {
                    pass_over(&mut events)?;
                    continue;
                }
                let (position, reason) = (events.position(), "a second root element".to_owned());
                return Err(Refusal::Xml { line: position.row + 1, column: position.column + 1, reason });
            }
            XmlEvent::StartElement { name, attributes, .. } => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Refusal::TooDeep { limit: DEEPEST });
                }
                let element = Element { name: name.local_name, namespace: name.namespace, attributes };
                match &mut kind {
                    Some(kind) => kind.open(&element, depth),
                    None => {
                        root.clone_from(&element.name);
                        kind.insert(by_root(&element)?).open(&element, depth);
                    }
                }
            }
            XmlEvent::EndElement { name } => {
                if let Some(kind) = &mut kind {
                    kind.close(&name.local_name, depth);
                }
                depth -= 1;
            }
            XmlEvent::Characters(text) => {
                if let Some(kind) = &mut kind {
                    kind.text(&text, depth);
                }
            }
            XmlEvent::EndDocument => break,
            _ => {}
        }
    }
    kind.ok_or(Refusal::Unrecognized)?.finish()
}

/// Why a report is not read that has other text before it, as what a package manager prints.
pub(crate) fn refuse_amid_noise(text: &str) -> Option<Refusal> {
    let is_root = |line: &str| {
        let name = line.trim_ascii_start().strip_prefix('<').unwrap_or_default();
        let end = name.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(name.len());
        name.get(..end).is_some_and(|name| ROOTS.contains(&name))
    };
    let line = (1..).zip(text.lines()).find(|(_, line)| is_root(line)).map(|(number, _)| number)?;
    Some(Refusal::Xml { line, column: 1, reason: "a report begins here, behind other text; write it to a file".into() })
}

/// Whether a text that breaks before its root is known has the name of a report's root near its beginning.
fn names_a_root(text: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(LONGEST_HEAD)).unwrap_or_default();
    ROOTS.iter().any(|root| start.contains(root))
}

/// The text without the characters that XML 1.0 forbids, and without references to them such as `&#27;`. A reference
/// has at most so many digits that the work is bounded by the text's length.
fn without_forbidden(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| !is_allowed(c)) && !text.contains("&#") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '&' || !is_allowed(c)) {
        let (before, after) = rest.split_at(at);
        kept.push_str(before);
        let length = forbidden_reference(after);
        let (first, rest_after) =
            after.split_at(length.unwrap_or_else(|| after.chars().next().map_or(0, char::len_utf8)));
        if first == "&" {
            kept.push('&');
        }
        rest = rest_after;
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// How long the reference is that the text begins with, if it stands for a character that XML forbids.
fn forbidden_reference(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("&#")?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    let end = digits.char_indices().take(LONGEST_NUMBER + 1).find(|(_, c)| !c.is_digit(radix))?.0;
    let number = u32::from_str_radix(digits.get(..end)?, radix).ok()?;
    let is_forbidden = digits.get(end..)?.starts_with(';') && char::from_u32(number).is_none_or(|c| !is_allowed(c));
    is_forbidden.then(|| text.len() - digits.len() + end + 1)
}

/// Whether XML 1.0 has such a character.
fn is_allowed(c: char) -> bool {
    ::xml::common::is_xml10_char(c)
}

/// Reads to the end of the element that was just opened.
fn pass_over(events: &mut EventReader<&[u8]>) -> Result<(), Refusal> {
    let mut depth = 1;
    while depth > 0 {
        match events.next().map_err(|error| broken(&error))? {
            XmlEvent::StartElement { .. } => depth += 1,
            XmlEvent::EndElement { .. } => depth -= 1,
            XmlEvent::EndDocument => break,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Refusal::TooDeep { limit: DEEPEST });
        }
    }
    Ok(())
}

/// Which kind has such a root.
fn by_root(root: &Element) -> Result<Box<dyn Elements>, Refusal> {
    Ok(match &*root.name {
        "testsuites" if root.namespace.as_deref() == Some(check::NAMESPACE) => Box::new(check::Check::default()),
        // Eclipse calls the root of what it exports `testrun`.
        "testsuites" | "testsuite" | "testrun" => Box::new(junit::JUnit::default()),
        "TestRun" => Box::new(test_run::TestRun::new(root)),
        // NUnit's framework driver, and Unity, write suites without a run around them.
        "test-run" | "test-results" | "test-suite" => Box::new(nunit::NUnit::new(root)),
        // An assembly in a namespace is a manifest of Windows, or Maven's description of an archive.
        "assemblies" | "assembly" if root.namespace.is_none() => Box::new(xunit::XUnit::default()),
        "Site" => Box::new(ctest::CTest::default()),
        "TestLog" => Box::new(boost::Log::default()),
        "TestResult" => Box::new(boost::Results::default()),
        other => {
            let name: String = other.chars().take(60).collect();
            return Err(Refusal::NotAReport { found: format!("it is XML with the root <{name}>") });
        }
    })
}

/// Whether the file is what is left of another one.
fn ends_early(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Xml { reason, .. } if reason.starts_with(ENDS_EARLY))
}

fn broken(error: &::xml::reader::Error) -> Refusal {
    let position = error.position();
    let reason = match error.kind() {
        ErrorKind::UnexpectedEof => ENDS_EARLY.to_owned(),
        ErrorKind::Syntax(reason) => reason.replace('\n', ": ").chars().take(200).collect(),
        other => format!("{other:?}"),
    };
    Refusal::Xml { line: position.row + 1, column: position.column + 1, reason }
}

/// Whether a DOCTYPE declares entities that have a text, or that work inside the DOCTYPE itself.
///
/// An entity that lies elsewhere (`SYSTEM "…"`) is let through: the parser takes it for empty. With a DOCTYPE in front
/// the whole file is searched, so that no clever quoting hides a declaration.
fn declares_entities(text: &str) -> bool {
    is_doctype_next(text)
        && text.match_indices("<!ENTITY").any(|(start, word)| {
            let after = start + word.len();
            let end = text.floor_char_boundary(after.saturating_add(LONGEST_ENTITY));
            let declaration = text.get(after..end).unwrap_or_default().trim_ascii_start();
            let name = declaration.find(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'');
            let value = name.and_then(|end| declaration.get(end..)).unwrap_or_default().trim_ascii_start();
            declaration.starts_with('%') || !value.starts_with(['S', 'P'])
        })
}

/// Whether a DOCTYPE comes before the root, after nothing but the declaration, comments and instructions.
fn is_doctype_next(text: &str) -> bool {
    let mut rest = text.trim_ascii_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            return rest.starts_with("<!DOCTYPE");
        };
        match rest.split_once(end) {
            Some((_, after)) => rest = after.trim_ascii_start(),
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Refusal {
        read(text).unwrap_err()
    }

    #[test]
    fn entities_are_neither_expanded_nor_fetched() {
        let laughs = r#"<?xml version="1.0"?><!-- x --><!DOCTYPE testsuite [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>"#;
        assert_eq!(refusal(laughs), Refusal::Entities);
        let parameters = r#"<!DOCTYPE testsuite [<!ENTITY % a "ha"> %a;]><testsuite/>"#;
        assert_eq!(refusal(parameters), Refusal::Entities);
        let hidden = r#"<!DOCTYPE testsuite [<!ELEMENT e ANY ']>'><!ENTITY a 'ha'>]><testsuite/>"#;
        assert_eq!(refusal(hidden), Refusal::Entities);
        let endless = format!("<!DOCTYPE testsuite [{}", "<!ENTITY".repeat(100_000));
        assert_eq!(refusal(&endless), Refusal::Entities);
        let elsewhere = r#"<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase><failure>&a;</failure></testcase></testsuite>"#;
        assert_eq!(read(elsewhere).unwrap().counts.failed, 1);
        let told_about = r#"<testsuite><testcase><failure><![CDATA[<!DOCTYPE x [<!ENTITY a "ha">]>]]></failure></testcase></testsuite>"#;
        assert_eq!(read(told_about).unwrap().counts.failed, 1);
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_place() {
        for (text, line, column) in [
            ("<testsuite>\n<testcase>\n</testsuite>", 3, 12),
            ("<testsuite>\n<testcase name='a<b'/></testsuite>", 2, 18),
            ("<testsuite>\n<testcase>", 2, 11),
            ("<testsuite/>\n<testsuite/>", 2, 1),
            ("<testsuite/> words", 1, 14),
            ("<testsuite a='1' a='2'/>", 1, 18),
            ("<testsuite>&nbsp;</testsuite>", 1, 17),
            ("<testsuite>a & b</testsuite>", 1, 15),
            ("<x:testsuite/>", 1, 13),
            ("<testsuite name=a/>", 1, 17),
            ("<testsuite>&#;</testsuite>", 1, 14),
            ("\n<?xml version='1.0'?><testsuite/>", 2, 6),
        ] {
            let refusal = refusal(text);
            assert!(
                matches!(&refusal, Refusal::Xml { line: l, column: c, .. } if (*l, *c) == (line, column)),
                "{text}: {refusal:?}"
            );
        }
    }

    #[test]
    fn characters_that_xml_forbids_are_dropped_and_others_stay() {
        for (text, kept) in [
            ("a\u{1b}[0m\u{8}b\u{fffe}", "a[0mb"),
            ("&#27;&#x1b;&#0;&#xd800;&#x110000;&#xFFFF;", ""),
            ("&#9;&#65;&#x1F680;&amp;&", "&#9;&#65;&#x1F680;&amp;&"),
            ("&#;&#x;&#27&#-1;&#00000027;&#99999999999;", "&#;&#x;&#27&#-1;&#00000027;&#99999999999;"),
            ("&&#27;#27;", "&#27;"),
            ("é\n\t\r", "é\n\t\r"),
        ] {
            assert_eq!(without_forbidden(text), kept, "{text:?}");
        }
        // What comes together by that is no declaration that was overlooked.
        assert_eq!(refusal("<!DOCTYPE a [<!EN\u{1b}TITY a 'ha'>]><testsuite/>"), Refusal::Entities);
    }

    #[test]
    fn other_xml_is_called_by_its_root() {
        assert!(refusal("<html><body/></html>").to_string().contains("<html>"));
        let deep = "<testsuite>".repeat(300);
        assert_eq!(refusal(&deep), Refusal::TooDeep { limit: DEEPEST });
    }
}
