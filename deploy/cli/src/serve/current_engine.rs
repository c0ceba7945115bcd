//! The engine that currently answers requests. A new engine replaces it when plugins.toml is reloaded.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use badgesmith_engine::Engine;

/// The engine for new requests. Each request keeps the engine that it began with.
#[derive(Debug)]
pub(crate) struct CurrentEngine {
    engine: RwLock<Arc<Engine>>,
    is_stopping: AtomicBool,
}

impl CurrentEngine {
    pub(crate) fn new(engine: Engine) -> Arc<Self> {
        Arc::new(Self { engine: RwLock::new(Arc::new(engine)), is_stopping: AtomicBool::new(false) })
    }

    pub(crate) fn get(&self) -> Arc<Engine> {
        Arc::clone(&self.engine.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `ask` with the engine. `ask` must be as quick as a lookup in memory, since the engine cannot be replaced
    /// meanwhile. This is faster than cloning the `Arc`, whose reference count all threads would have to change.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Engine) -> T) -> T {
        ask(&self.engine.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the engine.
    #[cfg(unix)]
    pub(crate) fn replace(&self, engine: Arc<Engine>) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&engine);
        if self.is_stopping.load(Ordering::SeqCst) {
            engine.begin_stop();
        }
    }

    /// Makes `/health/ready` report that the process is stopping.
    pub(crate) fn begin_stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.get().begin_stop();
    }
}
