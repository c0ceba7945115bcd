//! The feed of changes: what was recorded or changed, for those who watch.

use crate::store::Subject;

/// A record or a state that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its collection.
    pub(crate) collection: String,
    /// Its subject.
    pub(crate) subject: Subject,
}

/// The feed. Handlers tell it of every change once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Feed {}

impl Feed {
    /// Tells everybody who watches.
    pub(crate) fn tell(&self, change: &Change) {
        let _ = (self, change);
    }
}
