//! The binary interface between host and provider, and the only unsafe code on the provider's side.
//!
//! `include/badgesmith_provider.h` has the same declarations in C and is frozen: a change that it does not allow needs
//! another version of the interface, with another symbol.
#![allow(unsafe_code)]

use std::{
    any::Any,
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    ptr, slice,
    sync::Once,
};

use crate::{message, provider::Provider};

/// The version of this interface, which is independent of the package's version.
pub const ABI: u32 = 1;

/// `step` succeeded; `out` holds a step.
pub const OK: i32 = 0;
/// The provider panicked; `out` holds the panic's message.
pub const PANICKED: i32 = 1;
/// The call could not be read; `out` holds the reason.
pub const UNREADABLE: i32 = 2;

/// Borrowed bytes, which the receiver never frees.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte; may be null where `len` is 0.
    pub ptr: *const u8,
    /// The number of bytes.
    pub len: usize,
}

/// The provider, as a table that the one exported symbol returns and that is never freed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The [`ABI`] that the provider was built with.
    pub abi: u32,
    /// The size of the table that the provider was built with, in bytes; new fields go at the end.
    pub size: u32,
    /// The manifest as UTF-8 JSON, valid for as long as the library is loaded.
    pub manifest: Bytes,
    /// Takes a call and its bodies, returns a step. May be called from several threads at once.
    pub step:
        Option<unsafe extern "C" fn(call: Bytes, bodies: *const Bytes, bodies_len: usize, out: *mut Bytes) -> i32>,
    /// Frees what `step` wrote to `out`.
    pub release: Option<unsafe extern "C" fn(out: Bytes)>,
}

// SAFETY: a table is immutable, and its pointers point to immutable data that lives as long as the library.
unsafe impl Sync for Table {}
// SAFETY: as for `Sync`; nothing in a table is bound to a thread.
unsafe impl Send for Table {}

impl Bytes {
    /// Borrows `bytes`; the caller keeps them alive for as long as the receiver may read them.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// No bytes.
    pub const NONE: Self = Self { ptr: ptr::null(), len: 0 };

    /// The bytes as a slice.
    ///
    /// # Safety
    /// `ptr` is null, or points to `len` bytes that stay valid and unchanged during `'a`.
    unsafe fn read<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() || self.len == 0 {
            return &[];
        }
        // SAFETY: the caller guarantees that `ptr` points to `len` bytes.
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }

    /// Leaks the bytes to the host, which returns them through [`release`].
    fn leak(bytes: Vec<u8>) -> Self {
        let bytes: &'static mut [u8] = Box::leak(bytes.into_boxed_slice());
        Self::of(bytes)
    }
}

/// The implementation of [`Table::step`] for a provider in Rust, used by [`crate::export!`]. A panic becomes a return
/// code.
///
/// # Safety
/// As the header requires: `call` and each of the `bodies_len` entries of `bodies` are valid until this returns, and
/// `out` may be written.
pub unsafe fn step(
    provider: &dyn Provider,
    call: Bytes,
    bodies: *const Bytes,
    bodies_len: usize,
    out: *mut Bytes,
) -> i32 {
    capture_panic_messages();
    // SAFETY: the caller guarantees that the pointers are valid, and the borrows end with this function.
    let (call, bodies) = unsafe {
        let bodies = if bodies.is_null() { &[] } else { slice::from_raw_parts(bodies, bodies_len) };
        (call.read(), bodies.iter().map(|body| body.read()).collect::<Vec<_>>())
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| message::answer(provider, call, &bodies)));
    let (code, text) = match outcome {
        Ok(Ok(step)) => (OK, step),
        Ok(Err(fault)) => (UNREADABLE, fault.to_string().into_bytes()),
        Err(payload) => (PANICKED, panic_message(payload).into_bytes()),
    };
    // SAFETY: the caller guarantees that `out` may be written.
    unsafe { out.write(Bytes::leak(text)) };
    code
}

/// The implementation of [`Table::release`] for a provider in Rust, used by [`crate::export!`].
///
/// # Safety
/// `out` comes from [`step`] of the same library and is released once.
pub unsafe extern "C" fn release(out: Bytes) {
    if !out.ptr.is_null() {
        // SAFETY: `Bytes::leak` leaked a boxed slice of this length.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(out.ptr.cast_mut(), out.len)) });
    }
}

thread_local! {
    static PANIC_MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the message of a panic in this library for the host's log, instead of printing it to the host's output.
fn capture_panic_messages() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| PANIC_MESSAGE.with_borrow_mut(|message| *message = Some(panic.to_string()))));
    });
}

fn panic_message(payload: Box<dyn Any + Send>) -> String {
    // Dropping the payload could panic again, which would abort the host.
    std::mem::forget(payload);
    PANIC_MESSAGE.take().unwrap_or_else(|| "a panic without words".to_owned())
}

/// Exports a provider from a `cdylib`, as the one symbol that a host looks up.
///
/// Takes a constant expression of a type that implements [`Provider`], and the text of the manifest.
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
/// badgesmith_provider::export!(Hello, r#"{
///   "id": "hello", "version": "1.0.0", "mount": "/badges/hello", "badges": []
/// }"#);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($provider:expr, $manifest:expr) => {
        /// The provider's table, for the host.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn badgesmith_provider_v1() -> *const $crate::abi::Table {
            unsafe extern "C" fn step(
                call: $crate::abi::Bytes,
                bodies: *const $crate::abi::Bytes,
                bodies_len: usize,
                out: *mut $crate::abi::Bytes,
            ) -> i32 {
                // SAFETY: the header requires of the host what `abi::step` requires of its caller.
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
