//! The two algorithms of signatures that are accepted, and the public keys for them.

use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

/// Above this many bytes, verifying is slow.
const SLOW_MODULUS: usize = 4096 / 8;

/// An algorithm of JWA (RFC 7518, section 3.1). No other can be named, neither `none` nor one with a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSA with PKCS #1 v1.5 and SHA-256.
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
}

impl Algorithm {
    /// The algorithm of this name, which is case-sensitive.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256].into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Its name in headers of tokens and in keys.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A public key, which is valid for one algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The modulus and the exponent, big-endian without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// A point of P-256, uncompressed. Whether it is on the curve is checked with each signature.
    P256(Vec<u8>),
}

impl PublicKey {
    /// The only algorithm for which the key is valid.
    pub(super) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
        }
    }

    /// Whether verifying takes so long that it would delay others on its thread: 0.6 ms with 8192 bits, and 0.15
    /// with 4096.
    pub(super) const fn is_slow(&self) -> bool {
        matches!(self, Self::Rsa { modulus, .. } if modulus.len() > SLOW_MODULUS)
    }

    /// Whether the signature of a message was made with this key.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}
