//! What all calls of providers share: the world and the fetchers.

use std::sync::Arc;

use crate::{
    fetch::{
        fetcher::{Fetched, Fetcher},
        visibility_notes::VisibilityNotes,
    },
    plugins::PrivateName,
    world::World,
};

/// Runs calls of providers. Its methods are in `run.rs`.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) world: World,
    pub(crate) upstreams: Arc<Fetcher>,
    /// Fetches from hosts that callers name; `None` if the settings switch that off.
    pub(crate) web: Option<Arc<Fetcher>>,
    /// Stores whether repositories are public; `None` if the live page is off.
    pub(crate) notes: Option<Arc<VisibilityNotes>>,
    /// The owners and repositories whose private data badges may show.
    pub(crate) private: Arc<[PrivateName]>,
}

impl Caller {
    /// The fetcher that an answer came from.
    pub(crate) fn fetcher_of(&self, fetched: &Fetched) -> &Arc<Fetcher> {
        self.web.as_ref().filter(|_| fetched.is_web).unwrap_or(&self.upstreams)
    }
}
