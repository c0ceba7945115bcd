//! Reports with a build's token in the place of a signature: the order of the checks, what a token proves, and which
//! repository stands behind a name.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    collections::HashMap,
    future::ready,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, SystemTime},
};

use badgesmith_engine::{
    Engine, Plugin, Request, Response, Settings,
    proof::{Claimed, Proof, Unproven, Verifier},
    signature,
    store::{IDENTITY, Identity, Nonce, Store},
};
use badgesmith_provider::{Badge, Call, Failure, Manifest, Provider, Record, Step, fold};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use support::{Log, MemoryStore, TestServer};

const PATH: &str = "/runs/linux/acme/tools/main";
const NOON: &str = "2026-11-21T12:00:00Z";
const SHA: &str = "11e20f8a1b2c3d4e5f60718293a4b5c6d7e8f901";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

const MANIFEST: &str = r#"{"id": "reporter", "version": "1.0.0", "mount": "/badges/runs",
    "badges": [{"name": "run", "route": "{platform}/{owner}/{repo}/{branch…}", "label": "run", "summary": "A run.",
        "example": "linux/acme/tools/main"}],
    "reports": [
        {"name": "run", "route": "/runs/{platform}/{owner}/{repo}/{branch…}", "collection": "runs",
            "purpose": "TestData", "summary": "Takes a run.", "example": "/runs/linux/acme/tools/main"},
        {"name": "size", "route": "/sizes/{platform}/{owner}/{repo}/{branch…}", "collection": "sizes",
            "purpose": "TestData", "summary": "Takes a size.", "example": "/sizes/linux/acme/tools/main"},
        {"name": "share", "route": "/shares/{platform}/{owner}/{repo}/{branch…}", "collection": "shares",
            "purpose": "TestData", "summary": "Takes a share.", "example": "/shares/linux/acme/tools/main"}],
    "collections": ["runs", "sizes", "shares"]}"#;

/// Takes the reports of builds.
#[derive(Debug)]
struct Reporter;

impl Provider for Reporter {
    fn badge(&self, _: &Call) -> Result<Badge, Step> {
        Ok(Badge::new("here"))
    }

    fn accept(&self, _: &Call, body: &[u8]) -> Result<Record, Step> {
        let invalid = || Failure::invalid_parameter("INVALID_TEST_PAYLOAD", "body", "the body is no run");
        let body: Value = serde_json::from_slice(body).map_err(|_| invalid())?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let fields = text("commit").map(|commit| ("commit".to_owned(), commit.into())).into_iter().collect();
        let run_attempt = body["run_attempt"].as_u64().map_or(1, |attempt| u32::try_from(attempt).unwrap());
        let timestamp_ms = 1000.try_into().map_err(|_| invalid())?;
        Ok(Record { run_id: text("run_id").ok_or_else(invalid)?, run_attempt, timestamp_ms, fields })
    }
}

/// A verifier of tokens that the test makes up: each proves one subject.
#[derive(Default)]
struct TestVerifier {
    tokens: Mutex<HashMap<String, (String, Proof)>>,
    asked: Mutex<Vec<String>>,
}

impl Verifier for TestVerifier {
    fn verify<'a>(
        &'a self,
        token: &'a str,
        claimed: &'a Claimed<'a>,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Proof, Unproven>> {
        let Claimed { owner, repo, branch } = *claimed;
        self.asked.lock().unwrap().push(format!("{owner} {repo} {branch}"));
        let wrong = |claim, words: &str| Err(Unproven::Wrong { claim, words: words.to_owned() });
        let tokens = self.tokens.lock().unwrap();
        let proven = match tokens.get(token) {
            _ if token == "down" => Err(Unproven::KeysUnavailable("connection refused".to_owned())),
            None => wrong("signature", "it was not made with a key of the issuer"),
            Some((subject, proof)) if *subject == format!("{} {} {branch}", fold(owner), fold(repo)) => {
                Ok(proof.clone())
            }
            Some(_) => wrong("ref", "it is of another branch"),
        };
        Box::pin(ready(proven))
    }
}

struct Server {
    server: TestServer,
    verifier: Arc<TestVerifier>,
}

