//! An address that leads to another one, which a provider names.

use std::{sync::Arc, time::SystemTime};

use badgesmith_provider::{CallKind, RedirectRoute};
use bytes::Bytes;
use http::{HeaderValue, header};

use crate::{Inner, serve::badge::{caching, in_time, shelf, waited}, bounded::Done, draw::picture::refuse, call::run::{self, Broken, Question}, error::Error, plugins::Plugin, request::Request, response::{Draft, Response}, route::Parameters};

/// Answers a request for a redirect: 302, or why there is nowhere to lead to.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    request: &Request,
    (plugin, route): (&Arc<Plugin>, &RedirectRoute),
    parameters: Parameters,
    now: SystemTime,
) -> Response {
    let question = Question {
        kind: CallKind::Redirect,
        name: route.name.clone(),
        params: parameters,
        query: Parameters::new(),
        body: Bytes::new(),
    };
    let driving = run::drive(inner, plugin, &question, shelf(plugin, route.fresh_seconds), now);
    let finished = in_time(inner, driving).await;
    let waited = waited(&finished);
    let error = match finished.map(|finished| finished.outcome) {
        Ok(Ok(Done::Redirect(url))) => match HeaderValue::try_from(&url) {
            Ok(location) => {
                let caching = caching(plugin, route.fresh_seconds, route.revalidate_seconds);
                let draft = Draft { status: 302, caching, ..Draft::text(format!("{url}\n")) };
                let mut response = draft.respond(request);
                response.headers.insert(header::LOCATION, location);
                response.line.upstream = waited;
                return response;
            }
            Err(_) => Error::provider(plugin, &Broken::Lied("it leads to what no header can say".to_owned())),
        },
        Ok(Ok(_)) => Error::provider(plugin, &Broken::Lied("its call ended with something else".to_owned())),
        Ok(Err(failure)) => Error::from(&failure),
        Err(broken) => Error::provider(plugin, &broken),
    };
    let mut response = refuse(&error, request);
    response.line.upstream = waited;
    response
}
