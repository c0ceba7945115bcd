//! A provider's library: opened, looked over, called. The only unsafe code of the engine.
#![allow(unsafe_code)]

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    slice, str,
};

use badgesmith_provider::abi::{ABI, Bytes, OK, PANICKED, Table};

use super::checksum;

/// The largest manifest or step a provider may hand over, in bytes.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// The size of version 1's table in its first header, on this machine.
const FIRST_SIZE: usize = size_of::<Table>();

type Step = unsafe extern "C" fn(Bytes, *const Bytes, usize, *mut Bytes) -> i32;
type Release = unsafe extern "C" fn(Bytes);

/// An open library. It is never closed: a plugin's threads and statics may outlive any use we know of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library {
    manifest: &'static str,
    step: Step,
    release: Release,
}

impl Library {
    /// Compares the checksum, opens the library and looks its table over.
    ///
    /// # Errors
    /// What is wrong and what to write instead; the caller adds the file and the plugin.
    pub(crate) fn open(path: &Path, sha256: &str) -> Result<Self, String> {
        checksum::compare(path, sha256, "library")?;
        // SAFETY: opening runs the library's constructors. The operator named this file, and its checksum where one
        // is given was compared first: a native plugin is trusted code.
        let library = unsafe { libloading::Library::new(path) }.map_err(|fault| {
            // What the system says is the cause of what libloading says.
            let fault = fault.source().map_or_else(|| fault.to_string(), ToString::to_string);
            format!("the library cannot be opened: {fault}; was it built for this machine?")
        })?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: the header says what this symbol is.
        let symbol = unsafe { library.get::<extern "C" fn() -> *const Table>(b"badgesmith_provider_v1\0") };
        let symbol = symbol.map_err(|_| other_version(library))?;
        let table = symbol();
        if table.is_null() {
            return Err("badgesmith_provider_v1 returns no table; return the address of a static one".to_owned());
        }
        // SAFETY: the header says that a table is there for the life of the library and begins with these two, whatever
        // its version.
        let [abi, size] = unsafe { table.cast::<[u32; 2]>().read_unaligned() };
        if abi != ABI {
            return Err(version_fault(abi));
        }
        if (size as usize) < FIRST_SIZE {
            return Err(format!(
                "its table has {size} bytes where version {ABI} begins with {FIRST_SIZE}; \
                 set `size` to sizeof(badgesmith_provider)"
            ));
        }
        // SAFETY: the table says that it is at least this long.
        let table = unsafe { table.read_unaligned() };
        let step = table.step.ok_or("its table has no `step`; every provider needs one")?;
        let release = table.release.ok_or("its table has no `release`; every provider needs one, even an empty one")?;
        // SAFETY: the header says that the manifest is there, unchanged, for the life of the library.
        let manifest = unsafe { read(table.manifest) }.map_err(|fault| format!("its manifest {fault}"))?;
        let manifest = str::from_utf8(manifest).map_err(|_| "its manifest is not UTF-8".to_owned())?;
        Ok(Self { manifest, step, release })
    }

    /// The manifest's text.
    pub(crate) const fn manifest(&self) -> &'static str {
        self.manifest
    }

    /// One turn. It may never come back, so it runs where that does no harm.
    ///
    /// # Errors
    /// What the plugin did wrong, for the log.
    pub(crate) fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, String> {
        let bodies: Vec<Bytes> = bodies.iter().map(|body| Bytes::of(body)).collect();
        let mut out = Bytes::NONE;
        // SAFETY: what is lent lives until the call returns, and `out` may be written.
        let code = unsafe { (self.step)(Bytes::of(call), bodies.as_ptr(), bodies.len(), &raw mut out) };
        // SAFETY: the header says that `out` stays until it is released, which happens below.
        let message = unsafe { read(out) }.map(<[u8]>::to_vec);
        if !out.ptr.is_null() {
            // SAFETY: it is what this library's `step` wrote, given back once.
            unsafe { (self.release)(out) };
        }
        let message = message.map_err(|fault| format!("its step {fault}"))?;
        let words = || String::from_utf8_lossy(&message).into_owned();
        match code {
            OK => Ok(message),
            PANICKED => Err(format!("it panicked: {}", words())),
            code => Err(format!("its step returned {code}: {}", words())),
        }
    }
}

/// Reads what a plugin lends.
///
/// # Safety
/// `bytes.ptr` is null, or points to `bytes.len` bytes that stay and are not written during `'a`.
unsafe fn read<'a>(bytes: Bytes) -> Result<&'a [u8], String> {
    match (bytes.ptr.is_null(), bytes.len) {
        (_, 0) => Err("is empty".to_owned()),
        (true, length) => Err(format!("is {length} bytes at null")),
        (_, length) if length > LARGEST_MESSAGE => Err(format!("has {length} bytes of at most {LARGEST_MESSAGE}")),
        // SAFETY: the caller vouches for the pointer, and the length was looked at.
        (false, length) => Ok(unsafe { slice::from_raw_parts(bytes.ptr, length) }),
    }
}

/// What to say of a library that has no symbol of this version.
fn other_version(library: &libloading::Library) -> String {
    let other = (2..=9).find(|version| {
        let symbol = format!("badgesmith_provider_v{version}\0");
        // SAFETY: the symbol is only looked for, never called.
        unsafe { library.get::<*const ()>(symbol.as_bytes()) }.is_ok()
    });
    match other {
        Some(version) => version_fault(version),
        None => "it does not export badgesmith_provider_v1; is it a provider? In Rust write \
                 badgesmith_provider::export!, in C define that function"
            .to_owned(),
    }
}

fn version_fault(abi: u32) -> String {
    let remedy = if abi > ABI { "a newer badgesmith, or build the plugin against an older SDK" } else { "a newer SDK" };
    format!("it was built for version {abi} of the provider boundary, this badgesmith has version {ABI}; use {remedy}")
}

/// Where a library lies: a path as it is, a bare name with this platform's prefix and ending in each folder in turn.
///
/// # Errors
/// Every place that was looked at.
pub(super) fn find(name: &str, beside: &Path, folders: &[PathBuf]) -> Result<PathBuf, String> {
    let is_path = name.contains(['/', '\\']) || Path::new(name).extension().is_some();
    let places: Vec<PathBuf> = if is_path {
        vec![beside.join(name)]
    } else {
        let file = libloading::library_filename(name);
        folders.iter().map(|folder| folder.join(&file)).collect()
    };
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return fs::canonicalize(found).map_err(|fault: io::Error| format!("{}: {fault}", found.display()));
    }
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    Err(format!("the library is not at {}; build it, or write its path", places.join(" nor at ")))
}
