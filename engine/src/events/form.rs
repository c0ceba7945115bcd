//! The format of a webhook's body.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `form` of a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The event's JSON, signed as in Standard Webhooks.
    #[default]
    Json,
    /// A message for an incoming webhook of Slack.
    Slack,
    /// A message for a webhook of Discord.
    Discord,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Discord => "discord",
        })
    }
}
