//! A sealed text that fits into memory: JSON with the wrapped data key and the encrypted text.

use std::time::Instant;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::NONCE_LEN;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    cipher::{self, NonceBytes},
    data_key::WrappedKey,
    purpose::{Purpose, VERSION},
    seal_error::SealError,
    sealer::Sealer,
};

/// An envelope as it is written.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeText {
    sealed: u64,
    #[serde(rename = "for")]
    purpose: String,
    key: String,
    wrapped: String,
    nonce: String,
    data: String,
}

/// The part of an envelope that every version has.
#[derive(Deserialize)]
struct AnyVersion {
    sealed: u64,
}

/// An opened envelope.
pub(crate) struct Opened {
    /// The text, which is overwritten when it is dropped.
    pub(crate) text: Zeroizing<Vec<u8>>,
    /// The name of the key that had wrapped its data key.
    pub(crate) key: String,
}

/// Whether a text begins as an envelope does.
pub(crate) fn is_sealed(text: &[u8]) -> bool {
    let inner = text.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    inner.is_some_and(|inner| inner.starts_with(b"\"sealed\""))
}

/// Seals a text with a new data key, and returns the envelope and the name of the key that wrapped it.
///
/// # Errors
/// There is no key that seals, or no randomness.
pub(crate) fn seal(sealer: &Sealer, purpose: Purpose, text: &[u8]) -> Result<(Vec<u8>, String), SealError> {
    let new = sealer.new_data_key()?;
    let mut nonce: NonceBytes = [0; NONCE_LEN];
    cipher::fill_randomly(&mut nonce).map_err(|_| SealError::Randomness)?;
    let mut data = text.to_vec();
    cipher::seal(new.plain.bytes(), nonce, &purpose.bound(&new.wrapped), &mut data).map_err(|_| SealError::TooLong)?;
    let WrappedKey { key, wrapped } = new.wrapped;
    let envelope = EnvelopeText {
        sealed: VERSION,
        purpose: purpose.name().to_owned(),
        key: key.clone(),
        wrapped: STANDARD.encode(wrapped),
        nonce: STANDARD.encode(nonce),
        data: STANDARD.encode(data),
    };
    Ok((written(&envelope)?, key))
}

/// Opens an envelope.
///
/// # Errors
/// Its key is not given or not fetched, it is of another version or purpose, or it was changed.
pub(crate) fn open(sealer: &Sealer, purpose: Purpose, envelope: &[u8]) -> Result<Opened, SealError> {
    let any: AnyVersion = serde_json::from_slice(envelope).map_err(|_| SealError::Form)?;
    if any.sealed != VERSION {
        return Err(SealError::Version(any.sealed));
    }
    let read: EnvelopeText = serde_json::from_slice(envelope).map_err(|_| SealError::Form)?;
    // The cipher does not protect the white space and the escapes of the JSON, so only one way to write them is
    // accepted.
    if written(&read)? != envelope {
        return Err(SealError::Form);
    }
    if read.purpose != purpose.name() {
        return Err(SealError::Purpose { sealed: read.purpose, wanted: purpose.name() });
    }
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| SealError::Form);
    let wrapped = WrappedKey { wrapped: decoded(&read.wrapped)?, key: read.key };
    let nonce = NonceBytes::try_from(decoded(&read.nonce)?).map_err(|_| SealError::Form)?;
    let mut text = Zeroizing::new(decoded(&read.data)?);
    let key = sealer.data_key(&wrapped, Instant::now())?;
    cipher::open(key.bytes(), nonce, &purpose.bound(&wrapped), &mut text).map_err(|_| SealError::Changed)?;
    Ok(Opened { text, key: wrapped.key })
}

fn written(envelope: &EnvelopeText) -> Result<Vec<u8>, SealError> {
    let mut text = serde_json::to_vec_pretty(envelope).map_err(|_| SealError::Form)?;
    text.push(b'\n');
    Ok(text)
}
