//! Deliveries of webhooks: the order of the checks, what is written, and what responses tell an attacker.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, atomic::Ordering},
};

use badgesmith_engine::{Plugin, PrivateName, Request, Response, Settings, plugins::PluginError};
use badgesmith_provider::Manifest;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use support::{
    Log, TestServer,
    ci::{Ci, MANIFEST, delivery, payload, plugin, post, signature},
};

const ALL: &str = "/webhooks/github";
const OWN: &str = "/webhooks/github/acme";
const BADGE: &str = "/badges/ci/acme/shop/ci.yml/main.svg";

/// A server with a secret of its own, and owners `acme`, `beta` and `rotating`, the last with two secrets.
fn server() -> TestServer {
    with_settings(&Settings::default())
}

fn with_settings(settings: &Settings) -> TestServer {
    let server = TestServer::with_plugins(vec![plugin()], settings, Arc::default()).unwrap();
    for (owner, secrets) in
        [("*", &["server"][..]), ("acme", &["hush"]), ("beta", &["other"]), ("rotating", &["new", "old"])]
    {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        server.store.secrets.lock().unwrap().insert((owner.to_owned(), "Webhook".to_owned()), secrets);
    }
    server
}

fn text(full_name: &str, run: u64) -> String {
    payload(full_name, run, "done").to_string()
}

/// The status, and the code of an error or the status in the body.
fn word(response: &Response) -> (u16, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let code = body["error_details"][0]["error_code"].as_str().or(body["status"].as_str()).unwrap_or_default();
    (response.status.as_u16(), code.to_owned())
}

async fn send(server: &TestServer, request: &Request) -> (u16, String) {
    word(&server.send(request).await)
}

fn is_untouched(server: &TestServer) -> bool {
    let store = &server.store;
    store.entries.lock().unwrap().is_empty() && store.states.names().is_empty() && !store.has_claims()
}

fn said(status: u16, word: &str) -> (u16, String) {
    (status, word.to_owned())
}

