//! A badge with several routes: their labels, prefixes, fixed parameters and default formats.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use badgesmith_engine::{Plugin, Settings, plugins::PluginError};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Request, Step};
use support::{Log, TestServer};

/// Shows its parameters; the query parameter counts where the route has none.
#[derive(Debug)]
struct Echo;

impl Provider for Echo {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let tag = call.query("tag").unwrap_or("none");
        Ok(Badge::new(format!("{} {tag}", call.param("package"))))
    }
}

const MANIFEST: &str = r#"{
  "id": "npm", "version": "1.0.0", "mount": "/badges/packages/npm", "requires": ["routes", "labels"],
  "settings": {"upstream": "https://registry.example:8443/npm", "downloads": ""},
  "badges": [{
    "name": "version", "route": "{package}", "query": ["tag"], "label": "npm", "summary": "Its version.",
    "example": "express",
    "routes": [
      {"route": "/npm/v/{package}", "prefix": "v", "example": "/npm/v/express"},
      {"route": "/npm/v/{package}/{tag}", "label": "npm@{tag}", "example": "/npm/v/express/next"},
      {"route": "/npm/latest/{package}", "label": "{upstream.host}", "fixed": {"tag": "latest"},
       "example": "/npm/latest/express"},
      {"route": "/npm/dm/{package}", "label": "{downloads.host}", "format": "json", "example": "/npm/dm/express"},
      {"route": "further/{package}", "example": "further/express"},
      {"route": "/npm/deep/{package…}", "label": "{package}", "example": "/npm/deep/express"},
      {"route": "deep/{package…}", "example": "deep/express"}
    ]
  }]
}"#;

fn plugin(manifest: &str) -> Result<Plugin, PluginError> {
    Plugin::new("npm", Manifest::parse(manifest).unwrap(), Arc::new(Echo))
}

fn server() -> TestServer {
    TestServer::with_plugins(vec![plugin(MANIFEST).unwrap()], &Settings::default(), Arc::default()).unwrap()
}

#[tokio::test]
async fn every_route_of_a_badge_has_its_own_label_prefix_and_parameters() {
    let server = server();
    for (path, words) in [
        ("/badges/packages/npm/1.0.svg", "npm: 1.0 none"),
        ("/badges/packages/npm/1.0.svg?tag=next", "npm: 1.0 next"),
        ("/npm/v/1.0", "npm: v1.0 none"),
        ("/npm/v/express", "npm: express none"),
        ("/npm/v/1.0?tag=next", "npm: v1.0 next"),
        ("/npm/v/1.0/next?tag=other", "npm@next: 1.0 next"),
        ("/npm/v/1.0/a%22%3Cb", "npm@a&quot;&lt;b: 1.0 a&quot;&lt;b"),
        ("/npm/latest/1.0?tag=other", "registry.example: 1.0 latest"),
        ("/npm/dm/1.0.svg", "npm: 1.0 none"),
        ("/badges/packages/npm/further/1.0.svg", "npm: 1.0 none"),
        ("/npm/v/1.0?label=other", "other: v1.0 none"),
    ] {
        assert_eq!(server.words(path).await, words, "{path}");
    }
}

#[tokio::test]
async fn a_badge_below_badges_is_json_by_default_and_any_other_is_svg() {
    let server = server();
    for (path, media_type) in [
        ("/badges/packages/npm/express", "application/json"),
        ("/badges/packages/npm/further/express", "application/json"),
        ("/npm/v/express", "image/svg+xml;charset=utf-8"),
        ("/npm/v/express.png", "image/png"),
        ("/npm/v/express?format=json", "application/json"),
        ("/npm/dm/express", "application/json"),
    ] {
        assert_eq!(server.get(path).await.headers["content-type"], media_type, "{path}");
    }
}

/// Asks the upstream of a setting.
#[derive(Debug)]
struct Asking;

impl Provider for Asking {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let answer = call.fetch(Request::get(call.setting("downloads"), "{}", [call.param("package")]))?;
        Ok(Badge::new(String::from_utf8_lossy(answer.success()?)))
    }
}

