//! Reports that are one JSON document: CTRF, mocha, RSpec, Playwright, Jest and Vitest.
//!
//! A key that a report has may stand in any document; which kind it is, or none, is told by several keys and by what
//! they hold. Tools that print theirs to standard output print it between whatever the tests print there, so a document
//! is also looked for where a line begins with `{`.

mod ctrf;
mod jest;
mod mocha;
mod playwright;
mod rspec;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{refusal::Refusal, report::Report};

/// At how many places in a log a document may seem to begin that is none.
const MOST_BEGINNINGS: usize = 16;
/// Keys of one object beyond this many are not looked at.
const MOST_KEYS: usize = 100;
/// What a document that breaks off has in it if it was a report: all the keys of one of these rows.
const MARKS: [&[&str]; 10] = [
    &["\"examples\"", "\"status\""],
    &["\"examples\"", "\"full_description\""],
    &["\"stats\"", "\"passes\""],
    &["\"stats\"", "\"suites\"", "\"tests\""],
    &["\"results\"", "\"tests\"", "\"status\""],
    &["\"results\"", "\"summary\"", "\"passed\""],
    &["\"reportFormat\"", "\"CTRF\""],
    &["\"suites\"", "\"specs\""],
    &["\"numTotalTests\""],
    &["\"numFailedTests\""],
];

/// The keys that tell which kind a document is, with what they hold.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Shape {
    examples: Form,
    stats: Form,
    results: Form,
    suites: Form,
    summary: Form,
    #[serde(rename = "summary_line")]
    summary_line: Form,
    num_total_tests: Form,
    test_results: Form,
}

/// What a value is: its keys, if it is an object; those of its first element, if it is a list.
#[derive(Default)]
enum Form {
    Object(Vec<String>),
    List(Vec<String>),
    Simple,
    #[default]
    Missing,
}

impl Form {
    /// It is an object with such a key.
    fn has(&self, key: &str) -> bool {
        matches!(self, Self::Object(keys) if keys.iter().any(|it| it == key))
    }

    /// It is a list, empty or of objects with such a key.
    fn lists(&self, key: &str) -> bool {
        matches!(self, Self::List(keys) if keys.is_empty() || keys.iter().any(|it| it == key))
    }

    fn is_there(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormVisitor)
    }
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if keys.len() < MOST_KEYS {
                keys.push(key);
            }
        }
        Ok(Form::Object(keys))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form, A::Error> {
        let keys = match list.next_element()? {
            Some(Form::Object(keys)) => keys,
            // A list of anything but objects is no report's; it has a key that none has.
            Some(_) => vec![String::new()],
            None => Vec::new(),
        };
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Form::List(keys))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Form, E> {
        Ok(Form::Simple)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Form, E> {
        Ok(Form::Simple)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Form, E> {
        Ok(Form::Simple)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Form, E> {
        Ok(Form::Simple)
    }

    fn visit_str<E>(self, _: &str) -> Result<Form, E> {
        Ok(Form::Simple)
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(Form::Simple)
    }
}

/// Counts a file that is one document and nothing else.
pub(crate) fn read(text: &str) -> Option<Report> {
    let text = text.trim_ascii();
    let shape = text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()?;
    by_shape(&shape, text)?.ok()
}

/// Counts the documents that stand in a log, all of them: each package of a workspace may print one.
pub(crate) fn read_amid_noise(text: &str) -> Option<Report> {
    let mut all: Option<Report> = None;
    let (mut start, mut strangers) = (0, 0);
    while strangers < MOST_BEGINNINGS {
        let Some(rest) = text.get(start..) else { break };
        let Some(at) = (if rest.starts_with('{') { Some(0) } else { rest.find("\n{").map(|at| at + 1) }) else { break };
        start += at;
        let rest = text.get(start..)?;
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Shape>();
        let shape = documents.next();
        let end = documents.byte_offset();
        if let Some(Ok(shape)) = shape
            && let Some(Ok(report)) = by_shape(&shape, rest.get(..end)?)
        {
            match &mut all {
                Some(all) => *all += report,
                None => all = Some(report),
            }
        } else {
            strangers += 1;
        }
        start += end.max(1);
    }
    all
}

/// Why a file that begins like JSON is no report.
pub(crate) fn refuse(text: &str) -> Option<Refusal> {
    let text = text.trim_ascii();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    if text.starts_with('{')
        && let Ok(shape) = serde_json::from_str::<Shape>(text)
        && let Some(Err(error)) = by_shape(&shape, text)
    {
        return Some(broken(&error));
    }
    let is_marked = MARKS.iter().any(|marks| marks.iter().all(|mark| text.contains(mark)));
    Some(match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) if is_marked => broken(&error),
        // Settings with comments in them are such files.
        Err(error) => {
            let line = error.line();
            let found = format!("it is JSON, broken in line {line}, with none of the keys that reports have");
            Refusal::NotAReport { found }
        }
        Ok(_) => Refusal::NotAReport { found: "it is JSON with none of the keys that reports have".into() },
    })
}

fn broken(error: &serde_json::Error) -> Refusal {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().chars().take(200).collect();
    Refusal::Json { line: error.line(), column: error.column(), reason }
}

fn by_shape(shape: &Shape, text: &str) -> Option<Result<Report, serde_json::Error>> {
    let Shape { examples, stats, results, suites, .. } = shape;
    if shape.num_total_tests.is_there() && matches!(shape.test_results, Form::List(_)) {
        Some(jest::read(text))
    } else if stats.has("expected") && stats.has("unexpected") && matches!(suites, Form::List(_)) {
        Some(playwright::read(text))
    } else if stats.has("passes") && stats.has("failures") {
        Some(mocha::read(text))
    } else if examples.lists("status") && (shape.summary.has("example_count") || shape.summary_line.is_there()) {
        Some(rspec::read(text))
    } else if results.has("summary") && (results.has("tests") || results.has("tool")) {
        Some(ctrf::read(text))
    } else {
        None
    }
}
