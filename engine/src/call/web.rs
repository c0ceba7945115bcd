//! A provider's request to a host that a caller of its badge named. It is sent like the request of a document badge: to
//! public addresses only, without retries, and without a secret or any other data of the server.

use badgesmith_provider::{Failure, Request, is_web_address};
use url::Url;

use super::{
    broken::{Broken, Unanswered},
    caller::Caller,
    provider_call::ProviderCall,
    upstream_failure::upstream_failure,
};
use crate::{
    code::Code,
    fetch::{
        fetcher::{Fetched, NotFetched},
        upstream_request::Pass,
        web_request::WebRequest,
    },
    world::Fault,
};

/// Answers a request to a host that a caller named.
pub(super) async fn answer(
    caller: &Caller,
    call: &ProviderCall,
    request: &Request,
    pass: &Pass,
) -> Result<Fetched, Unanswered> {
    let plugin = &*call.plugin;
    let Some(web) = &caller.web else {
        return Err(not_allowed("dynamic = false in [engine] switches requests to hosts that callers name off"));
    };
    if !is_web_address(request.base()) {
        return Err(not_allowed("the host is no http or https address"));
    }
    let url = request.url().map_err(|fault| not_allowed(fault.to_string()))?;
    let mut url = Url::parse(&url).map_err(|fault| not_allowed(format!("its address is none: {fault}")))?;
    url.set_fragment(None);
    let accept = request.accepted().unwrap_or("*/*");
    // Document badges have keys that begin with a number.
    let key = format!("provider {} {accept} {url}", plugin.id);
    let freshness = call.freshness_of(request);
    let request = WebRequest { url, accept, client: &plugin.id, key, freshness }.request();
    match web.fetch(request, pass).await {
        Ok(fetched) => Ok(Fetched { is_web: true, ..fetched }),
        Err(NotFetched::Fault(Fault::NotAllowed(words))) => Err(not_allowed(words)),
        Err(NotFetched::Fault(fault)) => Err(Unanswered::Failed(upstream_failure(&fault))),
        Err(NotFetched::BrokeOff) => Err(Unanswered::Broken(Broken::Engine("an exchange broke off"))),
    }
}

/// The failure for an address that is not allowed.
fn not_allowed(reason: impl Into<String>) -> Unanswered {
    let failure = Failure::invalid_parameter(Code::UrlNotAllowed.name(), "", "host not allowed");
    // No parameter is named here: only the provider knows which one the address came from.
    Unanswered::Failed(Failure { property: None, ..failure }.because(reason.into()))
}
