//! A JSONPath through a tree: RFC 9535 by `serde_json_path`, measured before it is walked.

mod dialect;
mod functions;
mod scan;
mod work;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::{Fault, MOST_TEXTS};

/// The most steps a path may take; one takes about a tenth of a microsecond.
const MOST_STEPS: f64 = 2e6;

/// The texts at a path, in the tree's order.
pub(crate) fn find(tree: &Value, query: &str) -> Result<Vec<String>, Fault> {
    let (query, path) = parse(query)?;
    // The library walks to the end of what it was told, so what it is told is measured.
    let scanned = scan::path(&query).ok_or(Fault::JsonPath)?;
    if scanned.is_unbounded || work::steps(tree, &scanned.steps) > MOST_STEPS {
        return Err(Fault::TooManySteps);
    }
    let mut texts = Vec::new();
    for value in path.query(tree) {
        add(value, &mut texts)?;
        if texts.len() >= MOST_TEXTS {
            break;
        }
    }
    texts.truncate(MOST_TEXTS);
    Ok(texts)
}

/// The path as it is written, or as RFC 9535 would write what shields' own reader takes.
fn parse(query: &str) -> Result<(String, JsonPath), Fault> {
    let written = query.trim();
    // Its reader takes twice as long for every filter in a filter.
    if scan::filters_in_filters(written) > scan::DEEPEST_FILTER {
        return Err(Fault::QueryTooDeep);
    }
    if let Ok(path) = JsonPath::parse(written) {
        return Ok((written.to_owned(), path));
    }
    let meant = dialect::translate(written);
    let path = JsonPath::parse(&meant).map_err(|_| Fault::JsonPath)?;
    Ok((meant, path))
}

/// A value's texts: a list is its items, null is nothing.
fn add(value: &Value, texts: &mut Vec<String>) -> Result<(), Fault> {
    match value {
        Value::Null => {}
        Value::String(text) => texts.push(text.clone()),
        Value::Bool(_) | Value::Number(_) => texts.push(value.to_string()),
        Value::Array(items) => {
            for item in items {
                add(item, texts)?;
            }
        }
        Value::Object(_) => return Err(Fault::NoText),
    }
    Ok(())
}
