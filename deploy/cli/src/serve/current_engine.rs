//! The engine that answers now. Another one takes its place when plugins.toml is read again.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use badgesmith_engine::Engine;

/// The engine for requests that begin now. Each request keeps the one that it began with.
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

    /// Asks it something that takes no longer than a look into memory, since no other engine can take its place
    /// meanwhile. It costs less than to have the engine for oneself: the threads wait for each other's counts of its
    /// holders.
    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Engine) -> T) -> T {
        ask(&self.engine.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another engine in its place.
    #[cfg(unix)]
    pub(crate) fn replace(&self, engine: Arc<Engine>) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&engine);
        if self.is_stopping.load(Ordering::SeqCst) {
            engine.begin_stop();
        }
    }

    /// Has `/health/ready` say that the process stops.
    pub(crate) fn begin_stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.get().begin_stop();
    }
}
