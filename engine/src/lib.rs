//! The badge engine: from a request to a response. It opens no socket and reads no clock, environment or AWS service.
//!
//! [`Engine::respond`] handles every request: `place` finds the target of its address, `serve` answers, `finish`
//! makes the response. All I/O goes through the traits of a [`World`].

mod addresses;
mod answer;
mod asked_form;
mod badge_content;
mod bounded;
mod caching;
mod call;
mod clock_watch;
mod code;
mod cors;
mod dependency;
mod digest;
mod draw;
pub mod edit_distance;
mod error;
mod event_stream;
pub mod events;
mod executor;
mod feed;
mod fetch;
mod finish;
mod flight;
mod format;
mod live;
mod logged_url;
mod meter;
mod mistakes;
mod origin;
mod parts;
mod permits;
mod place;
mod plugin_set;
pub mod plugins;
pub mod proof;
mod provider_routes;
mod queue_gauge;
mod recorded;
mod report_limit;
mod report_queue;
mod request;
mod response;
#[cfg(feature = "response-cache")]
mod response_cache;
mod route;
mod router;
mod series;
mod serve;
pub mod signature;
pub mod store;
mod target;
mod toml_reader;
mod value;
mod visibility_state;
pub mod world;

use std::{
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use badgesmith_provider::Call;
#[cfg(feature = "added-faces")]
pub use badgesmith_renderer::AddedFace;
pub use badgesmith_renderer::AddedFaces;
use http::Method;

#[cfg(feature = "response-cache")]
pub use crate::response_cache::CachedAnswer;
use crate::{
    addresses::Serves,
    asked_form::AskedForm,
    cors::preflight,
    error::{Error, late},
    events::{
        AttemptEnd, Clock, Courier, EventPump, Subscription,
        attempt::attempt,
        pump,
        rows::{ENDED, is_outbox, row},
        teller::tell,
    },
    finish::{finish, finish_late, refuse},
    parts::Parts,
    place::place,
    plugin_set::PluginSet,
    request::{Incoming, Pairs},
    serve::{document_badge, index::IndexPages, report, serve},
    store::{Row, Unavailable},
    target::{Refuses, Target},
};
pub use crate::{
    call::request_rules::{RefusedRequest, check_request},
    code::Code,
    digest::digest,
    error::Source,
    event_stream::EventStream,
    fetch::cached_answer::readable,
    flight::Flights,
    format::Format,
    logged_url::{is_secret_name, logged_url},
    meter::{AnswerSource, ExchangeOutcome, StepOutcome},
    mistakes::{Mistake, MistakeKind, mistake_in_engine, mistakes},
    origin::{Origin, OriginError},
    permits::{Busy, Permit, Permits, Share},
    plugins::{
        AllowedAddress, Config, HttpOrigin, Ingest, LatePlugins, Live, Plugin, PrivateName, RouteError, Settings,
    },
    queue_gauge::{QueueDepth, QueueGauge, QueueHealth},
    recorded::{RecordedBadge, RecordedFault},
    report_limit::{LimitedParty, ReportLimit},
    report_queue::{QueuedError, QueuedOutcome, QueuedReport, QueuedSubject, ReportQueue},
    request::{Asked, LARGEST_BODY, LARGEST_DELIVERY, LARGEST_HEADERS, LONGEST_PATH, Request, largest_body},
    response::{AccessLine, CORRELATION_ID, CacheState, Response},
    serve::health::{BreakerHealth, CACHES, CacheHealth, Health, PluginHealth, RateLimit},
    signature::is_same,
    world::World,
};

/// A badge engine: plugins, caches, and a [`World`].
#[derive(Debug)]
pub struct Engine {
    parts: Arc<Parts>,
    pages: IndexPages,
    subscriptions: Vec<Subscription>,
}

/// Why a server refuses a request before the engine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body is larger than [`largest_body`].
    BodyTooLarge,
    /// The request did not come through the proxy in front of the server.
    ProxyBypassed,
    /// The client sends more requests than it may.
    RateLimited {
        /// After how many seconds it may send one more.
        retry_after: u32,
    },
    /// Too many clients listen to events already.
    TooManyListeners,
    /// The server failed; the log says why.
    Failed,
}

