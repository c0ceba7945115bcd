//! The public keys of an issuer (RFC 7517). A key that fits neither algorithm is kept with the reason, so that a
//! refusal can name the reason.

use std::{fmt, ops::RangeInclusive};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};

use super::algorithm::{Algorithm, PublicKey};

/// The most keys that a set may have. GitHub has about ten, GitLab three.
const MOST_KEYS: usize = 100;
/// The smallest and the largest modulus of RSA, in bits.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;
/// How many bytes a coordinate of P-256 has.
const COORDINATE: usize = 32;

/// The keys of an issuer.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: String,
    /// The key, or why it cannot verify signatures here.
    public: Result<PublicKey, &'static str>,
}

/// Why a set has no key for a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// No key has the name.
    Unknown,
    /// The key that has the name is not for the algorithm, and why.
    Unfit(&'static str),
}

impl KeySet {
    /// Reads a set. Keys without a name are left out, since a token names its key.
    ///
    /// # Errors
    /// Why it is not a set of keys; the message repeats no part of it.
    pub(super) fn read(json: &[u8]) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Set {
            keys: AtMost,
        }
        match serde_json::from_slice(json) {
            Ok(Set { keys: AtMost(Some(keys)) }) => Ok(Self(keys.into_iter().filter_map(Key::read).collect())),
            Ok(Set { keys: AtMost(None) }) => Err("it has more than 100 keys"),
            Err(_) => Err("it is not a JSON Web Key Set"),
        }
    }

    /// Whether a key has this name.
    pub(super) fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    /// The key of this name for this algorithm.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn find(&self, kid: &str, algorithm: Algorithm) -> Result<&PublicKey, NoKey> {
        let mut unfit = NoKey::Unknown;
        for key in self.0.iter().filter(|key| key.kid == kid) {
            match &key.public {
                Ok(public) if public.algorithm() == algorithm => return Ok(public),
                Ok(_) => unfit = NoKey::Unfit("the key of this name is for the other algorithm"),
                Err(why) => unfit = NoKey::Unfit(why),
            }
        }
        Err(unfit)
    }
}

/// A key as it is published. Private and unknown members are not read.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    fn read(jwk: Jwk) -> Option<Self> {
        let public = jwk.public();
        jwk.kid.map(|kid| Self { kid, public })
    }
}

impl Jwk {
    fn public(&self) -> Result<PublicKey, &'static str> {
        if self.purpose.as_ref().is_some_and(|purpose| purpose != "sig")
            || self.key_ops.as_ref().is_some_and(|uses| !uses.iter().any(|to| to == "verify"))
        {
            return Err("the key of this name is not for signatures");
        }
        let public = match &*self.kty {
            "RSA" => self.rsa()?,
            "EC" => self.p256()?,
            _ => return Err("the key of this name is neither of RSA nor of P-256"),
        };
        match &self.alg {
            Some(name) if name != public.algorithm().name() => Err("the key of this name is for another algorithm"),
            _ => Ok(public),
        }
    }

    fn rsa(&self) -> Result<PublicKey, &'static str> {
        let (modulus, exponent) = (number(self.n.as_ref())?, number(self.e.as_ref())?);
        let zeros = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !RSA_BITS.contains(&(modulus.len() * 8 - zeros)) {
            return Err("the key of this name does not have 2048 to 8192 bits");
        }
        Ok(PublicKey::Rsa { modulus, exponent })
    }

    fn p256(&self) -> Result<PublicKey, &'static str> {
        if self.crv.as_deref() != Some("P-256") {
            return Err("the key of this name is not of P-256");
        }
        let (x, y) = (decoded(self.x.as_ref())?, decoded(self.y.as_ref())?);
        if x.len() != COORDINATE || y.len() != COORDINATE {
            return Err("the key of this name has coordinates of a wrong length");
        }
        // 4 marks a point that is not compressed.
        Ok(PublicKey::P256([&[4][..], &x, &y].concat()))
    }
}

/// A number: big-endian without leading zeros.
fn number(text: Option<&String>) -> Result<Vec<u8>, &'static str> {
    let bytes = decoded(text)?;
    if bytes.first().is_none_or(|first| *first == 0) { Err("the key of this name is malformed") } else { Ok(bytes) }
}

fn decoded(text: Option<&String>) -> Result<Vec<u8>, &'static str> {
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or("the key of this name is malformed")
}

/// The keys of a list, or `None` as soon as there are more than [`MOST_KEYS`].
struct AtMost(Option<Vec<Jwk>>);

impl<'de> Deserialize<'de> for AtMost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KeysReader)
    }
}

struct KeysReader;

impl<'de> Visitor<'de> for KeysReader {
    type Value = AtMost;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AtMost, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = list.next_element()? {
            if keys.len() == MOST_KEYS {
                // The rest is not read as keys, only as JSON.
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(AtMost(None));
            }
            keys.push(key);
        }
        Ok(AtMost(Some(keys)))
    }
}
