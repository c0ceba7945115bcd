//! A store that keeps nothing: a plugin command ends before it could read back what it stored.

use std::time::SystemTime;

use badgesmith_engine::store::{Entry, Recorded, Span, Store, Subject, Unavailable, Unhealthy};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};

/// Has no answers and no records, and refuses to record.
pub(super) struct NoStore;

impl Store for NoStore {
    fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        Box::pin(ready(Ok(None)))
    }

    fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}

    fn record<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        Box::pin(ready(Err(Unavailable("a command records nothing".to_owned()))))
    }

    fn history<'a>(
        &'a self,
        _: &'a str,
        _: &'a Subject,
        _: Span,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        Box::pin(ready(Err(Unavailable("a command records nothing".to_owned()).into())))
    }
}
