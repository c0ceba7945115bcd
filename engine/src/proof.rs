//! Proof of origin: what the OIDC token of a build proves about its report, and which issuers of tokens are trusted.
//!
//! GitHub Actions and GitLab CI give each job a token that says which repository, branch and run it belongs to. A
//! report may carry such a token instead of a signature. The engine does not check a token's signature itself: the
//! [`Verifier`] of the [`World`](crate::World) does.

use std::{fmt, future::ready, time::SystemTime};

use futures_util::future::BoxFuture;
use url::Url;

/// Verifies tokens. `()` is a verifier that trusts no issuer.
pub trait Verifier: Send + Sync {
    /// Verifies a token at the time `now`, and compares its claims with the subject that its report claims.
    ///
    /// # Errors
    /// [`Unproven`] if the token does not prove that subject, or if the keys of its issuer cannot be read.
    fn verify<'a>(
        &'a self,
        token: &'a str,
        claimed: &'a Claimed<'a>,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Proof, Unproven>>;
}

/// The subject that a report claims to be about, from its path, decoded, with the caller's upper and lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed<'a> {
    /// The owner of the repository.
    pub owner: &'a str,
    /// The repository.
    pub repo: &'a str,
    /// The branch, or `pull/7` for a pull request.
    pub branch: &'a str,
}

/// What a verified token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The token's own id, `jti`.
    pub id: String,
    /// From when on the token is refused: `exp` and the leeway.
    pub expires: SystemTime,
    /// Who issued it, `iss`.
    pub issuer: String,
    /// The id that the repository keeps when it is renamed: `repository_id` or `project_id`.
    pub repository_id: String,
    /// The commit that the build is of.
    pub commit: String,
    /// The run.
    pub run_id: String,
    /// The attempt at the run, from 1.
    pub run_attempt: u32,
}

/// Why a token is not accepted as proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// A claim of the token is missing or wrong.
    Wrong {
        /// The claim, such as `aud`; `alg`, `kid` and `signature` count as claims.
        claim: &'static str,
        /// What is wrong with it, and what to do about it. It contains no part of the token except plain values of
        /// claims.
        words: String,
    },
    /// The keys of the issuer cannot be read. The text is for the log.
    KeysUnavailable(String),
}

/// An issuer of tokens that plugins.toml trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its address, as `iss` has it.
    pub issuer: Url,
    /// Which issuer's claims its tokens have.
    pub kind: IssuerKind,
    /// The audience that a token must be for, `aud`.
    pub audience: String,
    /// The issuer is trusted for the repositories of these owners, case-folded; `*` stands for every owner.
    pub owners: Vec<String>,
    /// A job must run in one of these environments; empty for any job.
    pub environments: Vec<String>,
    /// A job must belong to one of these workflows; empty for any workflow.
    pub workflows: Vec<String>,
    /// Whether the branch or tag must be protected.
    pub is_protected: bool,
}

/// The kind of an issuer: which claims its tokens have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// GitHub Actions, on github.com or GitHub Enterprise.
    GitHub,
    /// GitLab CI, on gitlab.com or elsewhere.
    GitLab,
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong { claim, words } => write!(f, "{claim}: {words}"),
            Self::KeysUnavailable(reason) => write!(f, "the issuer's keys cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for Unproven {}

/// Trusts no issuer.
impl Verifier for () {
    fn verify<'a>(
        &'a self,
        _token: &'a str,
        _claimed: &'a Claimed<'a>,
        _now: SystemTime,
    ) -> BoxFuture<'a, Result<Proof, Unproven>> {
        let words =
            "this server trusts no issuer of tokens; name one in `trust` of its plugins.toml, or sign the report \
                     with a secret"
                .to_owned();
        Box::pin(ready(Err(Unproven::Wrong { claim: "iss", words })))
    }
}
