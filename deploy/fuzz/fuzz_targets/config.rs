//! plugins.toml: a configuration that was read and written again is read with the same result, and the list of all
//! mistakes is empty exactly if the engine can start.
#![no_main]

use std::{path::Path, sync::Arc};

use badgesmith_engine::{
    Config, Engine, mistakes,
    plugins::{load, read_packed, write_packed},
};
use badgesmith_fuzz::world::{Parts, wait};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // Texts with paths of devices are skipped, so that a provider's path never leads to one.
    if text.contains("/dev") || text.contains("/proc") || text.contains("\\") {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins.toml");
    let config = Config::parse(text, &file);
    if let Ok(config) = &config {
        let written = config.to_toml().expect("it can be written");
        let again = Config::parse(&written, &file).unwrap_or_else(|fault| panic!("{fault}: {written}"));
        assert_eq!(again, *config, "{written}");
        let packed = write_packed(config, text).expect("it can be packed");
        let (settings, _) = read_packed(packed, text, &file, Vec::new()).expect("it can be read");
        assert_eq!(settings.cache_mib, config.engine.cache_mib);
    }
    let started = config.map_err(|fault| fault.to_string()).and_then(|config| {
        let plugins = load(&config, &[]).map_err(|fault| fault.to_string())?;
        let engine = wait(async { Engine::new(plugins, &config.engine, Parts::default().world()).map(Arc::new) });
        engine.map_err(|fault| fault.to_string())
    });
    let mistakes = mistakes(&[(file, text.to_owned())], &[], &mut |_| true);
    assert!(mistakes.iter().all(|mistake| !mistake.to_string().is_empty()));
    match started {
        Ok(_) => assert!(mistakes.is_empty(), "{mistakes:?}"),
        Err(fault) => assert!(!mistakes.is_empty(), "{fault}"),
    }
});