fn proof(id: &str) -> Proof {
    Proof {
        id: id.to_owned(),
        expires: SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000),
        issuer: ISSUER.to_owned(),
        repository_id: "42".to_owned(),
        commit: SHA.to_owned(),
        run_id: "7".to_owned(),
        run_attempt: 1,
    }
}

impl Server {
    fn new() -> Self {
        Self::over(Arc::default())
    }

    fn over(store: Arc<MemoryStore>) -> Self {
        let verifier = Arc::<TestVerifier>::default();
        let plugin = Plugin::new("reporter", Manifest::parse(MANIFEST).unwrap(), Arc::new(Reporter)).unwrap();
        let collections = ["runs", "sizes", "shares"].map(str::to_owned).into();
        let plugins = vec![plugin.with_collections(collections)];
        let secrets = vec!["hush".to_owned()];
        store.secrets.lock().unwrap().insert(("acme".to_owned(), "TestData".to_owned()), secrets);
        let made = TestServer::with_engine(store, |mut world| {
            world.verifier = Arc::clone(&verifier) as Arc<dyn Verifier>;
            Engine::new(plugins, &Settings::default(), world)
        });
        Self { server: made.unwrap(), verifier }
    }

    /// Makes a token valid for a subject, such as `acme tools main`.
    fn trust(&self, token: &str, subject: &str, proof: Proof) {
        self.verifier.tokens.lock().unwrap().insert(token.to_owned(), (subject.to_owned(), proof));
    }

    async fn answer(&self, request: &Request) -> (u16, String, String) {
        read(&self.server.send(request).await)
    }

    async fn report(&self, token: &str, path: &str, body: &Value) -> (u16, String, String) {
        self.answer(&post(path, &body.to_string(), &[("authorization", &format!("Bearer {token}"))])).await
    }

    fn written(&self) -> usize {
        self.server.store.writes.load(Ordering::Relaxed)
    }
}

/// The status, the code and the property of a response.
fn read(response: &Response) -> (u16, String, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let text = |name: &str| body["error_details"][0][name].as_str().unwrap_or_default().to_owned();
    (response.status.as_u16(), text("error_code"), text("property_name"))
}

fn refusal(status: u16, code: &str, property: &str) -> (u16, String, String) {
    (status, code.to_owned(), property.to_owned())
}

fn body() -> Value {
    json!({ "run_id": "7", "commit": SHA })
}

