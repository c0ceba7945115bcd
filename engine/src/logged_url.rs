//! The address of a request as logs show it: without values that may be secrets.

use url::{Position, Url};

use crate::request::decode;

/// A query parameter whose name contains one of these words may have a secret as its value: a caller's own secret, such
/// as the token with which Codecov shows the badge of a private repository.
const SECRET_NAMES: [&str; 6] = ["auth", "key", "password", "secret", "signature", "token"];

/// Whether the value of a query parameter of this name, percent-encoded or not, may be a secret.
///
/// ```
/// assert!(badgesmith_engine::is_secret_name("circle-token"));
/// assert!(!badgesmith_engine::is_secret_name("branch"));
/// ```
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let decoded = decode(name).to_ascii_lowercase();
    SECRET_NAMES.iter().any(|word| decoded.contains(word))
}

/// The address without the values of parameters that may be secrets.
#[must_use]
pub fn logged_url(url: &Url) -> String {
    let Some(query) = url.query() else { return url.to_string() };
    let pairs = query.split('&').map(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        if is_secret_name(name) { format!("{name}=…") } else { pair.to_owned() }
    });
    let pairs: Vec<String> = pairs.collect();
    let start = &url[..Position::AfterPath];
    format!("{start}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_token_in_the_query_is_not_in_the_log() {
        for (address, shown) in [
            ("https://h/a", "https://h/a"),
            ("https://h/a?branch=main&flag=x", "https://h/a?branch=main&flag=x"),
            ("https://h/a?token=abc&flag=x&circle-token=d%26e", "https://h/a?token=…&flag=x&circle-token=…"),
            ("https://h/a?API%5FKEY=abc&access%54oken=d#f", "https://h/a?API%5FKEY=…&access%54oken=…"),
        ] {
            assert_eq!(logged_url(&Url::parse(address).unwrap()), shown);
        }
    }
}
