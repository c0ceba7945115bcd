//! Calls of providers: [`provider_call`] is the call as data, [`run`] is the loop of its steps, [`upstream`], [`web`]
//! and [`records`] and [`part_records`] answer the requests of the steps, [`request_rules`] says what these may carry,
//! [`credentials`] which secret; [`visibility`] says which repositories are public; [`end`] checks how the calls end,
//! and [`badge_cache`] caches the badges.

pub(crate) mod badge_cache;
pub(crate) mod broken;
pub(crate) mod caller;
pub(crate) mod credentials;
pub(crate) mod end;
pub(crate) mod history;
pub(crate) mod outcome;
mod part_records;
mod private;
pub(crate) mod provider_call;
pub(crate) mod records;
pub(crate) mod request_rules;
pub(crate) mod run;
pub(crate) mod upstream;
mod upstream_failure;
pub(crate) mod visibility;
mod web;
