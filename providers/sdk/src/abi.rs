//! The table that crosses the boundary, and the only unsafe code on a provider's side.
//!
//! `include/badgesmith_provider.h` says the same in C and is frozen: a change that it does not allow is another
//! version, with another symbol.
#![allow(unsafe_code)]

use std::{
    any::Any,
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    ptr, slice,
    sync::Once,
};

use crate::{Provider, message};

/// The version of this boundary: its own number, never a package's.
pub const ABI: u32 = 1;

/// `step` went well and `out` holds a step.
pub const OK: i32 = 0;
/// The provider panicked; `out` holds the panic's words.
pub const PANICKED: i32 = 1;
/// The call could not be read; `out` holds why.
pub const UNREADABLE: i32 = 2;

/// Borrowed bytes, never freed by whoever receives them.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte; may be null where `len` is 0.
    pub ptr: *const u8,
    /// How many bytes.
    pub len: usize,
}

/// What the one exported symbol returns: the provider, as a table that is never freed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// [`ABI`] of the header this was built with.
    pub abi: u32,
    /// `sizeof` of the table in the header this was built with; new fields go at the end.
    pub size: u32,
    /// UTF-8 JSON, valid for the life of the library.
    pub manifest: Bytes,
    /// One turn: a call and its bodies in, a step out. May be called from several threads at once.
    pub step:
        Option<unsafe extern "C" fn(call: Bytes, bodies: *const Bytes, bodies_len: usize, out: *mut Bytes) -> i32>,
    /// Gives back what `step` put into `out`.
    pub release: Option<unsafe extern "C" fn(out: Bytes)>,
}

// SAFETY: a table is never written after it was made, and its pointers point to data that lives as long as the
// library and is never written either.
unsafe impl Sync for Table {}
// SAFETY: as for `Sync`; nothing in a table belongs to a thread.
unsafe impl Send for Table {}

impl Bytes {
    /// Borrows `bytes`; the caller keeps them alive for as long as the receiver may read.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// No bytes.
    pub const NONE: Self = Self { ptr: ptr::null(), len: 0 };

    /// Reads what the other side lent.
    ///
    /// # Safety
    /// `ptr` is null, or points to `len` bytes that stay and are not written during `'a`.
    unsafe fn read<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() || self.len == 0 {
            return &[];
        }
        // SAFETY: the caller vouches for it.
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }

    /// Moves bytes out to the other side, which gives them back through [`release`].
    fn lend(bytes: Vec<u8>) -> Self {
        let bytes: &'static mut [u8] = Box::leak(bytes.into_boxed_slice());
        Self::of(bytes)
    }
}

/// What [`crate::export!`] puts behind `step`. A panic becomes a return code.
///
/// # Safety
/// The pointers are as the header says: `call` and each of the `bodies_len` entries of `bodies` lend bytes until this
/// returns, and `out` may be written.
pub unsafe fn step(
    provider: &dyn Provider,
    call: Bytes,
    bodies: *const Bytes,
    bodies_len: usize,
    out: *mut Bytes,
) -> i32 {
    keep_last_words();
    // SAFETY: the caller vouches for the pointers, and the borrows end with this function.
    let (call, bodies) = unsafe {
        let bodies = if bodies.is_null() { &[] } else { slice::from_raw_parts(bodies, bodies_len) };
        (call.read(), bodies.iter().map(|body| body.read()).collect::<Vec<_>>())
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| message::answer(provider, call, &bodies)));
    let (code, text) = match outcome {
        Ok(Ok(step)) => (OK, step),
        Ok(Err(fault)) => (UNREADABLE, fault.into_bytes()),
        Err(payload) => (PANICKED, last_words(payload).into_bytes()),
    };
    // SAFETY: the caller vouches that `out` may be written.
    unsafe { out.write(Bytes::lend(text)) };
    code
}

/// What [`crate::export!`] puts behind `release`.
///
/// # Safety
/// `out` came from [`step`] of the same library and is given back once.
pub unsafe extern "C" fn release(out: Bytes) {
    if !out.ptr.is_null() {
        // SAFETY: `Bytes::lend` made it of a boxed slice of this length.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(out.ptr.cast_mut(), out.len)) });
    }
}

thread_local! {
    static LAST_WORDS: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Has a panic of this library say its words to the host's log instead of printing them into the host's output.
fn keep_last_words() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| LAST_WORDS.with_borrow_mut(|words| *words = Some(panic.to_string()))));
    });
}

fn last_words(payload: Box<dyn Any + Send>) -> String {
    // A payload whose own drop panics would end the host.
    std::mem::forget(payload);
    LAST_WORDS.take().unwrap_or_else(|| "a panic without words".to_owned())
}

/// Makes a `cdylib` a provider: exports the one symbol that a host looks for.
///
/// Takes a constant expression of a type that implements [`Provider`] and the manifest's text.
///
/// ```
/// use badgesmith_provider::{Badge, Call, Provider, Step};
///
/// struct Hello;
///
/// impl Provider for Hello {
///     fn badge(&self, call: &Call) -> Result<Badge, Step> {
///         Ok(Badge::new(format!("hello {}", call.param("name"))))
///     }
/// }
///
/// badgesmith_provider::export!(Hello, r#"{"id": "hello", "version": "1.0.0", "mount": "/badges/hello", "badges": []}"#);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($provider:expr, $manifest:expr) => {
        /// The provider, as the host sees it.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn badgesmith_provider_v1() -> *const $crate::abi::Table {
            unsafe extern "C" fn step(
                call: $crate::abi::Bytes,
                bodies: *const $crate::abi::Bytes,
                bodies_len: usize,
                out: *mut $crate::abi::Bytes,
            ) -> i32 {
                // SAFETY: the host keeps to the header, which says what `abi::step` asks for.
                unsafe { $crate::abi::step(&$provider, call, bodies, bodies_len, out) }
            }
            static MANIFEST: &str = $manifest;
            static TABLE: $crate::abi::Table = $crate::abi::Table {
                abi: $crate::abi::ABI,
                size: ::core::mem::size_of::<$crate::abi::Table>() as u32,
                manifest: $crate::abi::Bytes::of(MANIFEST.as_bytes()),
                step: ::core::option::Option::Some(step),
                release: ::core::option::Option::Some($crate::abi::release),
            };
            &TABLE
        }
    };
}
