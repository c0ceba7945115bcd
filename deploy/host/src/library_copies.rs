//! Copies of libraries, which are opened instead of the originals: an original can then be overwritten, as `cp` does,
//! without changing the code of a running process.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::plugins::{PluginConfig, file_paths};
use tempfile::TempDir;

/// How the name of a folder of copies begins.
const PREFIX: &str = "badgesmith-copies-";
/// The file in such a folder that is locked as long as the process that made the folder runs.
const LOCK: &str = "lock";

/// Path, modification time and size of a file: they differ if the file was changed.
type FileState = (PathBuf, SystemTime, u64);

/// A folder of copies, which is removed when this value is dropped. If the process is killed, the next process that
/// makes such a folder removes it.
#[derive(Debug)]
pub struct LibraryCopies {
    /// Held until the process ends, however it ends; `None` where files cannot be locked.
    _lock: Option<File>,
    folder: TempDir,
    /// A library that did not change is opened once, since it is never closed.
    made: Mutex<BTreeMap<FileState, PathBuf>>,
}

/// A library cannot be copied.
#[derive(Debug)]
pub(crate) struct NotCopied {
    /// The library.
    pub(crate) path: PathBuf,
    /// Why.
    pub(crate) cause: io::Error,
}

impl LibraryCopies {
    /// An empty folder, private to its user, where the system has temporary files. Folders of processes that no longer
    /// run are removed.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        // Anybody who can write to this folder can make the server run any code.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir()?;
        let lock = lock(folder.path()).ok();
        remove_abandoned(folder.path());
        Ok(Self { _lock: lock, folder, made: Mutex::default() })
    }

    /// Has a plugin open a copy of its library. The path of a library that does not exist is left unchanged, so that the
    /// error names that path.
    ///
    /// # Errors
    /// The library cannot be copied, or changes meanwhile.
    pub(crate) fn place(&self, plugin: &mut PluginConfig, folders: &[PathBuf]) -> Result<(), NotCopied> {
        let is_library = plugin.library.is_some() && plugin.declarative.is_none();
        let found = file_paths(plugin, folders).into_iter().find(|path| is_library && path.is_file());
        let Some(path) = found else { return Ok(()) };
        let copy = self.copy(&path).map_err(|cause| NotCopied { path, cause })?;
        plugin.library = Some(copy.to_str().map(str::to_owned).ok_or_else(|| NotCopied {
            path: copy.clone(),
            cause: io::Error::other("the path of temporary files is not UTF-8; set TMPDIR to another folder"),
        })?);
        Ok(())
    }

    fn copy(&self, path: &Path) -> io::Result<PathBuf> {
        let before = state(path)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = made.get(&before) {
            return Ok(copy.clone());
        }
        // Each copy has a folder of its own, because libraries in different folders may have the same name.
        let folder = self.folder.path().join(made.len().to_string());
        fs::create_dir_all(&folder)?;
        let copy = folder.join(path.file_name().unwrap_or_default());
        fs::copy(path, &copy)?;
        if state(path)? != before {
            return Err(io::Error::other("it changes while it is copied; it is read once it is complete"));
        }
        made.insert(before, copy.clone());
        Ok(copy)
    }
}

/// Locks a new folder. The file gets its name only once it is locked, so that no other process takes the folder for
/// abandoned before.
fn lock(folder: &Path) -> io::Result<File> {
    let unlocked = folder.join("unlocked");
    let file = File::create_new(&unlocked)?;
    file.try_lock()?;
    fs::rename(unlocked, folder.join(LOCK))?;
    Ok(file)
}

/// Removes the folders beside `own` that belong to the same user and whose processes no longer run. A folder that
/// cannot be removed stays.
fn remove_abandoned(own: &Path) {
    let entries = own.parent().and_then(|parent| fs::read_dir(parent).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let path = entry.path();
        if is_named && path != own && is_of_same_user(&path, own) && is_abandoned(&path) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Whether a folder is not a symbolic link and belongs to the user who owns `own`.
fn is_of_same_user(folder: &Path, own: &Path) -> bool {
    let (Ok(folder), Ok(own)) = (fs::symlink_metadata(folder), fs::symlink_metadata(own)) else { return false };
    #[cfg(unix)]
    let is_same = std::os::unix::fs::MetadataExt::uid(&folder) == std::os::unix::fs::MetadataExt::uid(&own);
    #[cfg(not(unix))]
    let is_same = own.is_dir();
    folder.is_dir() && is_same
}

/// Whether no process holds the lock of a folder.
fn is_abandoned(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

fn state(path: &Path) -> io::Result<FileState> {
    let found = fs::metadata(path)?;
    Ok((fs::canonicalize(path)?, found.modified()?, found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_changed_has_a_new_copy_and_one_that_did_not_has_the_same() {
        let here = tempfile::tempdir().unwrap();
        let library = here.path().join("a.so");
        fs::write(&library, "one").unwrap();
        let copies = LibraryCopies::new().unwrap();
        let place = || {
            let plugin = |name: &Path| PluginConfig { library: name.to_str().map(str::to_owned), ..Default::default() };
            [&library, &here.path().join("missing.so")].map(|path| {
                let mut plugin = plugin(path);
                copies.place(&mut plugin, &[]).unwrap();
                PathBuf::from(plugin.library.unwrap())
            })
        };
        let first = place();
        assert_eq!(first, place());
        assert_eq!(first[1], here.path().join("missing.so"));
        fs::write(&library, "two!").unwrap();
        let second = place();
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!((&*read(&first[0]), &*read(&second[0])), ("one", "two!"));
        drop(copies);
        assert!(!first[0].exists());
    }

    #[test]
    fn the_folder_of_a_process_that_was_killed_is_removed_by_the_next_one_and_no_other_is() {
        let living = LibraryCopies::new().unwrap();
        let unlocked = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        // The system releases the lock of a process that it ends.
        let LibraryCopies { _lock: lock, folder, .. } = LibraryCopies::new().unwrap();
        assert!(lock.is_some());
        drop(lock);
        let killed = folder.keep();
        fs::create_dir(killed.join("0")).unwrap();
        fs::write(killed.join("0/a.so"), "one").unwrap();
        let next = LibraryCopies::new().unwrap();
        assert!(!killed.exists());
        assert!(living.folder.path().is_dir() && unlocked.path().is_dir() && next.folder.path().is_dir());
    }
}
