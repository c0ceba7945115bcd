//! `badgesmith plugin pack`: what is deployed. The same plugins give the same bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use badgesmith_engine::{
    Config,
    plugins::{self, ProviderFile, checksum, manifest_beside},
};
use badgesmith_host::config;
use clap::Args;

use super::{Configured, say};

/// Where the plugins lie, from the packed plugins.toml.
const FOLDER: &str = "plugins";

/// Packs the configured plugins.
#[derive(Args, Debug)]
pub(crate) struct Pack {
    #[command(flatten)]
    configured: Configured,
    /// The folder to make: plugins.toml, and beside it plugins/.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where libraries that plugins.toml has by a bare name are looked for first, such as a build for another profile.
    #[arg(long, value_name = "DIR")]
    libraries: Option<PathBuf>,
}

/// Packs them, and loads what was packed.
///
/// # Errors
/// Whatever a start would refuse, a folder that is not empty, two different files of one name.
pub(super) fn run(pack: &Pack) -> Result<(), String> {
    let loading = config::need_with(pack.configured.config.as_deref(), pack.libraries.as_deref());
    let (mut config, loaded) = loading.map_err(|error| error.to_string())?;
    let folder = pack.out.join(FOLDER);
    fs::create_dir_all(&pack.out).map_err(|fault| format!("{}: {fault}", pack.out.display()))?;
    let mut there = fs::read_dir(&pack.out).map_err(|fault| format!("{}: {fault}", pack.out.display()))?;
    if there.next().is_some() {
        return Err(format!("{} is not empty; name a new folder with --out", pack.out.display()));
    }
    fs::create_dir_all(&folder).map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let mut packed: Vec<(PathBuf, &Path)> = Vec::new();
    for (entry, plugin) in config.plugin.iter_mut().zip(&loaded) {
        let from = &*plugin.file;
        let name = from.file_name().unwrap_or_default();
        let to = folder.join(name);
        match packed.iter().find(|(other, _)| *other == to) {
            // One provider may be mounted twice.
            Some((_, other)) if *other == from => {}
            Some((_, other)) => {
                let [one, other] = [from, other].map(Path::display);
                return Err(format!("plugin {:?}: {one} and {other} have one name; rename one of them", plugin.id));
            }
            None => copy(from, &to).map_err(|fault| format!("plugin {:?}: {fault}", plugin.id))?,
        }
        let place = format!("{FOLDER}/{}", name.to_string_lossy());
        entry.sha256 = checksum(&to).map_err(|fault| format!("{}: {fault}", to.display()))?;
        if entry.library.is_some() {
            entry.library = Some(place);
        } else {
            entry.declarative = Some(place.into());
        }
        packed.push((to, from));
    }
    let file = pack.out.join("plugins.toml");
    let text = config.to_toml().map_err(|fault| fault.to_string())?;
    fs::write(&file, &text).map_err(|fault| format!("{}: {fault}", file.display()))?;
    let packed = Config::parse(&text, &file).and_then(|config| plugins::load(&config, &[]));
    packed.map_err(|fault| fault.to_string())?;
    say(&format!("{} holds {} plugins; `badgesmith serve --config {0}` serves them\n", file.display(), loaded.len()))
}

/// A plugin's file, and its manifest beside it, which is all that a start reads of it.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map_err(|fault| format!("{} to {}: {fault}", from.display(), to.display()))?;
    let beside = manifest_beside(to);
    let opened = ProviderFile::open(to).map_err(|fault| fault.to_string())?;
    let manifest = serde_json::to_vec(&opened.manifest).map_err(|fault| fault.to_string())?;
    fs::write(&beside, manifest).map_err(|fault| format!("{}: {fault}", beside.display()))
}
