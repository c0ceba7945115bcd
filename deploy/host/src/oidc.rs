//! Verifies the OpenID Connect tokens with which builds prove where they come from.
//!
//! A token's claims are not trusted before its signature is verified; only the issuer is read before, to choose among
//! the issuers that plugins.toml trusts. So the checks have this order: the form of the token and its header, its
//! issuer, the issuer's key, the signature, and then the claims. A refusal names a claim and repeats no part of the
//! token.

mod algorithm;
mod compact;
mod demands;
mod discovery;
mod github;
mod gitlab;
mod issuers;
mod key_cache;
mod key_set;
mod members;
mod refusal;
mod run;
mod validity;
#[cfg(test)]
mod vectors;

use std::{fmt, sync::Arc, time::SystemTime};

use badgesmith_engine::{
    proof::{Claimed, IssuerKind, Proof, TrustedIssuer, Unproven, Verifier},
    world::{Executor, Upstream},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use ring::digest::{SHA256, digest};
use tokio::sync::oneshot;

use self::{algorithm::PublicKey, compact::Compact, issuers::Issuers, members::Members, refusal::wrong};

/// The longest `jti` that is used as the nonce without hashing it.
const LONGEST_JTI: usize = 128;

/// Verifies tokens of the issuers that plugins.toml trusts. No request is sent to an issuer before its first token
/// arrives.
pub struct TokenVerifier {
    issuers: Issuers,
    executor: Arc<dyn Executor>,
}

/// The verifier for the issuers that plugins.toml trusts. If it trusts none, the verifier refuses every token.
#[must_use]
pub fn verifier(trusted: &[TrustedIssuer], web: Arc<dyn Upstream>, executor: Arc<dyn Executor>) -> Arc<dyn Verifier> {
    if trusted.is_empty() { Arc::new(()) } else { Arc::new(TokenVerifier::new(trusted.to_vec(), web, executor)) }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenVerifier").field(&self.issuers).finish()
    }
}

impl TokenVerifier {
    /// A verifier that reads the keys of these issuers through `web`.
    #[must_use]
    pub fn new(trusted: Vec<TrustedIssuer>, web: Arc<dyn Upstream>, executor: Arc<dyn Executor>) -> Self {
        Self { issuers: Issuers::new(trusted, &web, &executor), executor }
    }

    async fn proof(&self, token: &str, claimed: &Claimed<'_>, now: SystemTime) -> Result<Proof, Unproven> {
        let compact = Compact::read(token)?;
        let unverified = Members::read(&compact.claims, "claims", &["iss"])?;
        let issuer = self.issuers.named(unverified.text("iss")?)?;
        let kid = compact.kid.as_deref().ok_or_else(|| wrong("kid", "it is missing"))?;
        let key = issuer.keys.find(kid, compact.algorithm, now).await?;
        if !self.is_signed(key, &compact).await {
            return Err(wrong("signature", "it was not made with the issuer's key of this name"));
        }
        // The signature is verified, so from here on the claims can be trusted.
        let trusted = self.issuers.trust_of(issuer, claimed.owner)?;
        let claims = Members::read(&compact.claims, "claims", &claims_of(trusted.kind))?;
        if !claims.includes("aud", &trusted.audience)? {
            return Err(wrong("aud", format!("it is not {}", trusted.audience)));
        }
        let expires = validity::check(&claims, now)?;
        let run = match trusted.kind {
            IssuerKind::GitHub => github::prove(&claims, claimed)?,
            IssuerKind::GitLab => gitlab::prove(&claims, claimed)?,
        };
        demands::check(&claims, trusted)?;
        Ok(Proof {
            id: nonce(claims.text("jti")?),
            expires,
            issuer: issuer.name.clone(),
            repository_id: run.repository_id,
            commit: run.commit,
            run_id: run.id,
            run_attempt: run.attempt,
        })
    }

    /// Verifies the signature, on another thread if that takes long.
    async fn is_signed(&self, key: PublicKey, compact: &Compact<'_>) -> bool {
        if !key.is_slow() {
            return key.has_signed(compact.signed, &compact.signature);
        }
        let (signed, signature) = (compact.signed.to_vec(), compact.signature.clone());
        let (sender, receiver) = oneshot::channel();
        self.executor.run(Box::new(move || {
            // The caller may no longer wait.
            let _ = sender.send(key.has_signed(&signed, &signature));
        }));
        receiver.await.unwrap_or(false)
    }
}

impl Verifier for TokenVerifier {
    fn verify<'a>(
        &'a self,
        token: &'a str,
        claimed: &'a Claimed<'a>,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Proof, Unproven>> {
        Box::pin(self.proof(token, claimed, now))
    }
}

/// Every claim that is read of a token of this kind.
fn claims_of(kind: IssuerKind) -> Vec<&'static str> {
    let subject = match kind {
        IssuerKind::GitHub => &github::CLAIMS[..],
        IssuerKind::GitLab => &gitlab::CLAIMS[..],
    };
    [&["aud", "jti"][..], &validity::CLAIMS, subject, &demands::CLAIMS].concat()
}

/// The nonce of a token: its `jti`, or the SHA-256 in base64url of one that is too long or has other than visible ASCII
/// characters.
fn nonce(jti: &str) -> String {
    if jti.len() <= LONGEST_JTI && jti.bytes().all(|byte| byte.is_ascii_graphic()) {
        return jti.to_owned();
    }
    URL_SAFE_NO_PAD.encode(digest(&SHA256, jti.as_bytes()))
}
