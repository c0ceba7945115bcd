//! Sends the spans of requests and upstream calls to a collector, as OTLP over HTTP.
//!
//! `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names the collector; without either nothing is
//! sent. The other variables of the OpenTelemetry specification apply too: `OTEL_EXPORTER_OTLP_HEADERS`,
//! `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, `OTEL_BSP_SCHEDULE_DELAY` and their like.

use std::{env, io, thread, time::Duration};

use badgesmith_host::{client, logs::SpanLayer};
use bytes::Bytes;
use futures_util::future::{self, BoxFuture};
use hyper::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tokio::runtime::{self, Handle};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::command_error::CommandError;

/// The service name unless `OTEL_SERVICE_NAME` is set.
const SERVICE: &str = "badgesmith";
/// How long sending the last spans may take when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Exports spans to a collector; dropping it sends the last ones.
#[derive(Debug)]
pub(crate) struct Otlp(SdkTracerProvider);

impl Otlp {
    /// Starts the exporter, and returns it with the layer that receives spans; `None` if no collector is configured.
    ///
    /// # Errors
    /// A variable of the environment is wrong, or the thread that sends cannot start.
    pub(crate) fn start() -> Result<Option<(Self, SpanLayer)>, CommandError> {
        let names = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
        if names.iter().all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Sender {
                client: client::Connections::new().client().map_err(CommandError::http_client)?.clone(),
                runtime: spawn_runtime()?,
            })
            .build()
            .map_err(|fault| CommandError::telemetry(format!("OTLP: {fault}")))?;
        let mut resource = Resource::builder();
        if env::var_os("OTEL_SERVICE_NAME").is_none_or(|name| name.is_empty()) {
            resource = resource.with_service_name(SERVICE);
        }
        let resource = resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(SERVICE))
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        Ok(Some((Self(provider), Box::new(layer))))
    }
}

impl Drop for Otlp {
    fn drop(&mut self) {
        if let Err(fault) = self.0.shutdown_with_timeout(STOP_TIMEOUT) {
            tracing::warn!(%fault, "the last spans could not be sent");
        }
    }
}

/// Makes a request's span a child of the caller's span if its `traceparent` header names one.
pub(crate) fn join(span: &Span, headers: &HeaderMap) {
    if span.is_disabled() {
        return;
    }
    let caller = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if caller.span().span_context().is_valid() {
        // This fails only if no layer receives spans.
        let _ = span.set_parent(caller);
    }
}

/// Names a span: the route is not known when the span begins.
pub(crate) fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// Sends with the shared HTTP client on a runtime of its own: the exporter's thread belongs to no runtime, and the last
/// spans are sent after the server's runtime has stopped.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

impl HttpClient for Sender {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: hyper::Request<Bytes>,
    ) -> BoxFuture<'f, Result<hyper::Response<Bytes>, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let response = client.execute(request.try_into()?).await?;
            let mut answer = hyper::Response::new(Bytes::new());
            *answer.status_mut() = response.status();
            // The exporter does not need the body of the collector's answer.
            *answer.headers_mut() = response.headers().clone();
            Ok::<_, reqwest::Error>(answer)
        });
        Box::pin(async move { Ok(sending.await?.map_err(reqwest::Error::without_url)?) })
    }
}

/// Runs a runtime on a thread of its own until the process ends.
fn spawn_runtime() -> Result<Handle, CommandError> {
    let start = || -> io::Result<Handle> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name("otlp".to_owned()).spawn(move || runtime.block_on(future::pending::<()>()))?;
        Ok(handle)
    };
    start().map_err(|fault| CommandError::telemetry(format!("OTLP: no thread to send from: {fault}")))
}
