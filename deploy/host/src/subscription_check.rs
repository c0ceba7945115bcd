//! Checks at the start that the events of every subscription can be sent.

use std::{error::Error, fmt};

use badgesmith_engine::{
    Settings,
    events::{ResolveError, ResolvedTarget, shown},
    world::Secrets,
};
use url::Url;

use crate::address_guard::AddressGuard;

/// Why the events of a subscription could not be sent, and what to write in plugins.toml. Its `Display` shows no
/// secret.
#[derive(Clone, Debug)]
pub struct SubscriptionProblem {
    /// The subscription's name.
    pub subscription: String,
    /// What is wrong.
    pub kind: SubscriptionProblemKind,
}

/// What is wrong with a subscription.
#[derive(Clone, Debug)]
pub enum SubscriptionProblemKind {
    /// A secret is missing or of no use.
    Secret(ResolveError),
    /// The address guard refuses the address.
    Address {
        /// The address without its path.
        shown: String,
        /// What `allow-addresses` would need to have.
        allow: String,
        /// The message of the address guard.
        words: &'static str,
    },
}

/// The problems of the subscriptions, in their order. Host names are not looked up here: their addresses are checked at
/// each delivery.
pub async fn check_subscriptions(settings: &Settings, secrets: &dyn Secrets) -> Vec<SubscriptionProblem> {
    let guard = AddressGuard::new(settings);
    let mut problems = Vec::new();
    for subscription in &settings.subscriptions {
        let kind = match subscription.resolve(secrets).await {
            Ok(ResolvedTarget::Webhook { url, .. }) => refused(&guard, &url),
            Ok(ResolvedTarget::Topic(_)) => None,
            Err(error) => Some(SubscriptionProblemKind::Secret(error)),
        };
        problems.extend(kind.map(|kind| SubscriptionProblem { subscription: subscription.name.clone(), kind }));
    }
    problems
}

fn refused(guard: &AddressGuard, url: &Url) -> Option<SubscriptionProblemKind> {
    let words = guard.destination(url).err()?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    Some(SubscriptionProblemKind::Address { shown: shown(url), allow: format!("{host}:{port}"), words })
}

impl fmt::Display for SubscriptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subscription {:?}: ", self.subscription)?;
        match &self.kind {
            SubscriptionProblemKind::Secret(error) => error.fmt(f),
            SubscriptionProblemKind::Address { shown, allow, words } => write!(
                f,
                "{shown} is refused: {words}; write a public address, or allow-addresses = [{allow:?}] under [engine]"
            ),
        }
    }
}

impl Error for SubscriptionProblem {}