impl Engine {
    /// An engine with these plugins.
    ///
    /// # Errors
    /// The first route that conflicts with one of another plugin or of the engine.
    pub fn new(plugins: Vec<Plugin>, settings: &Settings, world: World) -> Result<Self, RouteError> {
        Ok(Self::of(PluginSet::loaded(plugins)?, settings, world))
    }

    /// An engine that loads each plugin when the first request for one of its addresses comes, which keeps the start of
    /// a short-lived process short. If a plugin cannot be loaded, the log says why, and its addresses are answered with
    /// an error.
    #[must_use]
    pub fn with_late_plugins(plugins: LatePlugins, settings: &Settings, world: World) -> Self {
        Self::of(PluginSet::late(plugins), settings, world)
    }

    fn of(plugins: PluginSet, settings: &Settings, world: World) -> Self {
        let subscriptions = settings.subscriptions.clone();
        Self { parts: Arc::new(Parts::new(plugins, settings, world)), pages: IndexPages::default(), subscriptions }
    }

    /// The engine with faces for characters that the bundled font lacks. They are for outlines and pictures; it is
    /// called before the first request.
    #[must_use]
    pub fn with_faces(mut self, faces: AddedFaces) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.drawing.faces = faces;
        }
        self
    }

    /// The engine with a cache of finished responses, for a process that answers many requests with
    /// [`respond_cached`](Self::respond_cached); it is called before the first request. The cache takes its share of
    /// the memory from the caches of badges and pictures.
    #[cfg(feature = "response-cache")]
    #[must_use]
    pub fn with_response_cache(mut self, settings: &Settings) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.cache_responses(settings);
        }
        self
    }

    /// The engine with the stream of events that the live page follows, for a server that supports streaming responses
    /// ([`Response::events`]); it is called before the first request. Without it `/events` answers with an error, and
    /// the page polls.
    #[must_use]
    pub fn with_events(mut self) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.feed.open();
        }
        self
    }

    /// The engine as the successor of another one on the same store, called after [`with_events`](Self::with_events)
    /// and before the first request. If the live page shows the same repositories as before, listeners stay connected,
    /// and the successor's stream also sends changes that the predecessor's requests still record.
    #[must_use]
    pub fn succeeding(mut self, predecessor: &Self) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.feed.take_listeners(&predecessor.parts.feed);
            parts.outbox.bell = Arc::clone(&predecessor.parts.outbox.bell);
        }
        self
    }

    /// Whether this engine and another one share their listeners.
    pub fn shares_listeners(&self, other: &Self) -> bool {
        self.parts.feed.shares_listeners(&other.parts.feed)
    }

    /// Tells every listener to read everything again, because other plugins may show something else.
    pub fn reset_listeners(&self) {
        self.parts.feed.reset();
    }

    /// From now on `/health/ready` answers that the process is stopping, so that a load balancer sends no more
    /// requests.
    pub fn begin_stop(&self) {
        self.parts.is_stopping.store(true, Ordering::Relaxed);
    }

    /// The engine for a server that is shown below this path, such as `/badges`: the description in OpenAPI and the
    /// addresses in `/badges.json`, `/llms.txt` and `/?format=json` say so. The paths of requests must not contain it.
    /// It is called before the first request.
    #[must_use]
    pub fn with_base(mut self, path: &str) -> Self {
        path.clone_into(&mut self.pages.base);
        self
    }

    /// Sends events to the subscriptions in plugins.toml, in the background until the pump is stopped: it makes events
    /// of the rows in the store's outbox and sends them by this courier. A process that does not call this still writes
    /// to the outbox, and another process sends the events.
    pub fn tell_events(&self, courier: &Arc<dyn Courier>, clock: &Clock) -> EventPump {
        pump::start(&self.parts, &self.subscriptions, courier, clock)
    }

    /// The engine with a queue for reports, which `[engine] ingest = "queue"` needs; it is called before the first
    /// request.
    #[must_use]
    pub fn with_report_queue(mut self, queue: Arc<dyn ReportQueue>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.report_queue = Some(queue);
        }
        self
    }

    /// The engine with a limit on the reports of each owner; it is called before the first request.
    #[must_use]
    pub fn with_report_limit(mut self, limit: Arc<dyn ReportLimit>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.report_limit = Some(limit);
        }
        self
    }

    /// The engine with queues whose depth `/health?deep=1` shows; it is called before the first request.
    #[must_use]
    pub fn with_queue_gauge(mut self, gauge: Arc<dyn QueueGauge>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.parts) {
            parts.queue_gauge = Some(gauge);
        }
        self
    }

    /// Records a report from the queue at the time `now`; its message has this body. If the message was recorded
    /// before, nothing changes.
    ///
    /// # Errors
    /// [`QueuedError::Unavailable`] if the message may be tried again; any other error says why it can never be
    /// recorded.
    pub async fn record_queued(&self, body: &str, now: SystemTime) -> Result<QueuedOutcome, QueuedError> {
        report::record_queued(&self.parts, body, now).await
    }

    /// Makes the events of one row of the outbox, for a process that receives rows instead of reading them from the
    /// store. A row of another kind, or one that was processed before, changes nothing.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read or written; call this again with the row.
    pub async fn tell_row(&self, row: &Row, now: SystemTime) -> Result<(), Unavailable> {
        if is_outbox(&row.partition) {
            tell(&self.parts, &self.subscriptions, row, now).await?;
        }
        Ok(())
    }

    /// Makes one attempt to send the event that has this key in the queue of a subscription, by this courier. The event
    /// is not sent if plugins.toml no longer has the subscription, or if its receiver ended the subscription.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read or written; the event may have to be sent again.
    pub async fn send_event(
        &self,
        subscription: &str,
        key: &str,
        courier: &dyn Courier,
        now: SystemTime,
    ) -> Result<AttemptEnd, Unavailable> {
        let found = self.subscriptions.iter().find(|known| known.name == subscription);
        let Some(found) = found else { return Ok(AttemptEnd::Ended) };
        if row(&*self.parts.world.store, ENDED, subscription, now).await?.is_some() {
            return Ok(AttemptEnd::Ended);
        }
        attempt(&self.parts, found, courier, key, now).await
    }

    /// Answers a request at the time `now`.
    ///
    /// A program that embeds the engine makes plugins from its own code, and implements the parts of a [`World`]:
    ///
    /// ```
    /// # use std::{sync::Arc, time::{Duration, SystemTime}};
    /// # use badgesmith_engine::{Engine, Origin, Plugin, Request, Settings, store::*, world::*};
    /// # use badgesmith_provider::{Badge, Call, FoundParts, FoundState, Manifest, Provider, Record, Request as Get, State, Step};
    /// # use {bytes::Bytes, futures_util::future::{BoxFuture, FutureExt, ready}};
    /// #[derive(Debug)]
    /// struct Greeting;
    /// impl Provider for Greeting {
    ///     fn badge(&self, call: &Call) -> Result<Badge, Step> {
    ///         let answer = call.fetch(Get::get("https://example.com", "{}.txt", [call.param("name")]))?;
    ///         Ok(Badge::new(String::from_utf8_lossy(answer.success()?)))
    ///     }
    /// }
    /// struct Stub; // It also implements `Executor`, `Secrets` and `Store`.
    /// impl Upstream for Stub {
    ///     fn fetch(&self, _: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
    ///         ready(Ok(Reply { status: 200, body: "hi".into(), ..Reply::default() })).boxed()
    ///     }
    /// }
    /// # type Stored<'a, T, E = Unavailable> = BoxFuture<'a, Result<T, E>>;
    /// # impl Executor for Stub {
    /// #   fn spawn(&self, work: BoxFuture<'static, ()>) { tokio::spawn(work); }
    /// #   fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> { tokio::time::sleep(time).boxed() }
    /// #   fn run(&self, work: Box<dyn FnOnce() + Send>) { work() }
    /// #   fn clock(&self) -> Duration { SystemTime::UNIX_EPOCH.elapsed().unwrap() } fn spread(&self) -> f64 { 0.5 } }
    /// # impl Secrets for Stub { fn check(&self) -> Stored<'_, (), Unhealthy> { todo!() }
    /// #   fn find<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a str) -> Stored<'a, Vec<Secret>> { todo!() } }
    /// # impl Store for Stub { fn check(&self) -> Stored<'_, (), Unhealthy> { todo!() }
    /// #   fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> Stored<'a, Option<Bytes>> { ready(Ok(None)).boxed() }
    /// #   fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}
    /// #   fn record<'a>(&'a self, _: &'a Entry) -> Stored<'a, Recorded> { todo!() }
    /// #   fn history<'a>(&'a self, _: &'a str, _: &'a Subject, _: Span, _: SystemTime) -> Stored<'a, Vec<Record>> {
    /// #       todo!() }
    /// #   fn part_records<'a>(&'a self, _: &'a EveryPart, _: SystemTime) -> Stored<'a, FoundParts> { todo!() }
    /// #   fn put_told_state<'a>(&'a self, _: &'a State, _: SystemTime, _: Option<&'a Row>) -> Stored<'a, bool> {
    /// #       todo!() }
    /// #   fn states<'a>(&'a self, _: &'a States, _: SystemTime) -> Stored<'a, Vec<FoundState>> { todo!() }
    /// #   fn deliver<'a>(&'a self, _: &'a Delivery) -> Stored<'a, bool> { todo!() }
    /// #   fn owners<'a>(&'a self, _: &'a str, _: usize) -> Stored<'a, Vec<String>> { todo!() }
    /// #   fn subjects<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: &'a str, _: usize, _: SystemTime)
    /// #       -> Stored<'a, Vec<ListedSubject>> { todo!() }
    /// #   fn mark_stale<'a>(&'a self, _: &'a str, _: SystemTime) -> Stored<'a, ()> { todo!() }
    /// #   fn answer_about<'a>(&'a self, _: &'a str, _: &'a str, _: SystemTime) -> Stored<'a, MarkedAnswer> {
    /// #       ready(Ok(MarkedAnswer::default())).boxed() } }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let manifest = Manifest::parse(r#"{"id": "greeting", "version": "1.0.0", "mount": "/badges/hello", "badges": [
    ///     {"name": "hello", "route": "{name}", "label": "hello", "summary": "Greets.", "example": "world"}]}"#)?;
    /// let plugin = Plugin::new("greeting", manifest, Arc::new(Greeting))?;
    /// let plugin = plugin.with_origins(vec![Origin::parse("https://example.com")?]);
    /// let [upstream, web, executor, secrets, store] = [(); 5].map(|()| Arc::new(Stub));
    /// let world = World { upstream, web, executor, secrets, store, meter: Arc::new(()), verifier: Arc::new(()) };
    /// let engine = Engine::new(vec![plugin], &Settings::default(), world)?;
    /// let response = engine.respond(&Request::get("/badges/hello/world"), SystemTime::now()).await;
    /// assert_eq!(response.body, r#"{"schemaVersion":1,"label":"hello","message":"hi","color":"lightgrey"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn respond(&self, request: &Request, now: SystemTime) -> Response {
        self.parts.watch_clock(now);
        let (target, incoming) = place(&self.parts, request, now);
        if request.method == Method::OPTIONS && target.has_options() {
            return preflight(request, &target);
        }
        let mut line = target.access_line();
        let answer = serve(&self.parts, &self.pages, &incoming, &target, &mut line).await;
        finish(&self.parts, &incoming, &target, line, answer).await
    }

    /// The response to a request without a body, if it is in [the cache of responses](Self::with_response_cache) and
    /// still valid.
    #[cfg(feature = "response-cache")]
    pub fn cached(&self, asked: Asked<'_>, now: SystemTime) -> Option<CachedAnswer> {
        let responses = self.parts.responses.as_ref()?;
        self.parts.watch_clock(now);
        responses.answer(asked, now)
    }

    /// Answers a request as [`respond`](Self::respond) does. With [a cache of responses](Self::with_response_cache),
    /// the next request for the same address gets the same response for as long as its badge is valid.
    #[cfg(feature = "response-cache")]
    pub async fn respond_cached(&self, request: &Request, now: SystemTime) -> Response {
        let Some(responses) = &self.parts.responses else { return self.respond(request, now).await };
        self.parts.watch_clock(now);
        if let Some(response) = responses.respond(request, now) {
            return response;
        }
        let (target, incoming) = place(&self.parts, request, now);
        if request.method == Method::OPTIONS && target.has_options() {
            return preflight(request, &target);
        }
        let mut line = target.access_line();
        match serve(&self.parts, &self.pages, &incoming, &target, &mut line).await {
            Ok(answer) => responses.keep(request, answer, line),
            error => finish(&self.parts, &incoming, &target, line, error).await,
        }
    }

    /// The response to a request whose deadline is near: an error, in the format that the request asks for.
    pub fn respond_late(&self, request: &Request) -> Response {
        let (target, incoming) = place(&self.parts, request, SystemTime::UNIX_EPOCH);
        let error = match &target {
            Target::Own(own) => match own.address.serves {
                Serves::Endpoint | Serves::Queries(_) | Serves::Regex | Serves::Website => {
                    Error::from(&document_badge::late())
                }
                // Static badges need no upstream, so they are late only if too many pictures are being drawn.
                Serves::StaticPath | Serves::StaticQuery => Error::too_busy(),
                Serves::Index
                | Serves::OpenApi
                | Serves::Catalog
                | Serves::Guide
                | Serves::Health
                | Serves::Liveness
                | Serves::Readiness
                | Serves::Live
                | Serves::Repos
                | Serves::Events
                | Serves::EventSchema => Error::from(&late()),
            },
            Target::Refused(refused) if refused.refuses_request() => refused.error.clone(),
            Target::Refused(_) => Error::too_busy(),
            Target::Badge(_)
            | Target::Report(_)
            | Target::Redirect(_)
            | Target::Hook(_)
            | Target::Chart(_)
            | Target::History(_) => Error::from(&late()),
        };
        finish_late(&incoming, &target, &error)
    }

    /// The response to a request that the server refuses. An address of a picture is answered with a picture, unless
    /// the request bypassed the proxy: a reader's browser never does.
    #[must_use]
    pub fn refuse(request: &Request, refusal: Refusal) -> Response {
        let error = match refusal {
            Refusal::BodyTooLarge => Error::too_large(413, "body"),
            Refusal::ProxyBypassed => return refuse(request, AccessLine::default(), &Error::proxy_bypassed()),
            Refusal::RateLimited { retry_after } => Error::over_rate(LimitedParty::Client, retry_after),
            Refusal::TooManyListeners => Error::too_busy(),
            Refusal::Failed => Error::engine_failed(),
        };
        let format = AskedForm::read(request, &request.pairs()).format();
        let incoming = Incoming { request, pairs: Pairs::default(), format, now: SystemTime::UNIX_EPOCH };
        finish_late(&incoming, &Target::refused(error.clone(), Refuses::Request), &error)
    }

    /// The plugins, in the order of plugins.toml; they are loaded now if they are not yet.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        self.parts.plugins.all()
    }

    /// Whether the live page is on for any owner.
    pub fn has_live_page(&self) -> bool {
        self.parts.is_on(addresses::Switch::Live)
    }

    /// The health of the engine and of what it depends on, as `/health?deep=1` shows it.
    pub fn health(&self, now: SystemTime) -> Health {
        Health::read(&self.parts, now)
    }

    /// The plugin that makes the requested badge, and its first call message, without answers; `None` if the request is
    /// not for a plugin's badge.
    pub fn call(&self, request: &Request, now: SystemTime) -> Option<(&Arc<Plugin>, Call<'static>)> {
        let (target, _) = place(&self.parts, request, now);
        let Target::Badge(badge) = target else { return None };
        Some((badge.plugin, badge.call.message(now)))
    }
}
