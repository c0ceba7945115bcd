//! A response as data, with its line in the access log.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::HeaderName};

use crate::{
    error::{Error, Source},
    event_stream::EventStream,
    format::Format,
};

/// The header with the id that a response and its log lines share.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Where a badge came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheState {
    /// From the cache of finished badges.
    Kept,
    /// Made now, by a provider or from a document.
    Made,
    /// Made from a stale answer, because its upstream failed.
    Stale,
}

impl CacheState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Made, Self::Stale];

    /// Its name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Made => "made",
            Self::Stale => "stale",
        }
    }
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers, `Content-Length` included.
    pub headers: HeaderMap,
    /// The body; empty for HEAD.
    pub body: Bytes,
    /// The stream of events that follows the body and does not end, if the answer is a stream.
    pub events: Option<EventStream>,
    /// Its line in the access log.
    pub line: AccessLine,
}

/// The part of an access log line that the engine knows; the rest is in the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessLine {
    /// The route's template; empty if no route matches.
    pub route: Cow<'static, str>,
    /// The plugin that answered.
    pub plugin: String,
    /// The error's code, also for an error badge with status 200; empty if there is no error.
    pub code: Cow<'static, str>,
    /// The party that caused the error.
    pub fault: Option<Source>,
    /// Where the badge came from; `None` for a response that needed no provider and no document.
    pub cache: Option<CacheState>,
    /// The format of a badge.
    pub format: Option<Format>,
    /// How long it waited for upstreams.
    pub upstream: Duration,
}

impl AccessLine {
    /// The line with an error's code and source.
    pub(crate) fn with_error(self, error: &Error) -> Self {
        Self { code: error.code.clone(), fault: Some(error.source), ..self }
    }
}
