//! The world behind the engine: upstream client, threads, secrets, the store, logs.
//!
//! What the engine leaves to a [`World`](badgesmith_engine::World) is done here for every binary: [`upstream`] asks
//! over HTTP and [`web`] visits what callers name, both by [`client`]; [`executor`] runs what takes time, [`secrets`] and
//! [`embedded`] keep what lies in a data directory, `aws` what lies in DynamoDB and Secrets Manager; [`transfer`] takes
//! results from one to the other. [`logs`], [`access`], [`correlation`] and [`metrics`] tell afterwards what happened. `exit` is about the process's end.

pub mod access;
mod bodies;
pub mod client;
pub mod config;
pub mod correlation;
pub mod data;
pub mod embedded;
pub mod executor;
#[cfg(unix)]
pub mod exit;
mod guard;
pub mod logs;
pub mod metrics;
pub mod secrets;
mod threads;
pub mod transfer;
pub mod upstream;
mod visits;
pub mod web;
