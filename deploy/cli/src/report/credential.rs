//! The credential that proves the origin of a report: a secret that signs it, or an ID token of the CI system.

use std::{env, fmt};

use reqwest::{RequestBuilder, header};

use super::{
    options::ReportOptions,
    pull_request,
    secret::{self, ReportSecret},
    signing::SignedHeaders,
    token::{BearerToken, TokenSource},
    usage::UsageFault,
};

/// The credential of a report. It is never printed.
#[derive(Debug)]
pub(super) enum Credential {
    Secret(ReportSecret),
    Token(TokenSource),
}

/// Finds the credential. Builds of forks have none, so `None` is not a failure.
///
/// # Errors
/// The secret cannot be read, or the job may not request a token.
pub(super) fn find(options: &ReportOptions) -> Result<Option<Credential>, UsageFault> {
    let Some(audience) = &options.oidc else {
        return Ok(secret::read(options.secret_file.as_deref())?.map(Credential::Secret));
    };
    let variables = |name: &str| env::var(name).ok();
    let server = options.server.as_ref().map(|server| server.origin().ascii_serialization());
    let audience = audience.clone().or(server).unwrap_or_default();
    match TokenSource::find(&variables, &audience) {
        Err(UsageFault::NoPermission) if pull_request::is_untrusted(&variables) => Ok(None),
        source => Ok(Some(Credential::Token(source?))),
    }
}

/// Why nothing is sent if there is no credential.
pub(super) fn absence(options: &ReportOptions) -> String {
    match options.oidc {
        Some(_) => "GitHub gives pull requests of forks and of Dependabot no ID token".to_owned(),
        None => format!(
            "there is no secret to sign with. Builds of forks have none; elsewhere set {}, or use --oidc",
            secret::VARIABLE
        ),
    }
}

/// The headers of one attempt. Their `Display` shows no token.
#[derive(Debug)]
pub(super) enum ProvingHeaders {
    Signed(SignedHeaders),
    Token(BearerToken),
}

impl ProvingHeaders {
    /// The text that is printed instead of a header with a token.
    pub(super) const HIDDEN_TOKEN: &str = "Authorization: Bearer (not shown)\n";

    /// The request with these headers.
    pub(super) fn add_to(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Signed(SignedHeaders { signature, timestamp, nonce }) => {
                request.header("X-Signature", signature).header("X-Timestamp", timestamp).header("X-Nonce", nonce)
            }
            Self::Token(token) => request.header(header::AUTHORIZATION, token.header()),
        }
    }
}

impl fmt::Display for ProvingHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(headers) => headers.fmt(f),
            Self::Token(_) => f.write_str(Self::HIDDEN_TOKEN),
        }
    }
}
