//! How the keys of an issuer are read, kept and renewed.

use std::{
    slice,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_engine::world::{Fault, Upstream};
use badgesmith_host::{executor::TokioExecutor, oidc::TokenVerifier};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::issuer::{GITHUB, Server, Signer, Web, github, jwks, now, refusal, trusted, with};

const MAIN: &str = "acme/tools/main";
const CONFIGURATION: &str = "https://token.actions.githubusercontent.com/.well-known/openid-configuration";

fn after(seconds: u64) -> SystemTime {
    now() + Duration::from_secs(seconds)
}

/// The claims of a token that is good for all of a test.
fn lasting(server: &Server) -> String {
    lasting_of(&server.signer)
}

fn lasting_of(signer: &Signer) -> String {
    signer.sign(&with(github(), &json!({ "exp": 1_800_086_400 })))
}

#[test]
fn nothing_is_asked_before_the_first_token() {
    let web = Arc::<Web>::default();
    let upstream = Arc::clone(&web) as Arc<dyn Upstream>;
    drop(TokenVerifier::new(vec![trusted(GITHUB, &["acme"])], upstream, Arc::new(TokioExecutor)));
    assert_eq!(web.asked(), 0);
}

#[tokio::test]
async fn keys_are_read_once_for_all_who_wait_and_used_for_an_hour() {
    let server = Server::new();
    *server.web.delay.lock().unwrap() = Duration::from_millis(20);
    let token = lasting(&server);
    let outcomes = join_all((0..20).map(|_| server.verify(&token, MAIN))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(server.web.asked(), 2, "the configuration and the keys");
    assert!(server.verify_at(&token, MAIN, after(3599)).await.is_ok());
    assert_eq!(server.web.asked(), 2);
    assert!(server.verify_at(&token, MAIN, after(3600)).await.is_ok());
    assert_eq!(server.web.asked(), 4);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_good_for_no_more_than_an_hour() {
    let server = Server::new();
    let token = lasting(&server);
    assert!(server.verify(&token, MAIN).await.is_ok());
    server.web.publish(GITHUB, &[Signer::new("two").public()]);
    assert_eq!(refusal(server.verify_at(&token, MAIN, after(3600)).await).0, "kid");
}

#[tokio::test]
async fn an_unknown_key_renews_the_keys_once_a_minute_at_most() {
    let server = Server::new();
    let (first, next) = (lasting(&server), Signer::new("two"));
    assert!(server.verify(&first, MAIN).await.is_ok());
    server.web.publish(GITHUB, &[server.signer.public(), next.public()]);
    let second = lasting_of(&next);
    let (claim, words) = refusal(server.verify_at(&second, MAIN, after(59)).await);
    assert_eq!((claim, server.web.asked()), ("kid", 2), "{words}");
    assert!(server.verify_at(&second, MAIN, after(60)).await.is_ok());
    assert_eq!(server.web.asked(), 4);
    // Names that nobody has heard of do not make it ask more.
    *server.web.delay.lock().unwrap() = Duration::from_millis(5);
    for second in (120..240).step_by(10) {
        let strange: Vec<_> = (0..10).map(|number| lasting_of(&Signer::new(&format!("{second}-{number}")))).collect();
        let outcomes = join_all(strange.iter().map(|token| server.verify_at(token, MAIN, after(second)))).await;
        assert!(outcomes.into_iter().all(|outcome| refusal(outcome).0 == "kid"));
        assert!(server.verify_at(&first, MAIN, after(second)).await.is_ok());
    }
    assert_eq!(server.web.asked(), 8);
}

/// A way in which the keys of an issuer cannot be read, and the words for it.
type KeyFault = (Box<dyn Fn(&Server)>, &'static str);

fn faults() -> Vec<KeyFault> {
    fn keys(server: &Server, status: u16, body: impl Into<Vec<u8>>) {
        server.web.set(&jwks(GITHUB), status, body);
    }
    fn configuration(server: &Server, body: &Value) {
        server.web.set(CONFIGURATION, 200, body.to_string());
    }
    let thousand: Vec<Value> = (0..1000).map(|number| json!({ "kty": "RSA", "kid": number.to_string() })).collect();
    let thousand = json!({ "keys": thousand }).to_string();
    let mut faults: Vec<KeyFault> = vec![
        (Box::new(|server| keys(server, 500, "")), "jwks_uri answers with status 500"),
        (Box::new(|server| keys(server, 404, "")), "jwks_uri answers with status 404"),
        (Box::new(|server| keys(server, 200, "<html>")), "jwks_uri is of no use: it is not a JSON Web Key Set"),
        (Box::new(|server| keys(server, 200, "{}")), "it is not a JSON Web Key Set"),
        (Box::new(|server| keys(server, 200, vec![b' '; 10 << 20])), "jwks_uri is larger than 256 KiB"),
        (Box::new(move |server| keys(server, 200, thousand.clone())), "it has more than 100 keys"),
        (Box::new(|server| server.web.fail(&jwks(GITHUB), Fault::Timeout)), "jwks_uri does not answer in time"),
        (
            Box::new(|server| server.web.fail(CONFIGURATION, Fault::Unreachable("internal.example".to_owned()))),
            "/.well-known/openid-configuration cannot be reached",
        ),
        (Box::new(|server| server.web.set(CONFIGURATION, 200, "<html>")), "it is not such a document in JSON"),
    ];
    let documents = [
        (json!({ "issuer": "https://evil.example.com", "jwks_uri": jwks(GITHUB) }), "it names another issuer"),
        (json!({ "issuer": format!("{GITHUB}/"), "jwks_uri": jwks(GITHUB) }), "it names another issuer"),
        (json!({ "issuer": GITHUB, "jwks_uri": "https://evil.example.com/jwks" }), "not of the issuer's own origin"),
        (json!({ "issuer": GITHUB, "jwks_uri": jwks(&GITHUB.replace("https", "http")) }), "own origin"),
        (json!({ "issuer": GITHUB, "jwks_uri": "/jwks" }), "not an absolute address"),
        (json!({ "issuer": GITHUB }), "it is not such a document in JSON"),
    ];
    for (document, words) in documents {
        faults.push((Box::new(move |server| configuration(server, &document)), words));
    }
    faults
}

#[tokio::test]
async fn keys_that_cannot_be_read_stop_no_token_whose_key_is_known_and_every_other() {
    for (fault, words) in faults() {
        let server = Server::new();
        let token = lasting(&server);
        fault(&server);
        let (kind, said) = refusal(server.verify(&token, MAIN).await);
        assert_eq!(kind, "unavailable", "{words}: {said}");
        assert!(said.starts_with(&format!("{GITHUB}: ")) && said.contains(words), "{words}: {said}");
        assert!(!said.contains("internal") && !said.contains("evil"), "{said}");
        server.web.publish(GITHUB, &[server.signer.public()]);
        assert_eq!(refusal(server.verify_at(&token, MAIN, after(9)).await).0, "unavailable", "{words}");
        assert!(server.verify_at(&token, MAIN, after(10)).await.is_ok(), "{words}");
        fault(&server);
        let asked = server.web.asked();
        let unknown = lasting_of(&Signer::new("two"));
        assert_eq!(refusal(server.verify_at(&unknown, MAIN, after(70)).await).0, "unavailable", "{words}");
        assert!(server.verify_at(&token, MAIN, after(3700)).await.is_ok(), "{words}");
        assert!(server.verify_at(&token, MAIN, after(3759)).await.is_ok(), "{words}");
        assert!(server.web.asked() <= asked + 4, "once a minute");
        assert!(server.verify_at(&token, MAIN, after(86_409)).await.is_ok(), "{words}");
        assert_eq!(refusal(server.verify_at(&token, MAIN, after(86_410)).await).0, "unavailable", "{words}");
    }
}

#[tokio::test]
async fn keys_that_are_not_for_signatures_of_these_algorithms_are_refused_with_the_reason() {
    let server = Server::new();
    let good = server.signer.public();
    let changed = |changes: Value| with(good.clone(), &changes);
    let rows = [
        (changed(json!({ "use": "enc" })), "not for signatures"),
        (changed(json!({ "key_ops": ["sign"] })), "not for signatures"),
        (changed(json!({ "alg": "ES384" })), "for another algorithm"),
        (changed(json!({ "crv": "P-384" })), "not of P-256"),
        (changed(json!({ "x": "AAAA" })), "coordinates of a wrong length"),
        (changed(json!({ "y": "!" })), "malformed"),
        (changed(json!({ "kty": "oct", "k": "AAAA" })), "neither of RSA nor of P-256"),
        (changed(json!({ "kty": "OKP", "crv": "Ed25519" })), "neither of RSA nor of P-256"),
        (json!({ "kty": "RSA", "kid": "one", "n": "_".repeat(168), "e": "AQAB" }), "2048 to 8192 bits"),
        (json!({ "kty": "RSA", "kid": "one", "n": "_".repeat(1368), "e": "AQAB" }), "2048 to 8192 bits"),
        (json!({ "kty": "RSA", "kid": "one", "e": "AQAB" }), "malformed"),
        (json!({ "kty": "RSA", "kid": "one", "n": "_".repeat(344), "e": "AQAB" }), "for the other algorithm"),
    ];
    for (key, words) in rows {
        let fresh = Server::new();
        fresh.web.publish(GITHUB, slice::from_ref(&key));
        let (claim, said) = refusal(fresh.verify(&lasting(&server), MAIN).await);
        assert_eq!(claim, "alg", "{key}: {said}");
        assert!(said.contains(words), "{key}: {said}");
    }
    // A point that is not on the curve verifies nothing, and a key without a name is not used.
    let fresh = Server::new();
    fresh.web.publish(GITHUB, &[changed(json!({ "y": good["x"] }))]);
    assert_eq!(refusal(fresh.verify(&lasting(&server), MAIN).await).0, "signature");
    let fresh = Server::new();
    fresh.web.publish(GITHUB, &[changed(json!({ "kid": null }))]);
    assert_eq!(refusal(fresh.verify(&lasting(&server), MAIN).await).0, "kid");
    // A hundred keys are read, and one that is odd does not hide the next one of its name.
    let mut keys: Vec<Value> = (0..98).map(|number| json!({ "kty": "oct", "kid": number.to_string() })).collect();
    keys.extend([changed(json!({ "use": "enc" })), good.clone()]);
    let fresh = Server::new();
    fresh.web.publish(GITHUB, &keys);
    assert!(fresh.verify(&lasting(&server), MAIN).await.is_ok());
}

#[tokio::test]
async fn keys_are_read_through_no_redirect_to_another_origin() {
    for (address, what) in [(CONFIGURATION, "/.well-known/openid-configuration"), (&*jwks(GITHUB), "jwks_uri")] {
        let server = Server::new();
        let redirect = |to: &str| server.web.redirects.lock().unwrap().insert(address.to_owned(), to.to_owned());
        redirect("https://evil.example.com/keys");
        let (kind, words) = refusal(server.verify(&lasting(&server), MAIN).await);
        assert_eq!(
            (kind, &*words),
            ("unavailable", &*format!("{GITHUB}: {what} is of no use: it redirects to another origin"))
        );
        redirect(&format!("{GITHUB}/elsewhere"));
        assert!(server.verify_at(&lasting(&server), MAIN, after(10)).await.is_ok());
    }
}
