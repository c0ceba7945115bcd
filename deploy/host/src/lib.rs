//! The implementations of the engine's [`World`](badgesmith_engine::World) that every binary shares.
//!
//! [`upstream`] sends requests to upstreams and [`web`] to URLs that callers name, both with the clients of [`client`].
//! [`courier`] sends webhooks to the receivers of subscriptions, which [`subscription_check`] checks at the start.
//! [`oidc`] verifies the tokens with which builds prove where they come from.
//! [`executor`] runs futures and providers' steps. [`secrets`] and [`embedded`] store in a data directory what the
//! crate `badgesmith-aws` stores in AWS, and [`seal`] encrypts what lies there; [`transfer`] moves results from one
//! store to another. [`logs`], [`log_lines`], [`access_log`], [`correlation_id`] and [`metrics`] are for observability.
//! [`config`] loads the plugins, [`config_files`] lists the files that they consist of, [`library_copies`] lets
//! libraries be overwritten, and `exit_hook` guards the process against plugins that end it.

pub mod access_log;
mod address_guard;
mod body_memory;
pub mod client;
mod concurrency_limits;
pub mod config;
pub mod config_files;
pub mod correlation_id;
pub mod courier;
pub mod data_directory;
pub mod embedded;
pub mod executor;
#[cfg(unix)]
pub mod exit_hook;
pub mod extra_roots;
#[cfg(feature = "added-faces")]
pub mod faces;
pub mod library_copies;
pub mod log_lines;
pub mod logs;
pub mod metrics;
pub mod oidc;
pub mod seal;
pub mod secrets;
mod step_threads;
pub mod subscription_check;
pub mod transfer;
pub mod unix_time;
pub mod upstream;
pub mod web;
