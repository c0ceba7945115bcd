//! Plugins that are loaded by the first request for one of their addresses.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    convert::Infallible,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use badgesmith_engine::{
    Config, Engine, Plugin, Request, Settings,
    plugins::{AddressIndex, LatePlugins, read_packed, write_packed},
};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Step};
use http::Method;
use support::TestServer;

/// Says its own name.
#[derive(Debug)]
struct Named(&'static str);

impl Provider for Named {
    fn badge(&self, _: &Call) -> Result<Badge, Step> {
        Ok(Badge::new(self.0))
    }
}

/// Plugins with one badge each, by id, route and beginning, which note when they are loaded.
fn late(loads: &Arc<Mutex<Vec<&'static str>>>, plugins: &[[&'static str; 3]]) -> LatePlugins {
    let beginnings: Vec<_> = plugins.iter().map(|[.., beginning]| [(*beginning).to_owned()]).collect();
    let addresses = AddressIndex::of(&beginnings.iter().map(|beginning| &beginning[..]).collect::<Vec<_>>());
    let (loads, plugins) = (Arc::clone(loads), plugins.to_vec());
    LatePlugins::new(addresses, plugins.len(), move |at| {
        let [id, route, _] = plugins[at];
        loads.lock().unwrap().push(id);
        let example = route.replace(['{', '}'], "");
        let manifest = format!(
            r#"{{"id": "{id}", "version": "1.0.0", "mount": "/badges/{id}", "badges": [
                {{"name": "a", "route": "{route}", "label": "{id}", "summary": "A.", "example": "{example}"}}]}}"#
        );
        if id == "broken" {
            return Err(io::Error::other("it is broken"));
        }
        Ok(Plugin::new(id, Manifest::parse(&manifest).unwrap(), Arc::new(Named(id))).unwrap())
    })
}

#[tokio::test]
async fn a_request_loads_the_plugins_that_its_address_may_lead_to_and_no_other() {
    let loads = Arc::<Mutex<Vec<_>>>::default();
    let plugins = [
        ["one", "/one/{x}", "one"],
        ["two", "/two/{x}/{y}", "two"],
        ["deeper", "/two/deep/{y}", "two/deep"],
        ["three", "/three/{x}", "three"],
    ];
    let plugins = late(&loads, &plugins);
    let make = |world| Ok::<_, Infallible>(Engine::with_late_plugins(plugins, &Settings::default(), world));
    let server = TestServer::with_engine(Arc::default(), make).unwrap();
    let loaded = || loads.lock().unwrap().clone();
    assert_eq!(server.words("/badge/a-b-red").await, "a: b");
    assert_eq!(server.words("/unknown/x").await, "404: badge not found");
    assert!(loaded().is_empty(), "{:?}", loaded());
    assert_eq!(server.words("/ONE/x").await, "one: one");
    assert_eq!(server.words("/one/y").await, "one: one");
    assert_eq!(loaded(), ["one"]);
    assert_eq!(server.words("/two/x/y").await, "two: two");
    assert_eq!(loaded(), ["one", "two"]);
    assert_eq!(server.words("/two/deep/y").await, "deeper: deeper", "the most specific route of all wins");
    assert_eq!(loaded(), ["one", "two", "deeper", "three"], "each is loaded once");
    assert_eq!(server.engine.plugins().len(), 4);
}

#[tokio::test]
async fn a_plugin_that_cannot_be_loaded_is_an_error_at_its_own_addresses_only() {
    let loads = Arc::<Mutex<Vec<_>>>::default();
    let plugins = late(&loads, &[["one", "/one/{x}", "one"], ["broken", "/broken/{x}", "broken"]]);
    let make = |world| Ok::<_, Infallible>(Engine::with_late_plugins(plugins, &Settings::default(), world));
    let server = TestServer::with_engine(Arc::default(), make).unwrap();
    assert_eq!(server.words("/one/x").await, "one: one");
    assert_eq!(server.words("/broken/x.svg").await, "badge: internal error");
    assert_eq!(server.get("/broken/x?format=json").await.status, 500);
    let report = Request { method: Method::POST, ..Request::get("/broken/x") };
    assert_eq!(server.send(&report).await.status, 500, "a report is told that it is not its sender's fault");
    assert_eq!(server.words("/badge/a-b-red").await, "a: b");
}

#[tokio::test]
async fn a_packed_form_has_each_plugin_as_plugins_toml_has_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins.toml");
    let text = "[engine]\ncache-mib = 8\n[[plugin]]\nid = \"aur\"\nfresh-seconds = 7\naddresses = [\"aur\"]\n\
        declarative = \"providers/declarative/aur.toml\"\norigins = [\"https://aur.archlinux.org\"]\n\
        [[plugin]]\nid = \"none\"\ndeclarative = \"none.toml\"\naddresses = [\"none\"]\n";
    let packed = write_packed(&Config::parse(text, &file).unwrap(), text).unwrap();
    let (settings, plugins) = read_packed(packed, text, &file, Vec::new()).unwrap();
    assert_eq!(settings.cache_mib, 8);
    let make = |world| Ok::<_, Infallible>(Engine::with_late_plugins(plugins, &settings, world));
    let server = TestServer::with_engine(Arc::default(), make).unwrap();
    assert_eq!(server.words("/none/x.svg").await, "badge: internal error", "its file is not there");
    let served = server.get("/aur/version/yay.json").await;
    assert_eq!(served.line.plugin, "aur", "{served:?}");
}
