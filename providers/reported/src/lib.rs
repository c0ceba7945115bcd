//! The providers of builds' reports, as Rust code: results of tests, coverage, and any other values.
//!
//! The libraries `badgesmith_provider_test_results`, `badgesmith_provider_coverage` and `badgesmith_provider_values`
//! export them for the server. `badgesmith render --from-report` links them too, so that a badge has the same text
//! everywhere.

pub mod coverage;
pub mod test_results;
pub mod values;
