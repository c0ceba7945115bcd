//! Sends events to those who subscribed to them in plugins.toml.

use std::{sync::Arc, time::SystemTime};

use badgesmith_engine::{
    Engine, Settings,
    events::{Clock, Courier},
    world::Secrets,
};
use badgesmith_host::subscription_check::check_subscriptions;

use crate::command_error::CommandError;

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
