//! Sealing: a file is encrypted with a data key, which in turn is encrypted (wrapped) by a key that is kept elsewhere.
//!
//! A sealed file names the key that wrapped its data key, so a file that was sealed with a previous key can be opened
//! as long as that key is among the given ones. A small text becomes an envelope (`envelope`), and data that is too
//! large for memory becomes a stream of sealed chunks (`sealed_stream`). Both are bound to their purpose: a sealed
//! export is refused as secrets. There is only one way to write each of them, so a file with any changed byte is
//! refused.

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
