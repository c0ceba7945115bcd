//! Reads an XML file in one pass: finds its format by the root, and hands each element to the format's sink.

use xml::{
    common::Position,
    reader::{ErrorKind, EventReader, ParserConfig, XmlEvent},
};

use crate::{
    refusal::{LARGEST_FILE, ReportRefusal},
    xml::{
        characters::without_forbidden,
        doctype::declares_entities,
        element::{ElementSink, XmlElement, XmlFormat},
    },
};

/// The deepest level of nested elements that is read.
const DEEPEST: usize = 200;
/// The root element of a report begins within this many bytes.
const LONGEST_HEAD: usize = 4096;
/// How much of a foreign root's name is repeated in the refusal, in characters.
const LONGEST_ROOT: usize = 60;
/// The longest message of the parser that is repeated, in characters.
const LONGEST_REASON: usize = 200;
/// How the parser's message begins if the file ends before its root element does.
const ENDS_EARLY: &str = "Unexpected end of stream";

/// Reads an XML file in the format that its root element has.
pub(crate) fn read<R>(text: &str, formats: &[XmlFormat<R>]) -> Result<R, ReportRefusal> {
    let text = without_forbidden(text);
    if declares_entities(&text) {
        return Err(ReportRefusal::Entities);
    }
    let mut events = EventReader::new_with_config(text.as_bytes(), configuration());
    let mut sink: Option<Box<dyn ElementSink<R>>> = None;
    let (mut depth, mut characters) = (0, String::new());
    loop {
        let event = events.next().map_err(|error| match &sink {
            // The file is a template or in another language that begins with `<`, not a damaged report.
            None if !names_a_root(&text, formats) && !ends_early(&error) => {
                ReportRefusal::NotAReport { found: format!("it begins like XML, but is {}", not_well_formed(&error)) }
            }
            _ => not_well_formed(&error),
        })?;
        match event {
            XmlEvent::StartElement { name, attributes, .. } => {
                characters.clear();
                let element = XmlElement { name: name.local_name, namespace: name.namespace, attributes };
                match &mut sink {
                    None => {
                        depth = 1;
                        sink.insert(start(&element, formats)?).open(&element, depth);
                    }
                    Some(sink) if depth == 0 => {
                        if !sink.skips_root(&element.name) {
                            let (position, reason) = (events.position(), "a second root element".to_owned());
                            return Err(ReportRefusal::Xml {
                                line: position.row + 1,
                                column: position.column + 1,
                                reason,
                            });
                        }
                        skip_element(&mut events)?;
                    }
                    Some(sink) => {
                        depth += 1;
                        if depth > DEEPEST {
                            return Err(ReportRefusal::TooDeep { limit: DEEPEST });
                        }
                        sink.open(&element, depth);
                    }
                }
            }
            XmlEvent::EndElement { name } => {
                if let Some(sink) = &mut sink {
                    sink.close(&name.local_name, &characters, depth);
                }
                characters.clear();
                depth -= 1;
            }
            XmlEvent::Characters(text) => characters.push_str(&text),
            XmlEvent::EndDocument => break,
            _ => {}
        }
    }
    sink.ok_or(ReportRefusal::Unrecognized)?.finish()
}

/// Refuses an XML report that follows other text, such as the output of a package manager, and says in which line it
/// begins.
pub(crate) fn refuse_after_output<R>(text: &str, formats: &[XmlFormat<R>]) -> Option<ReportRefusal> {
    let is_root = |line: &str| {
        let name = line.trim_ascii_start().strip_prefix('<').unwrap_or_default();
        let end = name.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(name.len());
        name.get(..end).is_some_and(|name| roots(formats).any(|root| root == name))
    };
    let line = (1..).zip(text.lines()).find(|(_, line)| is_root(line)).map(|(number, _)| number)?;
    Some(ReportRefusal::Xml {
        line,
        column: 1,
        reason: "a report begins here, behind other text; write it to a file".into(),
    })
}

fn configuration() -> ParserConfig {
    let mut config = ParserConfig::new();
    // The text was decoded before, whatever encoding it declares.
    config.override_encoding = Some(xml::Encoding::Utf8);
    config.ignore_invalid_encoding_declarations = true;
    // Boost.Test writes two root elements. Any other second root is refused by the reader.
    config.allow_multiple_root_elements = true;
    config.cdata_to_characters = true;
    config.max_data_length = LARGEST_FILE;
    config.max_attribute_length = LARGEST_FILE;
    config
}

