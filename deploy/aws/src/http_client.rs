//! The SDK's requests over the one HTTP client: no second TLS, no second pool.

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

/// The largest answer that is read, in bytes; DynamoDB's own largest is 16 MB.
const LARGEST_ANSWER: usize = 20 * 1024 * 1024;

/// The one HTTP client, as the SDK wants it. It follows no redirect, and sends a request a second time only where the
/// other side says that it never looked at it.
#[derive(Clone, Debug)]
pub(crate) struct SharedConnections(pub(crate) Connections);

impl HttpClient for SharedConnections {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let (connections, patience) = (self.0.clone(), settings.read_timeout());
        SharedHttpConnector::new(Connector { connections, patience })
    }
}

#[derive(Debug)]
struct Connector {
    connections: Connections,
    /// How long an answer may take, if the caller of this does not see to it.
    patience: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connections, patience) = (self.connections.clone(), self.patience);
        HttpConnectorFuture::new(async move {
            let mut request = request_of(request)?;
            *request.timeout_mut() = patience;
            let client = connections.client().map_err(|words| ConnectorError::other(words.into(), None))?;
            read(client.execute(request).await.map_err(fault)?).await
        })
    }
}

fn request_of(request: HttpRequest) -> Result<Request, ConnectorError> {
    let wrong = |fault: Box<dyn Error + Send + Sync>| ConnectorError::user(fault);
    let request = request.try_into_http1x().map_err(|fault| wrong(fault.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice).ok_or_else(|| wrong("a body that is a stream".into()))?;
    let mut request = Request::try_from(http::Request::from_parts(parts, body)).map_err(|fault| wrong(fault.into()))?;
    // Answers are small, and unpacking them costs more than their way.
    let identity = http::HeaderValue::from_static("identity");
    request.headers_mut().entry(http::header::ACCEPT_ENCODING).or_insert(identity);
    Ok(request)
}

async fn read(mut response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(response.status().as_u16());
    let status = status.map_err(|fault| ConnectorError::other(fault.into(), None))?;
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if chunk.len() > LARGEST_ANSWER - body.len() {
            return Err(ConnectorError::other("the answer is too large".into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = HttpResponse::new(status, SdkBody::from(body.freeze()));
    for (name, value) in &headers {
        // A header that is no text is none the SDK reads.
        if let Ok(value) = value.to_str() {
            answer.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(answer)
}

/// The address stays out of the words.
fn fault(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
