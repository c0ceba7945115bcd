//! A lazy document gives the same answers and the same errors as one that is parsed whole.
#![allow(clippy::unwrap_used)]

use badgesmith_queries::{Document, DocumentKind, QueryError};
use proptest::prelude::*;

/// Everything that a query can find in a document.
type Answers = (Result<Vec<String>, QueryError>, Result<Vec<String>, QueryError>, Result<Option<usize>, QueryError>);

fn answers(document: Result<Document<'_>, QueryError>, query: &str) -> Answers {
    match document {
        Ok(document) => (document.find(query), document.find_all(query), document.count(query)),
        Err(fault) => (Err(fault), Err(fault), Err(fault)),
    }
}

/// Compares the answers, and returns what a whole document finds.
#[track_caller]
fn found(text: &str, query: &str) -> Result<Vec<String>, QueryError> {
    let whole = answers(Document::read(DocumentKind::Json, text), query);
    assert_eq!(answers(Document::lazy(DocumentKind::Json, text), query), whole, "{query} in {text:.2000}");
    whole.0
}

#[track_caller]
fn check(text: &str, query: &str) {
    let _ = found(text, query);
}

#[test]
fn a_mistake_in_a_value_that_no_query_visits_is_found() {
    for value in [
        "tru",
        "nul",
        "01",
        "-",
        "1.",
        "1e",
        "1e+",
        ".5",
        "+1",
        "[",
        "[1,]",
        "[1 2]",
        "{",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1]",
        "[1}",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\",
        "\"\t\"",
        "\"a\nb c d e\"",
        "\"0123456\u{1f}\"",
        "1 2",
        "'a'",
        "NaN",
        "\u{a0}1",
        "]",
        "}",
        ",",
    ] {
        for text in [format!("{{\"b\":{value},\"a\":1}}"), format!("{{\"a\":1,\"b\":[[{value}]]}}")] {
            assert_eq!(found(&text, "$.a"), Err(QueryError::Unparseable(DocumentKind::Json)), "{text}");
            check(&text, "$..a");
            check(&text, "$[");
        }
    }
}

#[test]
fn the_limits_are_those_of_a_whole_document() {
    let nested = |depth: usize| format!("{{\"a\":1,\"b\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(found(&nested(126), "$.a"), Ok(vec!["1".to_owned()]));
    assert_eq!(found(&nested(127), "$.a"), Err(QueryError::Unparseable(DocumentKind::Json)));
    let mixed = format!("{{\"a\":1,\"b\":{}0{}}}", "[{\"a\":".repeat(63), "}]".repeat(63));
    assert_eq!(found(&mixed, "$.a"), Ok(vec!["1".to_owned()]));
    let long = |values: usize| format!("{{\"a\":1,\"b\":[{}0]}}", "0,".repeat(values - 4));
    assert_eq!(found(&long(500_000), "$.a"), Ok(vec!["1".to_owned()]));
    assert_eq!(found(&long(500_001), "$.a"), Err(QueryError::TooManyValues(DocumentKind::Json)));
    assert_eq!(found("\"a\"", "$.a"), Err(QueryError::NoContainer));
    assert_eq!(found("1", "$.a["), Err(QueryError::NoContainer));
    assert_eq!(found("\u{feff}{\"a\":2}", "$.a"), Ok(vec!["2".to_owned()]));
    assert_eq!(found(&format!("{{\"a\":\"{}\"}}", "é".repeat(50_000)), "$.a").unwrap()[0].len(), 65_536);
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn the_suite_of_the_rfc_has_the_same_answers() {
    let folder = std::env::var_os("BADGESMITH_RECORDED").unwrap();
    let suite = std::fs::read_to_string(std::path::Path::new(&folder).join("jsonpath/cts.json")).unwrap();
    let suite: serde_json::Value = serde_json::from_str(&suite).unwrap();
    let cases = suite["tests"].as_array().unwrap();
    assert!(cases.len() > 600, "{} cases", cases.len());
    for case in cases {
        check(&case["document"].to_string(), case["selector"].as_str().unwrap());
    }
}

const STRING: &str = r#""(a|b|1|\\u0061|\\u0062|length|\\"|\\\\|é|\\ud83d|\\ud83d\\ude00|[xyz ]{0,9}){0,2}""#;

/// JSON in which names are repeated, written with escapes, and numbers.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        STRING,
        "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,2})?([eE][+-]?[0-9])?",
        Just("null".to_owned()),
        "true|false"
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let space = || "( |\n {0,20}|\t|\r\n|)";
        let name = prop_oneof![Just("\"a\"".to_owned()), Just("\"b\"".to_owned()), STRING];
        let member = (name, space(), space(), inner.clone());
        let member = member.prop_map(|(name, before, after, value)| format!("{name}{before}:{after}{value}"));
        let items = (prop::collection::vec(inner, 0..6), space(), space());
        let members = (prop::collection::vec(member, 0..6), space(), space());
        prop_oneof![
            items.prop_map(|(items, open, comma)| format!("[{open}{}]", items.join(&format!(",{comma}")))),
            members
                .prop_map(|(members, open, comma)| format!("{{{open}{}{open}}}", members.join(&format!("{comma},")))),
        ]
    })
}

const PATH: &str = "\\$?((\\.a|\\.b|\\['a'\\]|\\[\"b\"\\]|\\[0\\]|\\[1\\]|\\[-1\\]|\\[-2\\]|\\.1|\\.01|\\.length\
    |\\[\\*\\]|\\.\\*|\\[0:2\\]|\\[::-1\\]|\\[1:\\]){1,4}|(\\.a|\\.\\*|\\[0\\]){0,2}(\\.\\.a|\\.\\.\\*|\\[0,1\\]\
    |\\['a','b'\\]|\\[\\?@\\.a\\]|\\[\\?@\\.a==\\$\\.b\\]\
    |\\.\\.\\[\\?\\$\\.a\\]|\\^|~|\\[)(\\.a|\\.b|\\[0\\]|\\^|~){0,2})";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_lazy_document_answers_as_a_whole_one(text in json(), query in PATH) {
        check(&text, &query);
        check(&format!("{{\"b\":[{text}],\"a\":{text}}}"), &query);
    }

    #[test]
    fn a_spoilt_document_is_refused_alike(
        text in json(), query in PATH, at in any::<prop::sample::Index>(), spoilt in "[\\[\\]{}:,\"\\\\ 0a\n-]?"
    ) {
        let at = text.floor_char_boundary(at.index(text.len()));
        let after = at + text[at..].chars().next().map_or(0, char::len_utf8);
        check(&format!("{{\"a\":[1],\"b\":{}{spoilt}{}}}", &text[..at], &text[after..]), &query);
    }
}
