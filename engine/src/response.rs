//! A response as data, with what the access log says of it.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::HeaderName};

use crate::{
    error::{Error, Source},
    format::Format,
};

/// The header that ties a response to its lines in the log.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Where a badge came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheState {
    /// From the cache of finished badges.
    Kept,
    /// From a provider or a document, now.
    Made,
    /// From an answer that is too old and could not be renewed.
    Stale,
}

impl CacheState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Made, Self::Stale];

    /// The word that logs and metrics have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Made => "made",
            Self::Stale => "stale",
        }
    }
}

/// What a client gets.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers, `Content-Length` included.
    pub headers: HeaderMap,
    /// The body; empty for HEAD.
    pub body: Bytes,
    /// What the access log says of it.
    pub line: AccessLine,
}

/// What the access log says of a response, beside what the request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessLine {
    /// The route's template; empty where no route fits.
    pub route: Cow<'static, str>,
    /// The plugin that answered.
    pub plugin: String,
    /// The error's code, also where the picture's status is 200; empty where there is no error.
    pub code: Cow<'static, str>,
    /// Whose fault the error is.
    pub fault: Option<Source>,
    /// Where the badge came from; `None` for a response that needed no provider and no document.
    pub cache: Option<CacheState>,
    /// The form in which a badge was drawn.
    pub format: Option<Format>,
    /// How long upstreams kept it waiting.
    pub upstream: Duration,
}

impl AccessLine {
    /// The same with the error that the response tells of.
    pub(crate) fn with_error(self, error: &Error) -> Self {
        Self { code: error.code.clone(), fault: Some(error.source), ..self }
    }
}
