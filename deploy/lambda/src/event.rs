//! Converts an event of API Gateway, of a function URL or of a load balancer to the engine's request.
//!
//! The path and the query are taken over unchanged. The types of the Lambda runtime library parse a URI first, which
//! refuses or truncates some paths and queries that callers do send.

use std::collections::BTreeMap;

use badgesmith_engine::{CORRELATION_ID, Request};
use badgesmith_host::correlation_id as correlation;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;

use crate::records::EventRecord;

/// The characters that a path must have percent-encoded; a gateway that decoded the path left them bare.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// An event: a request, or the records of a queue or a stream, which are in `Records`. HTTP APIs and function URLs send
/// payload format 2.0; load balancers and REST APIs send format 1.0.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct GatewayEvent {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    #[serde(default)]
    headers: Option<BTreeMap<String, Option<String>>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    is_base64_encoded: bool,
    request_context: RequestContext,
    /// The following fields are those of format 1.0.
    http_method: Option<String>,
    path: Option<String>,
    query_string_parameters: Option<BTreeMap<String, Option<String>>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "Records")]
    records: Option<Vec<EventRecord>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestContext {
    http: Http,
    /// Only in events of a load balancer.
    elb: Option<Elb>,
    identity: Identity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Identity {
    source_ip: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Elb {}

/// In which form the answer lists its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersForm {
    /// One text for each header.
    Single,
    /// A list for each header, if the event has lists.
    Multi,
}

impl GatewayEvent {
    /// The records, if the event is not a request.
    pub(crate) fn take_records(&mut self) -> Option<Vec<EventRecord>> {
        self.records.take()
    }

    /// The request, and the form of the answer's headers.
    pub(crate) fn into_request(self) -> (Request, HeadersForm) {
        let headers_form = if self.multi_value_headers.is_some() && self.raw_path.is_none() {
            HeadersForm::Multi
        } else {
            HeadersForm::Single
        };
        let is_format_2 = self.raw_path.is_some();
        let query = self.query();
        let headers = headers(self.headers.unwrap_or_default(), self.multi_value_headers.unwrap_or_default());
        let method = if is_format_2 { self.request_context.http.method } else { self.http_method.unwrap_or_default() };
        let path = self.raw_path.or(self.path).unwrap_or_else(|| "/".to_owned());
        let forwarded = self.request_context.elb.is_some().then(|| text(&headers, "x-forwarded-for")).flatten();
        let source = match forwarded {
            // A load balancer appends the address that it saw to the list that the caller sent.
            Some(list) => list.rsplit(',').next().unwrap_or_default().trim().to_owned(),
            None if is_format_2 => self.request_context.http.source_ip,
            None => self.request_context.identity.source_ip.unwrap_or_default(),
        };
        let request = Request {
            // An invalid method is replaced by one that no address supports.
            method: Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE),
            path: utf8_percent_encode(&path, PATH).to_string(),
            query,
            correlation_id: text(&headers, CORRELATION_ID.as_str())
                .and_then(correlation::accept)
                .unwrap_or_else(correlation::fresh),
            headers,
            body: body(self.body.unwrap_or_default(), self.is_base64_encoded),
            source,
        };
        (request, headers_form)
    }

    /// The query string. Format 1.0 has pairs, whose order is lost; a load balancer leaves them percent-encoded, a REST
    /// API decodes them.
    fn query(&self) -> String {
        if let Some(query) = &self.raw_query_string {
            return query.clone();
        }
        let is_raw = self.request_context.elb.is_some();
        let pair = |name: &str, value: &str| {
            let [name, value] = [name, value].map(|text| match is_raw {
                true => text.to_owned(),
                false => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            });
            format!("{name}={value}")
        };
        let single = self.query_string_parameters.iter().flatten();
        let single = single.map(|(name, value)| pair(name, value.as_deref().unwrap_or_default()));
        match &self.multi_value_query_string_parameters {
            Some(multi) => {
                let pairs = multi.iter().flat_map(|(name, values)| values.iter().map(move |value| pair(name, value)));
                pairs.collect::<Vec<_>>().join("&")
            }
            None => single.collect::<Vec<_>>().join("&"),
        }
    }
}

