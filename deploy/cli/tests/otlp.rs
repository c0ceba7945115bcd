//! The spans that a collector on loopback receives: `cargo test -p badgesmith --features otlp`.
#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{thread, time::Duration};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use support::{
    Server, Upstream, command, nuget_toml,
    reports::{Inbox, Posted},
    send,
};

const NUGET: &str = "/badges/packages/nuget/{package}";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A server whose spans go to the collector.
fn server(name: &str, collector: &Inbox, plugins_toml: &str) -> Server {
    let mut serve = command();
    serve
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.address))
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k1")
        .env("OTEL_BSP_SCHEDULE_DELAY", "100");
    Server::start_by(name, plugins_toml, serve)
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let value = attributes.iter().find(|attribute| attribute.key == key).and_then(|attribute| attribute.value.clone());
    match value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text,
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        _ => String::new(),
    }
}

fn decode(posted: &Posted) -> (String, Vec<Span>) {
    let request = ExportTraceServiceRequest::decode(posted.body.as_slice()).unwrap();
    let service = text(&request.resource_spans[0].resource.as_ref().unwrap().attributes, "service.name");
    let spans = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    (service, spans.flat_map(|scope| scope.spans).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_request_and_its_upstream_calls_arrive_at_a_collector_as_one_trace() {
    let collector = Inbox::start(&["HTTP/1.1 503 Busy\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"]);
    let upstream = Upstream::start(|path| match path {
        "/v3-flatcontainer/a/index.json" => (200, Vec::new(), br#"{"versions":["1.0.0"]}"#.to_vec()),
        _ => (404, Vec::new(), Vec::new()),
    });
    let mut server = server("otlp", &collector, &nuget_toml(&upstream.url()));
    let path = "/badges/packages/nuget/a.svg?secret=hush";
    let traced = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\nConnection: close\r\n");
    assert_eq!(send(server.address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n{traced}\r\n")).status, 200);
    // The collector refuses the first request; spans that are not sent yet are sent when the server stops.
    thread::sleep(Duration::from_millis(200));
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let posted = collector.posted.lock().unwrap().clone();
    assert!(!posted.is_empty(), "{}", server.log());
    for post in &posted {
        assert_eq!(post.line, "POST /v1/traces HTTP/1.1");
        assert_eq!((post.header("content-type"), post.header("api-key")), ("application/x-protobuf", "k1"));
    }
    let decoded: Vec<_> = posted.iter().map(decode).collect();
    assert!(decoded.iter().all(|(service, _)| service == "badgesmith"), "{decoded:?}");
    let spans: Vec<&Span> = decoded.iter().flat_map(|(_, spans)| spans).collect();
    let request = spans.iter().find(|span| span.kind == SpanKind::Server as i32).expect("a span of the request");
    assert_eq!((hex(&request.trace_id).as_str(), hex(&request.parent_span_id).as_str()), (TRACE, PARENT));
    assert_eq!(request.name, format!("GET {NUGET}"));
    let rows = [
        ("http.request.method", "GET"),
        ("url.path", "/badges/packages/nuget/a.svg"),
        ("http.route", NUGET),
        ("http.response.status_code", "200"),
        ("badgesmith.plugin", "nuget"),
        ("badgesmith.cache", "made"),
    ];
    for (key, value) in rows {
        assert_eq!(text(&request.attributes, key), value, "{key}");
    }
    let mut calls: Vec<_> = spans.iter().filter(|span| span.kind == SpanKind::Client as i32).collect();
    calls.sort_by_key(|span| &span.span_id);
    calls.dedup_by_key(|span| &span.span_id);
    assert!(calls.len() >= 2, "{calls:?}");
    for call in calls {
        assert_eq!((&call.trace_id, &call.parent_span_id), (&request.trace_id, &request.span_id));
        assert_eq!(text(&call.attributes, "server.port"), upstream.address.port().to_string());
        assert!(["200", "404"].contains(&&*text(&call.attributes, "http.response.status_code")), "{call:?}");
    }
    assert!(
        !posted.iter().any(|post| String::from_utf8_lossy(&post.body).contains("hush")),
        "a query string is in no span"
    );
}

#[test]
fn an_unavailable_collector_does_not_affect_requests() {
    let collector = Inbox::start(&["HTTP/1.1 500 No\r\n\r\n"]);
    let mut server = server("otlp-away", &collector, "");
    for _ in 0..20 {
        assert_eq!(server.get("/badge/a-b-red").status, 200);
    }
    server.terminate();
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn an_invalid_endpoint_is_refused_with_the_name_of_its_variable() {
    let output = command().arg("serve").env("OTEL_EXPORTER_OTLP_ENDPOINT", "no where").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
}
