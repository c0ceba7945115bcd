//! The files that a configuration consists of, for whoever wants to know when one changes.

use std::path::PathBuf;

use badgesmith_engine::plugins::file_paths;

use crate::config;

/// Lists plugins.toml, the files of plugins.d, and what they name, whether it is there or not.
#[derive(Clone, Debug)]
pub struct ConfigFiles {
    /// The plugins.toml that was named.
    named: Option<PathBuf>,
    /// What a plugins.toml named that could be read, in the end.
    further: Vec<PathBuf>,
}

impl ConfigFiles {
    /// The files of the plugins.toml that was named, or of the one that is found without a name.
    #[must_use]
    pub const fn new(named: Option<PathBuf>) -> Self {
        Self { named, further: Vec::new() }
    }

    /// The files as of now. While plugins.toml cannot be read, those are listed that it named before.
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
