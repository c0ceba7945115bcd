//! The embedded store in a directory of its own.

use std::{fs, path::PathBuf};

use badgesmith_host::embedded::EmbeddedStore;

/// A store, and its directory, which is removed with it.
pub(crate) struct TemporaryStore {
    pub(crate) store: EmbeddedStore,
    directory: PathBuf,
}

pub(crate) fn open(name: &str) -> TemporaryStore {
    let directory = std::env::temp_dir().join(format!("badgesmith-store-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    TemporaryStore { store: EmbeddedStore::open(&directory).unwrap(), directory }
}

impl Drop for TemporaryStore {
    fn drop(&mut self) {
        self.store.close();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
