//! Requests badges from the server: a few at once, each with a limit of time and size. No other server is called.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use badgesmith_host::client::Connections;
use futures_util::{StreamExt, stream};
use reqwest::{Client, Response, header};
use url::Url;

use super::{
    server::BadgeServer,
    verdict::{BadgeState, Verdict, judge},
};
use crate::command_error::CommandError;

/// How many addresses are requested at most.
pub(super) const MOST_ADDRESSES: usize = 200;
/// How many requests are in progress at the same time.
const AT_ONCE: usize = 4;
/// How long one answer may take. The server itself answers within 3.5 seconds, after a cold start.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How many redirects to addresses of the same server are followed.
const MOST_REDIRECTS: usize = 3;
/// If this many attempts fail to connect and none succeeds, the server is considered down.
const MOST_FAILED: usize = 8;

/// The verdicts on these addresses, in their order.
///
/// # Errors
/// There is no HTTP client.
pub(super) async fn ask(server: &BadgeServer, addresses: &[Url]) -> Result<Vec<Verdict>, CommandError> {
    let client = Connections::new().client().map_err(CommandError::http_client)?.clone();
    let asking = Asking { client, server, answered: AtomicUsize::new(0), failed: AtomicUsize::new(0) };
    let verdicts = addresses.iter().map(|url| asking.verdict(url));
    Ok(stream::iter(verdicts).buffered(AT_ONCE).collect().await)
}

/// The client, and the outcomes so far.
struct Asking<'s> {
    client: Client,
    server: &'s BadgeServer,
    answered: AtomicUsize,
    failed: AtomicUsize,
}

impl Asking<'_> {
    async fn verdict(&self, url: &Url) -> Verdict {
        if self.answered.load(Ordering::Relaxed) == 0 && self.failed.load(Ordering::Relaxed) >= MOST_FAILED {
            return Verdict::new(BadgeState::NoAnswer, "not asked: the server cannot be reached");
        }
        match tokio::time::timeout(TIMEOUT, self.exchange(url)).await {
            Ok(Ok(verdict)) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                verdict
            }
            Ok(Err(fault)) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                Verdict::new(BadgeState::NoAnswer, fault.without_url().to_string())
            }
            Err(_) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                Verdict::new(BadgeState::NoAnswer, format!("no answer within {} seconds", TIMEOUT.as_secs()))
            }
        }
    }

    async fn exchange(&self, url: &Url) -> Result<Verdict, reqwest::Error> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.client.get(url.clone()).send().await?;
            let status = response.status();
            if !status.is_redirection() {
                return Ok(match read(response).await? {
                    Some(body) => judge(self.server.path(&url), status.as_u16(), &body),
                    None => Verdict::new(BadgeState::NoAnswer, format!("more than {LARGEST_ANSWER} bytes")),
                });
            }
            let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            match location.and_then(|location| url.join(location).ok()).filter(|target| self.server.owns(target)) {
                Some(target) => url = target,
                None => return Ok(Verdict::new(BadgeState::NoAnswer, "redirects to another server")),
            }
        }
        Ok(Verdict::new(BadgeState::NoAnswer, "redirects too often"))
    }
}

/// The body of an answer; `None` if it is too large.
async fn read(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}
