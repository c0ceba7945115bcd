//! Keys of KMS, which wrap the data keys of sealed files.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    signed_call::{SignedCall, SignedService},
    sqs::read,
};

/// The length of a data key, in bytes: one of AES-256.
pub const DATA_KEY: usize = 32;

/// The keys of the account.
#[derive(Debug)]
pub struct Kms {
    aws: Arc<AwsClients>,
}

/// A new data key in plain and in wrapped form. Its debug output shows neither.
pub struct DataKey {
    /// The key.
    pub plain: [u8; DATA_KEY],
    /// The wrapped key, which only KMS can decrypt.
    pub wrapped: Vec<u8>,
    /// The ARN of the key that wrapped it.
    pub key: String,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey of {}", self.key)
    }
}

impl Kms {
    /// Access to keys with these credentials.
    #[must_use]
    pub const fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws }
    }

    /// A new data key, wrapped by the key with this id, ARN or alias. The context is needed again to unwrap it.
    ///
    /// # Errors
    /// KMS does not answer or refuses it.
    pub async fn new_data_key(&self, key: &str, context: &[(&str, &str)]) -> Result<DataKey, AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Generated {
            ciphertext_blob: String,
            plaintext: String,
            key_id: String,
        }
        let operation = "KMS.GenerateDataKey";
        let call = json!({"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context_of(context)});
        let answer = self.call(operation, &call).await?;
        let Generated { ciphertext_blob, plaintext, key_id } = read(operation, &answer)?;
        let wrapped = BASE64_STANDARD.decode(ciphertext_blob).map_err(|_| malformed(operation))?;
        Ok(DataKey { plain: plain(&plaintext, operation)?, wrapped, key: key_id })
    }

    /// The data key that a key of this id, ARN or alias wrapped.
    ///
    /// # Errors
    /// KMS does not answer or refuses it: it is another key, or the context is another.
    pub async fn unwrap(
        &self,
        key: &str,
        wrapped: &[u8],
        context: &[(&str, &str)],
    ) -> Result<[u8; DATA_KEY], AwsError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Decrypted {
            plaintext: String,
        }
        let operation = "KMS.Decrypt";
        let blob = BASE64_STANDARD.encode(wrapped);
        let call = json!({"KeyId": key, "CiphertextBlob": blob, "EncryptionContext": context_of(context)});
        let answer = self.call(operation, &call).await?;
        plain(&read::<Decrypted>(operation, &answer)?.plaintext, operation)
    }

    /// The ARN of the key with this id or alias; `None` if there is none.
    ///
    /// # Errors
    /// KMS does not answer.
    pub async fn find(&self, key: &str) -> Result<Option<String>, AwsError> {
        find(&self.aws, key).await
    }

    /// Creates a key that KMS replaces every year, with this alias.
    ///
    /// # Errors
    /// KMS does not answer or refuses it.
    pub async fn create(&self, alias: &str) -> Result<String, AwsError> {
        create(&self.aws, alias).await
    }

    async fn call(&self, operation: &'static str, body: &Value) -> Result<bytes::Bytes, AwsError> {
        call(operation, body).send(&self.aws).await
    }
}

/// As [`Kms::find`].
pub(crate) async fn find(aws: &AwsClients, key: &str) -> Result<Option<String>, AwsError> {
    let operation = "KMS.DescribeKey";
    let call = call(operation, &json!({ "KeyId": key }));
    let Some(found) = call.find(aws, &["NotFoundException"]).await? else { return Ok(None) };
    metadata_arn(operation, &found).map(Some)
}

/// As [`Kms::create`]. The alias comes last, so that a key which can be found by it is complete.
pub(crate) async fn create(aws: &AwsClients, alias: &str) -> Result<String, AwsError> {
    let description = json!({ "Description": "BadgeSmith's sealed secrets and exports" });
    let arn = metadata_arn("KMS.CreateKey", &call("KMS.CreateKey", &description).send(aws).await?)?;
    call("KMS.EnableKeyRotation", &json!({ "KeyId": arn })).send(aws).await?;
    call("KMS.CreateAlias", &json!({"AliasName": alias, "TargetKeyId": arn})).send(aws).await?;
    Ok(arn)
}

fn call(operation: &'static str, body: &Value) -> SignedCall {
    SignedCall { service: SignedService::Kms, operation, body: body.to_string(), waits: Duration::ZERO }
}

fn context_of(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

fn metadata_arn(operation: &'static str, body: &[u8]) -> Result<String, AwsError> {
    let answer: Value = read(operation, body)?;
    answer["KeyMetadata"]["Arn"].as_str().map(str::to_owned).ok_or_else(|| malformed(operation))
}

fn plain(base64: &str, operation: &'static str) -> Result<[u8; DATA_KEY], AwsError> {
    let bytes = BASE64_STANDARD.decode(base64).map_err(|_| malformed(operation))?;
    bytes.try_into().map_err(|_| malformed(operation))
}

fn malformed(operation: &'static str) -> AwsError {
    AwsError::Call { operation, cause: "the answer is not what KMS documents".to_owned(), is_transient: false }
}
