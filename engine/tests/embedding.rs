//! Plugins that a program makes from its own Rust code, without a plugins.toml and without a shared library.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use badgesmith_engine::{
    Origin, Plugin, RouteError, Settings,
    plugins::{PluginError, RouteErrorKind},
};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Request, Step};
use support::TestServer;

/// Shows the answer of its upstream for a name.
#[derive(Debug)]
struct Greeting;

impl Provider for Greeting {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let answer = call.fetch(Request::get(call.setting("upstream"), "/{}.txt", [call.param("name")]))?;
        Ok(Badge::new(String::from_utf8_lossy(answer.success()?)))
    }
}

fn manifest() -> Manifest {
    let manifest = r#"{"id": "greeting", "version": "1.0.0", "mount": "/badges/greeting/", "badges": [
        {"name": "hello", "route": "{name}", "label": "greeting", "summary": "Greets.", "example": "world"}],
        "settings": {"upstream": "https://example.com"}}"#;
    Manifest::parse(manifest).unwrap()
}

fn plugin() -> Plugin {
    Plugin::new("greeting", manifest(), Arc::new(Greeting)).unwrap()
}

fn server(plugins: Vec<Plugin>) -> Result<TestServer, RouteError> {
    TestServer::with_plugins(plugins, &Settings::default(), Arc::default())
}

#[tokio::test]
async fn a_provider_in_rust_is_served_without_a_library_and_can_reach_granted_origins_only() {
    let granted = plugin().with_origins(vec![Origin::parse("https://example.com").unwrap()]).with_concurrent_steps(4);
    for (plugin, expected) in [(granted, "greeting: hi"), (plugin(), "greeting: provider failed")] {
        let server = server(vec![plugin]).unwrap();
        server.upstream.set("https://example.com/a.txt", 200, &[], "hi");
        assert_eq!(server.words("/badges/greeting/a.svg").await, expected);
    }
}

#[test]
fn a_plugin_or_a_route_that_cannot_be_served_is_refused_with_a_typed_error() {
    let new = |id: &str, manifest: Manifest| Plugin::new(id, manifest, Arc::new(Greeting)).unwrap_err();
    assert_eq!(new("a b", manifest()), PluginError::Id);
    let mount = "badges".to_owned();
    assert_eq!(new("greeting", Manifest { mount: mount.clone(), ..manifest() }), PluginError::Mount(mount));
    let mut other = manifest();
    other.badges[0].example = "a/b".to_owned();
    assert!(matches!(new("greeting", other), PluginError::Example { .. }));
    let header = Manifest { headers: vec!["Cookie".to_owned()], ..manifest() };
    assert_eq!(
        new("greeting", header).to_string(),
        "in its manifest headers has \"Cookie\", which is the host's to set; take it away"
    );
    let taken = server(vec![plugin(), plugin()]).err().unwrap();
    let route = "/badges/greeting/{name}".to_owned();
    let kind = RouteErrorKind::Taken { other_route: route.clone(), route, other_plugin: "greeting".to_owned() };
    assert_eq!(taken, RouteError { plugin: "greeting".to_owned(), kind });
}
