//! AES-256-GCM with data that is bound to the text, for everything that is sealed.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};

/// The length of a key, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// A nonce of 96 bits. It must not be used twice with one key.
pub(super) type NonceBytes = [u8; NONCE_LEN];
/// How much longer a sealed text is: the authentication tag, in bytes.
pub(super) const TAG_BYTES: usize = 16;

/// Encrypts the text in place and appends the tag.
///
/// # Errors
/// The text is longer than the cipher's limit of 64 GiB.
pub(super) fn seal(
    key: &[u8; KEY_BYTES],
    nonce: NonceBytes,
    bound: &[u8],
    text: &mut Vec<u8>,
) -> Result<(), Unspecified> {
    cipher(key)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), text)
}

/// Decrypts the text in place and removes the tag.
///
/// # Errors
/// The key, the nonce, the bound data or the text are not those of the sealing.
pub(super) fn open(
    key: &[u8; KEY_BYTES],
    nonce: NonceBytes,
    bound: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), Unspecified> {
    let length = cipher(key)?.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound), sealed)?.len();
    sealed.truncate(length);
    Ok(())
}

fn cipher(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
}

/// Fills the bytes with the system's randomness.
///
/// # Errors
/// The system has none.
pub(super) fn fill_randomly(bytes: &mut [u8]) -> Result<(), Unspecified> {
    SystemRandom::new().fill(bytes)
}