/// Starts the format that has such a root element.
fn start<R>(root: &XmlElement, formats: &[XmlFormat<R>]) -> Result<Box<dyn ElementSink<R>>, ReportRefusal> {
    let mut candidates = formats.iter().filter(|format| format.roots.contains(&&*root.name));
    candidates.find_map(|format| (format.start)(root)).ok_or_else(|| {
        let name: String = root.name.chars().take(LONGEST_ROOT).collect();
        ReportRefusal::NotAReport { found: format!("it is XML with the root <{name}>") }
    })
}

fn roots<R>(formats: &[XmlFormat<R>]) -> impl Iterator<Item = &'static str> {
    formats.iter().flat_map(|format| format.roots).copied()
}

/// Whether a tag with the name of a report's root appears near the beginning of a text that breaks before its root is
/// known. The name may have a prefix.
fn names_a_root<R>(text: &str, formats: &[XmlFormat<R>]) -> bool {
    let start = text.get(..text.floor_char_boundary(LONGEST_HEAD)).unwrap_or_default();
    start.split(['<', ':']).skip(1).any(|tag| {
        let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(tag.len());
        tag.get(..end).is_some_and(|name| roots(formats).any(|root| root == name))
    })
}

/// Reads to the end of the element that was just opened.
fn skip_element(events: &mut EventReader<&[u8]>) -> Result<(), ReportRefusal> {
    let mut depth = 1;
    while depth > 0 {
        match events.next().map_err(|error| not_well_formed(&error))? {
            XmlEvent::StartElement { .. } => depth += 1,
            XmlEvent::EndElement { .. } => depth -= 1,
            XmlEvent::EndDocument => break,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(ReportRefusal::TooDeep { limit: DEEPEST });
        }
    }
    Ok(())
}

/// Whether the file is the beginning of a longer one. The parser reports most of such files as a syntax error, which
/// differs from other syntax errors only by its message.
fn ends_early(error: &xml::reader::Error) -> bool {
    match error.kind() {
        ErrorKind::UnexpectedEof => true,
        ErrorKind::Syntax(reason) => reason.starts_with(ENDS_EARLY),
        _ => false,
    }
}

fn not_well_formed(error: &xml::reader::Error) -> ReportRefusal {
    let position = error.position();
    let reason = match error.kind() {
        ErrorKind::UnexpectedEof => ENDS_EARLY.to_owned(),
        ErrorKind::Syntax(reason) => reason.replace('\n', ": ").chars().take(LONGEST_REASON).collect(),
        other => format!("{other:?}"),
    };
    ReportRefusal::Xml { line: position.row + 1, column: position.column + 1, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> ReportRefusal {
        crate::xml::read(text).unwrap_err()
    }

    #[test]
    fn entities_are_neither_expanded_nor_fetched() {
        let laughs = r#"<?xml version="1.0"?><!-- x --><!DOCTYPE testsuite [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
            <testsuite><testcase name="&b;"/></testsuite>"#;
        assert_eq!(refusal(laughs), ReportRefusal::Entities);
        let parameters = r#"<!DOCTYPE testsuite [<!ENTITY % a "ha"> %a;]><testsuite/>"#;
        assert_eq!(refusal(parameters), ReportRefusal::Entities);
        let hidden = r#"<!DOCTYPE testsuite [<!ELEMENT e ANY ']>'><!ENTITY a 'ha'>]><testsuite/>"#;
        assert_eq!(refusal(hidden), ReportRefusal::Entities);
        let endless = format!("<!DOCTYPE testsuite [{}", "<!ENTITY".repeat(100_000));
        assert_eq!(refusal(&endless), ReportRefusal::Entities);
        let external = r#"<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]>
            <testsuite><testcase><failure>&a;</failure></testcase></testsuite>"#;
        assert_eq!(crate::xml::read(external).unwrap().counts.failed, 1);
        let in_cdata = r#"<testsuite><testcase>
            <failure><![CDATA[<!DOCTYPE x [<!ENTITY a "ha">]>]]></failure></testcase></testsuite>"#;
        assert_eq!(crate::xml::read(in_cdata).unwrap().counts.failed, 1);
    }

    #[test]
    fn xml_that_is_not_well_formed_is_refused_with_its_position() {
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
                matches!(&refusal, ReportRefusal::Xml { line: l, column: c, .. } if (*l, *c) == (line, column)),
                "{text}: {refusal:?}"
            );
        }
    }

    #[test]
    fn removed_characters_do_not_hide_an_entity_declaration() {
        assert_eq!(refusal("<!DOCTYPE a [<!EN\u{1b}TITY a 'ha'>]><testsuite/>"), ReportRefusal::Entities);
    }

    #[test]
    fn other_xml_is_named_by_its_root() {
        assert!(refusal("<html><body/></html>").to_string().contains("<html>"));
        let deep = "<testsuite>".repeat(300);
        assert_eq!(refusal(&deep), ReportRefusal::TooDeep { limit: DEEPEST });
    }
}
