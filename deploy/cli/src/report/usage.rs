//! What is missing or wrong in the arguments of the command.

use std::{fmt, io, path::PathBuf};

/// What is missing or wrong in the arguments.
#[derive(Debug)]
pub(super) enum UsageFault {
    /// Options that neither the arguments nor a CI system give.
    Missing(Vec<&'static str>),
    PathSegment,
    PathName,
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
}

impl fmt::Display for UsageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing(options) => return write!(f, "nothing here says {}; give it", options.join(", ")),
            Self::ServerAddress(fault) => return write!(f, "--server: {fault}"),
            Self::SecretFile { file, fault } => return write!(f, "--secret-file {}: {fault}", file.display()),
            Self::SecretFileTooLarge { file } => {
                return write!(f, "--secret-file {}: it is too large to be a secret", file.display());
            }
            Self::PathSegment => {
                "--platform, --part, --owner, --repo and the parts of --branch must not be empty, `.` or `..`"
            }
            Self::PathName => "--platform, --part, --owner and --repo must hold no slash and nothing percent-encoded",
            Self::ServerCredentials => "--server must have no user or password in it",
            Self::ServerInsecure => {
                "--server is http:// on another machine, where anybody on the way reads along; use https://, or \
                 --allow-http in a network of your own"
            }
            Self::ServerScheme => "--server must be an https:// address",
            Self::SecretNotText => "BADGESMITH_SECRET is not text",
            Self::HeadersWithoutSecret => "--print-headers needs the secret, from BADGESMITH_SECRET or --secret-file",
        })
    }
}
