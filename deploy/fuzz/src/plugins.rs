//! The plugins of the repository's plugins.toml.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use badgesmith_engine::{
    Config, Plugin,
    plugins::{PluginConfig, load},
};

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins.toml");
    let text = fs::read_to_string(&file).expect("plugins.toml is there");
    Config::parse(&text, &file).expect("plugins.toml is right")
});

/// The repository's plugins.toml.
pub fn config() -> &'static Config {
    &CONFIG
}

/// The table of one of its plugins.
///
/// # Panics
/// If it has no such plugin.
pub fn table(id: &str) -> &'static PluginConfig {
    CONFIG.plugin.iter().find(|plugin| plugin.id == id).expect("it is in plugins.toml")
}

/// The folder of the providers' libraries, which are built with the targets and instrumented like them.
fn libraries() -> PathBuf {
    env::current_exe().expect("a path").parent().expect("a folder").join("deps")
}

/// One plugin of plugins.toml.
///
/// # Panics
/// If it cannot be loaded.
pub fn one(plugin: &PluginConfig) -> Plugin {
    let config = Config { plugin: vec![plugin.clone()], ..Config::default() };
    load(&config, &[libraries()]).expect("it can be loaded").remove(0)
}

/// All plugins of plugins.toml.
///
/// # Panics
/// If one cannot be loaded.
pub fn all() -> Vec<Plugin> {
    load(&CONFIG, &[libraries()]).expect("they can be loaded")
}
