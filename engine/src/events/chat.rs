//! Events as messages for Slack and Discord. Names of branches, labels and messages come from builds, so characters
//! that the chat would read as markup (mentions, links, emphasis) are escaped.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    event::Event,
    message::{link, sentence},
};

/// The body for an incoming webhook of Slack.
pub(super) fn slack(event: &Event) -> Bytes {
    let mut text = slack_text(&sentence(event));
    if let Some(link) = link(event) {
        text += &format!(" <{}|run>", slack_text(&link).replace('|', "%7C"));
    }
    body(&json!({ "text": text }))
}

/// The body for a webhook of Discord. It can mention nobody.
pub(super) fn discord(event: &Event) -> Bytes {
    let mut text = discord_text(&sentence(event));
    if let Some(link) = link(event) {
        text += &format!(" [run](<{}>)", link.replace('>', "%3E"));
    }
    body(&json!({ "content": text, "allowed_mentions": { "parse": [] } }))
}

fn body(value: &Value) -> Bytes {
    value.to_string().into()
}

/// Replaces the three characters that have a meaning in Slack's markup by entities.
fn slack_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Puts a backslash before punctuation that has a meaning in Discord's Markdown.
fn discord_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\*_~`|<>[]#@:-+".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
