//! The world behind the engine: upstream client, threads, secrets, the store, logs.
//!
//! What the engine leaves to a [`World`](badgesmith_engine::World) is done here for every binary: [`upstream`] asks
//! over HTTP by the one [`client`], [`executor`] runs what takes time, [`secrets`] and [`embedded`] keep what lies in a
//! data directory, `aws` what lies in DynamoDB and Secrets Manager; [`transfer`] takes results from one to the other.
//! [`logs`] and [`correlation`] tell afterwards what happened.

#[cfg(feature = "aws")]
pub mod aws;
pub mod client;
pub mod config;
pub mod correlation;
pub mod data;
pub mod embedded;
pub mod executor;
pub mod logs;
pub mod secrets;
pub mod transfer;
pub mod upstream;
