//! Fetching a document from the web: its address, the request, and the failures.

use std::{sync::Arc, time::Duration};

use badgesmith_provider::Failure;
use url::Url;

use super::document_rules::{FRESH, TOO_LARGE, invalid, late};
use crate::{
    call::broken::{Broken, Unanswered},
    code::Code,
    error::{busy_failure, rate_limited},
    fetch::{
        fetcher::{Fetched, Fetcher, NotFetched},
        upstream_request::{Freshness, Pass, UpstreamRequest},
        web_request::{LARGEST_BODY, WebRequest},
    },
    world::Fault,
};

/// How long a badge waits for the document; after that a stale document is used.
pub(super) const BADGE_PATIENCE: Duration = Duration::from_secs(3);

/// Fetches the document at an address. Badges of the same document and media type share its cached answer.
pub(super) async fn fetch(
    web: &Arc<Fetcher>,
    url: Url,
    accept: &'static str,
    stale: Duration,
    pass: &Pass,
) -> Result<Fetched, Unanswered> {
    web.fetch(request(url, accept, stale), pass).await.map_err(|fault| match fault {
        NotFetched::Fault(fault) => Unanswered::Failed(failure(&fault)),
        NotFetched::BrokeOff => Unanswered::Broken(Broken::Engine("an exchange broke off")),
    })
}

/// The failure for a fault.
fn failure(fault: &Fault) -> Failure {
    match fault {
        Fault::NotAllowed(words) => Failure::invalid_parameter(Code::UrlNotAllowed.name(), "url", *words),
        Fault::Unreachable(_) | Fault::Status(_) => {
            Failure::inaccessible(Code::UpstreamUnavailable.name(), "inaccessible")
        }
        Fault::Timeout => late(),
        Fault::TooLarge => invalid(TOO_LARGE),
        Fault::Nonsense(_) => invalid("invalid"),
        Fault::RateLimited(after) => rate_limited(*after),
        Fault::Busy => busy_failure(),
    }
}

/// Checks the status of an answer, before its body is parsed.
pub(super) fn check_status(status: u16) -> Result<(), Failure> {
    match status {
        200..=299 => Ok(()),
        404 | 410 => Err(Failure::not_found(Code::ResourceNotFound.name(), "resource not found").about("url")),
        _ => Err(invalid("invalid")),
    }
}

fn request(url: Url, accept: &'static str, stale: Duration) -> UpstreamRequest {
    let freshness = Freshness { fresh: Duration::from_secs(FRESH.into()), stale };
    let key = format!("{LARGEST_BODY} {accept} {url}");
    WebRequest { url, accept, client: "web", key, freshness }.request()
}
