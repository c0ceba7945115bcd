//! Which plugins.toml counts, what plugins.d adds to it, and where libraries are looked for.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use badgesmith_engine::{Config, Plugin, Settings, plugins};

/// The name that is looked for where none is given.
const NAME: &str = "plugins.toml";
/// The folder beside it whose files add plugins, in the order of their names.
const MORE: &str = "plugins.d";
/// Where a Lambda layer lays its plugins and its plugins.d.
const LAYER: &str = "/opt/badgesmith";

/// Loads the plugins of `config`, or of the plugins.toml here or beside the binary. Without one there are none.
///
/// # Errors
/// The sentence that refuses the first mistake.
pub fn load(config: Option<&Path>) -> Result<(Vec<Plugin>, Settings), String> {
    let Some((config, plugins)) = find(config, None)? else {
        tracing::warn!("there is no {NAME} here nor beside the binary: static badges only");
        return Ok((Vec::new(), Settings::default()));
    };
    Ok((plugins, config.engine))
}

/// The same for a command that has nothing to do without a plugins.toml, which is returned as it was read.
///
/// # Errors
/// As [`load`], and where there is none.
pub fn need(config: Option<&Path>) -> Result<(Config, Vec<Plugin>), String> {
    need_with(config, None)
}

/// As [`need`], with bare names of libraries looked for in `libraries` before anywhere else.
///
/// # Errors
/// As [`need`].
pub fn need_with(config: Option<&Path>, libraries: Option<&Path>) -> Result<(Config, Vec<Plugin>), String> {
    find(config, libraries)?
        .ok_or_else(|| format!("there is no {NAME} here nor beside the binary; name one with --config"))
}

fn find(named: Option<&Path>, libraries: Option<&Path>) -> Result<Option<(Config, Vec<Plugin>)>, String> {
    let binary = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)).unwrap_or_default();
    let Some((file, text)) = read(named, &binary)? else { return Ok(None) };
    let mut config = Config::parse(&text, &file).map_err(|fault| fault.to_string())?;
    let here = file.parent().unwrap_or(Path::new(""));
    for file in more(&here.join(MORE))?.into_iter().chain(more(&Path::new(LAYER).join(MORE))?) {
        let text = fs::read_to_string(&file).map_err(|fault| format!("{}: {fault}", file.display()))?;
        config.add(&text, &file).map_err(|fault| fault.to_string())?;
    }
    let [beside, layer] = [here, Path::new(LAYER)].map(|folder| folder.join("plugins"));
    let usual = [beside, layer, binary.clone(), binary.join("plugins"), binary.join("deps")];
    let folders: Vec<_> = libraries.map(Path::to_owned).into_iter().chain(usual).collect();
    let plugins = plugins::load(&config, &folders).map_err(|fault| fault.to_string())?;
    Ok(Some((config, plugins)))
}

/// The file and its text: the one that is named, or the first of those that need not be there.
fn read(named: Option<&Path>, binary: &Path) -> Result<Option<(PathBuf, String)>, String> {
    let places = match named {
        Some(named) => vec![named.to_owned()],
        None => vec![PathBuf::from(NAME), binary.join(NAME)],
    };
    for place in places {
        match fs::read_to_string(&place) {
            Ok(text) => return Ok(Some((place, text))),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(fault) => return Err(format!("{}: {fault}", place.display())),
        }
    }
    Ok(None)
}

/// The files of a plugins.d, in the order of their names; none if there is no such folder.
fn more(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = match fs::read_dir(folder) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|fault| format!("{}: {fault}", folder.display()))?,
    };
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let files = files.collect::<Result<Vec<_>, _>>().map_err(|fault| format!("{}: {fault}", folder.display()))?;
    let mut files: Vec<_> =
        files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    Ok(files)
}