#[tokio::test]
async fn a_badge_whose_upstream_is_not_set_says_so_and_the_log_says_once_what_to_write() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber());
    let manifest = Manifest::parse(&MANIFEST.replace("https://registry.example:8443/npm", "")).unwrap();
    let plugin = Plugin::new("npm", manifest, Arc::new(Asking)).unwrap();
    let server = TestServer::with_plugins(vec![plugin], &Settings::default(), Arc::default()).unwrap();
    assert!(log.text().contains("command=\"badgesmith plugin enable npm --upstream URL\""), "{}", log.text());
    for path in ["/npm/v/express", "/npm/latest/express", "/badges/packages/npm/express.svg?label=mine"] {
        let label = if path.ends_with("mine") { "mine" } else { "npm" };
        assert_eq!(server.words(path).await, format!("{label}: no upstream set"), "{path}");
    }
    let json = server.get("/badges/packages/npm/express").await;
    assert_eq!(json.status, 501);
    assert!(String::from_utf8_lossy(&json.body).contains("\"error_code\":\"UPSTREAM_NOT_SET\""));
    let (text, command) = (log.text(), "command=\"badgesmith plugin enable npm --downloads URL --upstream URL\"");
    assert_eq!(text.matches(command).count(), 1, "{text}");
    assert_eq!(server.upstream.calls(), 0);
}

#[tokio::test]
async fn a_mistake_in_the_address_of_a_picture_is_a_picture() {
    let server = server();
    let deep = format!("%{}2F", "25".repeat(8));
    let words = server.words(&format!("/npm/deep/a{deep}b")).await;
    assert_eq!(words, "npm: path encoded more than 8 times");
    let json = server.get(&format!("/badges/packages/npm/deep/a{deep}b")).await;
    assert_eq!((json.status.as_u16(), &json.headers["content-type"]), (400, &"application/json".parse().unwrap()));
    let words = server.words(&format!("/npm/v/a?{}", "x&".repeat(300))).await;
    assert_eq!(words, "badge: more than 256 query parameters");
}

#[test]
fn a_manifest_is_refused_for_what_it_requires_and_for_names_that_are_none() {
    for (from, to, words) in [
        (
            "[\"routes\", \"labels\"]",
            "[\"routes\", \"telepathy\"]",
            "it requires \"telepathy\" of its host, which BadgeSmith",
        ),
        ("npm@{tag}", "npm@{version}", "the label \"npm@{version}\" has {version}, which is no parameter of the badge"),
        ("{upstream.host}", "{up.host}", "the label \"{up.host}\" has {up.host}, which is no parameter"),
        (
            "/npm/latest/{package}",
            "/npm/latest/{tag}",
            "the route /npm/latest/{tag} has {tag} already; take it away from fixed",
        ),
        (
            "\"/npm/dm/express\"",
            "\"/npm/dx/express\"",
            "the example \"/npm/dx/express\" does not fit the route \"/npm/dm/{package}\"",
        ),
    ] {
        let refusal = plugin(&MANIFEST.replace(from, to)).unwrap_err().to_string();
        assert!(refusal.contains(words), "{refusal}\n{words}");
    }
}

#[test]
fn further_routes_conflict_like_any_others() {
    let manifest = MANIFEST.replace("/npm/dm/", "/npm/v/");
    let made = TestServer::with_plugins(vec![plugin(&manifest).unwrap()], &Settings::default(), Arc::default());
    let refusal = made.err().expect("two routes fit the same addresses").to_string();
    let words = "the route /npm/v/{package} fits the same addresses as /npm/v/{package} of plugin \"npm\"";
    assert!(refusal.contains(words), "{refusal}");
}

#[derive(Debug)]
struct EchoFormat;

impl Provider for EchoFormat {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        Ok(Badge::new(call.query("format").unwrap_or("none")))
    }
}

#[tokio::test]
async fn a_badge_may_have_a_parameter_format_whose_other_values_are_its_own() {
    let manifest = r#"{"id": "violations", "version": "1.0.0", "mount": "/badges/violations", "badges": [
        {"name": "violations", "route": "/violations/{project}", "query": ["format"], "label": "violations",
         "summary": "Violations.", "example": "/violations/a"},
        {"name": "other", "route": "/other/{project}", "label": "other", "summary": "Other.", "example": "/other/a"}]}"#;
    let plugin = Plugin::new("violations", Manifest::parse(manifest).unwrap(), Arc::new(EchoFormat)).unwrap();
    let server = TestServer::with_plugins(vec![plugin], &Settings::default(), Arc::default()).unwrap();
    for (path, words) in [
        ("/violations/a?format=long", "violations: long"),
        ("/violations/a.svg?format=long", "violations: long"),
        ("/violations/a", "violations: none"),
        ("/other/a?format=long", "badge: invalid format"),
    ] {
        assert_eq!(server.words(path).await, words, "{path}");
    }
    assert_eq!(server.get("/violations/a.png?format=long").await.headers["content-type"], "image/png");
    assert_eq!(server.get("/violations/a?format=json").await.headers["content-type"], "application/json");
}
