//! Calls of Secrets Manager, SQS, SNS, KMS and Lambda over the host's HTTP client.
//!
//! The SDK's crates of these services are not used: each contains the code of all operations, of which few are needed
//! here. The SDK's signer is linked already for DynamoDB.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use badgesmith_host::client::Connections;
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE};
use reqwest::{Body, Method, Request, Url};
use tokio::time::Instant;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    retry::retry,
    signed_answer::{ServiceRefusal, SignedAnswer},
    signer::Unsigned,
};

/// The largest answer that is read, in bytes: enough for ten of SQS' largest messages, each escaped as JSON.
const LARGEST_ANSWER: usize = 20 * 1024 * 1024;
/// The header with the operation of a JSON protocol.
const TARGET: &str = "x-amz-target";

/// A service that is called without the SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedService {
    /// Secrets.
    SecretsManager,
    /// Queues.
    Sqs,
    /// Topics.
    Sns,
    /// Keys.
    Kms,
    /// Functions.
    Lambda,
}

/// One call. Its debug output does not show the body, which may be a secret.
#[derive(Clone)]
pub(crate) struct SignedCall {
    /// The service.
    pub(crate) service: SignedService,
    /// The operation with its service, as it is counted and as errors name it: `SQS.SendMessage`.
    pub(crate) operation: &'static str,
    /// The body: JSON, or a form for SNS.
    pub(crate) body: String,
    /// How much longer than other calls one attempt may take.
    pub(crate) waits: Duration,
}

impl SignedService {
    /// The name in addresses and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::Kms => "kms",
            Self::Lambda => "lambda",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Sqs => "application/x-amz-json-1.0",
            Self::Sns => "application/x-www-form-urlencoded",
            Self::SecretsManager | Self::Kms => "application/x-amz-json-1.1",
            Self::Lambda => "application/json",
        }
    }

    /// The prefix of the operation in the header [`TARGET`], if the service uses that header.
    const fn target(self) -> Option<&'static str> {
        match self {
            Self::SecretsManager => Some("secretsmanager"),
            Self::Sqs => Some("AmazonSQS"),
            Self::Sns | Self::Lambda => None,
            Self::Kms => Some("TrentService"),
        }
    }

    /// Its address in a region.
    fn endpoint(self, aws: &AwsClients, region: &str) -> String {
        let settings = aws.settings();
        let set = match self {
            Self::SecretsManager => &settings.secrets_manager,
            Self::Sqs => &settings.sqs,
            Self::Sns => &settings.sns,
            Self::Kms => &settings.kms,
            Self::Lambda => &settings.lambda,
        };
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        set.clone().unwrap_or_else(|| format!("https://{}.{region}.{domain}", self.name()))
    }
}

impl SignedCall {
    /// Makes the call within the time limit of a request, with retries.
    pub(crate) async fn send(&self, aws: &AwsClients) -> Result<Bytes, AwsError> {
        match self.answer(aws, self.deadline(aws)).await? {
            SignedAnswer::Done(body) => Ok(body),
            SignedAnswer::Refused(refusal) => Err(refusal.error(self.operation)),
        }
    }

    /// As [`SignedCall::send`], but `None` if the service refuses the call with one of these codes.
    pub(crate) async fn find(&self, aws: &AwsClients, absent: &[&str]) -> Result<Option<Bytes>, AwsError> {
        self.find_until(aws, absent, self.deadline(aws)).await
    }

    /// As [`SignedCall::find`], within the time limit of a request that makes several calls.
    pub(crate) async fn find_until(
        &self,
        aws: &AwsClients,
        absent: &[&str],
        deadline: Instant,
    ) -> Result<Option<Bytes>, AwsError> {
        match self.answer(aws, deadline).await? {
            SignedAnswer::Done(body) => Ok(Some(body)),
            SignedAnswer::Refused(ServiceRefusal { code, .. }) if absent.contains(&code.as_str()) => Ok(None),
            SignedAnswer::Refused(refusal) => Err(refusal.error(self.operation)),
        }
    }

    fn deadline(&self, aws: &AwsClients) -> Instant {
        aws.deadline() + self.waits
    }

