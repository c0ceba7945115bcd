//! The commands that work on DynamoDB and Secrets Manager.

pub(crate) mod client;
pub(crate) mod provision;
