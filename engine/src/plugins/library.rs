//! A provider's library: opened, checked, called. The only unsafe code of the engine.
#![allow(unsafe_code)]

use std::{
    borrow::Cow,
    error::Error,
    ffi::OsString,
    path::Path,
    slice, str,
    sync::atomic::{AtomicU32, Ordering},
};

use badgesmith_provider::abi::{ABI, Bytes, OK, PANICKED, Table};

use super::{
    library_error::{InvalidMessage, LibraryError},
    plugin_code::{PluginCode, StepError},
};

/// The largest manifest or step message of a library, in bytes.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// The size of version 1's table in its first header, on this machine.
const FIRST_SIZE: usize = size_of::<Table>();

/// How often [`renew_libraries`] was called.
static RENEWALS: AtomicU32 = AtomicU32::new(0);

type StepFunction = unsafe extern "C" fn(Bytes, *const Bytes, usize, *mut Bytes) -> i32;
type ReleaseFunction = unsafe extern "C" fn(Bytes);

/// An open library. It is never closed: its threads and statics may be in use at any time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library {
    manifest: &'static str,
    step: StepFunction,
    release: ReleaseFunction,
}

/// The file name of a library with a bare name on this platform, such as `libnuget.so`.
pub(super) fn file_name(name: &str) -> OsString {
    libloading::library_filename(name)
}

/// Makes later calls open the files that are at the libraries' paths now. glibc returns a library that is open already
/// for the same path, even if another file has replaced it since.
pub fn renew_libraries() {
    RENEWALS.fetch_add(1, Ordering::Relaxed);
}

/// Another spelling of a path for each renewal. For a path that it has not seen, the dynamic loader compares the files,
/// so a library that was not replaced is still opened only once.
fn spelled(path: &Path, renewal: u32) -> Cow<'_, Path> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.into() };
    if renewal == 0 || cfg!(windows) {
        return path.into();
    }
    let mut spelled = folder.as_os_str().to_owned();
    let digits = u32::BITS - renewal.leading_zeros();
    (0..digits).for_each(|digit| spelled.push(if renewal >> digit & 1 == 1 { "/." } else { "/" }));
    spelled.push("/");
    spelled.push(name);
    Path::new(&spelled).to_owned().into()
}

impl Library {
    /// Opens the library and checks its table. Opening runs code of the library, so its checksum is compared before.
    ///
    /// # Errors
    /// [`LibraryError`], with what to write instead.
    pub(super) fn open(path: &Path) -> Result<Self, LibraryError> {
        let path = spelled(path, RENEWALS.load(Ordering::Relaxed));
        // SAFETY: opening runs the library's constructors. The operator named this file, and its checksum where one
        // is given was compared first: a native plugin is trusted code.
        let library = unsafe { libloading::Library::new(&*path) }.map_err(|fault| {
            // libloading has the system's message in the source of its own error.
            LibraryError::NotOpened(fault.source().map_or_else(|| fault.to_string(), ToString::to_string))
        })?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: the header defines the type of this symbol.
        let symbol = unsafe { library.get::<extern "C" fn() -> *const Table>(b"badgesmith_provider_v1\0") };
        let symbol = symbol.map_err(|_| other_version(library))?;
        let table = symbol();
        if table.is_null() {
            return Err(LibraryError::NoTable);
        }
        // SAFETY: the header says that the table lives as long as the library and begins with these two fields in every
        // version.
        let [abi, size] = unsafe { table.cast::<[u32; 2]>().read_unaligned() };
        if abi != ABI {
            return Err(LibraryError::OtherVersion(abi));
        }
        let size = size as usize;
        if size < FIRST_SIZE {
            return Err(LibraryError::ShortTable { size, least: FIRST_SIZE });
        }
        // SAFETY: the table says that it is at least this long.
        let table = unsafe { table.read_unaligned() };
        let step = table.step.ok_or(LibraryError::NoStep)?;
        let release = table.release.ok_or(LibraryError::NoRelease)?;
        // SAFETY: the header says that the manifest lives, unchanged, as long as the library.
        let manifest = unsafe { read(table.manifest) }.map_err(LibraryError::Manifest)?;
        let manifest = str::from_utf8(manifest).map_err(|_| LibraryError::ManifestNotUtf8)?;
        Ok(Self { manifest, step, release })
    }

    /// The manifest's text.
    pub(super) const fn manifest(&self) -> &'static str {
        self.manifest
    }
}

impl PluginCode for Library {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        let bodies: Vec<Bytes> = bodies.iter().map(|body| Bytes::of(body)).collect();
        let mut out = Bytes::NONE;
        // SAFETY: the arguments live until the call returns, and `out` may be written.
        let code = unsafe { (self.step)(Bytes::of(call), bodies.as_ptr(), bodies.len(), &raw mut out) };
        // SAFETY: the header says that `out` stays valid until it is released, which happens below.
        let message = unsafe { read(out) }.map(<[u8]>::to_vec);
        if !out.ptr.is_null() {
            // SAFETY: `out` was written by this library's `step`, and is released only once.
            unsafe { (self.release)(out) };
        }
        let message = message.map_err(StepError::InvalidMessage)?;
        let words = || String::from_utf8_lossy(&message).into_owned();
        match code {
            OK => Ok(message),
            PANICKED => Err(StepError::Panicked(words())),
            code => Err(StepError::Failed { code, words: words() }),
        }
    }
}

/// Reads memory that a library lends.
///
/// # Safety
/// `bytes.ptr` is null, or points to `bytes.len` bytes that stay and are not written during `'a`.
unsafe fn read<'a>(bytes: Bytes) -> Result<&'a [u8], InvalidMessage> {
    match (bytes.ptr.is_null(), bytes.len) {
        (_, 0) => Err(InvalidMessage::Empty),
        (true, length) => Err(InvalidMessage::AtNull(length)),
        (_, length) if length > LARGEST_MESSAGE => Err(InvalidMessage::TooLong { length, most: LARGEST_MESSAGE }),
        // SAFETY: the caller vouches for the pointer, and the length was checked.
        (false, length) => Ok(unsafe { slice::from_raw_parts(bytes.ptr, length) }),
    }
}

/// The error for a library that has no symbol of this version.
fn other_version(library: &libloading::Library) -> LibraryError {
    let other = (2..=9).find(|version| {
        let symbol = format!("badgesmith_provider_v{version}\0");
        // SAFETY: the symbol is only looked for, never called.
        unsafe { library.get::<*const ()>(symbol.as_bytes()) }.is_ok()
    });
    other.map_or(LibraryError::NoProvider, LibraryError::OtherVersion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn every_renewal_spells_a_path_in_a_way_of_its_own_that_leads_to_the_same_file() {
        let path = Path::new("/a/b.so");
        let spelled: Vec<_> = (0..70).map(|renewal| spelled(path, renewal).into_owned().into_os_string()).collect();
        assert_eq!(spelled[0], "/a/b.so");
        // Paths compare by their components.
        assert!(spelled.iter().all(|spelled| Path::new(spelled) == path), "{spelled:?}");
        let different: std::collections::BTreeSet<_> = spelled.iter().collect();
        assert_eq!(different.len(), spelled.len());
    }
}
