//! A subscription: the events that are sent, the receiver, and the form.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    address::{parse_address, parse_origin, shown},
    event::{Event, EventName},
    form::Form,
    only::Only,
    pattern::Pattern,
    subscription_error::{SubscriptionError, SubscriptionMistake},
    subscription_table::{AddressTable, SecretAddress, SubscriptionTable},
};
use crate::origin::Origin;

/// How many subscriptions there may be. The rows that one happening adds to all queues are written in one transaction,
/// which can have 100 changes in DynamoDB, and a happening causes up to two events.
pub const MOST_SUBSCRIPTIONS: usize = 32;
/// The longest name of a subscription, in bytes: it is part of keys and of labels in metrics.
const LONGEST_NAME: usize = 64;
/// The longest purpose of a secret, in bytes; longer ones cannot be stored.
const LONGEST_PURPOSE: usize = 64;
/// The longest name of an SNS topic, in bytes.
const LONGEST_TOPIC: usize = 256;

/// `[[subscription]]` of plugins.toml.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "SubscriptionTable", into = "SubscriptionTable")]
pub struct Subscription {
    /// Its name, which no other subscription has.
    pub name: String,
    /// Where events go.
    pub target: Target,
    /// The purpose of the server's own secret that signs. Webhooks in the form of JSON must have one; other targets
    /// must not.
    pub secret: Option<String>,
    /// The events that are sent.
    pub events: Vec<EventName>,
    /// The owners whose events are sent; `None` for all.
    pub owner: Option<Pattern>,
    /// The repositories.
    pub repo: Option<Pattern>,
    /// The parts.
    pub part: Option<Pattern>,
    /// The branches.
    pub branch: Option<Pattern>,
    /// Which changes of the badge are sent; `None` for every event.
    pub only: Option<Only>,
    /// The form of webhooks.
    pub form: Form,
}

/// The target of a subscription's events. Its debug output shows only the origin of an address.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// To this address, by a POST.
    Url(Url),
    /// To an address that is the server's own secret.
    Secret {
        /// The purpose of the secret.
        purpose: String,
        /// The origin that the address must have.
        origin: Origin,
    },
    /// To the SNS topic of this ARN, or of this name in the region and the account of the deployment.
    Topic(String),
}

impl Subscription {
    /// Whether an event is sent. Events of private repositories are sent only if `owner` and `repo` name the repository
    /// without `*`.
    #[must_use]
    pub fn wants(&self, event: &Event, is_public: bool) -> bool {
        let subject = &event.subject;
        let fits = |filter: &Option<Pattern>, name: &str| filter.as_ref().is_none_or(|filter| filter.matches(name));
        let is_named = [&self.owner, &self.repo].iter().all(|filter| filter.as_ref().is_some_and(Pattern::is_exact));
        self.events.contains(&event.name)
            && fits(&self.owner, &subject.owner)
            && fits(&self.repo, &subject.repo)
            && fits(&self.part, &subject.part)
            && fits(&self.branch, &subject.branch)
            && self.only.is_none_or(|only| only.wants(event.before.as_ref(), event.after.as_ref()))
            && (is_public || is_named)
    }
}

impl Target {
    /// The target as logs, errors and lists show it: an address without its path, which may be a secret.
    ///
    /// ```
    /// use badgesmith_engine::events::Target;
    ///
    /// let target = Target::Url("https://discord.com/api/webhooks/1/secret".parse().unwrap());
    /// assert_eq!(target.shown(), "https://discord.com/…");
    /// ```
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Url(url) => shown(url),
            Self::Secret { origin, .. } => format!("{origin}/…"),
            Self::Topic(arn) => arn.clone(),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown()).finish()
    }
}

impl TryFrom<SubscriptionTable> for Subscription {
    type Error = SubscriptionError;

    fn try_from(table: SubscriptionTable) -> Result<Self, SubscriptionError> {
        let name = table.name.clone();
        checked(table).map_err(|mistake| SubscriptionError { name, mistake })
    }
}

impl From<Subscription> for SubscriptionTable {
    fn from(subscription: Subscription) -> Self {
        let (url, sns) = match subscription.target {
            Target::Url(url) => (Some(AddressTable::Address(url.into())), None),
            Target::Secret { purpose, origin } => {
                (Some(AddressTable::Secret(SecretAddress { secret: purpose, origin: origin.to_string() })), None)
            }
            Target::Topic(arn) => (None, Some(arn)),
        };
        let [owner, repo, part, branch] =
            [subscription.owner, subscription.repo, subscription.part, subscription.branch]
                .map(|filter| filter.map(|filter| filter.to_string()));
        Self {
            name: subscription.name,
            url,
            sns,
            secret: subscription.secret,
            events: subscription.events,
            owner,
            repo,
            part,
            branch,
            only: subscription.only,
            form: subscription.form,
        }
    }
}

