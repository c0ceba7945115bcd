//! Each way in which a token proves nothing, and what does prove a branch.

use std::time::{Duration, SystemTime};

use badgesmith_engine::proof::Proof;
use ring::hmac;
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, GITHUB, GITLAB, Server, Signer, github, gitlab, now, refusal, with};

const MAIN: &str = "acme/tools/main";
const GEARS: &str = "widgets/gears/main";

#[tokio::test]
async fn a_token_of_github_proves_its_run() {
    let server = Server::new();
    let proof = server.verify(&server.signer.sign(&github()), "Acme/Tools/Main").await.unwrap();
    let expected = Proof {
        id: "6f4762ed-0758-4ccb-808d-ee3af5d723a8".to_owned(),
        expires: SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_360),
        issuer: GITHUB.to_owned(),
        repository_id: "74".to_owned(),
        commit: "2e1b1d9a1b1e4d7f8a7b6c5d4e3f2a1b0c9d8e7f".to_owned(),
        run_id: "1500".to_owned(),
        run_attempt: 2,
    };
    assert_eq!(proof, expected);
}

#[tokio::test]
async fn a_token_of_gitlab_proves_its_job() {
    let server = Server::new();
    let proof = server.verify(&server.signer.sign(&gitlab()), "widgets/Gears/main").await.unwrap();
    assert_eq!((&*proof.issuer, &*proof.repository_id), (GITLAB, "20"));
    assert_eq!((&*proof.run_id, proof.run_attempt), ("302", 1));
    assert_eq!(proof.commit, "714a629c0b401fdce83e847fc9589983fc6f46bc");
    assert_eq!(proof.expires, now() + Duration::from_secs(3660));
}

#[tokio::test]
async fn these_tokens_prove_these_branches() {
    let server = Server::new();
    let github_accepts = [
        (json!({ "event_name": "schedule" }), MAIN),
        (json!({ "event_name": "workflow_dispatch", "ref": "refs/heads/feature/x" }), "acme/tools/Feature/X"),
        (
            json!({ "event_name": "merge_group", "ref": "refs/heads/gh-readonly-queue/main/pr-1-2e1b" }),
            "acme/tools/gh-readonly-queue/main/pr-1-2e1b",
        ),
        (json!({ "event_name": "release" }), MAIN),
        (json!({ "event_name": "repository_dispatch", "ref_type": null }), MAIN),
        (json!({ "event_name": "pull_request", "ref": "refs/pull/7/merge" }), "acme/tools/pull/7"),
        (json!({ "event_name": "pull_request_review", "ref": "refs/pull/12/merge" }), "acme/tools/pull/12"),
        (json!({ "repository": "ACME/a_b-c.d", "repository_owner": "Acme" }), "acme/a_b-c.D/main"),
        (json!({ "aud": ["https://other.example.com", AUDIENCE] }), MAIN),
        (json!({ "ref": "refs/heads/ma%69n" }), "acme/tools/ma%69n"),
        // The minute of leeway, on both sides.
        (json!({ "exp": 1_799_999_941 }), MAIN),
        (json!({ "nbf": 1_800_000_060, "iat": 1_800_000_060.0 }), MAIN),
        (json!({ "exp": 1_800_086_400 }), MAIN),
    ];
    let gitlab_accepts = [
        (json!({ "pipeline_source": "schedule", "ref": "feature/x" }), "widgets/gears/feature/x"),
        (json!({ "project_path": "Widgets/web/Shop" }), "widgets/web.shop/main"),
        (json!({ "project_path": "widgets/a/b/c" }), "widgets/a.b.c/main"),
        (json!({ "project_path": "widgets/widgets.gitlab.io" }), "widgets/widgets.gitlab.io/main"),
        (json!({ "exp": 1_800_086_400, "environment": null }), GEARS),
    ];
    for (claims, rows) in [(github(), github_accepts.as_slice()), (gitlab(), gitlab_accepts.as_slice())] {
        for (changes, path) in rows {
            let token = server.signer.sign(&with(claims.clone(), changes));
            let outcome = server.verify(&token, path).await;
            assert!(outcome.is_ok(), "{changes} {path}: {outcome:?}");
        }
    }
}

