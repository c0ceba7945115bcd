//! The SDK's requests over the host's HTTP client, so that there is one TLS stack and one connection pool.

use std::{error::Error, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use reqwest::{Request, Response};

use badgesmith_host::client::Connections;

/// The largest response that is read, in bytes; DynamoDB's largest is 16 MB.
const LARGEST_RESPONSE: usize = 20 * 1024 * 1024;

/// The shared HTTP client behind the SDK's interface. It follows no redirect, and sends a request again only if it was
/// certainly not processed.
#[derive(Clone, Debug)]
pub(crate) struct SharedHttpClient(pub(crate) Connections);

impl HttpClient for SharedHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let (connections, timeout) = (self.0.clone(), settings.read_timeout());
        SharedHttpConnector::new(Connector { connections, timeout })
    }
}

#[derive(Debug)]
struct Connector {
    connections: Connections,
    /// The time limit for a response, if the SDK sets one.
    timeout: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connections, timeout) = (self.connections.clone(), self.timeout);
        HttpConnectorFuture::new(async move {
            let mut request = to_reqwest(request)?;
            *request.timeout_mut() = timeout;
            let client = connections.client().map_err(|error| ConnectorError::other(error.to_string().into(), None))?;
            read(client.execute(request).await.map_err(connector_error)?).await
        })
    }
}

fn to_reqwest(request: HttpRequest) -> Result<Request, ConnectorError> {
    let invalid = |error: Box<dyn Error + Send + Sync>| ConnectorError::user(error);
    let request = request.try_into_http1x().map_err(|error| invalid(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice).ok_or_else(|| invalid("a body that is a stream".into()))?;
    let mut request =
        Request::try_from(http::Request::from_parts(parts, body)).map_err(|error| invalid(error.into()))?;
    // Responses are small: decompressing them would cost more than transferring them.
    let identity = http::HeaderValue::from_static("identity");
    request.headers_mut().entry(http::header::ACCEPT_ENCODING).or_insert(identity);
    Ok(request)
}

async fn read(mut response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(response.status().as_u16());
    let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(connector_error)? {
        if chunk.len() > LARGEST_RESPONSE - body.len() {
            return Err(ConnectorError::other("the answer is too large".into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = HttpResponse::new(status, SdkBody::from(body.freeze()));
    for (name, value) in &headers {
        // The SDK reads no header that is not text.
        if let Ok(value) = value.to_str() {
            answer.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(answer)
}

/// The error without the URL.
fn connector_error(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
