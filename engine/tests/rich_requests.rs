//! Requests that carry more than an address: a body, headers, a secret in a place of its own or none, and hosts that
//! callers name; and the reasons of failures, which only the log shows.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{collections::BTreeMap, sync::Arc};

use badgesmith_engine::{
    Origin, Plugin, Settings,
    plugins::BoundSecret,
    world::{Ask, CredentialPlace, Fault},
};
use badgesmith_provider::{Auth, Badge, Call, Failure, Manifest, Provider, Request, SentWith, Step};
use serde_json::{Value, json};
use support::{Log, TestServer};

const BADGE: &str = "/badges/asks/acme.svg";
const SECRET: &str = "hush-hush-0123";

/// Sends one request and shows the answer, and whose secret the request carried. `OWNER` and `SERVER` in the request
/// stand for the badge's parameter and its query parameter `server`.
#[derive(Debug)]
struct Asks(Value);

impl Provider for Asks {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let text = self.0.to_string().replace("OWNER", call.param("owner"));
        let text = text.replace("SERVER", call.query("server").unwrap_or_default());
        let request: Request = serde_json::from_str(&text).unwrap();
        let answer = call.fetch(request)?;
        let whose = match answer.sent_with {
            None => "anonymous",
            Some(SentWith::Owner) => "owner",
            Some(SentWith::Server) => "server",
        };
        Ok(Badge::new(format!("{} {whose}", str::from_utf8(answer.success()?).unwrap())))
    }
}

/// A server whose one provider sends this request and requires this.
fn server(request: Value, requires: &[&str]) -> TestServer {
    server_with(request, requires, &Settings::default())
}

fn server_with(request: Value, requires: &[&str], settings: &Settings) -> TestServer {
    serve(Arc::new(Asks(request)), requires, settings)
}

fn serve(
    provider: Arc<dyn badgesmith_engine::plugins::PluginCode>,
    requires: &[&str],
    settings: &Settings,
) -> TestServer {
    let manifest = json!({
        "id": "asks", "version": "1.0.0", "mount": "/badges/asks",
        "badges": [{ "name": "asks", "route": "{owner}", "query": ["server"], "label": "asks", "summary": "Asks.",
                     "example": "acme" }],
        "requires": requires, "headers": ["X-Version", "X-Odd"],
    });
    let origin = |text| Origin::parse(text).unwrap();
    let bound = BoundSecret { purpose: "Api".to_owned(), origin: origin("https://api.example") };
    let plugin = Plugin::new("asks", Manifest::parse(&manifest.to_string()).unwrap(), provider).unwrap();
    let plugin = plugin
        .with_origins(vec![origin("https://api.example"), origin("https://other.example")])
        .with_secrets(BTreeMap::from([("token".to_owned(), bound)]));
    let server = TestServer::with_plugins(vec![plugin], settings, Arc::default()).unwrap();
    server.store.secrets.lock().unwrap().insert(("acme".to_owned(), "Api".to_owned()), vec![SECRET.to_owned()]);
    server
}

fn with(request: Value, more: &Value) -> Value {
    let mut request = request;
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

fn get(more: &Value) -> Value {
    with(json!({ "base": "https://api.example", "path": "x" }), more)
}

fn auth(more: &Value) -> Value {
    get(&json!({ "auth": with(json!({ "secret": "token", "owner": "OWNER" }), more) }))
}

fn asked(server: &TestServer) -> Vec<Ask> {
    server.upstream.asked.lock().unwrap().clone()
}

#[test]
fn the_two_requests_on_the_page_of_providers_are_the_same() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../providers/README.md")).unwrap();
    let section = page.split("## Requests that carry more").nth(1).unwrap();
    let blocks: Vec<_> = section.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let manifest: Value = serde_json::from_str(blocks[0]).unwrap();
    let request: Request = serde_json::from_str(blocks[1]).unwrap();
    let query = "query($login: String!) { user(login: $login) { name } }";
    assert!(section.contains(&format!("const QUERY: &str = {query:?};")));
    let body = json!({ "query": query, "variables": { "login": "acme" } });
    let built = Request::post("https://example.com", "graphql", [""; 0], body)
        .safe()
        .header("X-Version", "2")
        .authorize(Auth::header("token", "acme", "PRIVATE-TOKEN").optional());
    assert_eq!(request, built);
    assert_eq!(manifest, json!({ "requires": ["post", "headers", "secrets"], "headers": ["X-Version"] }));
}

