//! Sends events to those who subscribed to them in plugins.toml.

use std::{sync::Arc, time::SystemTime};

use badgesmith_aws::Sns;
use badgesmith_engine::{
    Engine, Settings,
    events::{Clock, Courier, Target},
    world::Secrets,
};
use badgesmith_host::subscription_check::check_subscriptions;

use crate::command_error::CommandError;

/// Checks that every topic has an ARN, which one that is named by its name may lack. SNS is not called.
///
/// # Errors
/// A topic whose region or account is unknown, with what to set.
pub(super) async fn check_topics(topics: &Sns, settings: &Settings) -> Result<(), CommandError> {
    for subscription in &settings.subscriptions {
        if let Target::Topic(topic) = &subscription.target {
            topics.topic_arn(topic).await.map_err(CommandError::storage)?;
        }
    }
    Ok(())
}

/// Begins to send events in the background to those who subscribed to them.
///
/// # Errors
/// Every subscription whose events could not be sent, with what to write.
pub(super) async fn start(
    engine: &Engine,
    settings: &Settings,
    secrets: &dyn Secrets,
    courier: Arc<dyn Courier>,
) -> Result<(), CommandError> {
    let problems = check_subscriptions(settings, secrets).await;
    if !problems.is_empty() {
        return Err(CommandError::Subscriptions(problems));
    }
    let clock: Clock = Arc::new(SystemTime::now);
    engine.tell_events(&courier, &clock);
    Ok(())
}
