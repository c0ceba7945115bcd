//! A document on the web: its address, its answer, and what is said of both.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use tokio::sync::oneshot;
use url::Url;

use super::{FRESH, STALE, invalid};
use crate::{
    Inner,
    cache::Kept,
    door::{self, Answered, Door, Mode, Shelf, Wanted},
    drive::Broken,
    origin::Origin,
    request::Pairs,
    world::{Ask, Fault},
};

/// How long a visit may take, its retries included.
const PATIENCE: Duration = Duration::from_millis(3500);
/// How long a badge waits for it; after that an old document is better than none.
const BADGE_PATIENCE: Duration = Duration::from_secs(3);

/// The address that `url` names, or `uri`, as it was called once.
pub(super) fn url(pairs: &Pairs) -> Result<Url, Failure> {
    let text = pairs.get("uri").or_else(|| pairs.get("url")).unwrap_or_default();
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let mut url =
        url.ok_or_else(|| Failure::invalid_parameter("URL_INVALID", "url", "invalid query parameter: url"))?;
    url.set_fragment(None);
    Ok(url)
}

/// What is asked for. Badges that read one document share it, however each of them reads it.
pub(super) fn wanted(url: Url, accept: &'static str, largest_body: usize) -> Wanted {
    let origin = Origin::of_web(&url);
    Wanted {
        who: "web".to_owned(),
        key: format!("{largest_body} {accept} {url}"),
        token: origin.to_string(),
        // The rest of an address may hold what only its caller is to know.
        shown: origin.to_string(),
        origin,
        ask: Ask {
            url,
            accept: Some(accept.to_owned()),
            authorization: None,
            etag: None,
            last_modified: None,
            largest_body,
            patience: PATIENCE,
        },
        shelf: Shelf { fresh: Duration::from_secs(FRESH.into()), stale: STALE },
    }
}

pub(super) async fn fetch(inner: &Arc<Inner>, wanted: Wanted, now: SystemTime) -> Result<Answered, Failure> {
    let deadline = door::deadline(&*inner.world.executor, BADGE_PATIENCE);
    let answered = Door::answer(|inner| &inner.web, inner, wanted, now, Mode::Ask, deadline).await;
    answered.map_err(|fault| match fault {
        Fault::NotAllowed(words) => Failure::invalid_parameter("URL_NOT_ALLOWED", "url", words),
        Fault::Unreachable(_) | Fault::Status(_) => Failure::inaccessible("UPSTREAM_UNAVAILABLE", "inaccessible"),
        Fault::Timeout => Failure::inaccessible("UPSTREAM_TIMEOUT", "inaccessible"),
        Fault::TooLarge => invalid("document too large"),
        Fault::Nonsense(_) => invalid("invalid"),
        Fault::RateLimited(after) => {
            let limited = Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited");
            Failure { retry_after: Some(after.unwrap_or(60)), ..limited }
        }
    })
}

/// What a status says before anybody looks at the body.
pub(super) fn status(status: u16) -> Result<(), Failure> {
    match status {
        200..=299 => Ok(()),
        404 | 410 => Err(Failure::not_found("RESOURCE_NOT_FOUND", "resource not found").about("url")),
        _ => Err(invalid("invalid")),
    }
}

/// Shortens how long an answer holds that made no sense, so that one that was mended is seen soon.
pub(super) fn doubt(inner: &Inner, answered: &Answered, fresh_until: SystemTime) {
    let kept = &answered.kept;
    let doubted = Kept { fresh_until, ..Kept::clone(kept) };
    inner.web.answers.replace(&answered.key, kept, Some(Arc::new(doubted)));
}

/// Does what takes time where it holds up nobody, so many at once and no more.
pub(super) async fn apart<T: Send + 'static>(
    inner: &Inner,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Broken> {
    let broken = || Broken::Lied("reading a document broke off".to_owned());
    let permit = Arc::clone(&inner.readers).acquire_owned().await.map_err(|_| broken())?;
    let (sender, receiver) = oneshot::channel();
    inner.world.executor.run(Box::new(move || {
        let outcome = work();
        drop(permit);
        // The caller may have given up.
        let _ = sender.send(outcome);
    }));
    receiver.await.map_err(|_| broken())
}
