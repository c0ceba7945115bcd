//! Converts HTML to XML, so that an XPath can be evaluated on a page.
//!
//! Elements nest as in the source: missing end tags that HTML makes optional (`<li>`, `<p>`, `<td>`) are added, but
//! elements are not: a `<tr>` stays a child of its `<table>`, without a `<tbody>`. Names become lower case. The
//! conversion is one pass, and its result is within the limits of XML.

mod character_references;
mod element_rules;

use std::collections::BTreeSet;

use crate::{document_kind::DocumentKind, limits::LARGEST_DOCUMENT, query_error::QueryError, xml};
use element_rules::{closes, ends_scope, is_foreign, is_raw, is_void};

const TOO_MUCH: QueryError = QueryError::TooManyValues(DocumentKind::Xml);

/// The largest XML of a page, in bytes.
const LARGEST_XML: usize = LARGEST_DOCUMENT;
/// How many open elements an end tag is compared with, from the innermost.
const MOST_COMPARED: usize = 16;
/// The most different prefixes in the names of a page.
const MOST_PREFIXES: usize = 16;

/// Whether a text begins as an HTML page.
#[must_use]
pub fn is_html(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let begins = |word: &str| {
        text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            && !text[word.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '-' | ':'))
    };
    begins("<!doctype html") || begins("<html")
}

/// Converts an HTML page to XML.
///
/// ```
/// let xml = badgesmith_queries::as_xml("<TITLE>a &amp; b</TITLE><p>one<p>two<br>").unwrap();
/// assert_eq!(xml, "<html><title>a &amp; b</title><p>one</p><p>two<br></br></p></html>");
/// ```
///
/// # Errors
/// [`QueryError::TooLarge`], [`QueryError::TooManyValues`].
pub fn as_xml(text: &str) -> Result<String, QueryError> {
    if text.len() > LARGEST_DOCUMENT {
        return Err(QueryError::TooLarge);
    }
    let mut converter = HtmlConverter { rest: text.trim_start_matches('\u{feff}'), ..HtmlConverter::default() };
    while let Some(at) = converter.rest.find('<') {
        let (text, rest) = converter.rest.split_at(at);
        converter.text(text)?;
        converter.rest = rest;
        converter.markup()?;
    }
    converter.text(converter.rest)?;
    converter.finish()
}

/// A page, and its XML so far.
#[derive(Default)]
struct HtmlConverter<'t> {
    /// The part of the page that is not converted yet.
    rest: &'t str,
    xml: String,
    /// The names of the open elements.
    open: Vec<String>,
    prefixes: BTreeSet<String>,
    /// The attributes of the root element, which is written last.
    root: String,
}

impl<'t> HtmlConverter<'t> {
    fn finish(mut self) -> Result<String, QueryError> {
        self.close(0);
        let mut xml = String::with_capacity(self.xml.len() + 64);
        xml.push_str("<html");
        for prefix in &self.prefixes {
            xml.push_str(&[" xmlns:", prefix, "=\"", prefix, "\""].concat());
        }
        xml.push_str(&self.root);
        xml.push('>');
        xml.push_str(&self.xml);
        xml.push_str("</html>");
        self.check_length(xml.len())?;
        Ok(xml)
    }

    fn check_length(&self, length: usize) -> Result<(), QueryError> {
        if length > LARGEST_XML { Err(QueryError::TooLarge) } else { Ok(()) }
    }

    fn text(&mut self, text: &str) -> Result<(), QueryError> {
        // Whitespace outside of all elements is dropped.
        if self.open.is_empty() && text.trim().is_empty() {
            return Ok(());
        }
        character_references::resolve(text, &mut self.xml);
        self.check_length(self.xml.len())
    }

    /// Markup, from its `<` on.
    fn markup(&mut self) -> Result<(), QueryError> {
        let markup = &self.rest[1..];
        if let Some(comment) = markup.strip_prefix("!--") {
            self.rest = after(comment, "-->");
        } else if markup.starts_with(['!', '?']) {
            self.rest = after(markup, ">");
        } else if let Some(name) = markup.strip_prefix('/') {
            let end = name.find('>').unwrap_or(name.len());
            self.end_tag(&name_of(&name[..end]));
            self.rest = name.get(end + 1..).unwrap_or("");
        } else if markup.starts_with(|first: char| first.is_ascii_alphabetic()) {
            self.rest = markup;
            self.element()?;
        } else {
            self.text("<")?;
            self.rest = markup;
        }
        Ok(())
    }

