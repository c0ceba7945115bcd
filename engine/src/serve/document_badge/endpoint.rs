//! The endpoint badge: a JSON document in the schema of shields, without other properties.
//!
//! The schema is <https://shields.io/badges/endpoint-badge>; where it leaves something open, the validation in shields'
//! code decides.

mod fields;

use badgesmith_provider::{Badge, Failure};
use badgesmith_queries::replace_lone_surrogates;
use badgesmith_renderer::{Logo, Style, is_icon};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use super::document_rules::{FRESH, LONGEST_FRESH, invalid};
use crate::badge_content::{BadgeContent, Extras};

/// The largest document that is parsed on the request's own thread, in bytes; a larger one is parsed by a worker
/// thread.
pub(super) const SMALL: usize = 64 * 1024;
/// The largest `logoSvg` that is shown, in bytes. Every answer contains it and is hashed, on the thread that serves;
/// one of 4 MiB, which a document may have, would take 15 ms each time.
const LARGEST_LOGO: usize = 128 * 1024;
/// How many invalid properties an error names.
const MOST_NAMES: usize = 5;
/// The properties of the schema. The last two are deprecated and have no effect.
const FIELDS: [&str; 14] = [
    "schemaVersion",
    "label",
    "message",
    "color",
    "labelColor",
    "isError",
    "namedLogo",
    "logoSvg",
    "logoColor",
    "logoSize",
    "style",
    "cacheSeconds",
    "logoWidth",
    "logoPosition",
];

/// Parses a document.
///
/// # Errors
/// `invalid properties: …` names the properties that are missing, unknown or of the wrong type.
pub(super) fn read(body: &[u8]) -> Result<BadgeContent, Failure> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let fields = fields::read(&replace_lone_surrogates(body)).map_err(|_| invalid("unparseable json response"))?;
    let fields = fields.ok_or_else(|| invalid("invalid properties"))?;
    let mut wrong: Vec<&str> = FIELDS.into_iter().filter(|name| !is_right(&fields, name)).collect();
    wrong.extend(fields.keys().map(String::as_str).filter(|name| !FIELDS.contains(name)));
    if !wrong.is_empty() {
        wrong.truncate(MOST_NAMES);
        return Err(invalid(format!("invalid properties: {}", wrong.join(", "))));
    }
    Ok(content(&fields))
}

/// Whether a property is valid.
fn is_right(fields: &Map<String, Value>, name: &str) -> bool {
    let has = |name: &str| fields.contains_key(name);
    let Some(value) = fields.get(name) else { return !matches!(name, "schemaVersion" | "label" | "message") };
    let is_text = value.as_str().is_some_and(|text| !text.is_empty());
    match name {
        "schemaVersion" => value.as_f64() == Some(1.0),
        "label" => value.is_string(),
        "isError" => flag(value).is_some(),
        "cacheSeconds" => seconds(value).is_some(),
        // `namedLogo` and `logoSvg` exclude each other.
        "logoSvg" => is_text && !has("namedLogo"),
        "logoColor" | "logoSize" => is_text && has("namedLogo"),
        "logoWidth" | "logoPosition" => number(value).is_some() && (has("namedLogo") || has("logoSvg")),
        _ => is_text,
    }
}

fn content(fields: &Map<String, Value>) -> BadgeContent {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let logo = text("logoSvg")
        .filter(|svg| svg.len() <= LARGEST_LOGO)
        .and_then(|svg| Logo::parse(&format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(svg))));
    let badge = Badge {
        label: text("label"),
        message: text("message").unwrap_or_default(),
        color: text("color"),
        label_color: text("labelColor"),
        // An unknown icon is ignored: a badge without its logo is better than an error.
        named_logo: text("namedLogo").filter(|name| is_icon(name)),
    };
    let extras = Extras {
        is_error: fields.get("isError").and_then(flag).unwrap_or(false),
        style: text("style").and_then(|name| Style::parse(&name)),
        logo,
        logo_color: text("logoColor"),
        logo_size: text("logoSize").filter(|size| size == "auto"),
        fresh_seconds: fields.get("cacheSeconds").and_then(seconds).unwrap_or(0).clamp(FRESH, LONGEST_FRESH),
    };
    BadgeContent { badge, extras: Some(Box::new(extras)) }
}

