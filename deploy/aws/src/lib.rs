//! The store and the secrets of a deployment in AWS: DynamoDB and Secrets Manager; its queues, topics and keys: SQS,
//! SNS and KMS.
//!
//! The SDK comes without an HTTP or TLS stack of its own and uses the HTTP client of `badgesmith-host`. Clients are
//! built at their first use. Region, credentials, endpoints and table names are handed in as [`AwsSettings`]: this
//! crate reads no environment variables. With the feature `profiles` it can also search for region and credentials as
//! other AWS tools do (`AwsSettings::with_default_chain`).

mod aws_clients;
mod aws_error;
mod aws_secrets;
mod aws_settings;
mod batch_get;
mod call_counts;
mod credential_source;
mod dead_queue;
mod dynamo_store;
mod event_message;
pub mod event_policy;
mod event_rows;
mod export;
mod group_order;
mod http_client;
mod item;
mod item_calls;
mod kms;
mod kms_wrapper;
mod list_filling;
mod lists;
mod marks;
mod part_records;
pub mod policy;
pub mod provision;
mod queue_address;
mod queue_gauge;
mod queue_names;
pub mod queue_policy;
mod queue_provision;
mod records;
pub mod report_consumer;
mod report_queue;
mod rest_call;
mod retry;
mod sdk_config;
pub mod secret_admin;
mod secret_cache;
mod secret_items;
pub mod secret_migration;
mod secret_value;
mod secrets_manager;
mod server_secrets;
mod signed_answer;
mod signed_call;
mod signer;
mod sns;
mod sns_admin;
mod sns_call;
mod sqs;
mod states;
mod table_names;
mod topic_publisher;
mod transaction;

pub use aws_clients::AwsClients;
pub use aws_error::AwsError;
pub use aws_secrets::AwsSecrets;
pub use aws_settings::AwsSettings;
pub use credential_source::CredentialSource;
pub use dead_queue::{DeadMessage, DeadMessages, DeadQueue};
pub use dynamo_store::DynamoStore;
pub use event_message::EventMessage;
pub use group_order::{MessageEnd, work_in_order};
pub use kms::{DATA_KEY, DataKey, Kms};
pub use kms_wrapper::KmsWrapper;
pub use queue_gauge::SqsGauge;
pub use queue_names::QueueNames;
pub use sns::{Sns, TopicMessage};
pub use sqs::{FifoMessage, ReceivedMessage, SqsQueue};
pub use table_names::TableNames;
