//! The live page, its data, and the stream of changes.

mod ago;
mod filters;
mod page;
mod repos;

use std::{sync::Arc, time::SystemTime};

use http::{
    HeaderValue,
    header::{self, HeaderName},
};
use tokio::sync::oneshot;

use self::filters::Filters;
use crate::{
    answer::Answer,
    caching::Caching,
    call::records::unavailable,
    error::Error,
    event_stream::EventStream,
    live::board::{Board, Scope, ShownCollections, View},
    parts::Parts,
    permits::Busy,
    request::Incoming,
    target::OwnTarget,
};

/// How many cards are written at once on the thread of the request: more take milliseconds.
const FEW_CARDS: usize = 50;
/// The header that a client sends when it connects again.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A proxy that buffers a stream delivers it too late; nginx obeys this.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Answers `/live`, `/live/{owner}` and `/live/{owner}/{repo}`.
pub(crate) async fn page(parts: &Arc<Parts>, incoming: &Incoming<'_>, own: &OwnTarget) -> Result<Answer, Error> {
    let board = board(parts)?;
    let filters = Filters::read(own, &incoming.pairs);
    let shown = ShownCollections::of(parts.plugins.all());
    // The id of the newest event is read before the page's data, so that the page misses no event.
    let event_id = parts.feed.ring().map(|ring| ring.id(ring.newest()));
    let view = read(board, &filters.scope, &shown, incoming.now).await?;
    let is_missing = own.parameters.contains_key("owner") && view.cards.is_empty();
    let page = page::Page {
        base: page::base(&incoming.request.path),
        collections: shown.names().collect::<Vec<_>>().join(" "),
        event_id,
        filters,
        now: incoming.now,
    };
    let body = write(board, view, move |view| page.write(&view)).await?;
    let policy = HeaderValue::from_str(&page::policy()).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = vec![(header::CONTENT_SECURITY_POLICY, policy)];
    let status = if is_missing { 404 } else { 200 };
    Ok(Answer { status, headers, ..Answer::page(body, Caching::Validate) })
}

/// Answers `/api/repos`, `/api/repos/{owner}` and `/api/repos/{owner}/{repo}`.
pub(crate) async fn repos(parts: &Arc<Parts>, incoming: &Incoming<'_>, own: &OwnTarget) -> Result<Answer, Error> {
    let board = board(parts)?;
    let filters = Filters::read(own, &incoming.pairs);
    let shown = ShownCollections::of(parts.plugins.all());
    let view = read(board, &filters.scope, &shown, incoming.now).await?;
    let names_owner = own.parameters.contains_key("owner");
    if names_owner && view.cards.is_empty() {
        return Err(Error::nothing_listed());
    }
    let has_cards = names_owner && incoming.pairs.get("cards") != Some("false");
    let body = write(board, view, move |view| repos::write(&view, has_cards)).await?;
    Ok(Answer::json(200, body, Caching::Validate))
}

/// Answers `/events`.
pub(crate) fn events(parts: &Arc<Parts>, incoming: &Incoming<'_>) -> Result<Answer, Error> {
    let ring = parts.feed.ring().ok_or_else(Error::no_events)?;
    let pairs = &incoming.pairs;
    let last = incoming.request.header(LAST_EVENT_ID);
    let after = Some(last).filter(|last| !last.is_empty()).or_else(|| pairs.get("after"));
    let scope = Filters::scope_of(pairs.get("owner"), pairs.get("repo"));
    let stream = EventStream::new(ring, &parts.world.executor, after).about(scope.owner, scope.repo);
    Ok(Answer {
        media_type: "text/event-stream",
        headers: vec![UNBUFFERED],
        events: Some(stream),
        ..Answer::json(200, "", Caching::NoStore)
    })
}

fn board(parts: &Parts) -> Result<&Arc<Board>, Error> {
    // If the live page is off, its addresses do not exist.
    parts.board.as_ref().ok_or_else(Error::no_route)
}

/// Reads the cards of a scope. Only a few lists are read at the same time, so that badges do not have to wait.
async fn read(board: &Arc<Board>, scope: &Scope, shown: &ShownCollections, now: SystemTime) -> Result<View, Error> {
    let _permit = board.readers.take(&[], 1).await.map_err(|Busy| Error::too_busy())?;
    board.view(scope, shown, now).await.map_err(|fault| Error::from(&unavailable(&fault)))
}

/// Writes an answer, on a worker thread if it is long.
async fn write(
    board: &Arc<Board>,
    view: View,
    work: impl FnOnce(View) -> String + Send + 'static,
) -> Result<String, Error> {
    if view.cards.len() <= FEW_CARDS {
        return Ok(work(view));
    }
    let permit = board.writers.take(&[], 1).await.map_err(|Busy| Error::too_busy())?;
    let (sender, receiver) = oneshot::channel();
    board.world.executor.run(Box::new(move || {
        let written = work(view);
        drop(permit);
        // The caller may have given up.
        let _ = sender.send(written);
    }));
    receiver.await.map_err(|_| Error::engine_failed())
}
