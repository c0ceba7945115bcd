//! A document on the web: its address, its answer, and what is said of both.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::Failure;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use url::Url;

use super::{FRESH, STALE, invalid};
use crate::{Inner, bounded::Kept, fetch::fetcher::{self, Answered, Door, Mode, Shelf, Wanted}, call::run::Broken, error::{rate_limited, too_busy}, origin::Origin, permits::{Busy, Permits, Share, Permit}, request::Pairs, signature::hex, world::{Ask, Fault, Progress}};

/// How long a visit may take. It is not tried again.
const PATIENCE: Duration = Duration::from_millis(3500);
/// How many documents that callers named are read at once.
const READERS: usize = 4;
/// How many readers may be at one document, whatever each of them looks for: many queries of one large document take
/// half of all readers at the most.
const READERS_OF_DOCUMENT: usize = 2;
/// How many readers may be at the documents of one origin: one is left for all others.
const READERS_OF_ORIGIN: usize = 3;
/// A document of more bytes than this is large: what is made of it while it is read takes many times its size, so one
/// is read at a time.
const LARGE: usize = 1024 * 1024;
/// How much may wait for a reader, in bytes: 16 documents of 1 MiB, or more smaller ones.
const WAITING: u64 = 16 * 1024 * 1024;
/// How much of that may be of one document or one origin.
const WAITING_OF_ONE: u64 = WAITING / 2;
/// What a document counts as in the queue at least, in bytes, so that 4,096 badges wait at the most. A thousand honest
/// badges on small documents of one origin find room.
const LIGHTEST: usize = 4 * 1024;
/// How long a badge waits for it; after that an old document is better than none.
const BADGE_PATIENCE: Duration = Duration::from_secs(3);

/// The places of readers, and the queue in front of them.
pub(crate) fn readers() -> Permits {
    Permits::new(READERS, WAITING)
}

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
    let key = format!("{largest_body} {accept} {url}");
    Wanted {
        who: "web".to_owned(),
        // One address is held and no other of its origin. An address may be long, and many are remembered.
        token: hex(&Sha256::digest(&key)),
        key,
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
            progress: Progress::default(),
        },
        shelf: Shelf { fresh: Duration::from_secs(FRESH.into()), stale: STALE },
    }
}

pub(super) async fn fetch(inner: &Arc<Inner>, wanted: Wanted, now: SystemTime) -> Result<Answered, Failure> {
    let deadline = fetcher::deadline(&*inner.world.executor, BADGE_PATIENCE);
    let answered = Door::answer(|inner| &inner.web, inner, wanted, now, Mode::Ask, deadline).await;
    answered.map_err(|fault| match fault {
        Fault::NotAllowed(words) => Failure::invalid_parameter("URL_NOT_ALLOWED", "url", words),
        Fault::Unreachable(_) | Fault::Status(_) => Failure::inaccessible("UPSTREAM_UNAVAILABLE", "inaccessible"),
        Fault::Timeout => Failure::inaccessible("UPSTREAM_TIMEOUT", "inaccessible"),
        Fault::TooLarge => invalid("document too large"),
        Fault::Nonsense(_) => invalid("invalid"),
        Fault::RateLimited(after) => rate_limited(after),
        Fault::Busy => too_busy(),
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

/// A place among the readers for a document of so many bytes, as soon as one is free.
///
/// # Errors
/// `too busy`, at once, where the queue is full.
pub(super) async fn reader(inner: &Inner, url: &Url, bytes: usize) -> Result<Permit, Failure> {
    let share = |name: String, places| Share { name, places, waiting: WAITING_OF_ONE };
    // The query is left out: it can be anything, and must not make one document count as many.
    let origin = Origin::of_web(url);
    let document = share(format!("{origin}{}", url.path()), READERS_OF_DOCUMENT);
    let weight = bytes.max(LIGHTEST) as u64;
    let mut shares = vec![document, share(origin.to_string(), READERS_OF_ORIGIN)];
    if bytes > LARGE {
        shares.push(share("large".to_owned(), 1));
    }
    inner.readers.take(&shares, weight).await.map_err(|Busy| too_busy())
}

/// Does the reading on a worker thread, and gives the reader's place back when it is done.
pub(super) async fn apart<T: Send + 'static>(
    inner: &Inner,
    place: Permit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Broken> {
    let (sender, receiver) = oneshot::channel();
    inner.world.executor.run(Box::new(move || {
        let outcome = work();
        drop(place);
        // The caller may have given up.
        let _ = sender.send(outcome);
    }));
    receiver.await.map_err(|_| Broken::Lied("reading a document broke off".to_owned()))
}