#[tokio::test]
async fn a_delivery_is_shown_by_the_next_badge_and_the_same_one_again_is_a_duplicate() {
    let server = server();
    assert_eq!(server.words(BADGE).await, "run: no run");
    let request = delivery("hush", OWN, "d1", text("Acme/Shop", 7));
    let response = server.send(&request).await;
    assert_eq!((response.status.as_u16(), &*response.body), (200, &br#"{"status":"recorded"}"#[..]));
    assert_eq!(response.headers["cache-control"], "no-store");
    assert_eq!(server.words(BADGE).await, "run: 7 build=done");
    assert_eq!(send(&server, &request).await, said(200, "duplicate"));
    // The same run in another delivery is recorded once.
    assert_eq!(send(&server, &delivery("hush", OWN, "d2", text("acme/shop", 7))).await, said(200, "recorded"));
    assert_eq!(server.store.entries.lock().unwrap().len(), 1);
    // The same id of another owner is another delivery.
    assert_eq!(send(&server, &delivery("other", "/webhooks/github/beta", "d1", text("beta/x", 1))).await.0, 200);
    assert_eq!(send(&server, &delivery("server", ALL, "d1", text("gamma/x", 1))).await, said(200, "recorded"));
    assert_eq!(server.store.entries.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn the_first_check_that_fails_in_a_fixed_order_decides_the_error_and_nothing_is_written() {
    let server = server();
    let body = text("acme/shop", 7);
    let good = |path: &str| delivery("hush", path, "d1", body.clone());
    let with = |name: &'static str, value: &str| {
        let mut request = good(OWN);
        match value {
            "" => drop(request.headers.remove(name)),
            value => drop(request.headers.insert(name, value.parse().unwrap())),
        }
        request
    };
    let right = signature("hush", body.as_bytes());
    let changed = body.replace("\"run_id\":\"7\"", "\"run_id\":\"8\"");
    let of = |full_name: &str, owner: &str| {
        let mut payload = payload(full_name, 7, "done");
        payload["repository"]["owner"]["login"] = owner.into();
        payload.to_string()
    };
    let nobody = json!({ "zen": "Keep it." }).to_string();
    let long = format!("/webhooks/github/{}", "o".repeat(101));
    let (event, id, signed) = ("x-github-event", "x-github-delivery", "x-hub-signature-256");
    let rows = [
        ("too large, and not signed", post(OWN, vec![b'x'; 1024 * 1024 + 1], &[]), (413, "TOO_LARGE")),
        ("no event", with(event, ""), (400, "MISSING_AUTH_HEADERS")),
        ("no id", with(id, ""), (400, "MISSING_AUTH_HEADERS")),
        ("an id with a blank", with(id, "a b"), (400, "MISSING_AUTH_HEADERS")),
        ("a long id", with(id, &"x".repeat(129)), (400, "MISSING_AUTH_HEADERS")),
        ("a long event", with(event, &"x".repeat(129)), (400, "MISSING_AUTH_HEADERS")),
        ("an owner that is too long", good(&long), (400, "PARAMETER_INVALID")),
        ("an owner that is a repository", good("/webhooks/github/acme%2Fshop"), (400, "PARAMETER_INVALID")),
        ("no signature", with(signed, ""), (401, "INVALID_SIGNATURE")),
        ("no prefix", with(signed, &right[7..]), (401, "INVALID_SIGNATURE")),
        ("sha1", with(signed, &format!("sha1={}", &right[7..47])), (401, "INVALID_SIGNATURE")),
        ("sha1 with a long digest", with(signed, &right.replace("sha256", "sha1")), (401, "INVALID_SIGNATURE")),
        ("a prefix in other letters", with(signed, &right.replace("sha256", "SHA256")), (401, "INVALID_SIGNATURE")),
        ("a truncated digest", with(signed, &right[..right.len() - 2]), (401, "INVALID_SIGNATURE")),
        ("a digest that is too long", with(signed, &format!("{right}00")), (401, "INVALID_SIGNATURE")),
        ("no digits", with(signed, &format!("sha256={}", "x".repeat(64))), (401, "INVALID_SIGNATURE")),
        (
            "another body",
            post(OWN, changed, &[(event, "run"), (id, "d1"), (signed, &right)]),
            (401, "INVALID_SIGNATURE"),
        ),
        ("another secret", delivery("guess", OWN, "d1", body.clone()), (401, "INVALID_SIGNATURE")),
        ("no secret at all", delivery("", OWN, "d1", body.clone()), (401, "INVALID_SIGNATURE")),
        ("a wrong secret, and no payload", delivery("guess", OWN, "d1", "x"), (401, "INVALID_SIGNATURE")),
        (
            "an unknown owner",
            delivery("hush", "/webhooks/github/nobody", "d1", body.clone()),
            (401, "INVALID_SIGNATURE"),
        ),
        (
            "an owner without a secret",
            delivery("", "/webhooks/github/nobody", "d1", body.clone()),
            (401, "INVALID_SIGNATURE"),
        ),
        (
            "the server as an owner",
            delivery("server", "/webhooks/github/*", "d1", body.clone()),
            (401, "INVALID_SIGNATURE"),
        ),
        ("the server's secret for an owner", delivery("server", OWN, "d1", body.clone()), (401, "INVALID_SIGNATURE")),
        ("an owner's secret for the server", delivery("hush", ALL, "d1", body.clone()), (401, "INVALID_SIGNATURE")),
        ("no JSON", delivery("hush", OWN, "d1", "{"), (400, "INVALID_PAYLOAD")),
        ("a list", delivery("hush", OWN, "d1", "[]"), (400, "INVALID_PAYLOAD")),
        ("no full name", delivery("hush", OWN, "d1", r#"{"repository":{}}"#), (400, "INVALID_PAYLOAD")),
        ("another owner's payload", delivery("hush", OWN, "d1", text("beta/x", 7)), (401, "INVALID_SIGNATURE")),
        ("another owner's repository", delivery("hush", OWN, "d1", of("beta/x", "acme")), (401, "INVALID_SIGNATURE")),
        (
            "another owner of the repository",
            delivery("hush", OWN, "d1", of("acme/x", "beta")),
            (401, "INVALID_SIGNATURE"),
        ),
        ("nobody's payload", delivery("hush", OWN, "d1", nobody), (401, "INVALID_SIGNATURE")),
        ("an owner with a secret", delivery("server", ALL, "d1", body.clone()), (401, "INVALID_SIGNATURE")),
        (
            "a repository of an owner with a secret",
            delivery("server", ALL, "d1", of("acme/x", "c")),
            (401, "INVALID_SIGNATURE"),
        ),
        (
            "a repository of nobody, with an owner",
            delivery("server", ALL, "d1", of("c/x", "acme")),
            (401, "INVALID_SIGNATURE"),
        ),
    ];
    let refusal = server.send(&with(signed, "")).await;
    for (what, request, expected) in rows {
        let response = server.send(&request).await;
        assert_eq!(word(&response), said(expected.0, expected.1), "{what}");
        assert!(is_untouched(&server), "{what}");
        assert_eq!(response.headers["access-control-allow-origin"], "*", "{what}");
        if expected.0 == 401 {
            assert_eq!(response.body, refusal.body, "every refusal says the same: {what}");
        }
    }
    assert_eq!(send(&server, &good(OWN)).await, said(200, "recorded"));
}

#[tokio::test]
async fn both_secrets_count_while_one_is_rotated_and_hexadecimal_digits_are_of_either_case() {
    let server = server();
    let path = "/Webhooks/GitHub/Rotating/";
    for (secret, status) in [("new", 200), ("old", 200), ("older", 401)] {
        let response = server.send(&delivery(secret, path, secret, text("Rotating/x", 1))).await;
        assert_eq!(response.status, status, "{secret}");
    }
    let body = text("rotating/x", 2);
    let upper = signature("new", body.as_bytes()).to_uppercase().replace("SHA256", "sha256");
    let headers = [("x-github-event", "run"), ("x-github-delivery", "u"), ("x-hub-signature-256", &*upper)];
    assert_eq!(send(&server, &post(path, body, &headers)).await, said(200, "recorded"));
}

#[tokio::test]
async fn an_unknown_owner_costs_as_many_lookups_and_a_stranger_never_causes_a_second_one() {
    let server = server();
    let lookups = async |request: Request| {
        let before = server.store.lookups.load(Ordering::Relaxed);
        server.send(&request).await;
        server.store.lookups.load(Ordering::Relaxed) - before
    };
    let body = || text("acme/shop", 7);
    assert_eq!(lookups(delivery("guess", OWN, "d", body())).await, 1);
    assert_eq!(lookups(delivery("guess", "/webhooks/github/nobody", "d", body())).await, 1);
    assert_eq!(lookups(delivery("guess", "/webhooks/github/*", "d", body())).await, 1);
    assert_eq!(lookups(delivery("guess", ALL, "d", body())).await, 1, "whose payload it is, is not looked at");
    assert_eq!(lookups(delivery("guess", ALL, "d", text("nobody/x", 7))).await, 1);
}

#[tokio::test]
async fn a_ping_is_answered_an_unread_event_is_ignored_and_neither_claims_anything() {
    let server = server();
    let event = |event: &str, body: String| {
        let mut request = delivery("hush", OWN, "d1", body);
        request.headers.insert("x-github-event", event.parse().unwrap());
        request
    };
    let organization = json!({ "zen": "Keep it.", "organization": { "login": "ACME" } }).to_string();
    assert_eq!(send(&server, &event("ping", text("acme/shop", 7))).await, said(200, "pong"));
    assert_eq!(send(&server, &event("ping", organization)).await, said(200, "pong"));
    assert_eq!(send(&server, &event("unread", text("acme/shop", 7))).await, said(202, "ignored"));
    assert!(is_untouched(&server));
    // What an event that nobody reads says of a private repository counts nevertheless.
    assert_eq!(send(&server, &event("run", text("acme/shop", 7))).await, said(200, "recorded"));
    let mut hidden = payload("acme/shop", 7, "done");
    hidden["repository"]["private"] = true.into();
    hidden["repository"]["updated_at"] = "2026-11-21T11:00:01Z".into();
    assert_eq!(send(&server, &event("unread", hidden.to_string())).await, said(202, "ignored"));
    assert_eq!(server.words(BADGE).await, "run: no run");
    let told: Vec<_> = server.events.take().into_iter().filter(|entry| entry.contains(" delivery ")).collect();
    let words = ["ping PONG", "ping PONG", "other IGNORED", "other RECORDED", "other IGNORED"];
    assert_eq!(told, words.map(|word| format!("ci delivery {word}")));
}

#[tokio::test]
async fn a_form_is_read_as_the_json_in_it_and_signed_as_it_was_sent() {
    let server = server();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text("acme/shop", 7)).finish();
    for (media_type, id, expected) in [
        ("application/json", "d1", said(400, "INVALID_PAYLOAD")),
        ("application/x-www-form-urlencoded", "d1", said(200, "recorded")),
        ("application/X-WWW-Form-Urlencoded; charset=utf-8", "d1", said(200, "duplicate")),
    ] {
        let mut request = delivery("hush", OWN, id, form.clone());
        request.headers.insert("content-type", media_type.parse().unwrap());
        assert_eq!(send(&server, &request).await, expected, "{media_type}");
    }
    assert_eq!(server.words(BADGE).await, "run: 7 build=done");
}

#[tokio::test]
async fn a_provider_writes_of_the_repository_of_the_payload_only_and_in_collections_of_its_hook() {
    let server = server();
    let changed = |list: &str, member: &str, value: Value| {
        let mut payload = payload("acme/shop", 7, "done");
        payload["told"][list][0][member] = value;
        payload
    };
    let marked = |owner: &str, name: &str| {
        let mut payload = payload("acme/shop", 7, "done");
        payload["told"] = json!({ "stale": [{ "owner": owner, "name": name }] });
        payload
    };
    let mut of_organization = marked("acme", "shop");
    let members = of_organization.as_object_mut().unwrap();
    members.remove("repository");
    members.insert("organization".to_owned(), json!({ "login": "acme" }));
    let mut packages = of_organization.clone();
    packages["told"]["stale"][0]["name"] = "Packages/npm/x".into();
    let huge: serde_json::Map<_, _> = [("x".to_owned(), Value::from("x".repeat(70_000)))].into_iter().collect();
    let rows = [
        (changed("records", "owner", "beta".into()), (500, "PROVIDER_FAILED")),
        (changed("records", "repo", "other".into()), (500, "PROVIDER_FAILED")),
        (changed("records", "collection", "notes".into()), (500, "PROVIDER_FAILED")),
        (changed("states", "owner", "beta".into()), (500, "PROVIDER_FAILED")),
        (changed("states", "repo", "other".into()), (500, "PROVIDER_FAILED")),
        (changed("states", "collection", "visibility".into()), (500, "PROVIDER_FAILED")),
        (changed("states", "sequence", json!([])), (500, "PROVIDER_FAILED")),
        (changed("states", "sequence", json!([1, 2, 3, 4, 5])), (500, "PROVIDER_FAILED")),
        (changed("states", "fields", huge.clone().into()), (500, "PROVIDER_FAILED")),
        (
            changed("records", "record", json!({ "timestamp_ms": 1, "run_id": "7", "run_attempt": 1, "fields": huge })),
            (500, "PROVIDER_FAILED"),
        ),
        (
            changed("records", "record", json!({ "timestamp_ms": 1, "run_id": "", "run_attempt": 1, "fields": {} })),
            (500, "PROVIDER_FAILED"),
        ),
        (marked("beta", "shop"), (500, "PROVIDER_FAILED")),
        (marked("acme", "other"), (500, "PROVIDER_FAILED")),
        (of_organization, (500, "PROVIDER_FAILED")),
        (changed("records", "branch", "x".repeat(245).into()), (400, "PARAMETER_INVALID")),
        (changed("states", "platform", "x".repeat(129).into()), (400, "PARAMETER_INVALID")),
        (changed("states", "branch", "#".repeat(244).into()), (200, "recorded")),
    ];
    for (index, (payload, expected)) in rows.into_iter().enumerate() {
        let id = format!("d{index}");
        let answered = send(&server, &delivery("hush", OWN, &id, payload.to_string())).await;
        assert_eq!(answered, said(expected.0, expected.1), "{payload:.300}");
        assert!(expected.0 == 200 || is_untouched(&server), "{payload:.300}");
    }
    let failed = json!({ "fail": 1, "repository": { "full_name": "acme/shop" } }).to_string();
    assert_eq!(send(&server, &delivery("hush", OWN, "f", failed)).await, said(400, "RUN_INVALID"));
    assert_eq!(send(&server, &delivery("hush", OWN, "p", packages.to_string())).await, said(200, "recorded"));
}

#[tokio::test]
async fn a_private_repository_is_shown_as_if_nothing_were_there_unless_it_is_granted() {
    let granted = Settings { private: vec![PrivateName::try_from("acme".to_owned()).unwrap()], ..Settings::default() };
    for (settings, is_private, expected) in [
        (Settings::default(), json!(true), "run: no run"),
        (Settings::default(), json!(false), "run: 7 build=done"),
        (Settings::default(), Value::Null, "run: no run"),
        (granted, json!(true), "run: 7 build=done"),
    ] {
        let (server, log) = (with_settings(&settings), Log::default());
        let mut payload = payload("acme/shop", 7, "done");
        payload["repository"]["private"] = is_private.clone();
        payload["repository"]["visibility"] = Value::Null;
        let guard = tracing::subscriber::set_default(log.subscriber());
        assert_eq!(send(&server, &delivery("hush", OWN, "d-1", payload.to_string())).await, said(200, "recorded"));
        drop(guard);
        assert_eq!(server.words(BADGE).await, expected, "{is_private}");
        let (line, is_shown) = (log.text(), expected.contains('7'));
        assert!(line.contains("RECORDED") && line.contains("d-1") && line.contains("acme"), "{line}");
        assert_eq!(line.contains("shop"), is_shown, "{line}");
        assert!(!line.contains("sha256") && !line.contains("hush"), "{line}");
    }
}

#[tokio::test]
async fn the_latest_word_on_a_repository_counts_whatever_the_order_of_arrival() {
    let word = |at: &str, is_private: bool, id: &str| {
        let mut payload = payload("acme/shop", 7, "done");
        payload["repository"]["private"] = is_private.into();
        payload["repository"]["visibility"] = if is_private { "private" } else { "public" }.into();
        payload["repository"]["updated_at"] = format!("2026-11-21T{at}Z").into();
        delivery("hush", OWN, id, payload.to_string())
    };
    let (early, late) = ("11:00:00", "11:00:01");
    for (words, is_public) in [
        ([(early, false), (late, true)], false),
        ([(late, true), (early, false)], false),
        ([(early, true), (late, false)], true),
        ([(late, false), (early, true)], true),
        ([(early, false), (early, true)], false),
        ([(early, true), (early, false)], false),
    ] {
        let server = server();
        for (index, (at, is_private)) in words.into_iter().enumerate() {
            assert_eq!(server.send(&word(at, is_private, &format!("d{index}"))).await.status, 200);
        }
        assert_eq!(server.words(BADGE).await.contains('7'), is_public, "{words:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_met_a_store_that_is_down_is_repaired_by_the_same_one_again() {
    let server = server();
    let request = delivery("hush", OWN, "d1", text("acme/shop", 7));
    server.store.is_down.store(true, Ordering::Relaxed);
    let response = server.send(&request).await;
    assert_eq!(word(&response), said(503, "STORE_UNAVAILABLE"));
    assert!(response.headers.contains_key("retry-after"));
    server.store.is_down.store(false, Ordering::Relaxed);
    server.store.are_secrets_down.store(true, Ordering::Relaxed);
    assert_eq!(send(&server, &request).await, said(503, "STORE_UNAVAILABLE"));
    server.store.are_secrets_down.store(false, Ordering::Relaxed);
    assert!(is_untouched(&server));
    assert_eq!(send(&server, &request).await, said(200, "recorded"));
    assert_eq!(server.words(BADGE).await, "run: 7 build=done");
}

#[tokio::test]
async fn deliveries_in_any_order_from_eight_senders_end_in_the_same_state() {
    let server = server();
    let deliveries = (1..=30_u64)
        .flat_map(|run| ["queued", "done"].into_iter().map(move |status| (run, status)).flat_map(|told| [told; 3]));
    let mut deliveries: Vec<_> = deliveries.collect();
    // A fixed shuffle: 97 and the length have no common divisor.
    let length = deliveries.len();
    deliveries = (0..length).map(|index| deliveries[index * 97 % length]).collect();
    let senders = deliveries.chunks(length.div_ceil(8)).map(async |chunk| {
        for (run, status) in chunk {
            let mut payload = payload("acme/shop", *run, status);
            if *status == "queued" {
                payload["told"]["records"] = json!([]);
            }
            let request = delivery("hush", OWN, &format!("{run}-{status}"), payload.to_string());
            assert_eq!(server.send(&request).await.status, 200);
        }
    });
    join_all(senders).await;
    assert_eq!(server.words(BADGE).await, "run: 30 build=done");
    assert_eq!(server.store.entries.lock().unwrap().len(), 30);
}

#[tokio::test]
async fn a_delivery_of_one_mebibyte_is_taken_and_any_other_body_of_that_size_is_not() {
    let server = server();
    let mut large = payload("acme/shop", 7, "done");
    large["padding"] = String::new().into();
    let missing = 1024 * 1024 - large.to_string().len();
    large["padding"] = "x".repeat(missing).into();
    let request = delivery("hush", OWN, "d1", large.to_string());
    assert_eq!(request.body.len(), 1024 * 1024);
    assert_eq!(send(&server, &request).await, said(200, "recorded"));
    let more = [&request.body[..], b" "].concat();
    assert_eq!(send(&server, &delivery("hush", OWN, "d2", more)).await, said(413, "TOO_LARGE"));
    assert_eq!(send(&server, &delivery("guess", OWN, "d2", request.body.clone())).await.0, 401);
    let elsewhere = post("/badges/ci/acme/shop/ci.yml/main?format=json", Bytes::from(vec![0; 256 * 1024 + 1]), &[]);
    assert_eq!(send(&server, &elsewhere).await, said(413, "TOO_LARGE"));
}

#[tokio::test]
async fn an_address_of_a_webhook_takes_posts_alone() {
    let server = server();
    for path in [ALL, OWN, "/webhooks/github/acme.svg"] {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            let response = server.send(&Request { method: method.clone(), ..Request::get(path) }).await;
            assert_eq!(
                (response.status.as_u16(), &response.headers["allow"]),
                (405, &"POST, OPTIONS".parse().unwrap())
            );
        }
        let preflight = server.send(&Request { method: Method::OPTIONS, ..Request::get(path) }).await;
        assert_eq!(preflight.headers["access-control-allow-methods"], "POST, OPTIONS");
    }
    assert_eq!(server.send(&post("/webhooks/gitlab", "", &[])).await.status, 404);
    assert_eq!(server.send(&post("/webhooks/github/a/b", "", &[])).await.status, 404);
}

#[test]
fn a_manifest_with_a_webhook_that_cannot_be_served_is_refused_with_words() {
    let rows = [
        (r#""requires": ["hooks", "states"]"#, r#""requires": ["states"]"#, "say \"requires\": [\"hooks\"]"),
        (r#""route": "/webhooks/github/{owner}""#, r#""route": "/hooks/github/{owner}""#, "does not fit the route"),
        (r#""route": "/webhooks/github", "#, r#""route": "/webhooks/{scheme}", "#, "another parameter than {owner}"),
        (r#""purpose": "Webhook""#, r#""purpose": " ""#, "has no purpose"),
        (
            r#""collections": ["runs", "jobs"], "summary": "Deliveries.""#,
            r#""collections": ["x"], "summary": "D.""#,
            "collections lacks \"x\"",
        ),
        (r#""reads": ["runs", "jobs"]"#, r#""reads": ["x"]"#, "collections lacks \"x\""),
        (r#""notes"]"#, r#""visibility"]"#, "is the host's own"),
    ];
    for (from, to, words) in rows {
        assert!(MANIFEST.contains(from), "{from}");
        let manifest = Manifest::parse(&MANIFEST.replacen(from, to, 1)).unwrap();
        let fault: PluginError = Plugin::new("ci", manifest, Arc::new(Ci)).unwrap_err();
        assert!(fault.to_string().contains(words), "{fault}");
    }
    let unknown = MANIFEST.replacen(r#""scheme": "github""#, r#""scheme": "gitlab""#, 1);
    assert!(Manifest::parse(&unknown).unwrap_err().to_string().contains("gitlab"));
}

#[test]
fn nothing_but_a_webhook_is_served_below_webhooks() {
    let manifest = MANIFEST.replacen("\"route\": \"{owner}/", "\"route\": \"/webhooks/x/{owner}/", 1);
    let manifest = manifest.replacen("\"acme/shop/ci.yml/main\"", "\"/webhooks/x/acme/shop/ci.yml/main\"", 1);
    let plugin = Plugin::new("ci", Manifest::parse(&manifest).unwrap(), Arc::new(Ci)).unwrap();
    let refused = TestServer::with_plugins(vec![plugin], &Settings::default(), Arc::default()).err().unwrap();
    assert!(refused.to_string().contains("is kept for the engine"), "{refused}");
}

/// Signs the files that are its arguments with @octokit/webhooks-methods, which also verifies what it signed.
const OCTOKIT: &str = r#"
    import { readFileSync } from "node:fs";
    import { sign, verify } from "@octokit/webhooks-methods";
    for (const file of process.argv.slice(1)) {
        const text = readFileSync(file, "utf8");
        const signature = await sign("hush", text);
        if (!(await verify("hush", text, signature))) throw new Error(file);
        console.log(signature);
    }"#;
/// Prints a signature that gidgethub accepts of each file.
const GIDGETHUB: &str = r#"
import hashlib, hmac, sys
from gidgethub import sansio
for file in sys.argv[1:]:
    body = open(file, "rb").read()
    signature = "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()
    sansio.validate_event(body, signature=signature, secret="hush")
    print(signature)
"#;

/// The recorded payloads, sorted.
fn recorded_payloads() -> Vec<PathBuf> {
    let folder =
        PathBuf::from(env::var_os("BADGESMITH_RECORDED").expect("BADGESMITH_RECORDED is set")).join("webhooks");
    let files = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut all: Vec<_> = files(&folder).iter().flat_map(|event| files(event)).collect();
    all.sort();
    all
}

#[tokio::test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs, and BADGESMITH_SIGNERS, which .ci/peers installs"]
async fn every_recorded_payload_that_other_libraries_sign_is_accepted_and_with_one_byte_changed_refused() {
    let signers = PathBuf::from(env::var_os("BADGESMITH_SIGNERS").expect("BADGESMITH_SIGNERS is set"));
    let payloads = recorded_payloads();
    assert!(payloads.len() >= 36, "{}", payloads.len());
    let octokit = ("node".into(), ["--input-type=module", "-e", OCTOKIT].to_vec());
    let gidgethub = (signers.join("venv/bin/python"), vec!["-c", GIDGETHUB]);
    for (index, (program, arguments)) in [octokit, gidgethub].into_iter().enumerate() {
        let output = Command::new(&program).args(arguments).args(&payloads).current_dir(&signers).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        let signatures: Vec<&str> = printed.lines().collect();
        assert_eq!(signatures.len(), payloads.len());
        let server = server();
        server.store.secrets.lock().unwrap().insert(("*".to_owned(), "Webhook".to_owned()), vec!["hush".to_owned()]);
        for (number, (file, signature)) in payloads.iter().zip(signatures).enumerate() {
            let event = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
            let id = format!("{index}-{number}");
            let headers = [("x-github-event", event), ("x-github-delivery", &id), ("x-hub-signature-256", signature)];
            let body = fs::read(file).unwrap();
            let response = server.send(&post(ALL, body.clone(), &headers)).await;
            let expected = if event == "ping" { "pong" } else { "recorded" };
            assert_eq!(word(&response), said(200, expected), "{}", file.display());
            let mut changed = body;
            *changed.last_mut().unwrap() ^= 1;
            assert_eq!(server.send(&post(ALL, changed, &headers)).await.status, 401, "{}", file.display());
        }
    }
}
