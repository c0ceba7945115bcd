//! Calls of providers: [`provider_call`] is the call as data, [`run`] is the loop of its steps, [`upstream`] and
//! [`records`] answer the requests of the steps, [`end`] checks how they end, and [`badge_cache`] caches the badges.

pub(crate) mod badge_cache;
pub(crate) mod broken;
pub(crate) mod caller;
pub(crate) mod end;
pub(crate) mod outcome;
pub(crate) mod provider_call;
pub(crate) mod records;
pub(crate) mod run;
pub(crate) mod upstream;
