//! The world of commands that inspect plugins and never complete a call.

use std::{path::Path, sync::Arc};

use badgesmith_engine::{Settings, World};
use badgesmith_host::{executor::TokioExecutor, secrets::FileSecrets, upstream::HttpUpstream, web::HttpWeb};

use super::no_store::NoStore;

/// A world without a store and without secrets.
pub(super) fn world(settings: &Settings) -> World {
    World {
        upstream: Arc::new(HttpUpstream::new()),
        web: Arc::new(HttpWeb::new(settings)),
        executor: Arc::new(TokioExecutor::new()),
        secrets: Arc::new(FileSecrets::new(Path::new(""))),
        store: Arc::new(NoStore),
        meter: Arc::new(()),
        verifier: Arc::new(()),
    }
}