fn checked(table: SubscriptionTable) -> Result<Subscription, SubscriptionMistake> {
    let is_plain = table.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if table.name.is_empty() || table.name.len() > LONGEST_NAME || !is_plain {
        return Err(SubscriptionMistake::Name);
    }
    let target = target(table.url, table.sns)?;
    check_secret(&target, table.form, table.secret.as_deref())?;
    check_events(&table.events)?;
    Ok(Subscription {
        name: table.name,
        target,
        secret: table.secret,
        events: table.events,
        owner: name_filter("owner", table.owner)?,
        repo: name_filter("repo", table.repo)?,
        part: filter("part", table.part)?,
        branch: filter("branch", table.branch)?,
        only: table.only,
        form: table.form,
    })
}

fn target(url: Option<AddressTable>, sns: Option<String>) -> Result<Target, SubscriptionMistake> {
    match (url, sns) {
        (None, None) => Err(SubscriptionMistake::NoTarget),
        (Some(_), Some(_)) => Err(SubscriptionMistake::TwoTargets),
        (Some(AddressTable::Address(text)), None) => {
            parse_address(&text).map(Target::Url).map_err(SubscriptionMistake::Address)
        }
        (Some(AddressTable::Secret(SecretAddress { secret, origin })), None) => {
            let purpose = purpose("url.secret", secret)?;
            let origin = parse_origin(&origin).map_err(SubscriptionMistake::SecretOrigin)?;
            Ok(Target::Secret { purpose, origin })
        }
        (None, Some(arn)) if is_topic(&arn) => Ok(Target::Topic(arn)),
        (None, Some(arn)) => Err(SubscriptionMistake::Arn(arn)),
    }
}

fn check_secret(target: &Target, form: Form, secret: Option<&str>) -> Result<(), SubscriptionMistake> {
    match (target, form, secret) {
        (Target::Topic(_), Form::Slack | Form::Discord, _) => Err(SubscriptionMistake::FormForTopic(form)),
        (Target::Topic(_), Form::Json, Some(_)) => Err(SubscriptionMistake::SecretForTopic),
        (Target::Topic(_), Form::Json, None) | (_, Form::Slack | Form::Discord, None) => Ok(()),
        (_, Form::Slack | Form::Discord, Some(_)) => Err(SubscriptionMistake::SecretInForm(form)),
        (_, Form::Json, None) => Err(SubscriptionMistake::NoSecret),
        (_, Form::Json, Some(secret)) => purpose("secret", secret.to_owned()).map(drop),
    }
}

fn check_events(events: &[EventName]) -> Result<(), SubscriptionMistake> {
    if events.is_empty() {
        return Err(SubscriptionMistake::NoEvents);
    }
    let mut rest = events;
    while let Some((name, after)) = rest.split_first() {
        if after.contains(name) {
            return Err(SubscriptionMistake::RepeatedEvent(name.name()));
        }
        rest = after;
    }
    Ok(())
}

/// A purpose under which a secret can be stored.
fn purpose(key: &'static str, text: String) -> Result<String, SubscriptionMistake> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let is_purpose = !text.is_empty() && text.len() <= LONGEST_PURPOSE && is_plain;
    if is_purpose { Ok(text) } else { Err(SubscriptionMistake::Purpose(key)) }
}

/// Whether a text is the name or the ARN of an SNS topic.
fn is_topic(arn: &str) -> bool {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let is_name = |topic: &str| {
        let name = topic.strip_suffix(".fifo").unwrap_or(topic);
        !name.is_empty() && topic.len() <= LONGEST_TOPIC && is_plain(name)
    };
    if !arn.contains(':') {
        return is_name(arn);
    }
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, topic] = *parts else { return false };
    (partition == "aws" || partition.starts_with("aws-"))
        && [partition, region].iter().all(|part| !part.is_empty() && is_plain(part))
        && is_name(topic)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// A filter for owners or repositories.
fn name_filter(key: &'static str, text: Option<String>) -> Result<Option<Pattern>, SubscriptionMistake> {
    match text {
        Some(text) if text.contains('/') => Err(SubscriptionMistake::SlashInFilter { key, text }),
        text => filter(key, text),
    }
}

fn filter(key: &'static str, text: Option<String>) -> Result<Option<Pattern>, SubscriptionMistake> {
    let Some(text) = text else { return Ok(None) };
    match Pattern::parse(&text) {
        Some(pattern) => Ok(Some(pattern)),
        None => Err(SubscriptionMistake::Filter { key, text }),
    }
}
