//! Sends webhooks to the receivers of subscriptions, through the address guard, and passes messages for topics to a
//! publisher.

use std::{fmt, sync::Arc};

use badgesmith_engine::{
    Settings,
    events::{ATTEMPT_TIMEOUT, Courier, LARGEST_ANSWER, Outgoing},
    world::{Ask, Fault, Reply, Upstream},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, header};
use url::Url;

use crate::{
    extra_roots::ExtraRoots,
    web::{HttpWeb, Resolver, SystemResolver},
};

/// Publishes messages to topics of SNS.
pub trait TopicPublisher: Send + Sync {
    /// Publishes an [`Outgoing::Topic`], and returns SNS' answer, whatever its status.
    ///
    /// # Errors
    /// [`Fault`] if there is no answer.
    fn publish(&self, topic: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>>;
}

/// Sends webhooks over HTTP/1.1 and HTTP/2. To be used within one tokio runtime.
///
/// It follows no redirect, connects to public addresses and to those that plugins.toml allows, sends at most 10
/// webhooks at once to one host and port, and gives each 10 seconds.
pub struct HttpCourier {
    web: HttpWeb,
    topics: Option<Arc<dyn TopicPublisher>>,
}

impl HttpCourier {
    /// A courier with the exceptions of plugins.toml, which looks names up with the operating system.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// A courier with the exceptions of plugins.toml, which looks names up with this resolver.
    #[must_use]
    pub fn with_resolver(settings: &Settings, resolver: Arc<dyn Resolver>) -> Self {
        Self { web: HttpWeb::for_receivers(settings, resolver), topics: None }
    }

    /// The courier with additional root certificates. Call this before the first webhook is sent.
    #[must_use]
    pub fn trusting(mut self, roots: ExtraRoots) -> Self {
        self.web = self.web.trusting(roots);
        self
    }

    /// The courier with a publisher for topics. Without one a message for a topic is a [`Fault::NotAllowed`].
    #[must_use]
    pub fn with_topics(mut self, topics: Arc<dyn TopicPublisher>) -> Self {
        self.topics = Some(topics);
        self
    }

    async fn webhook(&self, url: Url, mut headers: HeaderMap, body: Bytes) -> Result<Reply, Fault> {
        // The HTTP client adds this header to every request with a body.
        headers.remove(header::CONTENT_TYPE);
        self.web.fetch(Ask { headers, body: Some(body), ..Ask::get(url, LARGEST_ANSWER, ATTEMPT_TIMEOUT) }).await
    }
}

impl Courier for HttpCourier {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            match (outgoing, &self.topics) {
                (Outgoing::Webhook { url, headers, body }, _) => self.webhook(url, headers, body).await,
                (topic @ Outgoing::Topic { .. }, Some(topics)) => topics.publish(topic).await,
                (Outgoing::Topic { .. }, None) => Err(Fault::NotAllowed("no publisher of topics")),
            }
        })
    }
}

impl fmt::Debug for HttpCourier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCourier").field("web", &self.web).finish_non_exhaustive()
    }
}
