//! Requests to upstreams: [`fetcher`] is the cache in front of them, [`exchange`] sends them with retries, [`limits`]
//! has the circuit breakers and rate-limit holds, and [`token_pool`] chooses among the server's own tokens;
//! [`private_rule`] hides private data, and [`marks`] invalidates answers before they expire.

pub(crate) mod cached_answer;
pub(crate) mod exchange;
pub(crate) mod fetcher;
pub(crate) mod limits;
pub(crate) mod marks;
pub(crate) mod private_rule;
pub(crate) mod rate_limit;
pub(crate) mod token_pool;
pub(crate) mod turns;
pub(crate) mod upstream_request;
mod visibility;
pub(crate) mod visibility_notes;
pub(crate) mod web_request;
