//! The vectors of Project Wycheproof for signed tokens and keys.

use std::{env, fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{algorithm::Algorithm, compact::Compact, key_set::KeySet};

/// Whether a token is signed by a key of a set, as the verifier finds it out.
fn is_accepted(token: &str, set: &Value) -> bool {
    let Ok(compact) = Compact::read(token) else { return false };
    let Ok(keys) = KeySet::read(set.to_string().as_bytes()) else { return false };
    let key = compact.kid.as_deref().and_then(|kid| keys.find(kid, compact.algorithm).ok());
    key.is_some_and(|key| key.has_signed(compact.signed, &compact.signature))
}

/// Judges all vectors of a file but those that are `accepted` although they are marked as invalid. Returns how many
/// there are of RS256 and ES256, and of other algorithms or of none.
fn judge(file: &str, accepted: &[u64]) -> (usize, usize) {
    let folder = PathBuf::from(env::var_os("BADGESMITH_WYCHEPROOF").expect("BADGESMITH_WYCHEPROOF is set"));
    let vectors: Value = serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap();
    let (mut ours, mut others) = (0, 0);
    for group in vectors["testGroups"].as_array().unwrap() {
        let set = match group.get("public").unwrap_or(&group["private"]) {
            set if set.get("keys").is_some() => set.clone(),
            key => json!({ "keys": [key] }),
        };
        for test in group["tests"].as_array().unwrap() {
            let (token, number) = (test["jws"].as_str().unwrap(), test["tcId"].as_u64().unwrap());
            let is_ours = is_of_our_algorithms(token);
            let expected = is_ours && (test["result"] == "valid" || accepted.contains(&number));
            assert_eq!(is_accepted(token, &set), expected, "{file} {number}: {}", test["comment"]);
            if is_ours { ours += 1 } else { others += 1 }
        }
    }
    (ours, others)
}

fn is_of_our_algorithms(token: &str) -> bool {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Value = header.and_then(|header| serde_json::from_slice(&header).ok()).unwrap_or_default();
    Algorithm::named(header["alg"].as_str().unwrap_or_default()).is_some()
}

#[test]
fn a_signature_of_rs256_is_good_for_its_own_token_only() {
    // Made with PyJWT 2.15.1; the private key is not kept.
    let made: Value = serde_json::from_str(include_str!("rs256.json")).unwrap();
    let token = made["token"].as_str().unwrap();
    assert!(is_accepted(token, &made));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for place in [0, 100, 255] {
        let mut changed = signature.clone();
        changed[place] ^= 1;
        assert!(!is_accepted(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(changed)), &made));
    }
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://issuer.example.org"}"#);
    let header = token.split('.').next().unwrap();
    assert!(!is_accepted(&format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature)), &made));
}

#[test]
#[ignore = "needs BADGESMITH_WYCHEPROOF, the folder testvectors_v1 of Project Wycheproof"]
fn vectors_of_signatures_are_judged_as_they_are_marked() {
    let (ours, others) = judge("json_web_signature_test.json", &[]);
    println!("signatures: {ours} of RS256 and ES256, {others} of other algorithms");
    assert!(ours > 250 && others > 100, "{ours} {others}");
}

#[test]
#[ignore = "needs BADGESMITH_WYCHEPROOF, the folder testvectors_v1 of Project Wycheproof"]
fn vectors_of_keys_are_judged_as_they_are_marked_but_one() {
    // Number 7 has a key of a smart card with weak random numbers (ROCA). The issuer is responsible for the strength of
    // its keys.
    let (ours, others) = judge("json_web_key_test.json", &[7]);
    println!("keys: {ours} of RS256 and ES256, {others} of other algorithms");
    assert!(ours > 9 && others > 9, "{ours} {others}");
}
