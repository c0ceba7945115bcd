//! Sends events to the subscriptions of plugins.toml.

use std::{sync::Arc, time::SystemTime};

use badgesmith_aws::Sns;
use badgesmith_engine::{
    Engine, Settings,
    events::{Clock, EventPump, Target},
};
use badgesmith_host::subscription_check::check_subscriptions;

use super::foundation::Foundation;
use crate::command_error::CommandError;

/// Checks that every topic has an ARN: for a topic that is given by its name, region and account must be known. SNS is
/// not called.
///
/// # Errors
/// A topic whose region or account is unknown, with what to set.
async fn check_topics(topics: &Sns, settings: &Settings) -> Result<(), CommandError> {
    for subscription in &settings.subscriptions {
        if let Target::Topic(topic) = &subscription.target {
            topics.topic_arn(topic).await.map_err(CommandError::storage)?;
        }
    }
    Ok(())
}

/// Checks that the events of every subscription can be sent.
///
/// # Errors
/// A topic without an ARN, or all subscriptions whose events could not be sent, with what to write.
pub(super) async fn check(foundation: &Foundation, settings: &Settings) -> Result<(), CommandError> {
    if settings.subscriptions.iter().any(|subscription| matches!(subscription.target, Target::Topic(_))) {
        check_topics(&foundation.topics(), settings).await?;
    }
    match check_subscriptions(settings, &*foundation.secrets).await {
        problems if problems.is_empty() => Ok(()),
        problems => Err(CommandError::Subscriptions(problems)),
    }
}

/// Begins to send events in the background; `None` if there is no subscription.
pub(super) fn start(foundation: &Foundation, engine: &Engine, settings: &Settings) -> Option<EventPump> {
    let clock: Clock = Arc::new(SystemTime::now);
    (!settings.subscriptions.is_empty()).then(|| engine.tell_events(&foundation.courier(settings), &clock))
}
