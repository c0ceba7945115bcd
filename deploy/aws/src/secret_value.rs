//! A value in Secrets Manager: raw text, or JSON with one field: `{"hmac_key": …}` or `{"token": …}`.

use badgesmith_engine::world::Secret;
use badgesmith_host::secrets::LARGEST_SECRET;
use serde::Deserialize;

/// The secret in a value: raw text, or the one field of JSON.
pub(crate) fn parse(text: &str) -> Option<Secret> {
    #[derive(Deserialize)]
    struct JsonValue {
        hmac_key: Option<String>,
        token: Option<String>,
    }
    let json = text.trim_start().starts_with('{').then(|| serde_json::from_str::<JsonValue>(text).ok()).flatten();
    let value = match json.and_then(|json| json.hmac_key.or(json.token)) {
        Some(value) => value,
        None => text.trim_end_matches(['\r', '\n']).to_owned(),
    };
    (!value.is_empty() && value.len() <= LARGEST_SECRET).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_raw_text_or_the_field_of_json() {
        let rows = [
            ("hush", Some("hush")),
            ("hush hush \u{e9}\r\n", Some("hush hush \u{e9}")),
            (r#"{"hmac_key": "hush", "rotated": 1}"#, Some("hush")),
            (r#" {"token": "hush"}"#, Some("hush")),
            (r#"{"other": "hush"}"#, Some(r#"{"other": "hush"}"#)),
            ("{hush", Some("{hush")),
            ("", None),
            ("\n", None),
            (r#"{"token": ""}"#, None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).as_ref().map(Secret::reveal), expected, "{text:?}");
        }
        assert_eq!(parse(&"x".repeat(LARGEST_SECRET + 1)), None);
    }
}
