//! Redirects to an address that a provider names.

use http::HeaderValue;

use crate::{
    answer::Answer, caching::plugin_caching, error::Error, parts::Parts, request::Incoming, response::AccessLine,
    target::RedirectTarget,
};

/// Answers a request for a redirect with 302.
pub(crate) async fn answer(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &RedirectTarget<'_>,
    line: &mut AccessLine,
) -> Result<Answer, Error> {
    let RedirectTarget { plugin, route, call } = target;
    let outcome = parts.caller.run_in_time::<HeaderValue>(call, incoming.now).await.map_err(|broken| {
        broken.log(&plugin.id);
        Error::from(&broken)
    })?;
    line.upstream = outcome.waited;
    let location = outcome.result.map_err(|failure| Error::from(&failure))?;
    Ok(Answer::redirect(location, plugin_caching(plugin, route.fresh_seconds, route.revalidate_seconds)))
}
