//! The files that a configuration consists of, for code that watches them for changes.

use std::path::PathBuf;

use badgesmith_engine::plugins::file_paths;

use crate::config;

/// Lists plugins.toml, the files of plugins.d, and the files that these name, whether or not those exist.
#[derive(Clone, Debug)]
pub struct ConfigFiles {
    /// The plugins.toml that was named.
    named: Option<PathBuf>,
    /// The files that plugins.toml named when it could last be read.
    further: Vec<PathBuf>,
}

impl ConfigFiles {
    /// The files of the plugins.toml that was named, or of the one that is found without a name.
    #[must_use]
    pub const fn new(named: Option<PathBuf>) -> Self {
        Self { named, further: Vec::new() }
    }

    /// The present files. While plugins.toml cannot be read, the files are listed that it named when it could last be
    /// read.
    pub fn list(&mut self) -> Vec<PathBuf> {
        let named = self.named.as_deref();
        let mut files = config::candidates(named, &config::folder_of_binary());
        if let Ok((file, text)) = config::locate(named) {
            files.extend(config::all_fragments(&file).unwrap_or_default());
            if let Ok(read) = config::parse(&text, &file) {
                let folders = config::folders(&file, None);
                let of_plugins = read.plugin.iter().flat_map(|plugin| file_paths(plugin, &folders));
                self.further = of_plugins.chain(read.engine.faces).collect();
            }
        }
        files.extend_from_slice(&self.further);
        files
    }
}
