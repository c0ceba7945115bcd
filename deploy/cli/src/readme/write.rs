//! Replaces a file's contents atomically: a reader sees either the old bytes or the new ones. The permissions stay.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Writes `bytes` into a new file beside `path`, and puts it in its place.
///
/// # Errors
/// The file cannot be written, or is no longer a file of its own; then it is as it was.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it has become something else than a file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::with_prefix_in(".badgesmith-", folder)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root may change a file's owner; the group is kept if the user belongs to it.
        let _ = fchown(file.as_file(), None, Some(metadata.gid()));
        let _ = fchown(file.as_file(), Some(metadata.uid()), None);
    }
    file.as_file().set_permissions(metadata.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|fault| fault.error)
}