/// A boolean, or a string that contains one.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A number, or a string that contains one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A whole number of seconds, saturated to `u32`.
fn seconds(value: &Value) -> Option<u32> {
    number(value).filter(|number| *number >= 0.0 && number.fract() == 0.0).map(|number| number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(document: &str) -> String {
        match read(document.as_bytes()) {
            Ok(BadgeContent { badge, extras }) => {
                format!("{:?} {} {}", badge.label, badge.message, extras.unwrap().fresh_seconds)
            }
            Err(failure) => failure.words.into_owned(),
        }
    }

    #[test]
    fn a_logo_that_would_make_every_answer_large_is_left_out() {
        for (bytes, has_logo) in [(LARGEST_LOGO, true), (LARGEST_LOGO + 1, false)] {
            let svg = "x".repeat(bytes);
            let document = format!(r#"{{"schemaVersion":1,"label":"a","message":"b","logoSvg":"{svg}"}}"#);
            let content = read(document.as_bytes()).unwrap();
            assert_eq!(content.extras.unwrap().logo.is_some(), has_logo, "{bytes}");
        }
    }

    #[test]
    fn a_document_is_validated_as_strictly_as_by_shields() {
        let rows = [
            (r#"{"schemaVersion":1,"label":"","message":"yo"}"#, "Some(\"\") yo 300"),
            (
                "\u{feff}{\"schemaVersion\":1,\"label\":\"a\",\"message\":\"b\",\"cacheSeconds\":\"1800\"}",
                "Some(\"a\") b 1800",
            ),
            (r#"{"schemaVersion":1,"label":"a","message":"b","cacheSeconds":10}"#, "Some(\"a\") b 300"),
            (r#"{"schemaVersion":1,"label":"a","message":"b","cacheSeconds":1e12}"#, "Some(\"a\") b 86400"),
            (r#"{"schemaVersion":1.0,"label":"a","message":"b"}"#, "Some(\"a\") b 300"),
            (r#"{"schemaVersion":1e0,"label":"a","message":"b\ud83d \\ud83d"}"#, "Some(\"a\") b\u{fffd} \\ud83d 300"),
            (r#"{"schemaVersion":1.5,"label":"a","message":"b"}"#, "invalid properties: schemaVersion"),
            (r#"{"schemaVersion":"1","label":"a","message":"b"}"#, "invalid properties: schemaVersion"),
            (r#"{"schemaVersion":[1],"label":{"a":"b"},"message":"b"}"#, "invalid properties: schemaVersion, label"),
            (r#"{"schemaVersion":1,"label":"a","message":"b","message":"c"}"#, "Some(\"a\") c 300"),
            (r#"{"schemaVersion":-1}"#, "invalid properties: schemaVersion, label, message"),
            (r#"{"label":"a","message":"b"}"#, "invalid properties: schemaVersion"),
            (r#"{"schemaVersion":1,"label":1,"message":""}"#, "invalid properties: label, message"),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","extra":"keys","bogus":true}"#,
                "invalid properties: bogus, extra",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","color":"","style":null}"#,
                "invalid properties: color, style",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","isError":"yes","cacheSeconds":-1}"#,
                "invalid properties: isError, cacheSeconds",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","isError":"true","cacheSeconds":1.5}"#,
                "invalid properties: cacheSeconds",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","namedLogo":"github","logoSvg":"<svg/>"}"#,
                "invalid properties: logoSvg",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","logoColor":"red","logoWidth":3}"#,
                "invalid properties: logoColor, logoWidth",
            ),
            (
                r#"{"schemaVersion":1,"label":"a","message":"b","namedLogo":"github","logoColor":"red","logoWidth":"30","logoPosition":-1}"#,
                "Some(\"a\") b 300",
            ),
            (r#"{"a":1,"b":1,"c":1,"d":1}"#, "invalid properties: schemaVersion, label, message, a, b"),
            ("[]", "invalid properties"),
            ("[1,{}", "unparseable json response"),
            ("1.5", "invalid properties"),
            ("{} {}", "unparseable json response"),
            ("null", "invalid properties"),
            ("<html>", "unparseable json response"),
            ("", "unparseable json response"),
        ];
        for (document, expected) in rows {
            assert_eq!(words(document), expected, "{document}");
        }
    }
}