    /// An element, from its name on.
    fn element(&mut self) -> Result<(), QueryError> {
        let name = name_of(self.rest);
        let is_end = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '/' | '>');
        self.rest = self.rest.find(is_end).map_or("", |end| &self.rest[end..]);
        let (attributes, is_empty) = self.attributes()?;
        // XML has no such name: the tags are dropped, the content stays.
        if name.is_empty() {
            return Ok(());
        }
        if name == "html" {
            if self.root.is_empty() {
                self.root = attributes;
            }
            return Ok(());
        }
        while self.open.last().is_some_and(|open| closes(&name, open)) {
            self.close(self.open.len() - 1);
        }
        if self.open.len() + 1 >= xml::DEEPEST {
            return Err(TOO_MUCH);
        }
        self.add_prefix(&name)?;
        self.xml.push_str(&["<", &name, &attributes, ">"].concat());
        let is_raw = is_raw(&name);
        self.open.push(name);
        if is_raw && !is_empty {
            self.raw_text()?;
        }
        // A slash before the `>` closes elements of other languages, such as SVG.
        if self.open.last().is_some_and(|name| is_void(name) || is_empty) {
            self.close(self.open.len() - 1);
        }
        self.check_length(self.xml.len())
    }

    /// Attributes up to the `>`, as XML, and whether a slash comes before it.
    fn attributes(&mut self) -> Result<(String, bool), QueryError> {
        let mut written = String::new();
        let mut names: Vec<String> = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
            if let Some(rest) = self.rest.strip_prefix('/') {
                self.rest = rest;
                if let Some(rest) = rest.strip_prefix('>') {
                    self.rest = rest;
                    return Ok((written, true));
                }
                continue;
            }
            if self.rest.is_empty() {
                return Ok((written, false));
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return Ok((written, false));
            }
            let is_end = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '/' | '>' | '=');
            // By HTML's rules an equals sign may begin a name.
            let first = self.rest.chars().next().map_or(0, char::len_utf8);
            let end = self.rest[first..].find(is_end).map_or(self.rest.len(), |end| first + end);
            let name = name_of(&self.rest[..end]);
            self.rest = &self.rest[end..];
            let value = self.value();
            if name.is_empty() || name.starts_with("xmlns") || names.contains(&name) {
                continue;
            }
            if names.len() == xml::MOST_ATTRIBUTES {
                return Err(TOO_MUCH);
            }
            self.add_prefix(&name)?;
            written.push_str(&[" ", &name, "=\""].concat());
            character_references::resolve(value, &mut written);
            written.push('"');
            names.push(name);
        }
    }

    /// The value of an attribute, after its name.
    fn value(&mut self) -> &'t str {
        let ahead = self.rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let Some(ahead) = ahead.strip_prefix('=') else { return "" };
        let ahead = ahead.trim_start_matches(|letter: char| letter.is_ascii_whitespace());
        let (value, rest) = match ahead.chars().next() {
            Some(quote @ ('"' | '\'')) => ahead[1..].split_once(quote).unwrap_or((&ahead[1..], "")),
            _ => {
                let is_end = |letter: char| letter.is_ascii_whitespace() || letter == '>';
                ahead.split_at(ahead.find(is_end).unwrap_or(ahead.len()))
            }
        };
        self.rest = rest;
        value
    }

    /// The content of an element without tags, up to its end tag.
    fn raw_text(&mut self) -> Result<(), QueryError> {
        let name = self.open.last().cloned().unwrap_or_default();
        let is_end = |at: usize| {
            let after = &self.rest[at + 2..];
            after.get(..name.len()).is_some_and(|after| after.eq_ignore_ascii_case(&name))
                && !after[name.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
        };
        let end = self.rest.match_indices("</").map(|(at, _)| at).find(|at| is_end(*at)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = after(rest, ">");
        if is_foreign(&name) {
            // HTML does not resolve character references here.
            character_references::escape(text, &mut self.xml);
        } else {
            character_references::resolve(text, &mut self.xml);
        }
        self.close(self.open.len() - 1);
        self.check_length(self.xml.len())
    }

    /// An end tag. One without an open element is ignored.
    fn end_tag(&mut self, name: &str) {
        // As in browsers, content after the body belongs to it.
        if matches!(name, "html" | "body") {
            return;
        }
        let is_table_part = ends_scope(name);
        for (at, open) in self.open.iter().enumerate().rev().take(MOST_COMPARED) {
            if open == name {
                self.close(at);
                return;
            }
            if ends_scope(open) && !is_table_part {
                return;
            }
        }
    }

    /// Closes all elements from this depth on.
    fn close(&mut self, depth: usize) {
        for name in self.open.drain(depth..).rev() {
            self.xml.push_str(&["</", &name, ">"].concat());
        }
    }

    /// Remembers the prefix of a name, which XML requires to be declared.
    fn add_prefix(&mut self, name: &str) -> Result<(), QueryError> {
        let Some((prefix, _)) = name.split_once(':').filter(|(prefix, _)| *prefix != "xml") else { return Ok(()) };
        if !self.prefixes.contains(prefix) {
            if self.prefixes.len() == MOST_PREFIXES {
                return Err(TOO_MUCH);
            }
            self.prefixes.insert(prefix.to_owned());
        }
        Ok(())
    }
}

/// The text after a delimiter; empty without one.
fn after<'t>(text: &'t str, delimiter: &str) -> &'t str {
    text.split_once(delimiter).map_or("", |(_, rest)| rest)
}

