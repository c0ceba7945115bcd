//! The compact serialization of a signed token (RFC 7515, section 7.1): header, claims and signature in base64url.

use badgesmith_engine::proof::Unproven;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{algorithm::Algorithm, members::Members, refusal::wrong};

/// The longest token, in bytes. Those of GitHub and GitLab have two to four thousand.
const LONGEST_TOKEN: usize = 16 * 1024;
/// The longest header of a token, as it is encoded.
const LONGEST_HEADER: usize = 2 * 1024;
/// The longest name of a key.
const LONGEST_KID: usize = 256;

/// A token whose signature nobody has verified. It has no debug output.
pub(super) struct Compact<'a> {
    /// The signature algorithm that the header names.
    pub(super) algorithm: Algorithm,
    /// The id of the signing key that the header names.
    pub(super) kid: Option<String>,
    /// The bytes that the signature covers.
    pub(super) signed: &'a [u8],
    /// The claims, as JSON.
    pub(super) claims: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Reads a token: its sizes first, then its header, without the JSON of its claims.
    ///
    /// # Errors
    /// It is too long, does not have three parts, or its header requires something that is not supported.
    pub(super) fn read(token: &'a str) -> Result<Self, Unproven> {
        if token.len() > LONGEST_TOKEN {
            return Err(wrong("token", format!("it is longer than {} KiB", LONGEST_TOKEN / 1024)));
        }
        let not_three = || wrong("token", "it does not have three parts between dots");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(not_three)?;
        let (header, claims) = signed.split_once('.').ok_or_else(not_three)?;
        if claims.contains('.') {
            return Err(not_three());
        }
        if header.len() > LONGEST_HEADER {
            return Err(wrong("header", format!("it is longer than {} KiB", LONGEST_HEADER / 1024)));
        }
        let header = decode("header", header)?;
        let (algorithm, kid) = read_header(&header)?;
        Ok(Self {
            algorithm,
            kid,
            signed: signed.as_bytes(),
            claims: decode("claims", claims)?,
            signature: decode("signature", signature)?,
        })
    }
}

/// The algorithm and the name of the key. Keys and addresses of keys in a header (`jwk`, `jku`, `x5c`, `x5u`) are never
/// used.
fn read_header(json: &[u8]) -> Result<(Algorithm, Option<String>), Unproven> {
    let header = Members::read(json, "header", &["alg", "kid", "typ", "crit"])?;
    let algorithm =
        Algorithm::named(header.text("alg")?).ok_or_else(|| wrong("alg", "only RS256 and ES256 are accepted"))?;
    if header.has("crit") {
        return Err(wrong("crit", "no extension is understood"));
    }
    if header.optional_text("typ")?.is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(wrong("typ", "it is not a JWT"));
    }
    let kid = header.optional_text("kid")?;
    if kid.is_some_and(|kid| kid.len() > LONGEST_KID) {
        return Err(wrong("kid", format!("it is longer than {LONGEST_KID} bytes")));
    }
    Ok((algorithm, kid.map(str::to_owned)))
}

/// Decodes base64url. Only the shortest spelling of each value is accepted, without padding.
fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, Unproven> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong(part, "it is not in base64url without padding"))
}
