//! The manifest of a provider: it is refused, or its badges are served and writing it gives what was read.
#![no_main]

use std::sync::Arc;

use badgesmith_engine::{Engine, Plugin, Request};
use badgesmith_fuzz::{
    response_check,
    world::{Parts, answer, settings, wait},
};
use badgesmith_provider::{Badge, Call, Manifest, Provider, Step};
use libfuzzer_sys::fuzz_target;

/// How many badges of a manifest are requested.
const MOST_BADGES: usize = 4;

#[derive(Debug)]
struct Hello;

impl Provider for Hello {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        Ok(Badge::new(call.params.values().next().cloned().unwrap_or_default()))
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(manifest) = Manifest::parse(text) else { return };
    let written = serde_json::to_string(&manifest).expect("it can be written");
    assert_eq!(Manifest::parse(&written).expect("it can be read"), manifest);
    let plugin = match Plugin::new("fuzz", manifest, Arc::new(Hello)) {
        Ok(plugin) => plugin,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let examples: Vec<String> =
        plugin.manifest.badges.iter().take(MOST_BADGES).map(|badge| badge.example.clone()).collect();
    wait(async {
        let engine = match Engine::new(vec![plugin], &settings(), Parts::default().world()) {
            Ok(engine) => engine,
            Err(fault) => return assert!(!fault.to_string().is_empty()),
        };
        let own = ["/", "/openapi.json", "/badges.json", "/llms.txt"].map(str::to_owned);
        for path in examples.iter().filter(|example| example.starts_with('/')).chain(&own) {
            let request = Request::get(path);
            let response = answer(&engine, &request).await;
            response_check::check(&request, &response);
            assert!(response.status.as_u16() < 500, "{path}: {response:?}");
        }
    });
});
