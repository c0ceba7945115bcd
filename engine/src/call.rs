//! Calls of providers: [`provider_call`] is what a provider is asked, [`run`] is the loop of its steps, [`upstream`]
//! and [`records`] answer what the steps ask, [`end`] checks how they end, and [`badge_cache`] keeps what was made.

pub(crate) mod badge_cache;
pub(crate) mod broken;
pub(crate) mod caller;
pub(crate) mod end;
pub(crate) mod outcome;
pub(crate) mod provider_call;
pub(crate) mod records;
pub(crate) mod run;
pub(crate) mod upstream;
