//! The badge engine: from a request to a response. It opens no socket and reads no clock, environment or AWS service.
//!
//! [`Engine::respond`] is the way of every request: `place` finds where its address leads, `serve` answers, `finish`
//! makes the response. What the engine cannot do itself it asks of a [`World`].

mod addresses;
mod answer;
mod badge_content;
mod bounded;
mod caching;
mod call;
mod code;
mod cors;
mod dependency;
mod draw;
mod error;
mod fetch;
mod finish;
mod flight;
mod format;
mod meter;
mod origin;
mod parts;
mod permits;
mod place;
pub mod plugins;
mod request;
mod response;
mod route;
mod serve;
pub mod signature;
pub mod store;
mod target;
mod value;
pub mod world;

use std::{sync::Arc, time::SystemTime};

use badgesmith_provider::Call;
use http::Method;

use crate::{
    addresses::Serves,
    cors::preflight,
    error::{Error, late},
    finish::{finish, finish_late, refuse},
    parts::Parts,
    place::Places,
    serve::{document_badge, index::IndexPages, serve},
    target::Target,
};
pub use crate::{
    code::Code,
    error::Source,
    fetch::cached_answer::readable,
    format::Format,
    meter::{AnswerSource, ExchangeOutcome, StepOutcome},
    origin::{Origin, OriginError},
    permits::{Busy, Permit, Permits, Share},
    plugins::{AllowedAddress, Config, Plugin, RouteError, Settings},
    request::{LARGEST_BODY, LARGEST_HEADERS, LONGEST_PATH, Request},
    response::{AccessLine, CORRELATION_ID, CacheState, Response},
    serve::health::{BreakerHealth, CACHES, CacheHealth, Health, PluginHealth, RateLimit},
    signature::is_same,
    world::World,
};

/// A badge engine: plugins, caches, and the world behind them.
#[derive(Debug)]
pub struct Engine {
    parts: Arc<Parts>,
    places: Places,
    pages: IndexPages,
}

/// Why a server refuses a request before the engine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body is larger than [`LARGEST_BODY`].
    BodyTooLarge,
    /// The request did not come through the proxy in front of the server.
    ProxyBypassed,
    /// The server failed; the log says why.
    Failed,
}

impl Engine {
    /// An engine with these plugins.
    ///
    /// # Errors
    /// The first route that another plugin, or the engine itself, has already.
    pub fn new(plugins: Vec<Plugin>, settings: &Settings, world: World) -> Result<Self, RouteError> {
        let places = Places::new(&plugins)?;
        let parts = Arc::new(Parts::new(plugins, settings, world));
        Ok(Self { parts, places, pages: IndexPages::default() })
    }

    /// Answers a request at the time `now`.
    pub async fn respond(&self, request: &Request, now: SystemTime) -> Response {
        let (target, incoming) = self.places.place(&self.parts.plugins, request, now);
        let mut line = target.access_line();
        if request.method == Method::OPTIONS && target.has_options() {
            return preflight(request, target.methods(), line);
        }
        let answer = serve(&self.parts, &self.pages, &incoming, &target, &mut line).await;
        finish(&self.parts, &incoming, &target, line, answer).await
    }

    /// The response to a request that cannot wait any longer, in the form that was asked for.
    pub fn respond_late(&self, request: &Request) -> Response {
        let (target, incoming) = self.places.place(&self.parts.plugins, request, SystemTime::UNIX_EPOCH);
        let error = match &target {
            Target::Own(own) => match own.address.serves {
                Serves::Endpoint | Serves::Queries(_) | Serves::Regex => Error::from(&document_badge::late()),
                // These ask no upstream; they are late where too much is drawn.
                Serves::StaticPath | Serves::StaticQuery => Error::too_busy(),
                Serves::Index | Serves::OpenApi | Serves::Health => Error::from(&late()),
            },
            Target::Refused(refused) if refused.refuses_request() => refused.error.clone(),
            Target::Refused(_) => Error::too_busy(),
            Target::Badge(_) | Target::Report(_) | Target::Redirect(_) => Error::from(&late()),
        };
        finish_late(&incoming, &target, &error)
    }

    /// The response to a request that the server refuses, as JSON.
    #[must_use]
    pub fn refuse(request: &Request, refusal: Refusal) -> Response {
        let error = match refusal {
            Refusal::BodyTooLarge => Error::too_large(413, "body"),
            Refusal::ProxyBypassed => Error::proxy_bypassed(),
            Refusal::Failed => Error::engine_failed(),
        };
        refuse(request, AccessLine::default(), &error)
    }

    /// The plugins, in the order of plugins.toml.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.parts.plugins
    }

    /// The health of the engine and of what it depends on, as `/health?deep=1` shows it.
    pub fn health(&self, now: SystemTime) -> Health {
        Health::read(&self.parts, now)
    }

    /// The plugin that makes the badge a request asks for, and its call before any answer; `None` where the request
    /// asks for something else.
    pub fn call(&self, request: &Request, now: SystemTime) -> Option<(&Arc<Plugin>, Call<'static>)> {
        let (target, _) = self.places.place(&self.parts.plugins, request, now);
        let Target::Badge(badge) = target else { return None };
        Some((badge.plugin, badge.call.message(now)))
    }
}
