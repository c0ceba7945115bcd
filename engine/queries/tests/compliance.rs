//! RFC 9535's compliance suite, as far as texts can show it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use badgesmith_queries::{Document, DocumentKind, QueryError};
use serde_json::Value;

/// How many of the cases whose results are texts find just these.
const AT_LEAST: usize = 232;

/// Paths that the RFC has not and jsonpath-plus reads, and so does BadgeSmith. Blanks around a path are not its own.
const READ_AS_JSONPATH_PLUS: &[&str] = &[" $", "$ ", "$.&", "$.1"];

/// What a case selects as the texts of a badge; `None` where something of it has no text.
fn texts(result: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    result.as_array()?.iter().map(text).collect()
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_suite_of_the_rfc_passes() {
    let folder = std::env::var_os("BADGESMITH_RECORDED")
        .expect("this test needs BADGESMITH_RECORDED, the folder of recorded inputs");
    let suite = std::fs::read_to_string(std::path::Path::new(&folder).join("jsonpath/cts.json")).unwrap();
    let suite: Value = serde_json::from_str(&suite).unwrap();
    let (mut shown, mut right, mut wrong, mut read) = (0, 0, Vec::new(), Vec::new());
    for case in suite["tests"].as_array().unwrap() {
        let selector = case["selector"].as_str().unwrap();
        if case["invalid_selector"] == true {
            // A document in which names and places lead somewhere.
            let document = Document::read(DocumentKind::Json, r#"[{"a":1},[2],"c"]"#).unwrap();
            if document.find(selector) != Err(QueryError::JsonPath) {
                read.push(selector);
            }
            continue;
        }
        let results = case.get("results").and_then(Value::as_array).cloned();
        let results = results.unwrap_or_else(|| vec![case["result"].clone()]);
        let expected: Vec<_> = results.iter().filter_map(texts).collect();
        if expected.len() < results.len() {
            continue;
        }
        shown += 1;
        let document = case["document"].to_string();
        let found = Document::read(DocumentKind::Json, &document).and_then(|document| document.find(selector));
        let found = if found == Err(QueryError::NoResult) { Ok(Vec::new()) } else { found };
        if found.as_ref().is_ok_and(|found| expected.contains(found)) {
            right += 1;
        } else {
            wrong.push(format!("{selector} in {document}: {found:?}, not {expected:?}"));
        }
    }
    eprintln!("{right} of {shown} cases whose results are texts\n{}", wrong.join("\n"));
    assert!(shown > 200 && right >= AT_LEAST, "{right} of {shown}:\n{}", wrong.join("\n"));
    assert_eq!(read, READ_AS_JSONPATH_PLUS);
}
