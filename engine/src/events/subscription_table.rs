//! `[[subscription]]` as it is written in plugins.toml.

use serde::{Deserialize, Serialize};

use super::{event::EventName, form::Form, only::Only};

/// `[[subscription]]` of plugins.toml. It has no `Debug`, because its address may be a secret.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SubscriptionTable {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<AddressTable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sns: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<EventName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<Only>,
    #[serde(default, skip_serializing_if = "is_json")]
    pub(super) form: Form,
}

/// `url`: an address, or the secret that contains it.
#[derive(Deserialize, Serialize)]
#[serde(untagged, expecting = "url is not \"https://…\" nor { secret = \"TeamSlack\", origin = \"https://…\" }")]
pub(super) enum AddressTable {
    Address(String),
    Secret(SecretAddress),
}

/// An address that is one of the server's own secrets.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretAddress {
    /// The purpose of the secret.
    pub(super) secret: String,
    /// The origin that the address must have.
    pub(super) origin: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_json(form: &Form) -> bool {
    *form == Form::Json
}
