//! Queries of documents, and regexes in texts, end in time, and both ways of running them find the same.
//!
//! The first line of an input says what follows: `json`, `yaml`, `toml`, `xml` or `html` with a query and a document,
//! or `regex` with flags, a pattern, a replacement and a text, each but the last on a line of its own.
#![no_main]

use badgesmith_queries::{Document, DocumentKind, Pattern, as_xml, is_html, replace_lone_surrogates};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some((kind, rest)) = text.split_once('\n') else { return };
    let kind = match kind {
        "json" => DocumentKind::Json,
        "yaml" => DocumentKind::Yaml,
        "toml" => DocumentKind::Toml,
        "xml" | "html" => DocumentKind::Xml,
        "regex" => return search(rest),
        _ => return,
    };
    let Some((query, document)) = rest.split_once('\n') else { return };
    let _ = is_html(document);
    let _ = replace_lone_surrogates(document.as_bytes());
    let as_read = if text.starts_with("html") { as_xml(document) } else { Ok(document.to_owned()) };
    let Ok(as_read) = as_read else { return };
    let Ok(document) = Document::read(kind, &as_read) else { return };
    let (first, all, count) = (document.find(query), document.find_all(query), document.count(query));
    if let (Ok(first), Ok(all)) = (&first, &all) {
        assert!(!first.is_empty() && first.len() <= 1000 && all.len() >= first.len(), "{first:?} {all:?}");
        assert_eq!(first[..first.len() - 1], all[..first.len() - 1]);
    }
    if first.is_ok() {
        assert!(!matches!(count, Ok(None | Some(0))), "{count:?} {first:?}");
    }
});

fn search(rest: &str) {
    let mut lines = rest.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (flags, pattern, replacement, text) = (line(), line(), line(), line());
    let Ok(pattern) = Pattern::read(pattern, flags) else { return };
    let _ = pattern.find(text, Some(replacement));
    let _ = pattern.find(text, None);
}