    async fn answer(&self, aws: &AwsClients, deadline: Instant) -> Result<SignedAnswer, AwsError> {
        let Self { service, operation, body, waits } = self;
        SignedRequest { service: *service, operation, method: Method::POST, path: "", body, waits: *waits }
            .answer(aws, deadline)
            .await
    }
}

impl fmt::Debug for SignedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCall").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// The request of a call.
#[derive(Clone)]
pub(crate) struct SignedRequest<'a> {
    /// The service.
    pub(crate) service: SignedService,
    /// As [`SignedCall::operation`].
    pub(crate) operation: &'static str,
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path behind the service's endpoint, which begins with a slash, with its query; or nothing.
    pub(crate) path: &'a str,
    /// The body.
    pub(crate) body: &'a str,
    /// As [`SignedCall::waits`].
    pub(crate) waits: Duration,
}

impl SignedRequest<'_> {
    /// Sends it within this time limit, with retries.
    pub(crate) async fn answer(&self, aws: &AwsClients, deadline: Instant) -> Result<SignedAnswer, AwsError> {
        let attempt = || async {
            match self.attempt(aws).await? {
                // A transient refusal becomes an error here, so that the call is retried.
                SignedAnswer::Refused(refusal) if refusal.error(self.operation).is_transient() => {
                    Err(refusal.error(self.operation))
                }
                answer => Ok(answer),
            }
        };
        retry(deadline, attempt).await
    }

    async fn attempt(&self, aws: &AwsClients) -> Result<SignedAnswer, AwsError> {
        let failed = |cause: String, is_transient| AwsError::Call { operation: self.operation, cause, is_transient };
        let config = aws.config().await;
        let region = config.region().map(AsRef::as_ref).filter(|region: &&str| !region.is_empty());
        let region = region.ok_or_else(|| failed("there is no region; set AWS_REGION".to_owned(), false))?;
        let endpoint = self.service.endpoint(aws, region);
        let url = Url::parse(&format!("{}{}", endpoint.trim_end_matches('/'), self.path));
        let url = url.map_err(|error| failed(format!("the endpoint of {}: {error}", self.service.name()), false))?;
        let (_, short) = self.operation.split_once('.').unwrap_or_default();
        let target = self.service.target().map(|target| format!("{target}.{short}"));
        let mut headers = vec![(CONTENT_TYPE.as_str(), self.service.content_type())];
        headers.extend(target.as_deref().map(|target| (TARGET, target)));
        let unsigned = Unsigned {
            operation: self.operation,
            service: self.service.name(),
            method: self.method.as_str(),
            region,
            url: url.as_str(),
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let signature = aws.signer().sign(config, &unsigned, SystemTime::now()).await?;
        let mut request = Request::new(self.method.clone(), url.clone());
        let signed = signature.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in headers.iter().copied().chain(signed) {
            let name = HeaderName::from_bytes(name.as_bytes());
            let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else {
                return Err(failed("a header that HTTP does not allow".to_owned(), false));
            };
            request.headers_mut().insert(name, value);
        }
        *request.body_mut() = Some(Body::from(self.body.to_owned()));
        *request.timeout_mut() = Some(aws.settings().timeout / 2 + self.waits);
        aws.note_call(self.operation.to_owned());
        exchange(aws.connections(), request).await.map_err(|fault| match fault {
            ExchangeFault::NoClient(cause) => failed(cause, false),
            ExchangeFault::NoAnswer(cause) => failed(cause, true),
            ExchangeFault::TooLarge => failed("the answer is too large".to_owned(), false),
        })
    }
}

/// Why there is no answer.
enum ExchangeFault {
    NoClient(String),
    NoAnswer(String),
    TooLarge,
}

async fn exchange(connections: &Connections, request: Request) -> Result<SignedAnswer, ExchangeFault> {
    // The error's URL is left out: the log already names the operation.
    let broken = |error: reqwest::Error| ExchangeFault::NoAnswer(error.without_url().to_string());
    let client = connections.client().map_err(|error| ExchangeFault::NoClient(error.to_string()))?;
    let mut response = client.execute(request).await.map_err(broken)?;
    let (status, mut body) = (response.status().as_u16(), BytesMut::new());
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if chunk.len() > LARGEST_ANSWER - body.len() {
            return Err(ExchangeFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(SignedAnswer::read(status, body.freeze()))
}
