//! A provider that is a TOML file: it is refused, or its badges are answered whatever the upstream replies. An input is
//! the file, and replies after lines `---`.
#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use badgesmith_engine::{Engine, Origin, Plugin, Request, plugins::ProviderFile};
use badgesmith_fuzz::{
    parts, reply, response_check,
    world::{Parts, answer, settings, wait},
};
use libfuzzer_sys::fuzz_target;

/// How many badges of a provider are requested.
const MOST_BADGES: usize = 4;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = ["/dev/shm", "/tmp"].into_iter().map(PathBuf::from).find(|folder| folder.is_dir());
    folder.expect("a folder").join(format!("badgesmith-fuzz-{}.toml", std::process::id()))
});

fuzz_target!(|input: &[u8]| {
    let mut parts = parts(input);
    fs::write(&*FILE, parts.next().unwrap_or_default()).expect("it can be written");
    let ProviderFile { manifest, code } = match ProviderFile::open(&FILE) {
        Ok(file) => file,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let Ok(plugin) = Plugin::new("fuzz", manifest, code) else { return };
    let addresses = plugin.manifest.settings.values();
    let origins =
        plugin.manifest.origins.iter().chain(addresses).filter_map(|origin| Origin::of(origin).ok()).collect();
    let plugin = plugin.with_origins(origins);
    let examples: Vec<String> =
        plugin.manifest.badges.iter().take(MOST_BADGES).map(|badge| badge.example.clone()).collect();
    let world = Parts::default();
    world.upstream.set(parts.map(reply::read));
    wait(async {
        let Ok(engine) = Engine::new(vec![plugin], &settings(), world.world()) else { return };
        for example in examples.iter().filter(|example| example.starts_with('/')) {
            let request = Request::get(example);
            let response = answer(&engine, &request).await;
            response_check::check(&request, &response);
            assert_ne!(response.line.code, "PROVIDER_FAILED", "{example}");
            assert_ne!(response.line.code, "ENGINE_FAILED", "{example}");
        }
    });
});
