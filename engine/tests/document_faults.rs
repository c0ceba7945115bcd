//! Unusual and broken documents give the results of shields: a few examples, and the recorded ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

use std::path::PathBuf;

use support::TestServer;

/// The message of a badge of a document.
async fn shown(document: &str, media_type: &str, asked: [&str; 3]) -> String {
    let [place, query, replace] = asked;
    let server = TestServer::new("");
    server.web.set("https://example.com/document", 200, &[("content-type", media_type)], document);
    let encoded =
        |name: &str, value: &str| form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let address = match place {
        "endpoint" => "/endpoint?".to_owned(),
        "regex" => format!("/badge/dynamic/regex?{}&{}&", encoded("search", query), encoded("replace", replace)),
        _ => format!("/badge/dynamic/{place}?{}&", encoded("query", query)),
    };
    let words = server.words(&format!("{address}url=https://example.com/document")).await;
    let words = words.split_once(": ").map_or(words.as_str(), |(_, message)| message);
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test(start_paused = true)]
async fn a_document_is_parsed_as_by_shields() {
    let page = "<!DOCTYPE html><html><head><title>a &amp; b</title></head><body><ul><li>1<li>2</ul></body></html>";
    let rows = [
        ((r#"{"a":["x","y"]}"#, "application/json"), ["json", "$.a.length", ""], "2"),
        ((r#"{"a":["x",{"b":1.20}]}"#, "application/json"), ["json", "$.a.1.b", ""], "1.20"),
        ((r#"{"v":"x\ud83d","w":"\ud83d"}"#, "application/json"), ["json", "$.v", ""], "x\u{fffd}"),
        ((r#"[{"v":1,"pre":true},{"v":2,"pre":false}]"#, "application/json"), ["json", "$[?(!@.pre)].v", ""], "2"),
        (("version: 1.20\n", "text/plain"), ["yaml", "$.version", ""], "1.20"),
        (("version = 1.20\n", "text/plain"), ["toml", "$.version", ""], "1.20"),
        ((page, "text/html; charset=utf-8"), ["xml", "//li[2]", ""], "2"),
        ((page, "text/plain"), ["xml", "/html/head/title", ""], "a & b"),
        ((page, "application/xml"), ["xml", "//title", ""], "a & b"),
        (("<?xml version='1.0'?><a><link>b</link></a>", "text/html"), ["xml", "/a/link", ""], "b"),
        (("<a><b>", "application/xml"), ["xml", "//b", ""], "unparseable xml response"),
        (("a {1}", "text/plain"), ["regex", "{\\d}", ""], "{1}"),
        (("a-b", "text/plain"), ["regex", "(?<n>[\\w-]+)", "<$<n>>"], "<a-b>"),
        ((r#"{"schemaVersion":1.0,"label":"a","message":"b\ud83d"}"#, "text/plain"), ["endpoint", "", ""], "b\u{fffd}"),
    ];
    for ((document, media_type), asked, expected) in rows {
        assert_eq!(shown(document, media_type, asked).await, expected, "{asked:?} in {document}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_of_four_mebibytes_is_parsed() {
    let large =
        |begin: &str, end: &str| format!("{begin}{}{end}", " ".repeat(4 * 1024 * 1024 - begin.len() - end.len()));
    let json = large(r#"{"schemaVersion":1,"label":"a","message":"b""#, "}");
    assert_eq!(shown(&json, "application/json", ["json", "$.message", ""]).await, "b");
    assert_eq!(shown(&json, "application/json", ["endpoint", "", ""]).await, "b");
    assert_eq!(shown(&large("<a>b", "</a>"), "text/xml", ["xml", "/a", ""]).await, "b");
    assert_eq!(shown(&large("version: 1.2\n", ""), "text/plain", ["regex", "version: (.*)", "$1"]).await, "1.2");
    // Unknown properties of an endpoint document are skipped without limit.
    let many = format!(r#"{{"schemaVersion":1,"label":"a","message":"b","c":[{}0]}}"#, "[],".repeat(1_000_000));
    assert_eq!(shown(&many, "application/json", ["endpoint", "", ""]).await, "invalid properties: c");
}

#[tokio::test(start_paused = true)]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
async fn recorded_documents_are_parsed_as_by_shields() {
    let folder = std::env::var_os("BADGESMITH_RECORDED")
        .expect("this test needs BADGESMITH_RECORDED, the folder of recorded inputs");
    let folder = PathBuf::from(folder).join("faults/badges");
    let mut count = 0;
    for line in std::fs::read_to_string(folder.join("urls.tsv")).unwrap().lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let [file, place, replace, expected, _] = fields[..] else { panic!("{line}") };
        let (name, media_type) = match file.split_once(" (as ") {
            Some((name, media_type)) => (name, media_type.trim_end_matches(')')),
            None => (file, "text/plain"),
        };
        let (place, query) = place.split_once(' ').unwrap_or((place, ""));
        let document = std::fs::read_to_string(folder.join(name)).unwrap();
        let expected = if place == "endpoint" { "b" } else { expected };
        assert_eq!(shown(&document, media_type, [place, query, replace]).await, expected, "{line}");
        count += 1;
    }
    println!("{count} recorded documents");
    assert!(count >= 11);
}
