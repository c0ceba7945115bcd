//! An issuer in memory: it signs tokens and answers requests for its keys.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    proof::{Claimed, IssuerKind, Proof, TrustedIssuer, Unproven, Verifier},
    world::{Ask, Executor, Fault, Reply, Upstream},
};
use badgesmith_host::{executor::TokioExecutor, oidc::TokenVerifier};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::BoxFuture;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";
pub(crate) const GITLAB: &str = "https://gitlab.com";
pub(crate) const AUDIENCE: &str = "https://badges.example.com";

/// The time of all tests.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A private key with a name.
pub(crate) struct Signer {
    pub(crate) kid: String,
    pair: EcdsaKeyPair,
}

impl Signer {
    pub(crate) fn new(kid: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { kid: kid.to_owned(), pair }
    }

    pub(crate) fn public(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid, "x": x, "y": y })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid }), &claims.to_string())
    }

    pub(crate) fn sign_with(&self, header: &Value, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What issuers answer, by address, and how often they were asked.
#[derive(Default)]
pub(crate) struct Web {
    pub(crate) answers: Mutex<HashMap<String, Result<Reply, Fault>>>,
    pub(crate) asked: AtomicUsize,
    /// The addresses to which an address was redirected before it answered.
    pub(crate) redirects: Mutex<HashMap<String, String>>,
    /// How long each answer takes.
    pub(crate) delay: Mutex<Duration>,
}

impl Web {
    pub(crate) fn set(&self, url: &str, status: u16, body: impl Into<Vec<u8>>) {
        let reply = Reply { status, body: body.into().into(), ..Reply::default() };
        self.answers.lock().unwrap().insert(url.to_owned(), Ok(reply));
    }

    pub(crate) fn fail(&self, url: &str, fault: Fault) {
        self.answers.lock().unwrap().insert(url.to_owned(), Err(fault));
    }

    pub(crate) fn publish(&self, issuer: &str, keys: &[Value]) {
        let configuration = json!({ "issuer": issuer, "jwks_uri": jwks(issuer), "claims_supported": ["sub"] });
        self.set(&format!("{issuer}/.well-known/openid-configuration"), 200, configuration.to_string());
        self.set(&jwks(issuer), 200, json!({ "keys": keys }).to_string());
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

pub(crate) fn jwks(issuer: &str) -> String {
    format!("{issuer}/.well-known/jwks")
}

impl Upstream for Web {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.lock().unwrap().get(ask.url.as_str()).cloned();
        let last = self.redirects.lock().unwrap().get(ask.url.as_str()).cloned();
        ask.progress.go(&last.map_or_else(|| ask.url.clone(), |last| last.parse().unwrap()));
        let delay = *self.delay.lock().unwrap();
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            match answer.unwrap_or(Ok(Reply { status: 404, ..Reply::default() })) {
                Ok(reply) if reply.body.len() > ask.largest_body => Err(Fault::TooLarge),
                answer => answer,
            }
        })
    }
}

/// A verifier with the issuers of these tests.
pub(crate) struct Server {
    pub(crate) web: Arc<Web>,
    pub(crate) signer: Signer,
    verifier: TokenVerifier,
}

impl Server {
    /// Trusts GitHub for acme and GitLab for widgets; both have the same key.
    pub(crate) fn new() -> Self {
        Self::trusting(vec![trusted(GITHUB, &["acme"]), trusted(GITLAB, &["widgets"])])
    }

    pub(crate) fn trusting(trusted: Vec<TrustedIssuer>) -> Self {
        let (web, signer) = (Arc::<Web>::default(), Signer::new("one"));
        for issuer in [GITHUB, GITLAB] {
            web.publish(issuer, &[signer.public()]);
        }
        let executor: Arc<dyn Executor> = Arc::new(TokioExecutor);
        let verifier = TokenVerifier::new(trusted, Arc::clone(&web) as Arc<dyn Upstream>, executor);
        Self { web, signer, verifier }
    }

    pub(crate) async fn verify(&self, token: &str, path: &str) -> Result<Proof, Unproven> {
        self.verify_at(token, path, now()).await
    }

    /// The path is an owner, a repository and a branch.
    pub(crate) async fn verify_at(&self, token: &str, path: &str, now: SystemTime) -> Result<Proof, Unproven> {
        let mut parts = path.splitn(3, '/');
        let mut part = || parts.next().unwrap();
        let claimed = Claimed { owner: part(), repo: part(), branch: part() };
        self.verifier.verify(token, &claimed, now).await
    }
}

pub(crate) fn trusted(issuer: &str, owners: &[&str]) -> TrustedIssuer {
    TrustedIssuer {
        issuer: issuer.parse().unwrap(),
        kind: if issuer == GITLAB { IssuerKind::GitLab } else { IssuerKind::GitHub },
        audience: AUDIENCE.to_owned(),
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        environments: Vec::new(),
        workflows: Vec::new(),
        is_protected: false,
    }
}

/// The claims of a push to main of acme/tools.
pub(crate) fn github() -> Value {
    json!({
        "jti": "6f4762ed-0758-4ccb-808d-ee3af5d723a8", "iss": GITHUB, "aud": AUDIENCE,
        "sub": "repo:acme/tools:ref:refs/heads/main", "exp": 1_800_000_300, "nbf": 1_799_999_700, "iat": 1_800_000_000,
        "repository": "acme/tools", "repository_owner": "acme", "repository_id": "74", "repository_owner_id": "65",
        "event_name": "push", "ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "true",
        "sha": "2e1b1d9a1b1e4d7f8a7b6c5d4e3f2a1b0c9d8e7f", "run_id": "1500", "run_attempt": "2",
        "workflow_ref": "acme/tools/.github/workflows/ci.yml@refs/heads/main",
        "job_workflow_ref": "acme/tools/.github/workflows/ci.yml@refs/heads/main", "environment": "production",
    })
}

/// The claims of a job for main of widgets/gears.
pub(crate) fn gitlab() -> Value {
    json!({
        "jti": "235b3a54-b797-45c7-ae9a-f72d7bc6ef5b", "iss": GITLAB, "aud": [AUDIENCE, "https://other.example.com"],
        "sub": "project_path:widgets/gears:ref_type:branch:ref:main", "exp": 1_800_003_600, "nbf": 1_799_999_995,
        "iat": 1_800_000_000, "namespace_id": "72", "namespace_path": "widgets", "project_id": "20",
        "project_path": "widgets/gears", "pipeline_id": "574", "pipeline_source": "push", "job_id": "302",
        "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true",
        "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc", "environment": "staging",
        "ci_config_ref_uri": "gitlab.com/widgets/gears//.gitlab-ci.yml@refs/heads/main",
    })
}

/// Claims with some of them replaced, or left out for `null`.
pub(crate) fn with(mut claims: Value, changes: &Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// The claim and the words of a refusal.
pub(crate) fn refusal(outcome: Result<Proof, Unproven>) -> (&'static str, String) {
    match outcome {
        Err(Unproven::Wrong { claim, words }) => (claim, words),
        Err(Unproven::KeysUnavailable(words)) => ("unavailable", words),
        Ok(proof) => panic!("accepted: {proof:?}"),
    }
}
