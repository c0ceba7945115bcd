//! The embedded store in a directory of its own.

use std::{fs, path::PathBuf};

use badgesmith_host::embedded::EmbeddedStore;

/// A store, and its directory that goes with it.
pub(crate) struct Opened {
    pub(crate) store: EmbeddedStore,
    directory: PathBuf,
}

pub(crate) fn open(name: &str) -> Opened {
    let directory = std::env::temp_dir().join(format!("badgesmith-store-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    Opened { store: EmbeddedStore::open(&directory).unwrap(), directory }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.store.close();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
