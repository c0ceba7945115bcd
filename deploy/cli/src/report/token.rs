//! The ID token of a CI system, which proves the origin of a report instead of a signature.
//!
//! GitHub gives a job an address from which to request tokens, if the job's permissions allow that. GitLab writes a
//! token into a variable.

use std::fmt;

use reqwest::{
    Client, StatusCode,
    header::{self, HeaderValue},
};
use serde::Deserialize;
use url::Url;

use super::{
    attempt::{self, AttemptFault},
    loopback::is_local,
    usage::UsageFault,
};

/// The variable that holds a token, as GitLab's `id_tokens:` sets it.
const VARIABLE: &str = "BADGESMITH_ID_TOKEN";
/// The variables in which GitHub gives a job the address for requesting tokens, and the bearer token for that request.
const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
/// The longest token that is sent, in bytes. Servers refuse longer headers.
const LONGEST_TOKEN: usize = 8 * 1024;

/// A bearer token as the value of an `Authorization` header. It is never printed.
#[derive(Clone)]
pub(super) struct BearerToken(HeaderValue);

impl BearerToken {
    /// A bearer token; `None` if it has characters that are not allowed in a header.
    fn new(token: &str) -> Option<Self> {
        let token = token.trim();
        if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// The value of the header. Its `Debug` output does not show it.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}

/// Where the token of a job comes from.
#[derive(Clone, Debug)]
pub(super) enum TokenSource {
    /// The variable, whose token cannot be renewed.
    Variable(BearerToken),
    /// GitHub's address, which issues a new token for each request.
    GitHub { url: Url, bearer: BearerToken },
}

/// Looks up an environment variable.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl TokenSource {
    /// Finds the source in the variables. `audience` is the audience of a requested token; a token in a variable has
    /// one already.
    ///
    /// # Errors
    /// There is no token, or the job may not request one.
    pub(super) fn find(variables: Variables<'_>, audience: &str) -> Result<Self, UsageFault> {
        let get = |name| variables(name).filter(|value| !value.trim().is_empty());
        if let Some(token) = get(VARIABLE) {
            return BearerToken::new(&token).map(Self::Variable).ok_or(UsageFault::TokenMalformed(VARIABLE));
        }
        match (get(REQUEST_URL), get(REQUEST_TOKEN)) {
            (Some(url), Some(bearer)) => {
                let mut url = Url::parse(&url).ok().filter(may_get_a_token).ok_or(UsageFault::TokenAddress)?;
                url.query_pairs_mut().append_pair("audience", audience);
                let bearer = BearerToken::new(&bearer).ok_or(UsageFault::TokenMalformed(REQUEST_TOKEN))?;
                Ok(Self::GitHub { url, bearer })
            }
            _ if get("GITHUB_ACTIONS").is_some() => Err(UsageFault::NoPermission),
            _ if get("GITLAB_CI").is_some() => Err(UsageFault::NoIdTokens),
            _ => Err(UsageFault::NoTokens),
        }
    }

    /// Whether a new token can be requested.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self, Self::GitHub { .. })
    }

    /// A token.
    ///
    /// # Errors
    /// GitHub issues none.
    pub(super) async fn token(&self, client: &Client) -> Result<BearerToken, AttemptFault> {
        let (url, bearer) = match self {
            Self::Variable(token) => return Ok(token.clone()),
            Self::GitHub { url, bearer } => (url, bearer),
        };
        let request = client.get(url.clone()).header(header::AUTHORIZATION, bearer.header());
        let response = attempt::send(url, request, &[StatusCode::OK]).await.map_err(AttemptFault::of_token)?;
        let answer: Option<Answer> = serde_json::from_slice(&attempt::read(response).await).ok();
        let token = answer.and_then(|answer| BearerToken::new(&answer.value));
        token.ok_or_else(|| AttemptFault::malformed(url, "answers without a token").of_token())
    }
}

/// GitHub's answer.
#[derive(Deserialize)]
struct Answer {
    value: String,
}

/// Whether the bearer token of the request may be sent to an address: it must be encrypted, or on this machine.
fn may_get_a_token(url: &Url) -> bool {
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_local(url)))
}
