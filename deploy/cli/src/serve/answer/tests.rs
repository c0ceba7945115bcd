//! Counts the memory allocations of a request whose response is cached.

#[path = "../../../../../engine/tests/support/allocations.rs"]
mod allocations;

use std::fs;

use badgesmith_host::{client::Connections, extra_roots::ExtraRoots, secrets::FileSecrets};
use http_body_util::Empty;

use super::{
    super::{
        activity::HeldBytes,
        base_path::BasePath,
        foundation::{Foundation, IfMissing, Loaded},
        listeners::Listeners,
        storage::Storage,
        trusted_proxies::TrustedProxies,
    },
    *,
};

/// A connection to a server without plugins, with metrics, whose data is in this folder.
fn connection(folder: &std::path::Path) -> Arc<Connection> {
    let config = folder.join("plugins.toml");
    fs::write(&config, "").unwrap();
    let loaded = Loaded::read(Some(&config), IfMissing::NoPlugins, None).unwrap();
    let (settings, roots) = (loaded.settings.clone(), ExtraRoots::load(None).unwrap());
    let connections = Connections::trusting(roots.clone());
    let storage = Storage::open(&settings, folder, &connections).unwrap();
    let metrics = Arc::new(Prometheus::new("1.2.3").unwrap());
    let meter = Arc::clone(&metrics) as Arc<dyn Meter>;
    let secrets = Arc::new(FileSecrets::new(folder));
    let foundation = Foundation::new(storage, secrets, Arc::clone(&meter), &settings, connections, roots, "").unwrap();
    let server = Server {
        engines: CurrentEngine::new(foundation.engine(loaded).unwrap()),
        meter,
        metrics: Some(metrics),
        listeners: Listeners::new(1, 1),
        network: Arc::new(Network { trusted: TrustedProxies::default(), base: BasePath::default() }),
        rate: None,
    };
    let activity = Arc::new(Activity::new(HeldBytes::default(), Instant::now()));
    Arc::new(Connection { server, from: Peer::at([192, 0, 2, 1].into()), activity })
}

fn request() -> hyper::Request<Empty<Bytes>> {
    let request = hyper::Request::get("/badge/build-passing-brightgreen").header("host", "example.com");
    request.header("accept", "image/*").header("user-agent", "camo").body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_request_whose_response_is_cached_takes_at_most_eight_allocations() {
    let folder = tempfile::tempdir().unwrap();
    let connection = connection(folder.path());
    for count in 0..4 {
        let (connection, request) = (Arc::clone(&connection), request());
        connection.activity.flushed(Instant::now());
        let before = allocations::count();
        let response = answer(connection, request).await.unwrap();
        let allocations = allocations::count() - before;
        assert_eq!(response.status(), 200);
        // A plugin's badge takes two more allocations, for the names of the route and of the plugin.
        assert!(allocations <= 8 || count == 0, "{allocations}");
    }
}
