//! The world behind the engine: upstream client, threads, clock, logs.
//!
//! What the engine leaves to a [`World`](badgesmith_engine::World) is done here for every binary: [`upstream`] asks
//! over HTTP, [`executor`] runs what takes time. [`logs`] and [`correlation`] tell afterwards what happened.

mod client;
pub mod correlation;
pub mod executor;
pub mod logs;
pub mod upstream;
