//! What calls of providers have in common: the world and the way to upstreams.

use std::sync::Arc;

use crate::{fetch::fetcher::Fetcher, world::World};

/// Runs calls of providers; how it does is in `run.rs`.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) world: World,
    pub(crate) upstreams: Arc<Fetcher>,
}
