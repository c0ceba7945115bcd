//! A store that stores nothing: a plugin command ends before it could read back anything.

use std::time::SystemTime;

use badgesmith_engine::store::{
    Delivery, Entry, EveryPart, ListedSubject, MarkedAnswer, Recorded, Row, Span, States, Store, Subject, Unavailable,
    Unhealthy,
};
use badgesmith_provider::{FoundParts, FoundState, Record, State};
use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};

/// Has no answers, records and states, and refuses to record.
pub(super) struct NoStore;

/// The error of every write.
fn refused() -> Unavailable {
    Unavailable("a command records nothing".to_owned())
}

impl Store for NoStore {
    fn answer<'a>(&'a self, _: &'a str, _: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        Box::pin(ready(Ok(None)))
    }

    fn keep_answer(&self, _: &str, _: Bytes, _: SystemTime) {}

    fn record<'a>(&'a self, _: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        Box::pin(ready(Err(refused())))
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

    fn part_records<'a>(&'a self, _: &'a EveryPart, _: SystemTime) -> BoxFuture<'a, Result<FoundParts, Unavailable>> {
        Box::pin(ready(Ok(FoundParts::default())))
    }

    fn put_told_state<'a>(
        &'a self,
        _: &'a State,
        _: SystemTime,
        _: Option<&'a Row>,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(ready(Err(refused())))
    }

    fn states<'a>(&'a self, _: &'a States, _: SystemTime) -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn deliver<'a>(&'a self, _: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(ready(Err(refused())))
    }

    fn owners<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn subjects<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: &'a str,
        _: usize,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn mark_stale<'a>(&'a self, _: &'a str, _: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(ready(Err(refused())))
    }

    fn answer_about<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>> {
        Box::pin(ready(Ok(MarkedAnswer::default())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        Box::pin(ready(Err(refused().into())))
    }
}
