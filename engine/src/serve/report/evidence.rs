//! The evidence for the origin of a report: a signature with a secret of the owner, or the token of a build.

use std::time::SystemTime;

use badgesmith_provider::Record;
use http::header::AUTHORIZATION;
use serde_json::Value;
use url::Url;

use super::signed_headers::{NAMES, SignedHeaders, is_nonce};
use crate::{
    error::Error,
    parts::Parts,
    proof::{Claimed, Proof, Unproven},
    request::Request,
    store::{Nonce, Subject},
    target::ReportTarget,
};

/// The scheme of a token in `Authorization`, which is case-insensitive.
const BEARER: &str = "Bearer";

/// The evidence in a request, not yet verified.
pub(super) enum Evidence<'a> {
    /// The headers of a signed request.
    Signature(SignedHeaders<'a>),
    /// The token in `Authorization: Bearer`.
    Token(&'a str),
}

/// A verified proof.
pub(super) enum Proven {
    /// The request was signed, with this nonce.
    Signature {
        /// The nonce.
        nonce: String,
    },
    /// The token is from a trusted issuer and proves the subject.
    Token(Proof),
}

impl<'a> Evidence<'a> {
    /// Reads the headers. A request must have either all headers of a signature or a token, not both: one of them would
    /// stay unverified. An `Authorization` header with another scheme is meant for a proxy and is not evidence.
    pub(super) fn read(request: &'a Request) -> Result<Self, Error> {
        let missing = SignedHeaders::missing(request);
        match authorization(request) {
            Authorization::Token(token) if missing.len() == NAMES.len() => Ok(Self::Token(token)),
            Authorization::Token(_) => Err(Error::two_proofs()),
            Authorization::Malformed => Err(Error::missing_headers(&["Authorization"])),
            Authorization::OtherScheme if missing.len() == NAMES.len() => Err(Error::no_bearer(&missing)),
            Authorization::OtherScheme | Authorization::None => SignedHeaders::read(request).map(Self::Signature),
        }
    }

    /// Its name in the log and in metrics.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Signature(_) => "signature",
            Self::Token(_) => "token",
        }
    }

    /// Verifies the timestamp and the signature, or the token.
    pub(super) async fn verify(
        self,
        parts: &Parts,
        request: &Request,
        target: &ReportTarget<'_>,
        subject: &Subject,
        now: SystemTime,
    ) -> Result<Proven, Error> {
        match self {
            Self::Signature(signed) => {
                signed.check_clock(now)?;
                let is_authentic = signed.is_authentic(parts, request, subject, &target.route.purpose).await?;
                let nonce = signed.nonce.to_owned();
                if is_authentic { Ok(Proven::Signature { nonce }) } else { Err(Error::unauthorized()) }
            }
            Self::Token(token) => {
                let param = |name| target.call.params.get(name).map_or("", String::as_str);
                let claimed = Claimed { owner: param("owner"), repo: param("repo"), branch: param("branch") };
                let proof = parts.world.verifier.verify(token, &claimed, now).await.map_err(|fault| refusal(&fault))?;
                if !is_nonce(&proof.id) {
                    return Err(Error::invalid_token("jti", "it is no id of 1 to 128 visible ASCII characters"));
                }
                Ok(Proven::Token(proof))
            }
        }
    }
}

impl Proven {
    /// The token's proof, if it was a token.
    pub(super) const fn token(&self) -> Option<&Proof> {
        match self {
            Self::Signature { .. } => None,
            Self::Token(proof) => Some(proof),
        }
    }

    /// Checks that the record has the commit, the run and the attempt that a token proves. After a signature nothing is
    /// checked here, because it covers the whole body.
    pub(super) fn check(&self, record: &Record) -> Result<(), Error> {
        let Self::Token(Proof { commit, run_id, run_attempt, .. }) = self else { return Ok(()) };
        let reported = record.fields.get("commit").and_then(Value::as_str).unwrap_or_default();
        if reported != commit {
            let words =
                format!("the token is of the commit {commit}, so commit must be this, whole and as written here");
            return Err(Error::invalid_token("sha", &words));
        }
        if record.run_id != *run_id {
            let words = format!("the token is of the run {run_id}, so run_id must be this");
            return Err(Error::invalid_token("run_id", &words));
        }
        if record.run_attempt != *run_attempt {
            let words = format!("the token is of the attempt {run_attempt}, so run_attempt must be this");
            return Err(Error::invalid_token("run_attempt", &words));
        }
        Ok(())
    }

    /// The nonce that the report claims.
    pub(super) fn nonce(&self) -> Nonce {
        match self {
            Self::Signature { nonce } => nonce.clone().into(),
            Self::Token(Proof { id, expires, .. }) => {
                Nonce { value: id.clone(), expires: Some(*expires), is_after_run: true }
            }
        }
    }

    /// The host of the token's issuer, for the log; empty for a signature.
    pub(super) fn issuer_host(&self) -> String {
        let issuer = self.token().and_then(|proof| Url::parse(&proof.issuer).ok());
        issuer.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned()
    }
}

/// The content of the header `Authorization`.
enum Authorization<'a> {
    None,
    Token(&'a str),
    /// A scheme other than `Bearer`, such as the `Basic` of a proxy.
    OtherScheme,
    /// No token after `Bearer`, more than one token, or more than one header.
    Malformed,
}

fn authorization(request: &Request) -> Authorization<'_> {
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let Some(first) = values.next() else { return Authorization::None };
    let Ok(text) = first.to_str() else { return Authorization::Malformed };
    let (scheme, token) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if values.next().is_some() {
        return Authorization::Malformed;
    }
    if !scheme.eq_ignore_ascii_case(BEARER) {
        return Authorization::OtherScheme;
    }
    let token = token.trim();
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    if is_one { Authorization::Token(token) } else { Authorization::Malformed }
}

fn refusal(fault: &Unproven) -> Error {
    match fault {
        Unproven::Wrong { claim, words } => Error::invalid_token(claim, words),
        Unproven::KeysUnavailable(reason) => {
            tracing::warn!(reason, "the keys of a token's issuer are unavailable");
            Error::keys_unavailable()
        }
    }
}
