//! What is missing or wrong in the arguments of the command.

use std::{fmt, io, path::PathBuf};

use super::values::ValuesFault;

/// What is missing or wrong in the arguments.
#[derive(Debug)]
pub(super) enum UsageFault {
    /// Options that neither the arguments nor a CI system give.
    Missing(Vec<&'static str>),
    PathSegment,
    PathName,
    /// The option's value is no absolute http or https address.
    WebAddress(&'static str),
    ServerCredentials,
    ServerInsecure,
    ServerScheme,
    ServerAddress(url::ParseError),
    SecretNotText,
    SecretFile {
        file: PathBuf,
        fault: io::Error,
    },
    SecretFileTooLarge {
        file: PathBuf,
    },
    HeadersWithoutSecret,
    /// This job may not request a token from GitHub.
    NoPermission,
    /// This job of GitLab has no token.
    NoIdTokens,
    /// The job does not run in a known CI system that issues tokens.
    NoTokens,
    /// The token in a variable is malformed.
    TokenMalformed(&'static str),
    /// GitHub's address for tokens is not encrypted.
    TokenAddress,
    Values(ValuesFault),
}

impl fmt::Display for UsageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing(options) => return write!(f, "nothing here says {}; give it", options.join(", ")),
            Self::Values(fault) => return fault.fmt(f),
            Self::WebAddress(option) => return write!(f, "{option} must be an absolute https or http address"),
            Self::ServerAddress(fault) => return write!(f, "--server: {fault}"),
            Self::SecretFile { file, fault } => return write!(f, "--secret-file {}: {fault}", file.display()),
            Self::SecretFileTooLarge { file } => {
                return write!(f, "--secret-file {}: it is too large to be a secret", file.display());
            }
            Self::PathSegment => {
                "--platform, --part, --owner, --repo, names of values and the parts of --branch must not be empty, `.` \
                 or `..`"
            }
            Self::PathName => {
                "--platform, --part, --owner, --repo and names of values must hold no slash and nothing percent-encoded"
            }
            Self::ServerCredentials => "--server must have no user or password in it",
            Self::ServerInsecure => {
                "--server is http:// on another machine, where anybody on the way reads along; use https://, or \
                 --allow-http in a network of your own"
            }
            Self::ServerScheme => "--server must be an https:// address",
            Self::SecretNotText => "BADGESMITH_SECRET is not text",
            Self::NoPermission => {
                "--oidc: the workflow must allow this job to ask GitHub for an ID token; write `permissions: id-token: write`"
            }
            Self::NoIdTokens => {
                "--oidc: there is no BADGESMITH_ID_TOKEN; name it in `id_tokens:` of the job, with the server's \
                 address as its `aud:`"
            }
            Self::NoTokens => {
                "--oidc: neither GitHub Actions nor GitLab CI gives this job an ID token; set BADGESMITH_ID_TOKEN to \
                 one, or sign with a secret"
            }
            Self::TokenMalformed(variable) => return write!(f, "--oidc: what {variable} holds is no token"),
            Self::TokenAddress => "--oidc: ACTIONS_ID_TOKEN_REQUEST_URL must be an https:// address",
            Self::HeadersWithoutSecret => "--print-headers needs the secret, from BADGESMITH_SECRET or --secret-file",
        })
    }
}
