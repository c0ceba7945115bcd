//! Converts the engine's response to the JSON that API Gateway or a load balancer expects.

use std::collections::BTreeMap;

use badgesmith_engine::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;

use crate::event::HeadersForm;

/// The answer to an event: text bodies unchanged, binary bodies (PNG) in base64.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventAnswer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: String,
    is_base64_encoded: bool,
}

impl EventAnswer {
    /// The answer, with the correlation id in a header.
    pub(crate) fn new(response: Response, correlation_id: &str, headers_form: HeadersForm) -> Self {
        let mut lists = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in &response.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            lists.entry(name.as_str().to_owned()).or_default().push(value);
        }
        // The gateway computes the length itself.
        lists.remove("content-length");
        lists.insert("x-correlation-id".to_owned(), vec![correlation_id.to_owned()]);
        let (headers, multi_value_headers) = match headers_form {
            HeadersForm::Single => {
                (Some(lists.into_iter().map(|(name, values)| (name, values.join(", "))).collect()), None)
            }
            HeadersForm::Multi => (None, Some(lists)),
        };
        let (body, is_base64_encoded) = match String::from_utf8(response.body.into()) {
            Ok(text) => (text, false),
            Err(bytes) => (BASE64_STANDARD.encode(bytes.as_bytes()), true),
        };
        Self { status_code: response.status.as_u16(), headers, multi_value_headers, body, is_base64_encoded }
    }
}
