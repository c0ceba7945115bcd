//! Sealing: what lies on a disk is encrypted with a data key, which itself is wrapped by a key that lies elsewhere.
//!
//! What is sealed names the key that wrapped its data key, so what was sealed with a previous key still opens while
//! that key is among those that are given. A small text is an envelope (`envelope`), and what is too large to be held
//! in memory is a stream of sealed chunks (`sealed_stream`). Both are bound to their purpose: a sealed export is
//! refused as secrets. Their text has one form only, so every changed byte is refused.

mod cipher;
mod data_key;
pub(crate) mod envelope;
mod key_wrapper;
mod local_key;
mod purpose;
mod seal_error;
mod sealed_stream;
mod sealer;
#[cfg(test)]
mod tests;

pub use data_key::{DataKey, NewDataKey, WrappedKey};
pub use key_wrapper::{KeyWrapper, WrapperError};
pub use local_key::{KeyError, KeySource, LocalKey};
pub use purpose::Purpose;
pub use seal_error::SealError;
pub use sealed_stream::{SealedWriter, UnsealedReader, is_sealed_stream};
pub use sealer::{SealKey, Sealer};
