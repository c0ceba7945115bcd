//! The parts that all engines of the process share, which stay when plugins.toml is reloaded.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use badgesmith_aws::{Sns, SqsGauge, SqsQueue};
use badgesmith_engine::{
    AddedFaces, Engine, Plugin, Settings, World,
    events::Courier,
    world::{Meter, Secrets},
};
use badgesmith_host::{
    client, config, courier::HttpCourier, executor::TokioExecutor, extra_roots::ExtraRoots, faces,
    library_copies::LibraryCopies, oidc, upstream::HttpUpstream, web::HttpWeb,
};

use super::{call_log::CallLog, queued_reports, rate::Rate, rate_limits::ReportRate, storage::Storage};
use crate::command_error::CommandError;

/// The store, the secrets, the connections to upstreams, the metrics, and the queue of reports.
pub(super) struct Foundation {
    pub(super) storage: Storage,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) meter: Arc<dyn Meter>,
    /// The queue of reports, if the environment names one.
    pub(super) reports: Option<Arc<SqsQueue>>,
    /// The rate of reports for each owner, if there is one.
    report_rate: Option<Arc<ReportRate>>,
    /// The gauge that reads the depth of queues, if the environment names any.
    gauge: Option<Arc<SqsGauge>>,
    upstream: Arc<HttpUpstream>,
    /// The connections to queues and topics.
    connections: client::Connections,
    /// The certificates of authorities that are trusted beside Mozilla's.
    roots: ExtraRoots,
    /// The base path, below which a proxy shows the server.
    base: String,
    /// The log of each call, if the log's level is `debug`.
    calls: Option<CallLog>,
}

/// The loaded contents of plugins.toml and of the files that it names.
pub(super) struct Loaded {
    /// Which plugins.toml was named.
    config: Option<PathBuf>,
    /// Where libraries are copied before they are opened.
    copies: Option<Arc<LibraryCopies>>,
    pub(super) plugins: Vec<Plugin>,
    pub(super) settings: Settings,
    pub(super) faces: AddedFaces,
}

/// What to do if there is no plugins.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    /// There are no plugins.
    NoPlugins,
    /// Refuse to load.
    #[cfg(unix)]
    Refuse,
}

impl Loaded {
    /// Reads the named plugins.toml, or the one that is found. If there is a folder for copies, libraries are opened
    /// from copies.
    pub(super) fn read(
        config: Option<&Path>,
        if_missing: IfMissing,
        copies: Option<Arc<LibraryCopies>>,
    ) -> Result<Self, CommandError> {
        let read = match if_missing {
            IfMissing::NoPlugins => config::load_from(config, copies.as_deref()),
            #[cfg(unix)]
            IfMissing::Refuse => {
                config::need_from(config, copies.as_deref()).map(|(config, plugins)| (plugins, config.engine))
            }
        };
        let (plugins, settings) = read.map_err(CommandError::configuration)?;
        let faces = faces::load(&settings.faces).map_err(|error| match faces::explain(config, &settings.faces) {
            Some(mistakes) => CommandError::configuration(mistakes),
            None => CommandError::configuration(error),
        })?;
        Ok(Self { config: config.map(Path::to_owned), copies, plugins, settings, faces })
    }
}

impl Foundation {
    pub(super) fn new(
        storage: Storage,
        secrets: Arc<dyn Secrets>,
        meter: Arc<dyn Meter>,
        settings: &Settings,
        connections: client::Connections,
        roots: ExtraRoots,
        base: &str,
    ) -> Result<Self, CommandError> {
        let queues = connections.clone();
        let reports = queued_reports::queue(settings, || storage.aws(&queues))?;
        let gauge = queued_reports::gauge(|| storage.aws(&queues))?;
        let upstream = Arc::new(HttpUpstream::over(connections));
        Ok(Self {
            storage,
            secrets,
            meter,
            reports,
            report_rate: None,
            gauge,
            upstream,
            connections: queues,
            roots,
            base: base.to_owned(),
            calls: CallLog::if_enabled(),
        })
    }

    /// The foundation with a rate of reports for each owner.
    pub(super) fn with_report_rate(self, rate: Option<Rate>) -> Self {
        Self { report_rate: rate.map(|rate| Arc::new(ReportRate::new(rate))), ..self }
    }

    /// An engine with these plugins and settings. It opens no connection yet.
    pub(super) fn engine(&self, loaded: Loaded) -> Result<Engine, CommandError> {
        let Loaded { config, copies, plugins, settings, faces } = loaded;
        let (web, executor) =
            (Arc::new(HttpWeb::new(&settings).trusting(self.roots.clone())), Arc::new(TokioExecutor::new()));
        let mut world = World {
            upstream: Arc::clone(&self.upstream) as _,
            verifier: oidc::verifier(&settings.trust, Arc::clone(&web) as _, Arc::clone(&executor) as _),
            web,
            executor,
            secrets: Arc::clone(&self.secrets),
            store: self.storage.store(),
            meter: Arc::clone(&self.meter),
        };
        let plugins = match &self.calls {
            Some(calls) => {
                world.upstream = calls.upstream(world.upstream);
                world.web = calls.upstream(world.web);
                world.secrets = calls.secrets(world.secrets);
                plugins.into_iter().map(|plugin| calls.plugin(plugin)).collect()
            }
            None => plugins,
        };
        let explain = || config::explain(config.as_deref(), copies.as_deref());
        let engine = Engine::new(plugins, &settings, world).map_err(|error| match explain() {
            Some(mistakes) => CommandError::configuration(mistakes),
            None => CommandError::configuration(error),
        })?;
        let engine = engine.with_response_cache(&settings).with_faces(faces).with_events().with_base(&self.base);
        let engine = match &self.reports {
            Some(queue) => engine.with_report_queue(Arc::clone(queue) as _),
            None => engine,
        };
        let engine = match &self.report_rate {
            Some(rate) => engine.with_report_limit(Arc::clone(rate) as _),
            None => engine,
        };
        Ok(match &self.gauge {
            Some(gauge) => engine.with_queue_gauge(Arc::clone(gauge) as _),
            None => engine,
        })
    }

    /// The courier that sends events to receivers.
    pub(super) fn courier(&self, settings: &Settings) -> Arc<dyn Courier> {
        Arc::new(HttpCourier::new(settings).trusting(self.roots.clone()).with_topics(Arc::new(self.topics())))
    }

    /// The topics of SNS.
    pub(super) fn topics(&self) -> Sns {
        Sns::new(self.storage.aws(&self.connections))
    }
}
