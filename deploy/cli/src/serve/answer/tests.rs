//! What a request costs when its response is cached.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    fs,
};

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

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the rules.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

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
        let before = ALLOCATIONS.get();
        let response = answer(connection, request).await.unwrap();
        let allocations = ALLOCATIONS.get() - before;
        assert_eq!(response.status(), 200);
        // A plugin's badge takes two more, for the names of the route and of the plugin.
        assert!(allocations <= 8 || count == 0, "{allocations}");
    }
}
