//! Replaces files as a whole, so that a reader never sees half of one.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::picture_fault::PictureFault;

/// The permissions of a new file, as `fs::write` gives them with the usual mask: everybody may read a picture.
#[cfg(unix)]
const READABLE: u32 = 0o644;

/// Writes a file beside its place and moves it there. A file that has these bytes already is not written.
///
/// # Errors
/// The file cannot be written; the old one is still there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), PictureFault> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    write(path, bytes).map_err(|fault| PictureFault::File { path: path.to_owned(), fault })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(READABLE);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
