//! `allow-http-origins`: origins of the operator's own network that plugins may reach over plain http.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::origin::Origin;

/// An origin with plain http, such as `http://registry.internal:8081`.
///
/// ```
/// use badgesmith_engine::HttpOrigin;
///
/// assert!(HttpOrigin::try_from("http://registry.internal:8081".to_owned()).is_ok());
/// assert!(HttpOrigin::try_from("http://registry.internal/path".to_owned()).is_err());
/// assert!(HttpOrigin::try_from("https://registry.internal".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpOrigin(Origin);

/// The text that is not a plain http origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidHttpOrigin(pub String);

impl HttpOrigin {
    /// The origin.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.0
    }
}

impl TryFrom<String> for HttpOrigin {
    type Error = InvalidHttpOrigin;

    fn try_from(text: String) -> Result<Self, InvalidHttpOrigin> {
        let url = Url::parse(&text).ok().filter(|url| url.scheme() == "http" && !text.contains('*'));
        let origin = url.map(|url| Origin::of_web(&url));
        match origin.filter(|origin| text.trim_end_matches('/').eq_ignore_ascii_case(&origin.to_string())) {
            Some(origin) => Ok(Self(origin)),
            None => Err(InvalidHttpOrigin(text)),
        }
    }
}

impl From<HttpOrigin> for String {
    fn from(allowed: HttpOrigin) -> Self {
        allowed.0.to_string()
    }
}

impl fmt::Display for InvalidHttpOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no origin with plain http; write one such as \"http://registry.internal:8081\"", self.0)
    }
}

impl Error for InvalidHttpOrigin {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_with_plain_http_and_nothing_else_is_allowed() {
        for (text, shown) in [
            ("http://registry.internal:8081", "http://registry.internal:8081"),
            ("http://Registry.internal/", "http://registry.internal"),
            ("http://[fd00::1]:8081", "http://[fd00::1]:8081"),
        ] {
            assert_eq!(HttpOrigin::try_from(text.to_owned()).map(String::from).as_deref(), Ok(shown));
        }
        for text in [
            "",
            "registry.internal:8081",
            "https://registry.internal",
            "http://registry.internal/path",
            "http://user:pa55@registry.internal",
            "http://registry.internal?x",
            "http://*.internal",
        ] {
            assert!(HttpOrigin::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
