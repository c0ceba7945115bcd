//! The records of a subject for trends, charts and lists: one bounded read of the store.

use std::time::SystemTime;

use badgesmith_provider::Record;

use super::{broken::Unanswered, caller::Caller, records::Reading};
use crate::{
    error::Error,
    plugins::Plugin,
    store::{Span, Subject},
};

/// Records of a collection and subject, as they are shown at an address.
#[derive(Clone, Copy)]
pub(crate) struct ShownRecords<'a> {
    pub(crate) caller: &'a Caller,
    /// The plugin that has the collection.
    pub(crate) plugin: &'a Plugin,
    pub(crate) collection: &'a str,
    pub(crate) subject: &'a Subject,
}

impl ShownRecords<'_> {
    /// The records of a span, the newest first; none if the repository may not be shown.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn of(self, span: Span, now: SystemTime) -> Result<Vec<Record>, Error> {
        let Self { caller, plugin, collection, subject } = self;
        let finding = Box::pin(async { caller.world.store.history(collection, subject, span, now).await });
        let reading = Reading { caller, plugin, collection, owner: subject.owner(), repo: subject.repo(), now };
        reading.shown(finding).await.map_err(|unanswered| match unanswered {
            Unanswered::Failed(failure) => Error::from(&failure),
            Unanswered::Broken(broken) => Error::from(&broken),
        })
    }
}
