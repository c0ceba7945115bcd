//! Asking upstreams: [`fetcher`] answers from the cache or asks, [`exchange`] asks with retries, [`limits`] says when
//! an upstream must not be asked.

pub(crate) mod cached_answer;
pub(crate) mod exchange;
pub(crate) mod fetcher;
pub(crate) mod limits;
pub(crate) mod upstream_request;