/// The name at the beginning of a text, in lower case; empty where XML has no such name.
fn name_of(text: &str) -> String {
    let is_end = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '/' | '>' | '=');
    let name = &text[..text.find(is_end).unwrap_or(text.len())];
    let is_name = |part: &str| {
        part.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
            && part.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
    let is_right = match name.split_once(':') {
        Some((prefix, local)) => is_name(prefix) && is_name(local) && !prefix.eq_ignore_ascii_case("xmlns"),
        None => is_name(name),
    };
    if is_right { name.to_ascii_lowercase() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_xml_as_its_source_nests_it() {
        let rows = [
            (
                "<!DOCTYPE html>\n<html lang=de>\n<head><title>a</title></head></html>",
                "<html lang=\"de\"><head><title>a</title></head></html>",
            ),
            (
                "<table><tr><td>1<td>2<tr><td>3</table>x",
                "<html><table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>x</html>",
            ),
            ("<ul><li>a<ul><li>b</ul><li>c</ul>", "<html><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul></html>"),
            ("<p>a<div>b</div></p>", "<html><p>a</p><div>b</div></html>"),
            ("<div><p>a</div>b", "<html><div><p>a</p></div>b</html>"),
            ("<div><td>a</div>b</td></div>", "<html><div><td>ab</td></div></html>"),
            ("<b>a<i>b</b>c</i>", "<html><b>a<i>b</i></b>c</html>"),
            ("<a href=/x/>y</a>", "<html><a href=\"/x/\">y</a></html>"),
            (
                "<a HREF='&quot;<>' disabled data-x=1 @click=no href=2>",
                "<html><a href=\"&quot;&lt;&gt;\" disabled=\"\" data-x=\"1\"></a></html>",
            ),
            (
                "<script>if (a<b && c) '</div>'</SCRIPT>d",
                "<html><script>if (a&lt;b &amp;&amp; c) '&lt;/div&gt;'</script>d</html>",
            ),
            ("<title>a<b>&amp;</title>", "<html><title>a&lt;b&gt;&amp;</title></html>"),
            ("<script>never ends", "<html><script>never ends</script></html>"),
            (
                "a < b & c &eacute; &#233; &#xe9; &#0; &nothing;",
                "<html>a &lt; b &amp; c é é é \u{fffd} &amp;nothing;</html>",
            ),
            ("<!-- <p> --><p><![CDATA[x]]>y<?php ?>", "<html><p>y</p></html>"),
            (
                "<svg:rect xlink:href='a' xml:lang='b'/>",
                "<html xmlns:svg=\"svg\" xmlns:xlink=\"xlink\"><svg:rect xlink:href=\"a\" xml:lang=\"b\"></svg:rect></html>",
            ),
            ("<p xmlns='a' xmlns:b='c'><b:/></p>", "<html><p></p></html>"),
            ("<br/><img src=a><hr>", "<html><br></br><img src=\"a\"></img><hr></hr></html>"),
            ("<", "<html>&lt;</html>"),
            ("</", "<html></html>"),
            ("<a", "<html><a></a></html>"),
            ("<a b", "<html><a b=\"\"></a></html>"),
            ("<a b='", "<html><a b=\"\"></a></html>"),
            ("", "<html></html>"),
        ];
        for (html, xml) in rows {
            assert_eq!(as_xml(html).as_deref(), Ok(xml), "{html}");
            assert!(xml::read(xml).is_ok(), "{xml}");
        }
    }

    #[test]
    fn a_page_is_known_by_its_beginning() {
        for text in ["<!DOCTYPE html>", "\u{feff}\n <!doctype HTML PUBLIC>", "<html lang='en'>", "<HTML>"] {
            assert!(is_html(text), "{text}");
        }
        for text in ["<?xml version='1.0'?>", "<rss>", "<!DOCTYPE html5>", "<html-x>", "é", ""] {
            assert!(!is_html(text), "{text}");
        }
    }

    #[test]
    fn a_hostile_page_is_refused() {
        let attributes = (0..300).map(|at| format!(" a{at}=1")).collect::<String>();
        let prefixes = (0..20).map(|at| format!("<a{at}:b>")).collect::<String>();
        for (html, fault) in [
            ("<div>".repeat(600), TOO_MUCH),
            (format!("<a{attributes}>"), TOO_MUCH),
            (prefixes, TOO_MUCH),
            ("&".repeat(2_000_000), QueryError::TooLarge),
            (" ".repeat(LARGEST_DOCUMENT + 1), QueryError::TooLarge),
        ] {
            assert_eq!(as_xml(&html), Err(fault), "{}", &html[..40]);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_converts_to_xml(
            html in "([a-z<>/&;='\" \\n:!?#\u{0}\u{ffff}é-]|<p>|</p>|<td>|<table>|</table>|<script>|</script>|&amp;|<a b=|<!--|-->|<br/>|<html |</html>|x:y|xmlns|&#1;){0,40}",
        ) {
            let xml = as_xml(&html).unwrap();
            proptest::prop_assert!(xml::read(&xml).is_ok(), "{html:?} {xml:?}");
        }
    }
}