fn post(path: &str, body: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(path);
    request.method = Method::POST;
    request.body = Bytes::from(body.to_owned());
    for (name, value) in headers {
        request.headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    request
}

fn signed(body: &str, more: &[(&str, &str)]) -> Request {
    let signature = signature::sign("hush", NOON, "n1", "POST", PATH, body.as_bytes());
    let headers = [("x-signature", &*signature), ("x-timestamp", NOON), ("x-nonce", "n1")];
    post(PATH, body, &[&headers, more].concat())
}

#[tokio::test]
async fn a_token_is_as_good_as_a_signature_and_the_verifier_sees_the_subject_as_the_caller_wrote_it() {
    let server = Server::new();
    server.trust("t", "acme tools feature/x", proof("j1"));
    let response = server
        .server
        .send(&post("/runs/linux/Acme/Tools/feature%2Fx", &body().to_string(), &[("authorization", "bEARER  t ")]))
        .await;
    assert_eq!(response.status, 201);
    assert_eq!(*server.verifier.asked.lock().unwrap(), ["Acme Tools feature/x"]);
    let entries = server.server.store.entries.lock().unwrap();
    let nonce = Nonce { value: "j1".to_owned(), expires: Some(proof("j1").expires), is_after_run: true };
    assert_eq!((entries.len(), &entries[0].nonce), (1, &nonce));
}

#[tokio::test]
async fn an_owner_with_secrets_may_sign_and_may_send_tokens() {
    let server = Server::new();
    server.trust("t", "acme tools main", proof("j1"));
    assert_eq!(server.answer(&signed(&json!({ "run_id": "6" }).to_string(), &[])).await.0, 201);
    assert_eq!(server.report("t", PATH, &body()).await.0, 201);
}

#[tokio::test]
async fn the_first_check_that_fails_decides_and_a_token_that_is_not_authentic_writes_nothing() {
    let server = Server::new();
    server.trust("t", "acme tools main", proof("j1"));
    let bearer = |token: &str| [("authorization".to_owned(), format!("Bearer {token}"))];
    let with = |path: &str, body: &str, headers: &[(String, String)]| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        post(path, body, &headers)
    };
    let large = "x".repeat(256 * 1024 + 1);
    let whole = body().to_string();
    let rows = [
        ("too large", with(PATH, &large, &bearer("forged")), refusal(413, "TOO_LARGE", "body")),
        (
            "an ambiguous path",
            with("/runs/linux/acme/too%256Cs/main", "", &bearer("forged")),
            refusal(400, "PARAMETER_INVALID", "repo"),
        ),
        ("no proof", with(PATH, "", &[]), refusal(400, "MISSING_AUTH_HEADERS", "X-Signature")),
        ("no token", with(PATH, "", &bearer("")), refusal(400, "MISSING_AUTH_HEADERS", "Authorization")),
        ("two words", with(PATH, "", &bearer("a b")), refusal(400, "MISSING_AUTH_HEADERS", "Authorization")),
        ("two tokens", with(PATH, "", &bearer("t, Bearer t")), refusal(400, "MISSING_AUTH_HEADERS", "Authorization")),
        (
            "two headers",
            with(PATH, "", &[bearer("t"), bearer("t")].concat()),
            refusal(400, "MISSING_AUTH_HEADERS", "Authorization"),
        ),
        (
            "a proxy's password alone",
            post(PATH, &whole, &[("authorization", "Basic dTpw")]),
            refusal(400, "MISSING_AUTH_HEADERS", "X-Signature"),
        ),
        (
            "both",
            signed(&whole, &[("authorization", "Bearer t")]),
            refusal(400, "MISSING_AUTH_HEADERS", "Authorization"),
        ),
        (
            "a token and a nonce",
            post(PATH, &whole, &[("authorization", "Bearer t"), ("x-nonce", "n")]),
            refusal(400, "MISSING_AUTH_HEADERS", "Authorization"),
        ),
        ("a forged one, and no payload", with(PATH, "", &bearer("forged")), refusal(401, "INVALID_TOKEN", "signature")),
        (
            "one of another branch, and no payload",
            with("/runs/linux/acme/tools/other", "", &bearer("t")),
            refusal(401, "INVALID_TOKEN", "ref"),
        ),
        (
            "keys that cannot be read",
            with(PATH, &whole, &bearer("down")),
            refusal(503, "UPSTREAM_UNAVAILABLE", "Authorization"),
        ),
        ("no payload", with(PATH, "", &bearer("t")), refusal(400, "INVALID_TEST_PAYLOAD", "body")),
    ];
    for (what, request, expected) in rows {
        assert_eq!(server.answer(&request).await, expected, "{what}");
    }
    assert_eq!(server.written(), 0, "nothing was claimed");
    let nothing = server.server.store.states(&Identity::query("acme", "tools"), SystemTime::UNIX_EPOCH).await.unwrap();
    assert!(nothing.is_empty(), "nothing is remembered");
    let basic = signed(&whole, &[("authorization", "Basic dTpw")]);
    assert_eq!(server.answer(&basic).await.0, 201, "a proxy's password does not hinder a signature");
}

#[tokio::test]
async fn a_server_without_trust_refuses_every_token_with_words_and_names_missing_headers() {
    let plugin = Plugin::new("reporter", Manifest::parse(MANIFEST).unwrap(), Arc::new(Reporter)).unwrap();
    let plugin = plugin.with_collections(["runs", "sizes", "shares"].map(str::to_owned).into());
    let server = TestServer::with_plugins(vec![plugin], &Settings::default(), Arc::default()).unwrap();
    let response = server.send(&post(PATH, &body().to_string(), &[("authorization", "Bearer t")])).await;
    assert_eq!(read(&response), refusal(401, "INVALID_TOKEN", "iss"));
    let said = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(
        said.contains("iss: this server trusts no issuer of tokens; name one in `trust` of its plugins.toml"),
        "{said}"
    );
    let response = server.send(&post(PATH, "", &[("authorization", "Basic dTpw")])).await;
    let said = String::from_utf8(response.body.to_vec()).unwrap();
    let words = "X-Signature, X-Timestamp, X-Nonce; or Authorization: Bearer with a build's token";
    assert!(said.contains(words), "{said}");
}

