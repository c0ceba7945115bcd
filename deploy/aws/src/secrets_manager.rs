//! The calls of Secrets Manager: read a secret, create one, delete one.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_call::{SignedCall, SignedService},
    sqs::read,
};

/// The codes of a secret that does not exist.
const NOT_FOUND: &[&str] = &["ResourceNotFoundException"];
/// The codes of a secret that cannot be read because there is none, or because it is scheduled for deletion.
const NOT_READABLE: &[&str] = &["ResourceNotFoundException", "InvalidRequestException"];

/// The text of a secret; `None` if there is none of this name, or if it is binary.
pub(crate) async fn secret_text(aws: &AwsClients, name: &str, deadline: Instant) -> Result<Option<String>, AwsError> {
    #[derive(Deserialize)]
    struct SecretValue {
        #[serde(rename = "SecretString")]
        text: Option<String>,
    }
    let operation = "Secrets Manager.GetSecretValue";
    let answer = call(operation, &json!({"SecretId": name})).find_until(aws, NOT_READABLE, deadline).await?;
    Ok(answer.map(|answer| read::<SecretValue>(operation, &answer)).transpose()?.and_then(|secret| secret.text))
}

/// Creates a secret. No other secret may have this name.
pub(crate) async fn create_secret(
    aws: &AwsClients,
    name: &str,
    value: &str,
    description: &str,
) -> Result<(), AwsError> {
    // A repetition with the same token, after a lost answer, creates no second version.
    let token = format!("{:032x}", fastrand::u128(..));
    let secret = json!({"Name": name, "SecretString": value, "Description": description, "ClientRequestToken": token});
    call("Secrets Manager.CreateSecret", &secret).send(aws).await.map(drop)
}

/// Deletes a secret, which Secrets Manager keeps for some days more, unless there is none of this name.
pub(crate) async fn delete_secret(aws: &AwsClients, name: &str) -> Result<(), AwsError> {
    call("Secrets Manager.DeleteSecret", &json!({"SecretId": name})).find(aws, NOT_FOUND).await.map(drop)
}

fn call(operation: &'static str, body: &Value) -> SignedCall {
    let service = SignedService::SecretsManager;
    SignedCall { service, operation, body: body.to_string(), waits: Duration::ZERO }
}
