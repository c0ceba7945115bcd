//! `Cache-Control`: how long browsers and proxies may keep a response.

use http::HeaderValue;

use crate::plugins::Plugin;

/// How long a static badge may be cached, in seconds.
pub(crate) const STATIC_FRESH: u32 = 86_400;
/// How long an error may be cached, in seconds.
pub(crate) const ERROR_FRESH: u32 = 10;
/// How long the badge of a resource that an upstream does not have may be cached, in seconds.
pub(crate) const MISSING_FRESH: u32 = 60;

/// The directives of `Cache-Control`. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// `no-store`.
    NoStore,
    /// `no-cache`: caches may store the response, but must revalidate it by its `ETag` each time.
    Validate,
    /// `max-age` and `s-maxage`.
    Fresh(u32),
    /// `max-age` and `s-maxage`, then `stale-while-revalidate`, and a `stale-if-error` of a day.
    Revalidate(u32, u32),
    /// As [`Caching::Revalidate`], without `stale-if-error`.
    RevalidateOnly(u32, u32),
}

impl Caching {
    pub(crate) fn header(self) -> HeaderValue {
        let text = match self {
            Self::NoStore => return HeaderValue::from_static("no-store"),
            Self::Validate => return HeaderValue::from_static("no-cache"),
            Self::Fresh(seconds) => format!("public, max-age={seconds}, s-maxage={seconds}"),
            Self::Revalidate(fresh, stale) => format!(
                "public, max-age={fresh}, s-maxage={fresh}, stale-while-revalidate={stale}, stale-if-error=86400"
            ),
            Self::RevalidateOnly(fresh, stale) => {
                format!("public, max-age={fresh}, s-maxage={fresh}, stale-while-revalidate={stale}")
            }
        };
        // This cannot fail: the text is printable ASCII.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("no-store"))
    }

    /// The same with a `max-age` of at least this many seconds: a caller may lengthen the time, but not shorten it.
    pub(crate) fn at_least(self, seconds: Option<u32>) -> Self {
        let seconds = seconds.unwrap_or(0);
        match self {
            Self::NoStore => Self::NoStore,
            Self::Validate => Self::Validate,
            Self::Fresh(fresh) => Self::Fresh(fresh.max(seconds)),
            Self::Revalidate(fresh, stale) => Self::Revalidate(fresh.max(seconds), stale),
            Self::RevalidateOnly(fresh, stale) => Self::RevalidateOnly(fresh.max(seconds), stale),
        }
    }
}

/// How long the badge of a plugin may be cached: `fresh-seconds` of plugins.toml, or else of the manifest.
pub(crate) fn plugin_caching(plugin: &Plugin, fresh: u32, revalidate: u32) -> Caching {
    let fresh = plugin.fresh_seconds.unwrap_or(fresh);
    if plugin.collections.is_empty() {
        Caching::Revalidate(fresh, revalidate)
    } else {
        // While the server is down, an old test result must not look like the current one.
        Caching::RevalidateOnly(fresh, revalidate)
    }
}
