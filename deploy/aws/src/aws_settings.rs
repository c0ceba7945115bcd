//! The endpoints of AWS, the time limit of a request, and the names of the tables.

use std::time::Duration;

use url::{Host, Url};

use crate::{credential_source::CredentialSource, queue_names::QueueNames, table_names::TableNames};

/// The default time limit of a request to the store.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The settings that a binary passes to this crate.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The endpoint of DynamoDB, if not the region's.
    pub dynamodb: Option<String>,
    /// The endpoint of Secrets Manager, if not the region's.
    pub secrets_manager: Option<String>,
    /// The endpoint of SQS, if not the region's.
    pub sqs: Option<String>,
    /// The endpoint of SNS, if not the region's.
    pub sns: Option<String>,
    /// The endpoint of KMS, if not the region's.
    pub kms: Option<String>,
    /// The endpoint of Lambda, if not the region's.
    pub lambda: Option<String>,
    /// The names of the tables.
    pub tables: TableNames,
    /// The queues.
    pub queues: QueueNames,
    /// The time limit of a request, all attempts together. A single attempt has half of it.
    pub timeout: Duration,
    /// Region and credentials.
    pub credentials: CredentialSource,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            dynamodb: None,
            secrets_manager: None,
            sqs: None,
            sns: None,
            kms: None,
            lambda: None,
            queues: QueueNames::default(),
            tables: TableNames::default(),
            timeout: TIMEOUT,
            credentials: CredentialSource::default(),
        }
    }
}

impl AwsSettings {
    /// The settings in environment variables, which `variable` reads: `AWS_REGION` or `AWS_DEFAULT_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_ACCOUNT_ID`;
    /// `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_SQS`,
    /// `AWS_ENDPOINT_URL_SNS`, `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL_LAMBDA` or `AWS_ENDPOINT_URL` for all of them;
    /// and those of [`TableNames::from_variables`] and [`QueueNames`].
    ///
    /// Where the endpoints of DynamoDB and of Secrets Manager are on this machine and neither `AWS_ACCESS_KEY_ID` nor
    /// `AWS_PROFILE` is set, the endpoints are emulators and get credentials without meaning.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = |service: &str| set(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| set("AWS_ENDPOINT_URL"));
        Self {
            dynamodb: endpoint("DYNAMODB"),
            secrets_manager: endpoint("SECRETS_MANAGER"),
            sqs: endpoint("SQS"),
            sns: endpoint("SNS"),
            kms: endpoint("KMS"),
            lambda: endpoint("LAMBDA"),
            queues: QueueNames::from_variables(set),
            tables: TableNames::from_variables(&variable),
            credentials: CredentialSource::from_variables(set),
            ..Self::default()
        }
    }

    /// The same settings, but region and credentials are searched for as other AWS tools do: environment, profile, web
    /// identity, the container's or the machine's role.
    #[cfg(feature = "profiles")]
    #[must_use]
    pub fn with_default_chain(mut self) -> Self {
        self.credentials.uses_default_chain = true;
        self
    }

    /// The same settings with one endpoint for all services, as emulators have it.
    #[must_use]
    pub fn at(self, endpoint: &str) -> Self {
        let endpoint = Some(endpoint.to_owned());
        let [dynamodb, secrets_manager, sqs, sns, kms, lambda] = [(); 6].map(|()| endpoint.clone());
        Self { dynamodb, secrets_manager, sqs, sns, kms, lambda, ..self }
    }

    /// Whether DynamoDB and Secrets Manager are on this machine, where no signature is verified.
    pub(crate) fn is_local(&self) -> bool {
        [&self.dynamodb, &self.secrets_manager].into_iter().all(|url| url.as_deref().is_some_and(is_loopback))
    }
}

fn is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_is_one_on_this_machine() {
        let rows = [
            ("http://127.0.0.1:8000", true),
            ("http://localhost:4566/", true),
            ("http://dynamodb.localhost:4566/", true),
            ("http://[::1]:4566", true),
            ("https://dynamodb.eu-west-1.amazonaws.com", false),
            ("https://localhost.example", false),
            ("127.0.0.1", false),
        ];
        for (url, is_local) in rows {
            assert_eq!(AwsSettings::default().at(url).is_local(), is_local, "{url}");
        }
        let half = AwsSettings { dynamodb: Some("http://127.0.0.1:8000".to_owned()), ..AwsSettings::default() };
        assert!(!half.is_local(), "the other service is AWS, which verifies signatures");
    }
}
