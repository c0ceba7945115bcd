//! Copies of libraries, which are opened in their place: a library that is open can then be overwritten, as `cp` does,
//! without changing the code of a running process.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::{Config, plugins::file_paths};
use tempfile::TempDir;

/// What tells one state of a file from another.
type FileState = (PathBuf, SystemTime, u64);

/// A folder of copies, which is removed with this.
#[derive(Debug)]
pub struct LibraryCopies {
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
    /// An empty folder, private to its user, where the system has temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("badgesmith-");
        // Whoever could write there could have the server run any code.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir()?;
        Ok(Self { folder, made: Mutex::default() })
    }

    /// Has every plugin of a configuration open a copy of its library. One that is not there is left as it is, so that it
    /// is missed by its own name.
    ///
    /// # Errors
    /// A library cannot be copied, or changes meanwhile.
    pub(crate) fn place(&self, config: &mut Config, folders: &[PathBuf]) -> Result<(), NotCopied> {
        for plugin in &mut config.plugin {
            let is_library = plugin.library.is_some() && plugin.declarative.is_none();
            let found = file_paths(plugin, folders).into_iter().find(|path| is_library && path.is_file());
            let Some(path) = found else { continue };
            let copy = self.copy(&path).map_err(|cause| NotCopied { path, cause })?;
            plugin.library = Some(copy.to_str().map(str::to_owned).ok_or_else(|| NotCopied {
                path: copy.clone(),
                cause: io::Error::other("the path of temporary files is not UTF-8; set TMPDIR to another folder"),
            })?);
        }
        Ok(())
    }

    fn copy(&self, path: &Path) -> io::Result<PathBuf> {
        let before = state(path)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = made.get(&before) {
            return Ok(copy.clone());
        }
        // A folder for each, because libraries of one name may lie in several.
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

fn state(path: &Path) -> io::Result<FileState> {
    let found = fs::metadata(path)?;
    Ok((fs::canonicalize(path)?, found.modified()?, found.len()))
}

#[cfg(test)]
mod tests {
    use badgesmith_engine::plugins::PluginConfig;

    use super::*;

    #[test]
    fn a_library_that_changed_has_a_new_copy_and_one_that_did_not_has_the_same() {
        let here = tempfile::tempdir().unwrap();
        let library = here.path().join("a.so");
        fs::write(&library, "one").unwrap();
        let copies = LibraryCopies::new().unwrap();
        let place = || {
            let plugin = |name: &Path| PluginConfig { library: name.to_str().map(str::to_owned), ..Default::default() };
            let plugins = vec![plugin(&library), plugin(&here.path().join("missing.so"))];
            let mut config = Config { plugin: plugins, ..Config::default() };
            copies.place(&mut config, &[]).unwrap();
            config.plugin.into_iter().map(|plugin| PathBuf::from(plugin.library.unwrap())).collect::<Vec<_>>()
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
}