#[tokio::test(start_paused = true)]
async fn a_body_is_sent_once_and_is_a_part_of_the_key_of_its_answer() {
    let post = |owner: &str| get(&json!({ "body": { "query": owner } }));
    let server = server(post("OWNER"), &["post"]);
    server.upstream.set("https://api.example/x", 200, &[("etag", "\"1\"")], "good");
    assert_eq!(server.words(BADGE).await, "asks: good anonymous");
    assert_eq!(server.words(BADGE).await, "asks: good anonymous");
    assert_eq!(server.words("/badges/asks/other.svg").await, "asks: good anonymous");
    let bodies: Vec<_> = asked(&server).into_iter().map(|ask| ask.body.unwrap()).collect();
    assert_eq!(bodies, [r#"{"query":"acme"}"#, r#"{"query":"other"}"#]);
    server.advance(400);
    server.words(BADGE).await;
    assert_eq!(asked(&server)[2].etag, None, "a POST has no conditions");
    server.upstream.fault("https://api.example/x", Fault::Unreachable("cut".to_owned()));
    server.advance(400);
    assert_eq!(server.words(BADGE).await, "asks: good anonymous", "the last good answer");
    assert_eq!(server.upstream.calls(), 4, "it is not repeated");
}

#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_after_a_fault_only_if_the_provider_calls_it_safe() {
    for (more, calls) in [(json!({ "body": {} }), 1), (json!({ "body": {}, "safe": true }), 4), (json!({}), 4)] {
        for fault in [Fault::Unreachable("cut".to_owned()), Fault::Status(503)] {
            let server = server(get(&more), &["post"]);
            server.upstream.fault("https://api.example/x", fault);
            assert_eq!(server.words(BADGE).await, "asks: upstream unavailable");
            assert_eq!(server.upstream.calls(), calls, "{more}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headers_are_sent_and_are_a_part_of_the_key_of_their_answer() {
    let server = server(get(&json!({ "headers": { "x-version": "OWNER" } })), &["headers"]);
    server.upstream.set("https://api.example/x", 200, &[], "good");
    for badge in [BADGE, "/badges/asks/other.svg", BADGE] {
        assert_eq!(server.words(badge).await, "asks: good anonymous");
    }
    let sent: Vec<_> = asked(&server).into_iter().map(|ask| ask.headers["x-version"].clone()).collect();
    assert_eq!(sent, ["acme", "other"]);
}

#[tokio::test(start_paused = true)]
async fn a_value_of_a_caller_that_no_header_can_hold_is_his_mistake() {
    let server = server(get(&json!({ "headers": { "X-Version": "OWNER" } })), &["headers"]);
    for odd in ["%C3%A9", "a%7Fb"] {
        let response = server.get(&format!("/badges/asks/{odd}")).await;
        assert_eq!(response.status, 400);
    }
    assert_eq!(server.upstream.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_to_the_place_that_the_request_names_and_is_in_no_key_address_or_log() {
    let authorization = CredentialPlace::Header(http::header::AUTHORIZATION);
    let rows = [
        (json!({}), authorization.clone(), format!("Bearer {SECRET}")),
        (json!({ "scheme": "basic" }), authorization.clone(), "Basic YWNtZTpodXNoLWh1c2gtMDEyMw==".to_owned()),
        (json!({ "scheme": "basic", "user": "api" }), authorization, "Basic YXBpOmh1c2gtaHVzaC0wMTIz".to_owned()),
        (
            json!({ "scheme": "header", "name": "PRIVATE-TOKEN" }),
            CredentialPlace::Header(http::HeaderName::from_static("private-token")),
            SECRET.to_owned(),
        ),
        (
            json!({ "scheme": "query", "name": "api_key" }),
            CredentialPlace::Query("api_key".to_owned()),
            SECRET.to_owned(),
        ),
    ];
    for (more, place, value) in rows {
        let server = server(auth(&more), &["secrets"]);
        server.upstream.set("https://api.example/x", 200, &[], "good");
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        assert_eq!(server.words(BADGE).await, "asks: good owner", "{more}");
        server.upstream.fault("https://api.example/x", Fault::Timeout);
        server.advance(400);
        assert_eq!(server.words(BADGE).await, "asks: good owner", "{more}");
        let health = server.get("/health?deep=1").await;
        drop(guard);
        let ask = asked(&server).remove(0);
        assert_eq!(ask.url.as_str(), "https://api.example/x");
        assert!(!format!("{ask:?}").contains("hush") && ask.headers.is_empty(), "{ask:?}");
        let credential = ask.credential.unwrap();
        assert_eq!((credential.place, credential.value.reveal(), credential.whose), (place, &*value, SentWith::Owner));
        let keys = format!("{:?}", server.store.answers.lock().unwrap().keys());
        let said = log.text() + &keys + str::from_utf8(&health.body).unwrap();
        assert!(said.contains("token of acme") && !said.contains("hush"), "{said}");
        assert!(!said.contains(&value), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_in_a_link_that_an_upstream_repeats_is_in_no_key_and_no_log() {
    /// Follows the link to the next page.
    #[derive(Debug)]
    struct Pages;

    impl Provider for Pages {
        fn badge(&self, call: &Call) -> Result<Badge, Step> {
            let auth = || Auth::query("token", "acme", "key");
            let first = call.fetch(Request::to("https://api.example/x").authorize(auth()))?;
            let link = first.header("link").unwrap().to_owned();
            let next = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
            let second = call.fetch(Request::to(next).authorize(auth()))?;
            Ok(Badge::new(String::from_utf8_lossy(second.success()?)))
        }
    }

    let server = serve(Arc::new(Pages), &["secrets"], &Settings::default());
    let link = format!("<https://api.example/x?key={SECRET}&page=2>; rel=\"next\"");
    server.upstream.set("https://api.example/x", 200, &[("link", &link)], "one");
    server.upstream.set("https://api.example/x?page=2", 200, &[], "two");
    assert_eq!(server.words(BADGE).await, "asks: two");
    let stored = server.store.answers.lock().unwrap();
    let stored: Vec<_> = stored.iter().map(|(key, (bytes, _))| format!("{key} {bytes:?}")).collect();
    assert!(stored.len() == 2 && !stored.concat().contains("hush"), "{stored:?}");
}

#[tokio::test(start_paused = true)]
async fn an_optional_secret_is_sent_if_there_is_one_and_else_the_request_is_anonymous() {
    for scheme in [json!({}), json!({ "scheme": "query", "name": "key" })] {
        let optional = with(scheme, &json!({ "optional": true }));
        let server = server(auth(&optional), &["secrets"]);
        server.upstream.set("https://api.example/x", 200, &[], "good");
        assert_eq!(server.words(BADGE).await, "asks: good owner");
        assert_eq!(server.words("/badges/asks/nobody.svg").await, "asks: good anonymous");
        assert_eq!(server.words("/badges/asks/none.svg").await, "asks: good anonymous");
        let whose: Vec<_> = asked(&server).iter().map(|ask| ask.credential.is_some()).collect();
        assert_eq!(whose, [true, false], "anonymous answers are shared, and kept apart from others");
    }
    let not_granted = auth(&json!({ "optional": true, "secret": "other" }));
    let server = server(not_granted, &["secrets"]);
    server.upstream.set("https://api.example/x", 200, &[], "good");
    assert_eq!(server.words(BADGE).await, "asks: good anonymous");
    let server = self::server(auth(&json!({})), &[]);
    assert_eq!(server.words("/badges/asks/nobody.svg").await, "asks: token not configured");
}

#[tokio::test(start_paused = true)]
async fn an_optional_secret_that_cannot_be_looked_up_is_no_reason_to_ask_anonymously() {
    let server = server(auth(&json!({ "optional": true })), &["secrets"]);
    server.store.are_secrets_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(server.words(BADGE).await, "asks: secrets unavailable");
    assert_eq!(server.upstream.calls(), 0);
}

/// Every row is a request, what the manifest requires, and a part of the log's words.
#[tokio::test(start_paused = true)]
async fn a_request_that_may_not_be_sent_is_a_violation_in_words() {
    let header = |name: &str| get(&json!({ "headers": { name: "1" } }));
    let placed = |more: Value| auth(&more);
    let body = |bytes: usize| get(&json!({ "body": "x".repeat(bytes - 2) }));
    let web = |more: Value| with(json!({ "base": "https://web.example", "web": true }), &more);
    let both = json!({ "scheme": "header", "name": "X-Odd" });
    let rows: Vec<(Value, &[&str], &str)> = vec![
        (body(10), &["web"], r#"it sends a POST; its manifest has to say "requires": ["post"]"#),
        (body(16 * 1024 + 1), &["post"], "it sends a body of 16385 bytes, at most 16384"),
        (header("X-Version"), &[], r#"it sets headers; its manifest has to say "requires": ["headers"]"#),
        (header("X-Other"), &["headers"], "which its manifest does not list; add it to headers there"),
        (get(&json!({ "headers": { "X-Version": "1", "x-version": "2" } })), &["headers"], "it sets the header"),
        (
            get(&json!({ "headers": { "X-Version": "1".repeat(9000) } })),
            &["headers"],
            "headers of 9009 bytes, at most 8192",
        ),
        (header("Host"), &["headers"], "which is the host's to set"),
        (header("Authorization"), &["headers"], "which the schemes bearer and basic of a secret set"),
        (header("COOKIE"), &["headers"], "which is the host's to set"),
        (header("Content-Length"), &["headers"], "which frames the message"),
        (header("transfer-encoding"), &["headers"], "which frames the message"),
        (header("Connection"), &["headers"], "which frames the message"),
        (header("Proxy-Authorization"), &["headers"], "which is for proxies"),
        (header("If-None-Match"), &["headers"], "which the host's cache sets"),
        (header("Accept"), &["headers"], "which the request's own"),
        (header("Content-Type"), &["headers"], "which is application/json with a body"),
        (header("User-Agent"), &["headers"], "which is the host's to set"),
        (
            with(auth(&both), &json!({ "headers": { "x-odd": "1" } })),
            &["headers", "secrets"],
            "in which its secret is sent",
        ),
        (placed(json!({ "optional": true })), &[], r#"has to say "requires": ["secrets"]"#),
        (placed(json!({ "scheme": "query", "name": "key" })), &[], r#"has to say "requires": ["secrets"]"#),
        (placed(json!({ "name": "X-Odd" })), &["secrets"], "in two places, Authorization and"),
        (placed(json!({ "scheme": "header" })), &["secrets"], "in a header without a name"),
        (placed(json!({ "scheme": "query", "name": "" })), &["secrets"], "which cannot be one"),
        (placed(json!({ "scheme": "header", "name": "a b" })), &["secrets"], "which cannot be one"),
        (placed(json!({ "scheme": "header", "name": "Cookie" })), &["secrets"], "which is the host's to set"),
        (placed(json!({ "user": "api" })), &["secrets"], "with a user, which only the scheme basic has"),
        (placed(json!({ "secret": "other" })), &[], "which plugins.toml does not grant"),
        (
            with(placed(json!({ "optional": true })), &json!({ "base": "https://other.example" })),
            &["secrets"],
            "to https://other.example; plugins.toml binds it to https://api.example",
        ),
        (web(json!({})), &[], r#"it asks a host that a caller named; its manifest has to say "requires": ["web"]"#),
        (
            web(json!({ "auth": { "secret": "token", "owner": "acme", "optional": true } })),
            &["web", "secrets"],
            "it sends a secret to a host that a caller named",
        ),
        (web(json!({ "body": {} })), &["web", "post"], "it sends a body or headers to a host that a caller named"),
        (
            web(json!({ "headers": { "X-Odd": "1" } })),
            &["web", "headers"],
            "it sends a body or headers to a host that a caller named",
        ),
    ];
    for (request, requires, words) in rows {
        let server = server(request.clone(), requires);
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        assert_eq!(server.words(BADGE).await, "asks: provider failed", "{request}");
        drop(guard);
        let said = log.text().replace("\\\"", "\"");
        assert!(said.contains(words) && !said.contains("hush"), "{request}: {said}");
        assert_eq!(server.upstream.calls() + server.web.calls(), 0, "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_a_caller_names_is_asked_through_the_guard_once_and_without_a_grant() {
    let request = json!({ "base": "SERVER", "path": "api", "web": true, "accept": "application/json" });
    let server = server(request.clone(), &["web"]);
    let badge = "/badges/asks/x.svg?server=https://ci.example";
    server.web.set("https://ci.example/api", 200, &[], "good");
    assert_eq!(server.words(badge).await, "asks: good anonymous");
    assert_eq!((server.upstream.calls(), server.web.calls()), (0, 1));
    let ask = server.web.asked.lock().unwrap()[0].clone();
    assert!(ask.credential.is_none() && ask.headers.is_empty() && ask.body.is_none());
    assert_eq!(ask.accept.as_deref(), Some("application/json"));
    assert!(server.store.answers.lock().unwrap().is_empty(), "callers do not fill the store");
    // The document of the same address is another answer.
    assert_eq!(server.words("/badge/dynamic/regex.svg?url=https://ci.example/api&search=g.*").await, "match: good");
    assert_eq!(server.web.calls(), 2);

    server.web.fault("https://ci.example/api", Fault::Unreachable("cut".to_owned()));
    server.advance(400);
    assert_eq!(server.words(badge).await, "asks: good anonymous", "the last good answer");
    assert_eq!(server.web.calls(), 3, "it is not repeated");
    server.advance(5);
    server.words("/badges/asks/y.svg?server=https://ci.example").await;
    assert_eq!(server.web.calls(), 3, "an address that failed is on hold");
    server.web.fault("https://ci.example/api", Fault::NotAllowed("url not allowed"));
    server.advance(100);
    assert_eq!(server.words(badge).await, "asks: host not allowed", "what is not allowed is not shown either");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_may_not_be_asked_is_host_not_allowed() {
    let request = json!({ "base": "SERVER", "path": "api", "web": true });
    let off = Settings { dynamic: false, ..Settings::default() };
    for (settings, address, calls) in [
        (Settings::default(), "https://refused.example", 1),
        (Settings::default(), "file:///etc/passwd", 0),
        (Settings::default(), "https://", 0),
        (Settings::default(), "", 0),
        (off, "https://ci.example", 0),
    ] {
        let server = server_with(request.clone(), &["web"], &settings);
        server.web.set("https://ci.example/api", 200, &[], "good");
        server.web.fault("https://refused.example/api", Fault::NotAllowed("port not allowed"));
        let badge = format!("/badges/asks/x?server={address}");
        let response = server.get(&badge).await;
        let body = str::from_utf8(&response.body).unwrap();
        assert!(body.contains("URL_NOT_ALLOWED") && body.contains("host not allowed"), "{address}: {body}");
        assert_eq!((response.status.as_u16(), server.web.calls()), (403, calls), "{address}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_cannot_make_one_badge_ask_his_host_more_than_eight_times() {
    #[derive(Debug)]
    struct Many;

    impl Provider for Many {
        fn badge(&self, call: &Call) -> Result<Badge, Step> {
            let count: usize = call.param("owner").parse().unwrap();
            call.fetch_all((0..count).map(|page| Request::to(format!("https://ci.example/{page}")).web()))?;
            Ok(Badge::new("good"))
        }
    }

    let server = serve(Arc::new(Many), &["web"], &Settings::default());
    for page in 0..9 {
        server.web.set(&format!("https://ci.example/{page}"), 200, &[], "");
    }
    assert_eq!(server.words("/badges/asks/8.svg").await, "asks: good");
    assert_eq!(server.words("/badges/asks/9.svg").await, "asks: provider failed");
    assert_eq!(server.web.calls(), 8);
}

#[tokio::test(start_paused = true)]
async fn the_reason_of_a_failure_is_in_the_log_cleaned_and_cut_and_nowhere_else() {
    #[derive(Debug)]
    struct Failing;

    impl Provider for Failing {
        fn badge(&self, call: &Call) -> Result<Badge, Step> {
            let answer = call.fetch(Request::to("https://api.example/x"))?;
            let numbers: Vec<u8> = answer.json()?;
            if numbers.is_empty() {
                return Err(Failure::invalid_response().into());
            }
            let reason = format!("/a\u{1b}[31m\r\n{}", "x".repeat(2000));
            Err(Failure::invalid_response().because(format!("{reason}{}", numbers.len())).into())
        }
    }

    for (body, reason) in [
        ("{}", "invalid type: map, expected a sequence at line 1 column 0"),
        ("[1]", "/a [31m  xxx"),
        ("[]", "gives no reason"),
    ] {
        let server = serve(Arc::new(Failing), &[], &Settings::default());
        server.upstream.set("https://api.example/x", 200, &[], body);
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        let response = server.get("/badges/asks/acme").await;
        drop(guard);
        let said = log.text();
        let lines: Vec<_> = said.lines().filter(|line| line.contains("a call failed")).collect();
        let [line] = lines[..] else { panic!("{said}") };
        let parts = ["WARN", "plugin=\"asks\"", "badge=\"asks\"", "UPSTREAM_INVALID", reason];
        assert!(parts.iter().all(|part| line.contains(part)) && line.len() < 800, "{line}");
        let body = str::from_utf8(&response.body).unwrap();
        assert!(body.contains("invalid response") && !body.contains("reason"), "{body}");
        assert!(!body.contains("xxx") && !body.contains("sequence"), "{body}");
    }
}
