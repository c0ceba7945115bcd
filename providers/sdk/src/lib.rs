//! Write a BadgeSmith provider: a pure function from a call and the answers to its requests to a badge.
//!
//! A provider has no network, no clock and no state. It returns the requests it needs, the host (the server that loads
//! it) performs them, and the provider is called again with the answers, until it returns the finished badge:
//!
//! ```
//! use badgesmith_provider::{Badge, Call, Provider, Request, Step};
//!
//! struct Hello;
//!
//! impl Provider for Hello {
//!     fn badge(&self, call: &Call) -> Result<Badge, Step> {
//!         let request = Request::get(call.setting("upstream"), "greetings/{}.json", [call.param("name")]);
//!         let greeting: String = call.fetch(request)?.json()?;
//!         Ok(Badge::new(greeting).color("blue"))
//!     }
//! }
//!
//! badgesmith_provider::export!(Hello, r#"{
//!   "id": "hello", "version": "1.0.0", "mount": "/badges/hello",
//!   "badges": [{ "name": "greeting", "route": "{name}", "label": "hello", "summary": "Greets.", "example": "world" }],
//!   "origins": ["{upstream}"], "settings": { "upstream": "https://example.com" }
//! }"#);
//! # fn main() {}
//! ```
//!
//! Built as a `cdylib`, this is a plugin. Its tests are transcripts, which the module `testkit` (a feature) replays.

pub mod abi;
mod answer;
mod auth;
mod call;
#[cfg(feature = "format")]
pub mod color;
mod failure;
#[cfg(feature = "format")]
pub mod format;
mod hook;
mod manifest;
pub mod message;
#[cfg(feature = "order")]
pub mod order;
mod parts;
mod provider;
mod query;
mod record;
#[cfg(feature = "time")]
pub mod report_body;
mod reported_commit;
mod request;
mod series;
mod state;
mod step;
#[cfg(feature = "testkit")]
pub mod testkit;
mod timestamp;
mod web_address;
#[cfg(any(feature = "format", feature = "time"))]
mod written_time;

pub use answer::{Answer, SentWith};
pub use auth::{Auth, Scheme};
pub use call::{Call, CallKind};
pub use failure::{Failure, FailureKind};
pub use hook::{About, Delivered, DeliveredRecord};
pub use manifest::{
    BadgeRoute, FurtherRoute, HookRoute, HookScheme, Manifest, RedirectRoute, RefusedRoute, ReportRoute,
    UnreadableManifest,
};
pub use parts::{FoundParts, PartRecords, PartsQuery};
pub use provider::Provider;
pub use query::{Query, fold};
pub use record::Record;
pub use reported_commit::ReportedCommit;
pub use request::{InvalidRequest, Request};
pub use series::{ChartRoute, Series};
pub use state::{FoundState, State, StateQuery};
pub use step::{Asked, Badge, Step};
pub use timestamp::{Timestamp, TimestampOutOfRange};
pub use web_address::is_web_address;