#[tokio::test]
async fn the_record_must_be_of_the_commit_the_run_and_the_attempt_that_the_token_proves() {
    let server = Server::new();
    server.trust("t", "acme tools main", proof("j1"));
    server.trust("again", "acme tools main", Proof { run_attempt: 2, ..proof("j2") });
    for (token, body, claim, words) in [
        ("t", json!({ "run_id": "7" }), "sha", SHA),
        ("t", json!({ "run_id": "7", "commit": &SHA[..8] }), "sha", "whole and as written here"),
        ("t", json!({ "run_id": "7", "commit": SHA.to_uppercase() }), "sha", SHA),
        ("t", json!({ "run_id": "8", "commit": SHA }), "run_id", "run_id must be this"),
        ("t", json!({ "run_id": "7", "commit": SHA, "run_attempt": 2 }), "run_attempt", "attempt 1"),
        ("again", body(), "run_attempt", "attempt 2"),
    ] {
        let request = post(PATH, &body.to_string(), &[("authorization", &format!("Bearer {token}"))]);
        let response = server.server.send(&request).await;
        assert_eq!(read(&response), refusal(401, "INVALID_TOKEN", claim), "{body}");
        let said = String::from_utf8(response.body.to_vec()).unwrap();
        assert!(said.contains(&format!("{claim}: ")) && said.contains(words), "{said}");
    }
    assert_eq!(server.written(), 0);
    assert_eq!(server.report("again", PATH, &json!({ "run_id": "7", "commit": SHA, "run_attempt": 2 })).await.0, 201);
}

#[tokio::test]
async fn one_token_serves_three_collections_and_every_part_and_a_retry_is_a_duplicate() {
    let server = Server::new();
    server.trust("t", "acme tools main", proof("j1"));
    for path in [PATH, "/sizes/linux/acme/tools/main", "/shares/linux/acme/tools/main", "/runs/windows/acme/tools/main"]
    {
        assert_eq!(server.report("t", path, &body()).await.0, 201, "{path}");
        let again = refusal(409, "DUPLICATE_TEST_RESULT", "run_id");
        assert_eq!(server.report("t", path, &body()).await, again, "{path}");
    }
    server.trust("later", "acme tools main", Proof { run_id: "8".to_owned(), ..proof("j1") });
    let replayed = server.report("later", PATH, &json!({ "run_id": "8", "commit": SHA })).await;
    assert_eq!(replayed, refusal(400, "NONCE_ALREADY_USED", "jti"), "an id that comes again with another run");
}

#[tokio::test]
async fn a_token_of_a_pull_request_cannot_write_the_branch_and_a_token_without_a_usable_id_proves_nothing() {
    let server = Server::new();
    server.trust("t", "acme tools pull/7", proof("j1"));
    assert_eq!(server.report("t", PATH, &body()).await, refusal(401, "INVALID_TOKEN", "ref"));
    assert_eq!(server.report("t", "/runs/linux/acme/tools/pull/7", &body()).await.0, 201);
    for id in ["", "a b", &"x".repeat(129)] {
        server.trust("bad", "acme tools main", proof(id));
        assert_eq!(server.report("bad", PATH, &body()).await, refusal(401, "INVALID_TOKEN", "jti"), "{id:?}");
    }
}

