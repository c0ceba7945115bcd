//! Why an entry of `trust` is refused, with what to write instead.

use std::{error::Error, fmt};

use crate::proof::IssuerKind;

/// The first mistake in `trust`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustError {
    /// The number of the entry, from 0.
    pub entry: usize,
    /// What is wrong with it.
    pub mistake: TrustMistake,
}

/// What is wrong with an entry of `trust`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustMistake {
    /// It names no issuer.
    NoIssuer,
    /// The issuer is not a valid address of an issuer.
    Issuer(String),
    /// The issuer has a plain http address.
    PlainHttp(String),
    /// The kind of this issuer is not known, so the entry must name it.
    NoKind(String),
    /// There is no such kind.
    Kind(String),
    /// The issuer is known to be of another kind.
    OtherKind {
        /// Its known kind.
        known: IssuerKind,
        /// The kind that was named.
        named: IssuerKind,
    },
    /// It names no audience.
    NoAudience,
    /// The audience is too long or has blanks.
    Audience(String),
    /// The audience is a default one, which tokens have unless a job asks for another.
    DefaultAudience(String),
    /// It names no owners.
    NoOwners,
    /// This is not the name of an owner.
    Owner(String),
    /// An entry before this one has the owner, or one of the two has `*`.
    TwoEntries {
        /// The owner.
        owner: String,
        /// The number of the entry before, from 0.
        first: usize,
    },
    /// A name in this list is empty.
    EmptyName(&'static str),
    /// A workflow contains the ref of its file, `@refs/…`, as the claim does.
    WorkflowWithRef(String),
}

impl TrustMistake {
    /// The key that is wrong.
    const fn key(&self) -> &'static str {
        match self {
            Self::NoIssuer | Self::Issuer(_) | Self::PlainHttp(_) => "issuer",
            Self::NoKind(_) | Self::Kind(_) | Self::OtherKind { .. } => "kind",
            Self::NoAudience | Self::Audience(_) | Self::DefaultAudience(_) => "audience",
            Self::NoOwners | Self::Owner(_) | Self::TwoEntries { .. } => "owners",
            Self::EmptyName(key) => key,
            Self::WorkflowWithRef(_) => "workflows",
        }
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trust[{}].{}: {}", self.entry, self.mistake.key(), self.mistake)
    }
}

impl fmt::Display for TrustMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIssuer => f.write_str(
                "the issuer is not named; write issuer = \"https://token.actions.githubusercontent.com\" for GitHub \
                 Actions, \"https://gitlab.com\" for GitLab CI",
            ),
            Self::Issuer(text) => write!(
                f,
                "{text:?} is no issuer; write its address as the claim iss of its tokens has it, such as \
                 \"https://gitlab.example.com\""
            ),
            Self::PlainHttp(issuer) => write!(
                f,
                "{issuer} is plain http, so that anybody on the way could forge its keys; write https, or \
                 allow-http = true for a test"
            ),
            Self::NoKind(issuer) => write!(
                f,
                "it is not known whose claims the tokens of {issuer} have; write kind = \"github\" or kind = \"gitlab\""
            ),
            Self::Kind(name) => write!(f, "{name:?} is no kind; write \"github\" or \"gitlab\""),
            Self::OtherKind { known, named } => write!(
                f,
                "the tokens of this issuer have the claims of {:?}, not of {:?}; take kind away",
                known.name(),
                named.name()
            ),
            Self::NoAudience => f.write_str(
                "the audience is not named; write the address of this server, such as \"https://badges.example.com\", \
                 which badgesmith report asks its token for",
            ),
            Self::Audience(text) => write!(f, "{text:?} is no audience; write at most 256 letters without a blank"),
            Self::DefaultAudience(text) => write!(
                f,
                "{text:?} may be the audience of tokens that were made for other services; write the address of this \
                 server, such as \"https://badges.example.com\""
            ),
            Self::NoOwners => f.write_str(
                "the owners are not named; write owners = [\"acme\"], or owners = [\"*\"] for every owner there is",
            ),
            Self::Owner(text) => {
                write!(f, "{text:?} is no owner; write each by its name, such as \"acme\", or \"*\" for every owner")
            }
            Self::TwoEntries { owner, first } => write!(
                f,
                "{owner:?} is in trust[{first}], too, by its name or under \"*\"; one owner has one issuer, so write \
                 each owner in one entry, and \"*\" only where it is the only one"
            ),
            Self::EmptyName(_) => f.write_str("a name is empty; write it, or leave the list out for any"),
            Self::WorkflowWithRef(workflow) => {
                write!(
                    f,
                    "{workflow:?} has a ref; write it up to the last @, and protected = true for protected branches"
                )
            }
        }
    }
}

impl Error for TrustError {}

impl Error for TrustMistake {}
