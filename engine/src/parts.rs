//! The state that the handlers of all requests share. Background work may keep it alive after the request that started
//! it.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::SystemTime,
};

#[cfg(feature = "response-cache")]
use crate::response_cache::ResponseCache;
use crate::{
    addresses::Switch,
    call::{badge_cache::BadgeCache, caller::Caller},
    clock_watch::ClockWatch,
    dependency::Dependency,
    draw::drawing::Drawing,
    events::outbox::Outbox,
    feed::Feed,
    fetch::{fetcher::Fetcher, visibility_notes::VisibilityNotes},
    live::board::Board,
    plugin_set::PluginSet,
    plugins::{Ingest, Settings},
    queue_gauge::QueueGauge,
    report_limit::ReportLimit,
    report_queue::ReportQueue,
    serve::document_badge::readers::Readers,
    world::World,
};

/// The parts of an engine.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) plugins: PluginSet,
    pub(crate) world: World,
    /// Runs the calls of providers.
    pub(crate) caller: Caller,
    /// Fetches documents on the web, whose addresses callers name.
    pub(crate) web: Arc<Fetcher>,
    pub(crate) badges: Arc<BadgeCache>,
    /// The cache of finished responses, if there is one.
    #[cfg(feature = "response-cache")]
    pub(crate) responses: Option<ResponseCache>,
    pub(crate) drawing: Drawing,
    pub(crate) readers: Readers,
    pub(crate) store: Dependency,
    pub(crate) secrets: Dependency,
    pub(crate) feed: Feed,
    /// The rows that are written for the subscriptions to events.
    pub(crate) outbox: Outbox,
    /// The state of the repositories that the live page shows; `None` if the page is off.
    pub(crate) board: Option<Arc<Board>>,
    /// When reports are recorded.
    pub(crate) ingest: Ingest,
    /// Where reports wait to be recorded, if there is a queue.
    pub(crate) report_queue: Option<Arc<dyn ReportQueue>>,
    /// The limit on the reports of each owner, if there is one.
    pub(crate) report_limit: Option<Arc<dyn ReportLimit>>,
    /// Reads how full the queues are, if there are any.
    pub(crate) queue_gauge: Option<Arc<dyn QueueGauge>>,
    /// Whether signatures over the body alone are accepted.
    pub(crate) accepts_body_only: bool,
    /// Whether the process stops, so that it is not ready for more requests.
    pub(crate) is_stopping: AtomicBool,
    pub(crate) clock_watch: ClockWatch,
    serves_endpoint: bool,
    serves_dynamic: bool,
}

impl Parts {
    /// Makes an engine's parts. The memory for caches is divided into eighths: three for answers of upstreams, two for
    /// documents, one for badges, one for pictures (a quarter of it for charts), and one for the embedded store.
    pub(crate) fn new(plugins: PluginSet, settings: &Settings, world: World) -> Self {
        let eighth = settings.cache_bytes() / 8;
        let executor = || Arc::clone(&world.executor);
        let web = Fetcher::of_web(&world, eighth * 2);
        let board = settings.live.is_on().then(|| Arc::new(Board::new(settings, &world)));
        let upstreams = Fetcher::of_upstreams(&world, eighth * 3);
        let marks = Arc::clone(&upstreams.marks);
        let notes = || VisibilityNotes::new(settings.live.clone(), Arc::clone(&world.store), executor());
        Self {
            plugins,
            caller: Caller {
                world: world.clone(),
                upstreams,
                web: settings.dynamic.then(|| Arc::clone(&web)),
                notes: settings.live.is_on().then(|| Arc::new(notes())),
                private: settings.private.clone().into(),
            },
            web,
            badges: Arc::new(BadgeCache::new(eighth, executor(), marks)),
            #[cfg(feature = "response-cache")]
            responses: None,
            drawing: Drawing::new(eighth, executor()),
            readers: Readers::new(executor()),
            store: Dependency::new("store"),
            secrets: Dependency::new("secrets"),
            feed: Feed::new(board.clone()),
            outbox: Outbox::new(!settings.subscriptions.is_empty()),
            board,
            ingest: settings.ingest,
            report_queue: None,
            report_limit: None,
            queue_gauge: None,
            accepts_body_only: settings.accept_body_only_signatures,
            is_stopping: AtomicBool::new(false),
            clock_watch: ClockWatch::default(),
            serves_endpoint: settings.endpoint,
            serves_dynamic: settings.dynamic,
            world,
        }
    }

    /// Caches finished responses from now on, within an eighth of the memory for caches: half of the share of badges,
    /// and half of the share of pictures and charts.
    #[cfg(feature = "response-cache")]
    pub(crate) fn cache_responses(&mut self, settings: &Settings) {
        let half = settings.cache_bytes() / 16;
        let (executor, marks) = (|| Arc::clone(&self.world.executor), || Arc::clone(&self.caller.upstreams.marks));
        self.badges = Arc::new(BadgeCache::new(half, executor(), marks()));
        let faces = self.drawing.faces.clone();
        self.drawing = Drawing::new(half, executor());
        self.drawing.faces = faces;
        self.responses = Some(ResponseCache::new(2 * half, marks()));
    }

    /// The number of finished pictures and responses in the caches, and their size in bytes.
    pub(crate) fn pictures(&self) -> (usize, u64) {
        let size = self.drawing.size();
        #[cfg(feature = "response-cache")]
        if let Some((entries, bytes)) = self.responses.as_ref().map(ResponseCache::size) {
            return (size.0 + entries, size.1 + bytes);
        }
        size
    }

    /// Clears everything in memory that has an expiry time, if the clock was set back.
    pub(crate) fn watch_clock(&self, now: SystemTime) {
        if !self.clock_watch.is_set_back(now) {
            return;
        }
        tracing::warn!("the clock was set back: cached badges and answers are asked for again");
        for fetcher in [&self.caller.upstreams, &self.web] {
            fetcher.answers.clear();
            fetcher.exchanges.breakers.clear();
            fetcher.exchanges.holds.clear();
        }
        self.badges.clear();
        self.drawing.clear_charts();
        #[cfg(feature = "response-cache")]
        self.responses.iter().for_each(ResponseCache::clear);
    }

    /// Whether the settings leave the addresses of this switch on.
    pub(crate) const fn is_on(&self, switch: Switch) -> bool {
        match switch {
            Switch::Always => true,
            Switch::Endpoint => self.serves_endpoint,
            Switch::Dynamic => self.serves_dynamic,
            Switch::Live => self.board.is_some(),
        }
    }
}