/// Changes of the claims, the path, the claim that a refusal names, and words of it.
type Row = (Value, &'static str, &'static str, &'static str);

async fn refuses(server: &Server, claims: &Value, rows: &[Row]) {
    for (changes, path, claim, words) in rows {
        let token = server.signer.sign(&with(claims.clone(), changes));
        let (named, said) = refusal(server.verify(&token, path).await);
        assert_eq!(named, *claim, "{changes} {path}: {said}");
        assert!(said.contains(words), "{changes} {path}: {said}");
        for (name, value) in changes.as_object().unwrap() {
            let value = value.as_str().filter(|value| value.len() > 9).unwrap_or("no value");
            assert!(!said.contains(value), "{name} is repeated: {said}");
        }
    }
}

#[tokio::test]
async fn each_wrong_or_missing_claim_is_named() {
    let server = Server::new();
    let mut rows: Vec<Row> = vec![
        (json!({ "iss": "https://evil.example.com" }), MAIN, "iss", "does not trust the issuer"),
        (json!({ "iss": "https://token.actions.githubusercontent.com/" }), MAIN, "iss", "does not trust"),
        (json!({ "iss": [GITHUB] }), MAIN, "iss", "not a text"),
        (json!({ "aud": "https://github.com/acme" }), MAIN, "aud", "it is not https://badges.example.com"),
        (json!({ "aud": "https://badges.example.com/" }), MAIN, "aud", "it is not https://badges.example.com"),
        (json!({ "aud": ["https://other.example.com"] }), MAIN, "aud", "it is not https://badges.example.com"),
        (json!({ "aud": [1] }), MAIN, "aud", "neither a text nor a list"),
        (json!({ "aud": vec![AUDIENCE; 17] }), MAIN, "aud", "at most 16"),
        (json!({ "exp": 1_799_999_940 }), MAIN, "exp", "has expired"),
        (json!({ "exp": 1_800_086_401 }), MAIN, "exp", "more than 24 hours"),
        (json!({ "exp": 1e300 }), MAIN, "exp", "not a time"),
        (json!({ "exp": -1 }), MAIN, "exp", "not a time"),
        (json!({ "exp": "1800000300" }), MAIN, "exp", "not a number"),
        (json!({ "nbf": 1_800_000_061 }), MAIN, "nbf", "not good yet"),
        (json!({ "iat": 1_800_000_061 }), MAIN, "iat", "in the future"),
        (json!({ "jti": "" }), MAIN, "jti", "empty"),
    ];
    let needed = [
        "iss",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "repository",
        "repository_owner",
        "repository_id",
        "ref",
        "event_name",
        "sha",
        "run_id",
        "run_attempt",
    ];
    rows.extend(needed.map(|name| (json!({ name: null }), MAIN, name, "it is missing")));
    refuses(&server, &github(), &rows).await;
    let needed = [
        "iss",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "project_path",
        "project_id",
        "pipeline_source",
        "ref",
        "ref_type",
        "sha",
        "job_id",
    ];
    let rows = needed.map(|name| (json!({ name: null }), GEARS, name, "it is missing"));
    refuses(&server, &gitlab(), &rows).await;
}

#[tokio::test]
async fn a_token_of_github_proves_no_other_subject() {
    let rows: [Row; 22] = [
        (json!({}), "acme/other/main", "repository", "another repository"),
        (json!({}), "acme/tools/develop", "ref", "another branch"),
        (json!({ "repository": "evil/tools" }), MAIN, "repository", "another repository"),
        (json!({ "repository": "acme/tools/main" }), "acme/tools/main", "repository", "not an owner and"),
        (json!({ "repository": "acme/to ols" }), "acme/to ols/main", "repository", "not an owner and"),
        (json!({ "repository": "acme/%74ools" }), MAIN, "repository", "not an owner and"),
        (json!({ "repository": "acme/tool\u{17f}" }), MAIN, "repository", "not an owner and"),
        (json!({ "repository": 7 }), MAIN, "repository", "not a text"),
        (json!({ "repository_owner": "evil" }), MAIN, "repository_owner", "not the owner"),
        (json!({ "event_name": "pull_request_target" }), MAIN, "event_name", "does not prove a branch"),
        (json!({ "event_name": "workflow_run" }), MAIN, "event_name", "does not prove a branch"),
        (json!({ "event_name": "issue_comment" }), MAIN, "event_name", "does not prove a branch"),
        (json!({ "event_name": "pull_request", "ref": "refs/pull/7/merge" }), MAIN, "ref", "the branch pull/N and no"),
        (json!({ "event_name": "pull_request", "ref": "refs/pull/7/merge" }), "acme/tools/pull/8", "ref", "pull/N"),
        (json!({ "event_name": "pull_request" }), MAIN, "event_name", "does not prove a branch"),
        (
            json!({ "event_name": "push", "ref": "refs/pull/7/merge" }),
            "acme/tools/pull/7",
            "event_name",
            "pull request",
        ),
        (json!({ "ref": "refs/pull/7/head" }), "acme/tools/pull/7", "ref", "refs/pull/N/merge"),
        (json!({ "ref": "refs/pull/x/merge" }), "acme/tools/pull/x", "ref", "refs/pull/N/merge"),
        (json!({ "ref": "refs/tags/main", "ref_type": "tag" }), MAIN, "ref", "a tag proves none"),
        (json!({ "ref": "refs/heads/ma%69n" }), MAIN, "ref", "another branch"),
        (json!({ "ref_type": "tag" }), MAIN, "ref_type", "not a branch"),
        (json!({ "run_attempt": "0" }), MAIN, "run_attempt", "not a number from 1"),
    ];
    refuses(&Server::new(), &github(), &rows).await;
    let rows = [
        (json!({ "run_id": "1 500" }), MAIN, "run_id", "visible ASCII"),
        (json!({ "sha": "x".repeat(129) }), MAIN, "sha", "visible ASCII"),
        (json!({ "ref": "main" }), MAIN, "ref", "refs/heads/X"),
    ];
    refuses(&Server::new(), &github(), &rows).await;
}

#[tokio::test]
async fn a_token_of_gitlab_proves_no_other_subject() {
    let rows: [Row; 13] = [
        (json!({}), "widgets/gears/develop", "ref", "another branch"),
        (json!({}), "widgets/other/main", "project_path", "another repository"),
        (json!({ "ref": "refs/heads/main" }), GEARS, "ref", "another branch"),
        (json!({ "ref_type": "tag" }), GEARS, "ref_type", "not a branch"),
        (json!({ "pipeline_source": "merge_request_event" }), GEARS, "pipeline_source", "merge request"),
        (json!({ "pipeline_source": "parent_pipeline" }), GEARS, "pipeline_source", "does not prove a branch"),
        (json!({ "pipeline_source": "external_pull_request_event" }), GEARS, "pipeline_source", "does not prove"),
        (json!({ "project_path": "widgets" }), GEARS, "project_path", "not the path of a project"),
        (json!({ "project_path": "widgets//gears" }), "widgets/.gears/main", "project_path", "not the path"),
        (json!({ "project_path": "widgets/web.a/shop" }), "widgets/web.a.shop/main", "project_path", "has a dot"),
        (json!({ "project_path": "widgets/web/a.shop" }), "widgets/web.a.shop/main", "project_path", "has a dot"),
        (json!({ "project_path": "wid.gets/web/shop" }), GEARS, "project_path", "has a dot"),
        (json!({ "project_path": "acme/tools" }), "acme/tools/main", "iss", "for this owner"),
    ];
    refuses(&Server::new(), &gitlab(), &rows).await;
}

#[tokio::test]
async fn a_token_in_another_form_is_refused_before_any_claim_is_read() {
    let server = Server::new();
    let claims = github().to_string();
    let good = server.signer.sign(&github());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let header = |changes: Value| {
        server.signer.sign_with(&with(json!({ "alg": "ES256", "typ": "JWT", "kid": "one" }), &changes), &claims)
    };
    let unsigned = header(json!({ "alg": "none" }));
    let symmetric = header(json!({ "alg": "HS256" }));
    let symmetric = symmetric.rsplit_once('.').unwrap().0;
    let key = hmac::Key::new(hmac::HMAC_SHA256, server.signer.public().to_string().as_bytes());
    let mac = hmac::sign(&key, symmetric.as_bytes());
    let symmetric = format!("{symmetric}.{}", base64url(mac.as_ref()));
    let another = Signer::new("one").sign(&github());
    let doubled = server.signer.sign_with(
        &json!({ "alg": "ES256", "kid": "one" }),
        &claims.replacen('{', "{\"repository\":\"acme/other\",", 1),
    );
    let rows: Vec<(String, &str, &str)> = vec![
        (unsigned.clone(), "alg", "only RS256 and ES256"),
        (format!("{}.", unsigned.rsplit_once('.').unwrap().0), "alg", "only RS256 and ES256"),
        (header(json!({ "alg": "None" })), "alg", "only RS256 and ES256"),
        (header(json!({ "alg": "es256" })), "alg", "only RS256 and ES256"),
        (symmetric, "alg", "only RS256 and ES256"),
        (header(json!({ "alg": "RS256" })), "alg", "for the other algorithm"),
        (header(json!({ "alg": null })), "alg", "missing"),
        (header(json!({ "kid": null })), "kid", "missing"),
        (header(json!({ "kid": "x".repeat(257) })), "kid", "longer than 256"),
        (header(json!({ "kid": "two" })), "kid", "has no key of this name"),
        (header(json!({ "crit": ["b64"], "b64": false })), "crit", "no extension"),
        (header(json!({ "crit": [] })), "crit", "no extension"),
        (header(json!({ "typ": "at+jwt" })), "typ", "not a JWT"),
        (header(json!({ "x5c": "x".repeat(2048) })), "header", "longer than 2 KiB"),
        (another, "signature", "not made with the issuer's key"),
        (format!("{signed}."), "signature", "not made with the issuer's key"),
        (format!("{signed}.{signature}="), "signature", "base64url"),
        (format!("{signed}.{signature}\n"), "signature", "base64url"),
        (signed.to_owned(), "token", "three parts"),
        (format!("{good}.e30"), "token", "three parts"),
        (String::new(), "token", "three parts"),
        ("a".repeat(16 * 1024 + 1), "token", "longer than 16 KiB"),
        (doubled, "repository", "there twice"),
        (server.signer.sign_with(&json!({ "alg": "ES256", "kid": "one" }), "[]"), "claims", "not a JSON object"),
        (server.signer.sign_with(&json!({ "alg": "ES256", "kid": "one" }), &"[".repeat(9000)), "claims", "not a JSON"),
        (
            server.signer.sign_with(&json!({ "alg": "ES256", "kid": "one" }), &format!("{claims} {claims}")),
            "claims",
            "not a JSON object",
        ),
        (server.signer.sign_with(&json!("ES256"), &claims), "header", "not a JSON object"),
    ];
    for (token, claim, words) in rows {
        let (named, said) = refusal(server.verify(&token, MAIN).await);
        assert_eq!(named, claim, "{token}: {said}");
        assert!(said.contains(words), "{token}: {said}");
    }
}

#[tokio::test]
async fn a_jti_that_is_no_nonce_is_hashed() {
    let server = Server::new();
    for (jti, expected) in [
        ("~".repeat(128), "~".repeat(128)),
        ("a b".to_owned(), "yGh6CKpdbtIEQyj6aml6uOltw0KR6MIDSujDjm_MbWU".to_owned()),
    ] {
        let token = server.signer.sign(&with(github(), &json!({ "jti": jti })));
        assert_eq!(server.verify(&token, MAIN).await.unwrap().id, expected);
    }
    let token = server.signer.sign(&with(github(), &json!({ "jti": "~".repeat(129) })));
    assert_eq!(server.verify(&token, MAIN).await.unwrap().id.len(), 43);
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}
