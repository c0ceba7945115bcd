//! What all calls of providers share: the world and the fetcher.

use std::sync::Arc;

use crate::{fetch::fetcher::Fetcher, world::World};

/// Runs calls of providers. Its methods are in `run.rs`.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) world: World,
    pub(crate) upstreams: Arc<Fetcher>,
}
