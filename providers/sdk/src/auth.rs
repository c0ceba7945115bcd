//! The secret that a request is sent with: its name and its owner, never the secret itself.

use std::{fmt, ops::Not};

use serde::{Deserialize, Serialize};

/// The secret that a request is sent with: a name and an owner, by which the host finds it.
///
/// ```
/// use badgesmith_provider::{Auth, Request};
///
/// let auth = Auth::header("token", "acme", "PRIVATE-TOKEN").optional();
/// let request = Request::get("https://gitlab.example", "api/v4/projects/{}", ["acme/shop"]).authorize(auth);
/// assert_eq!(
///     request.to_string(),
///     "https://gitlab.example/api/v4/projects/acme%2Fshop with optional header PRIVATE-TOKEN token of acme"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// The secret's name in the manifest.
    pub secret: String,
    /// The owner of the secret: an organisation or a user.
    pub owner: String,
    /// Where and how it is sent.
    #[serde(default)]
    pub scheme: Scheme,
    /// The name of the header or of the query parameter, for [`Scheme::Header`] and [`Scheme::Query`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user name for [`Scheme::Basic`], if it is not the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether the request is sent without a secret if there is none.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub optional: bool,
}

/// Where and how a secret is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// `Authorization: Bearer secret`.
    #[default]
    Bearer,
    /// `Authorization: Basic base64(user:secret)`.
    Basic,
    /// As the whole value of the header [`Auth::name`].
    Header,
    /// As the query parameter [`Auth::name`], appended to the address.
    Query,
}

impl Scheme {
    /// Its name in messages and transcripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header => "header",
            Self::Query => "query",
        }
    }
}

impl Auth {
    /// The secret as a bearer token.
    pub fn bearer(secret: impl Into<String>, owner: impl Into<String>) -> Self {
        Self { secret: secret.into(), owner: owner.into(), ..Self::default() }
    }

    /// The secret as the password of a user, who is the owner unless [`Auth::user`] names another.
    pub fn basic(secret: impl Into<String>, owner: impl Into<String>) -> Self {
        Self { scheme: Scheme::Basic, ..Self::bearer(secret, owner) }
    }

    /// The secret as the value of the header `name`.
    pub fn header(secret: impl Into<String>, owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scheme: Scheme::Header, name: Some(name.into()), ..Self::bearer(secret, owner) }
    }

    /// The secret as the query parameter `name`.
    pub fn query(secret: impl Into<String>, owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scheme: Scheme::Query, name: Some(name.into()), ..Self::bearer(secret, owner) }
    }

    /// Sets the user name of [`Auth::basic`].
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Lets the request be sent without a secret if there is none.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// The secret as a transcript writes it.
impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret, owner, scheme, name, user, optional } = self;
        if *optional {
            f.write_str("optional ")?;
        }
        f.write_str(scheme.name())?;
        for text in [name, user].into_iter().flatten() {
            write!(f, " {text}")?;
        }
        write!(f, " {secret} of {owner}")
    }
}