#[tokio::test]
async fn another_repository_under_the_same_name_is_refused_until_the_operator_accepts_it() {
    let server = Server::new();
    let (store, now) = (Arc::clone(&server.server.store), SystemTime::UNIX_EPOCH);
    server.trust("first", "acme tools main", proof("j1"));
    assert_eq!(server.report("first", PATH, &body()).await.0, 201);
    server.trust("taken", "acme tools main", Proof { repository_id: "43".to_owned(), ..proof("j2") });
    let request = post("/sizes/linux/acme/tools/main", &body().to_string(), &[("authorization", "Bearer taken")]);
    let response = server.server.send(&request).await;
    assert_eq!(read(&response), refusal(401, "INVALID_TOKEN", "repository_id"));
    let said = String::from_utf8(response.body.to_vec()).unwrap();
    assert!(said.contains("badgesmith identity accept --owner acme --repo tools --id 43"), "{said}");
    assert!(!said.contains("42"), "the former id is nobody's business: {said}");
    // One of another issuer with the same id is another repository, too.
    server.trust("elsewhere", "acme tools main", Proof { issuer: "https://gitlab.com".to_owned(), ..proof("j3") });
    let path = "/sizes/linux/acme/tools/main";
    assert_eq!(server.report("elsewhere", path, &body()).await, refusal(401, "INVALID_TOKEN", "repository_id"));
    // The operator accepts the new one.
    let found = store.states(&Identity::query("acme", "tools"), now).await.unwrap();
    let (remembered, generation) = Identity::read(&found[0]);
    assert_eq!(remembered.repository_id.as_deref(), Some("42"));
    let accepted = Identity { issuer: None, repository_id: Some("43".to_owned()) };
    assert!(store.put_state(&accepted.state("Acme", "Tools", generation), now).await.unwrap());
    assert_eq!(server.report("taken", path, &body()).await.0, 201);
    assert_eq!(server.report("first", path, &body()).await, refusal(401, "INVALID_TOKEN", "repository_id"));
    // Or whichever reports next.
    let found = store.states(&Identity::query("acme", "tools"), now).await.unwrap();
    let (remembered, generation) = Identity::read(&found[0]);
    assert_eq!(remembered.issuer.as_deref(), Some(ISSUER), "the issuer is remembered with the next report");
    assert!(store.put_state(&Identity::default().state("acme", "tools", generation), now).await.unwrap());
    assert_eq!(server.report("elsewhere", "/shares/linux/acme/tools/main", &body()).await.0, 201);
    assert_eq!(server.report("taken", PATH, &body()).await, refusal(401, "INVALID_TOKEN", "repository_id"));
}

#[tokio::test]
async fn of_two_repositories_that_report_first_at_the_same_time_one_is_remembered() {
    let server = Server::new();
    for id in 0..8 {
        let proof = Proof { repository_id: (id % 2).to_string(), run_id: id.to_string(), ..proof(&id.to_string()) };
        server.trust(&format!("t{id}"), "acme tools main", proof);
    }
    let bodies: Vec<_> = (0..8).map(|id| json!({ "run_id": id.to_string(), "commit": SHA })).collect();
    let tokens: Vec<_> = (0..8).map(|id| format!("t{id}")).collect();
    let reports = tokens.iter().zip(&bodies).map(|(token, body)| server.report(token, PATH, body));
    let answers = join_all(reports).await;
    let accepted: Vec<_> = (0..8).filter(|id| answers[*id].0 == 201).map(|id| id % 2).collect();
    assert_eq!(accepted.len(), 4, "{answers:?}");
    assert!(accepted.iter().all(|id| *id == accepted[0]), "{answers:?}");
}

#[tokio::test]
async fn the_log_says_what_proved_a_report_and_never_the_token() {
    let server = Server::new();
    server.trust("s3cr3t-token", "acme tools main", proof("j1"));
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.subscriber());
    assert_eq!(server.report("s3cr3t-token", PATH, &body()).await.0, 201);
    assert_eq!(server.report("f0rg3d-token", PATH, &body()).await.0, 401);
    assert_eq!(server.answer(&signed(&json!({ "run_id": "9" }).to_string(), &[])).await.0, 201);
    assert_eq!(server.answer(&post(PATH, "", &[])).await.0, 400);
    drop(guard);
    let text = log.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("outcome=")).collect();
    for (line, words) in lines.iter().zip([
        r#"outcome="ACCEPTED" proof="token" issuer="token.actions.githubusercontent.com""#,
        r#"outcome="INVALID_TOKEN" proof="token" issuer="""#,
        r#"outcome="ACCEPTED" proof="signature" issuer="""#,
        r#"outcome="MISSING_AUTH_HEADERS" proof="none" issuer="""#,
    ]) {
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(lines.len(), 4, "{text}");
    assert!(!text.contains("s3cr3t") && !text.contains("f0rg3d"), "{text}");
}

#[test]
fn no_plugin_has_the_collection_of_identities() {
    let manifest = MANIFEST.replace("\"runs\", \"sizes\"", &format!("\"{IDENTITY}\", \"runs\", \"sizes\""));
    let refused = Plugin::new("reporter", Manifest::parse(&manifest).unwrap(), Arc::new(Reporter)).unwrap_err();
    assert!(refused.to_string().contains(IDENTITY), "{refused}");
}
