//! `badgesmith plugin pack`: builds the folder that is deployed. The same plugins give the same bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use badgesmith_engine::{
    Config,
    plugins::{self, ProviderFile, checksum, manifest_beside, packed_beside, write_packed},
};
use badgesmith_host::config;
use clap::Args;

use super::plugin_error::PluginError;
use crate::{arguments::ConfigOption, command_error::CommandError, output::print};

/// The folder of the plugins, relative to the packed plugins.toml.
const FOLDER: &str = "plugins";

/// Packs the configured plugins.
#[derive(Args, Debug)]
pub(crate) struct PackOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// The folder to create, with plugins.toml, plugins.packed and plugins/.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The folder that is searched first for libraries without a path in plugins.toml, such as that of another build
    /// profile.
    #[arg(long, value_name = "DIR")]
    libraries: Option<PathBuf>,
    /// The ids of the plugins to pack, with commas between them; without this option, all.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    plugins: Vec<String>,
}

/// Packs the plugins, and loads the packed ones to check them.
///
/// # Errors
/// The server would not start with a plugin, the folder is not empty, or two different files have the same name.
pub(super) fn run(pack: &PackOptions) -> Result<(), CommandError> {
    let (mut config, loaded) = config::need_with(pack.config.file.as_deref(), pack.libraries.as_deref(), &pack.plugins)
        .map_err(CommandError::configuration)?;
    let folder = pack.out.join(FOLDER);
    fs::create_dir_all(&pack.out).map_err(CommandError::file(&pack.out))?;
    let mut existing = fs::read_dir(&pack.out).map_err(CommandError::file(&pack.out))?;
    if existing.next().is_some() {
        return Err(PluginError::FolderNotEmpty(pack.out.clone()).into());
    }
    fs::create_dir_all(&folder).map_err(CommandError::file(&folder))?;
    let mut packed: Vec<(PathBuf, &Path)> = Vec::new();
    for (entry, plugin) in config.plugin.iter_mut().zip(&loaded) {
        let from = &*plugin.file;
        let name = from.file_name().unwrap_or_default();
        let to = folder.join(name);
        match packed.iter().find(|(other, _)| *other == to) {
            // One file may be mounted by several plugins.
            Some((_, other)) if *other == from => {}
            Some((_, other)) => {
                let files = [from, *other].map(Path::to_owned);
                return Err(PluginError::SameFileName { plugin: plugin.id.clone(), files }.into());
            }
            None => copy(&plugin.id, from, &to)?,
        }
        let place = format!("{FOLDER}/{}", name.to_string_lossy());
        entry.sha256 =
            checksum(&to).map_err(|fault| CommandError::configuration(format!("{}: {fault}", to.display())))?;
        if entry.library.is_some() {
            entry.library = Some(place);
        } else {
            entry.declarative = Some(place.into());
        }
        entry.addresses = plugins::beginnings(&plugin.manifest);
        packed.push((to, from));
    }
    let file = pack.out.join("plugins.toml");
    let text = config.to_toml().map_err(CommandError::configuration)?;
    fs::write(&file, &text).map_err(CommandError::file(&file))?;
    let packed = Config::parse(&text, &file).map_err(CommandError::configuration)?;
    plugins::load(&packed, &[]).map_err(CommandError::configuration)?;
    let beside = packed_beside(&file);
    let quick = write_packed(&packed, &text).map_err(CommandError::configuration)?;
    fs::write(&beside, quick).map_err(CommandError::file(&beside))?;
    print(&format!("{} holds {} plugins; `badgesmith serve --config {0}` serves them\n", file.display(), loaded.len()))
}

/// Copies a plugin's file, and writes its manifest beside it, so that the server can start by reading only the
/// manifest.
fn copy(plugin: &str, from: &Path, to: &Path) -> Result<(), PluginError> {
    fs::copy(from, to).map_err(|cause| {
        let plugin = plugin.to_owned();
        PluginError::Copy { plugin, from: from.to_owned(), to: to.to_owned(), cause }
    })?;
    let refused = |cause| PluginError::Packed { plugin: plugin.to_owned(), cause };
    let opened = ProviderFile::open(to).map_err(|cause| refused(cause.into()))?;
    let manifest = serde_json::to_vec(&opened.manifest).map_err(|cause| refused(cause.into()))?;
    let beside = manifest_beside(to);
    fs::write(&beside, manifest).map_err(|cause| refused(format!("{}: {cause}", beside.display()).into()))
}
