//! The secrets that sign webhooks, and the signature of Standard Webhooks.

use std::{error::Error, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::Mac;

use crate::{signature::keyed, world::Secret};

/// The prefix of every such secret.
const PREFIX: &str = "whsec_";
/// The shortest and the longest key, in bytes, as in Standard Webhooks.
const SHORTEST_KEY: usize = 24;
const LONGEST_KEY: usize = 64;

/// A secret that signs webhooks: `whsec_` and the base64 of 24 to 64 bytes. No debug output shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// Why a text is not a [`WebhookSecret`]. The error never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookSecretError {
    /// It does not begin with `whsec_`.
    Prefix,
    /// The rest is not base64.
    Base64,
    /// The key has this length in bytes, which is not 24 to 64.
    Length(usize),
}

impl WebhookSecret {
    /// The secret with this key.
    ///
    /// # Errors
    /// The key has fewer than 24 or more than 64 bytes.
    pub fn of_key(key: &[u8]) -> Result<Self, WebhookSecretError> {
        let is_key = (SHORTEST_KEY..=LONGEST_KEY).contains(&key.len());
        if is_key { Ok(Self(key.to_owned())) } else { Err(WebhookSecretError::Length(key.len())) }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// Why the secret is not valid.
    pub fn parse(secret: &Secret) -> Result<Self, WebhookSecretError> {
        let text = secret.reveal().strip_prefix(PREFIX).ok_or(WebhookSecretError::Prefix)?;
        Self::of_key(&STANDARD.decode(text).map_err(|_| WebhookSecretError::Base64)?)
    }

    /// The secret as a text, which [`WebhookSecret::parse`] reads.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        Secret::new(PREFIX.to_owned() + &STANDARD.encode(&self.0))
    }

    /// The signature of a webhook with this id, at this time in seconds since 1970, with this body: `v1,` and the
    /// base64 of the HMAC-SHA256 of the three, joined by dots.
    ///
    /// ```
    /// use badgesmith_engine::{events::WebhookSecret, world::Secret};
    ///
    /// // An example of Standard Webhooks' libraries.
    /// let secret = WebhookSecret::parse(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
    /// let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    /// assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    /// ```
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut mac = keyed(&self.0);
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl fmt::Display for WebhookSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => write!(f, "it does not begin with {PREFIX}"),
            Self::Base64 => write!(f, "what follows {PREFIX} is not base64"),
            Self::Length(bytes) => {
                write!(f, "its key has {bytes} bytes, which are not {SHORTEST_KEY} to {LONGEST_KEY}")
            }
        }
    }
}

impl Error for WebhookSecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_23_or_65_bytes_another_prefix_and_no_base64_are_refused_without_the_secret() {
        for length in [24, 32, 64] {
            let secret = WebhookSecret::of_key(&vec![7; length]).unwrap();
            assert_eq!(WebhookSecret::parse(&secret.to_secret()), Ok(secret));
        }
        let of = |bytes: usize| PREFIX.to_owned() + &STANDARD.encode(vec![7; bytes]);
        for (text, error) in [
            (of(23), WebhookSecretError::Length(23)),
            (of(65), WebhookSecretError::Length(65)),
            (of(32).replace("whsec_", "whsk_"), WebhookSecretError::Prefix),
            (of(32) + "!", WebhookSecretError::Base64),
            (PREFIX.to_owned(), WebhookSecretError::Length(0)),
        ] {
            assert_eq!(WebhookSecret::parse(&Secret::new(&*text)), Err(error), "{text}");
            assert!(!error.to_string().contains("BwcH"));
        }
        assert_eq!(format!("{:?}", WebhookSecret::of_key(&[7; 24])), "Ok(WebhookSecret)");
    }
}
