//! A call of Lambda, whose protocol has an HTTP method and a path for each operation.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_answer::SignedAnswer,
    signed_call::{SignedRequest, SignedService},
};

/// The status for a resource that does not exist. Lambda names the error code in a header, which is not read.
const NOT_FOUND: u16 = 404;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct RestCall {
    /// The operation with its service, as it is counted and as errors name it: `Lambda.GetFunction`.
    pub(crate) operation: &'static str,
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path with its query.
    pub(crate) path: String,
    /// The JSON that is sent; nothing if it is null.
    pub(crate) body: Value,
}

impl RestCall {
    /// Makes the call; `None` if the resource does not exist.
    pub(crate) async fn find(&self, aws: &AwsClients) -> Result<Option<Bytes>, AwsError> {
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        let request = SignedRequest {
            service: SignedService::Lambda,
            operation: self.operation,
            method: self.method.clone(),
            path: &self.path,
            body: &body,
            waits: Duration::ZERO,
        };
        match request.answer(aws, aws.deadline()).await? {
            SignedAnswer::Done(answer) => Ok(Some(answer)),
            SignedAnswer::Refused(refusal) if refusal.status == NOT_FOUND => Ok(None),
            SignedAnswer::Refused(refusal) => Err(refusal.error(self.operation)),
        }
    }

    /// Makes the call.
    pub(crate) async fn send(&self, aws: &AwsClients) -> Result<Bytes, AwsError> {
        let missing = || AwsError::refused(self.operation, "not found", NOT_FOUND, "what it names is not there");
        self.find(aws).await?.ok_or_else(missing)
    }
}
