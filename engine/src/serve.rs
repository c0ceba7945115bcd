//! The handlers of requests: one file for each kind of address.

pub(crate) mod badge;
pub(crate) mod chart;
pub(crate) mod document_badge;
mod event_schema;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod hook;
pub(crate) mod index;
pub(crate) mod live;
pub(crate) mod redirect;
pub(crate) mod report;
pub(crate) mod static_badge;
pub(crate) mod trend;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use self::index::IndexPages;
use crate::{
    addresses::Serves, answer::Answer, error::Error, parts::Parts, request::Incoming, response::AccessLine,
    target::Target,
};

/// Answers a request for its target, and adds to its line in the access log.
///
/// The future is boxed so that it is compiled here, and not again wherever one of the engine's callers waits for it.
pub(crate) fn serve<'a>(
    parts: &'a Arc<Parts>,
    pages: &'a IndexPages,
    incoming: &'a Incoming<'_>,
    target: &'a Target<'_>,
    line: &'a mut AccessLine,
) -> BoxFuture<'a, Result<Answer, Error>> {
    Box::pin(async move {
        target.check_method(&incoming.request.method)?;
        match target {
            Target::Own(own) => match own.address.serves {
                Serves::Index => pages.index(parts, incoming),
                Serves::OpenApi => pages.openapi(parts),
                Serves::Catalog => pages.catalog(parts),
                Serves::Guide => pages.guide(parts),
                Serves::Health => health::answer(parts, incoming).await,
                Serves::Liveness => Ok(health::liveness()),
                Serves::Readiness => health::readiness(parts, incoming.now).await,
                Serves::Live => live::page(parts, incoming, own).await,
                Serves::Repos => live::repos(parts, incoming, own).await,
                Serves::Events => live::events(parts, incoming),
                Serves::EventSchema => Ok(event_schema::answer()),
                Serves::StaticPath => static_badge::answer_path(parts, incoming, &own.content).await,
                Serves::StaticQuery => static_badge::answer_query(parts, incoming).await,
                Serves::Endpoint | Serves::Queries(_) | Serves::Regex | Serves::Website => {
                    document_badge::answer(parts, incoming, own, line).await
                }
            },
            Target::Badge(badge) => badge::answer(parts, incoming, badge, line).await,
            Target::Report(report) => report::answer(parts, incoming, report).await,
            Target::Hook(hook) => hook::answer(parts, incoming, hook).await,
            Target::Redirect(redirect) => redirect::answer(parts, incoming, redirect, line).await,
            Target::Chart(chart) => chart::answer(parts, incoming, chart).await,
            Target::History(history) => history::answer(parts, incoming, history).await,
            Target::Refused(refused) => Err(refused.error.clone()),
        }
    })
}
