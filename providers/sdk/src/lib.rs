//! Write a BadgeSmith provider: a pure function from a question and its answers to a badge.
//!
//! A provider has no network, no clock and no state. It says what it needs, the host does it, and the provider is
//! called again with the answer, until the badge is finished:
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
//! Built as a `cdylib`, this is a plugin. Its tests are transcripts, which `testkit` replays.

pub mod abi;
mod answer;
mod call;
mod failure;
mod manifest;
pub mod message;
mod record;
mod request;
mod step;
#[cfg(feature = "testkit")]
pub mod testkit;
mod timestamp;
mod web_address;

pub use answer::Answer;
pub use call::{Call, CallKind};
pub use failure::{Failure, Kind};
pub use manifest::{BadgeRoute, Manifest, RedirectRoute, Refusal, ReportRoute};
pub use record::{Query, Record, fold};
pub use request::{Auth, BadRequest, Request, Scheme};
pub use step::{Asked, Badge, Step};
pub use timestamp::{Timestamp, TimestampOutOfRange};
pub use web_address::is_web_address;

/// Code that knows one upstream.
pub trait Provider: Sync {
    /// `Ok` is a finished badge; `Err` is the step to take first, or the failure it ends with.
    ///
    /// # Errors
    /// Whatever is not a finished badge: [`Call::fetch`] returns the step to pass on, a [`Failure`] converts into one.
    fn badge(&self, call: &Call) -> Result<Badge, Step>;

    /// Turns the body of a report, whose signature the host has verified, into a record. Providers whose manifest has
    /// `reports` implement it. It is called once and asks nothing.
    ///
    /// # Errors
    /// The [`Failure`] that says everything that is wrong with the body.
    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        let _ = (call, body);
        Err(unknown("report").into())
    }

    /// The address a redirect leads to, one by the rule of [`is_web_address`]. Providers whose manifest has `redirects` implement it.
    ///
    /// # Errors
    /// As for [`Provider::badge`].
    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let _ = call;
        Err(unknown("redirect").into())
    }
}

/// The manifest promises what the code does not do.
fn unknown(kind: &str) -> Failure {
    Failure::inaccessible("NOT_IMPLEMENTED", format!("no {kind} here"))
}