/// The valid headers, names in any case. If the event has lists, they contain the single values as well.
fn headers(single: BTreeMap<String, Option<String>>, multi: BTreeMap<String, Vec<String>>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(single.len().max(multi.len()));
    let single = single.into_iter().filter(|(name, _)| !multi.contains_key(name));
    let single = single.filter_map(|(name, value)| Some((name, vec![value?])));
    for (name, values) in single.chain(multi.clone()) {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.append(name.clone(), value);
            }
        }
    }
    // The body of an event is complete and not chunked.
    headers.remove(header::TRANSFER_ENCODING);
    headers
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The body's bytes. Invalid base64 is passed on undecoded: the signature of such a report does not match.
fn body(text: String, is_base64: bool) -> Bytes {
    let decoded = if is_base64 { BASE64_STANDARD.decode(&text).ok() } else { None };
    decoded.map_or_else(|| Bytes::from(text), Bytes::from)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(event: Value) -> (Request, HeadersForm) {
        serde_json::from_value::<GatewayEvent>(event).unwrap().into_request()
    }

    /// An event in format 2.0.
    fn format_2(path: &str, query: &str) -> Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": { "Host": "x", "X-Correlation-ID": "build-7" },
            "requestContext": { "http": { "method": "GET", "path": path, "sourceIp": "192.0.2.7" } },
            "isBase64Encoded": false
        })
    }

    #[test]
    fn a_path_and_a_query_arrive_as_they_were_sent() {
        let rows = [
            ("/badges/a", "x=1&x=2", "/badges/a?x=1&x=2"),
            ("/badge/a b-c>d\"e-red", "", "/badge/a%20b-c%3Ed%22e-red"),
            ("/badge/100%-red", "", "/badge/100%-red"),
            ("/tests/fix#42?/é/..", "", "/tests/fix%2342%3F/%C3%A9/.."),
            ("/a\\b", "version=[1.0,2.0)&q=\">< |", "/a\\b?version=[1.0,2.0)&q=\">< |"),
            ("", "", ""),
        ];
        for (path, query, expected) in rows {
            let (request, headers_form) = read(format_2(path, query));
            let shown =
                if query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
            assert_eq!(shown, expected);
            assert_eq!(
                (request.method, headers_form, &*request.source),
                (Method::GET, HeadersForm::Single, "192.0.2.7")
            );
            assert_eq!(request.correlation_id, "build-7");
        }
    }

    #[test]
    fn a_load_balancers_pairs_become_a_query_string() {
        let event = json!({
            "requestContext": { "elb": { "targetGroupArn": "arn:x" } },
            "httpMethod": "GET", "path": "/badges/a%20b",
            "multiValueQueryStringParameters": { "a": ["1", "2%2C3"], "b": [""] },
            "multiValueHeaders": { "x-forwarded-for": ["6.6.6.6, 192.0.2.7"], "accept": ["a", "b"] },
            "body": "", "isBase64Encoded": false
        });
        let (request, headers_form) = read(event);
        assert_eq!((&*request.path, &*request.query), ("/badges/a%20b", "a=1&a=2%2C3&b="));
        assert_eq!((headers_form, &*request.source), (HeadersForm::Multi, "192.0.2.7"));
        assert_eq!(request.headers.get_all("accept").iter().count(), 2);
        let decoded = json!({ "httpMethod": "GET", "path": "/", "queryStringParameters": { "a": "1&2" } });
        assert_eq!(read(decoded).0.query, "a=1%262", "a REST API decodes");
    }

    #[test]
    fn a_body_is_decoded_and_invalid_base64_is_kept() {
        let body = |body: &str, is_base64: bool| {
            let mut event = format_2("/", "");
            event["body"] = body.into();
            event["isBase64Encoded"] = is_base64.into();
            read(event).0.body
        };
        assert_eq!(body("eyJhIjoxfQ==", true), "{\"a\":1}");
        assert_eq!(body("{\"a\":1}", false), "{\"a\":1}");
        assert_eq!(body("!!", true), "!!");
    }

    #[test]
    fn a_delivery_of_a_webhook_arrives_byte_for_byte_as_it_was_signed() {
        // A form, and JSON with letters, line ends and bytes that are not text.
        for sent in
            [&b"payload=%7B%22a%22%3A+1%7D"[..], "{\"a\": \"\u{e9}\",\r\n \"b\": 1}\n".as_bytes(), &[0xff, 0, b'{']]
        {
            let mut event = format_2("/webhooks/github/acme", "");
            event["requestContext"]["http"]["method"] = "POST".into();
            event["headers"] = json!({ "x-hub-signature-256": "sha256=00", "x-github-event": "push" });
            event["body"] = BASE64_STANDARD.encode(sent).into();
            event["isBase64Encoded"] = true.into();
            let (request, _) = read(event);
            assert_eq!((&request.method, &*request.path), (&Method::POST, "/webhooks/github/acme"));
            assert_eq!((&*request.body, &request.headers["x-github-event"]), (sent, &"push".parse().unwrap()));
        }
    }

    #[test]
    fn an_event_without_a_valid_method_is_a_request_that_no_address_supports() {
        for event in
            [json!({}), json!({ "rawPath": "/", "headers": null }), json!({ "headers": { "a b": "c", "d": null } })]
        {
            let (request, _) = read(event);
            assert!(request.headers.is_empty(), "{request:?}");
            assert_eq!(request.method, Method::TRACE);
        }
    }
}
