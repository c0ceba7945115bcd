//! Tokens and keys of issuers: no input causes a panic, and no refusal repeats a part of a token.
//!
//! The first byte of an input says what follows: a token, a header and claims that are then signed, or the keys of an
//! issuer.
#![no_main]

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    proof::{Claimed, IssuerKind, TrustedIssuer, Unproven, Verifier},
    world::{Ask, Executor, Fault, Reply, Upstream},
};
use badgesmith_fuzz::oidc::TokenVerifier;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use libfuzzer_sys::fuzz_target;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

const ISSUER: &str = "https://issuer.example.com";

static PAIR: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
});

/// Answers with the configuration of the issuer and then with these keys.
struct Web(Vec<u8>);

impl Upstream for Web {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        let configuration = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/keys"}}"#);
        let body = if ask.url.path() == "/keys" { self.0.clone() } else { configuration.into_bytes() };
        Box::pin(ready(Ok(Reply { status: 200, body: body.into(), ..Reply::default() })))
    }
}

/// Runs everything at once.
struct Inline;

impl Executor for Inline {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        let _ = work.now_or_never();
    }

    fn sleep(&self, _time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }

    fn run(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    fn clock(&self) -> Duration {
        Duration::ZERO
    }

    fn spread(&self) -> f64 {
        0.5
    }
}

fn keys() -> String {
    let (x, y) = PAIR.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"1","x":"{x}","y":"{y}"}}]}}"#)
}

fn sign(header: &[u8], claims: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = PAIR.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fuzz_target!(|input: &[u8]| {
    let Some((mode, input)) = input.split_first() else { return };
    let header = br#"{"alg":"ES256","kid":"1"}"#;
    let (token, keys) = match mode % 4 {
        0 => (String::from_utf8_lossy(input).into_owned(), keys()),
        1 => (sign(header, input), keys()),
        2 => {
            let mut parts = input.splitn(2, |byte| *byte == 0);
            (sign(parts.next().unwrap_or_default(), parts.next().unwrap_or_default()), keys())
        }
        _ => {
            let claims = format!(r#"{{"iss":"{ISSUER}","aud":"a"}}"#);
            (sign(header, claims.as_bytes()), String::from_utf8_lossy(input).into_owned())
        }
    };
    let kind = if mode & 4 == 0 { IssuerKind::GitHub } else { IssuerKind::GitLab };
    let trusted = TrustedIssuer {
        issuer: ISSUER.parse().unwrap(),
        kind,
        audience: "a".to_owned(),
        owners: vec!["*".to_owned()],
        environments: Vec::new(),
        workflows: Vec::new(),
        is_protected: false,
    };
    let verifier = TokenVerifier::new(vec![trusted], Arc::new(Web(keys.into_bytes())), Arc::new(Inline));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let claimed = Claimed { owner: "o", repo: "r", branch: "b" };
    match verifier.verify(&token, &claimed, now).now_or_never() {
        Some(Ok(proof)) => assert!(proof.expires > now && !proof.id.is_empty() && proof.run_attempt > 0),
        Some(Err(Unproven::Wrong { words, .. })) => {
            // A part with spaces may occur in the refusal's own message.
            let parts = token.split('.').filter(|part| part.len() > 20 && !part.contains(' '));
            assert!(parts.into_iter().all(|part| !words.contains(part)));
        }
        Some(Err(Unproven::KeysUnavailable(_))) => {}
        None => panic!("it waits for something"),
    }
});
