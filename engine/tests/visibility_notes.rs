//! What answers say of whether a repository is public, noted for the live page.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use badgesmith_engine::{Live, Origin, Plugin, Settings};
use badgesmith_provider::{Badge, Call, Delivered, Manifest, Provider, Request, Step};
use support::{MemoryStore, TestServer};

const MANIFEST: &str = r#"{"id": "hub", "version": "1.0.0", "mount": "/badges/hub", "requires": ["hooks"],
    "collections": ["runs"], "badges": [
        {"name": "repo", "route": "repo/{owner}/{repo}", "label": "r", "summary": "R.", "example": "repo/a/b"},
        {"name": "file", "route": "file/{owner}/{repo}", "label": "f", "summary": "F.", "example": "file/a/b"},
        {"name": "reading", "route": "reading/{owner}/{repo}", "label": "x", "summary": "X.", "reads": ["runs"],
         "example": "reading/a/b"}],
    "hooks": [{"name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook",
        "collections": ["runs"], "summary": "Deliveries.", "example": "/webhooks/github"}]}"#;

#[derive(Debug)]
struct Hub;

impl Provider for Hub {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let request = Request::get("https://up.example", "{}/{}", [call.param("owner"), call.param("repo")]);
        let accept = if call.name == "file" { "application/vnd.github.raw+json" } else { "application/json" };
        Ok(Badge::new(call.fetch(request.accept(accept))?.status.to_string()))
    }

    fn deliver(&self, _: &Call, _: &[u8]) -> Result<Delivered, Step> {
        Ok(Delivered::ignored())
    }
}

fn server(live: Live, manifest: &str, store: Arc<MemoryStore>) -> TestServer {
    let plugin = Plugin::new("hub", Manifest::parse(manifest).unwrap(), Arc::new(Hub)).unwrap();
    let plugin = plugin.with_origins(vec![Origin::parse("https://up.example").unwrap()]);
    TestServer::with_plugins(vec![plugin], &Settings { live, ..Settings::default() }, store).unwrap()
}

/// Whether the store knows that `acme/shop` is public after a badge with this answer.
async fn noted(live: Live, manifest: &str, badge: &str, body: &str) -> Option<bool> {
    let server = server(live, manifest, Arc::default());
    server.upstream.set("https://up.example/acme/shop", 200, &[], body);
    server.words(&format!("/badges/hub/{badge}/acme/shop.svg")).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    server.store.states.is_public("acme", "shop")
}

#[tokio::test]
async fn an_answer_about_the_repository_of_the_address_is_noted_where_the_live_page_is_on_and_no_other() {
    let public = r#"{"full_name": "Acme/Shop", "private": false}"#;
    let acme = || Live::of(["acme"]).unwrap();
    for (live, badge, body, expected) in [
        (Live::All, "repo", public, Some(true)),
        (acme(), "repo", public, Some(true)),
        (Live::All, "repo", r#"{"full_name": "acme/shop", "private": true}"#, Some(false)),
        (Live::All, "repo", r#"{"full_name": "acme/shop", "private": false, "visibility": "internal"}"#, Some(false)),
        (
            Live::All,
            "repo",
            r#"{"data": {"repository": {"nameWithOwner": "acme/shop", "isPrivate": false}}}"#,
            Some(true),
        ),
        (Live::All, "repo", r#"{"full_name": "acme/shop"}"#, None),
        (Live::All, "repo", r#"{"full_name": "acme/other", "private": false}"#, None),
        (Live::All, "repo", r#"{"private": false}"#, None),
        (Live::All, "repo", r#"{"full_name": "acme/shop", "private": false"#, None),
        (Live::All, "repo", r#"[{"full_name": "acme/shop", "private": false}]"#, None),
        (Live::All, "file", public, None),
        (Live::of(["beta"]).unwrap(), "repo", public, None),
        (Live::Off, "repo", public, None),
    ] {
        assert_eq!(noted(live, MANIFEST, badge, body).await, expected, "{badge} {body}");
    }
    let start = MANIFEST.find("\"hooks\": [").unwrap();
    let without = format!("{}}}", MANIFEST[..start].trim_end().trim_end_matches(','));
    assert_eq!(noted(Live::All, &without, "repo", public).await, None, "it speaks of other repositories");
}

#[tokio::test]
async fn what_is_no_news_is_not_written_again() {
    let store = Arc::<MemoryStore>::default();
    let server = server(Live::All, MANIFEST, Arc::clone(&store));
    let set = |is_private: bool| {
        let body = format!(r#"{{"full_name": "acme/shop", "private": {is_private}}}"#);
        server.upstream.set("https://up.example/acme/shop", 200, &[], &body);
    };
    let mut written = Vec::new();
    for (is_private, seconds) in [(false, 400), (false, 400), (true, 400), (false, 400)] {
        set(is_private);
        server.words("/badges/hub/repo/acme/shop.svg").await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        written.push((store.states.is_public("acme", "shop"), store.states.puts()));
        server.advance(seconds);
    }
    assert_eq!(written, [(Some(true), 1), (Some(true), 1), (Some(false), 2), (Some(true), 3)]);
}
