//! The trait that a provider implements.

use crate::{call::Call, failure::Failure, hook::Delivered, record::Record, step::Badge, step::Step};

/// Code that turns the answers of one upstream into badges.
///
/// Each method is a pure function of the call: no network, no clock, no state. The host may run it on several threads
/// at once, and repeats a call with more answers until it ends, so the same call must always request the same things.
pub trait Provider: Sync {
    /// Makes a badge: `Ok` is the finished badge, `Err` the step to take first, or the failure that ends the call.
    ///
    /// # Errors
    /// Anything but a finished badge: [`Call::fetch`] returns the step to pass on, and a [`Failure`] converts into one.
    fn badge(&self, call: &Call) -> Result<Badge, Step>;

    /// Turns the body of a report, whose signature the host has verified, into a record. A provider whose manifest has
    /// `reports` implements it. It is called once for a report and cannot make requests.
    ///
    /// # Errors
    /// The [`Failure`] that names everything that is wrong with the body.
    fn accept(&self, call: &Call, body: &[u8]) -> Result<Record, Step> {
        let _ = (call, body);
        Err(not_implemented("report").into())
    }

    /// Turns the payload of a delivery of a webhook, whose signature and owner the host has verified, into records,
    /// states and marks that make cached answers stale. The parameters `event`, `owner` and `repo` name its event and
    /// repository; the last two are empty for an organisation's own events. A provider whose manifest has `hooks`
    /// implements it. It is called once for a delivery and cannot make requests.
    ///
    /// # Errors
    /// The [`Failure::invalid_parameter`] that names what is wrong with the payload.
    fn deliver(&self, call: &Call, payload: &[u8]) -> Result<Delivered, Step> {
        let _ = (call, payload);
        Err(not_implemented("webhook").into())
    }

    /// Returns the address that a redirect leads to; [`crate::is_web_address`] must accept it. A provider whose
    /// manifest has `redirects` implements it.
    ///
    /// # Errors
    /// As for [`Provider::badge`].
    fn redirect(&self, call: &Call) -> Result<String, Step> {
        let _ = call;
        Err(not_implemented("redirect").into())
    }
}

/// The failure for a report or redirect that the manifest declares but the code does not implement.
fn not_implemented(kind: &str) -> Failure {
    Failure::inaccessible("NOT_IMPLEMENTED", format!("no {kind} here"))
}
