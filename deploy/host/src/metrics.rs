//! The engine's metrics ([`Meter`](badgesmith_engine::world::Meter)), for Prometheus and for CloudWatch.

#[cfg(feature = "prometheus")]
mod answer_tally;
pub mod emf;
#[cfg(feature = "prometheus")]
pub mod prometheus;
