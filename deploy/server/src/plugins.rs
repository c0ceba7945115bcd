//! Which plugins.toml counts, and where its libraries are looked for.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use badgesmith_engine::{Config, Plugin, Settings, plugins};

/// The name that is looked for where none is given.
const NAME: &str = "plugins.toml";

/// Loads the plugins of `config`, or of the plugins.toml here or beside the binary. Without one there are none.
///
/// # Errors
/// The sentence that refuses the first mistake.
pub(crate) fn load(config: Option<&Path>) -> Result<(Vec<Plugin>, Settings), String> {
    let Some((config, plugins)) = find(config)? else {
        tracing::warn!("there is no {NAME} here nor beside the binary: static badges only");
        return Ok((Vec::new(), Settings::default()));
    };
    Ok((plugins, config.engine))
}

/// The same for a command that has nothing to do without a plugins.toml, which is returned as it was read.
///
/// # Errors
/// As [`load`], and where there is none.
pub(crate) fn need(config: Option<&Path>) -> Result<(Config, Vec<Plugin>), String> {
    find(config)?.ok_or_else(|| format!("there is no {NAME} here nor beside the binary; name one with --config"))
}

fn find(config: Option<&Path>) -> Result<Option<(Config, Vec<Plugin>)>, String> {
    let beside = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)).unwrap_or_default();
    let Some((file, text)) = read(config, &beside)? else { return Ok(None) };
    let config = Config::parse(&text, &file)?;
    let here = file.parent().unwrap_or(Path::new("")).join("plugins");
    let folders = [beside.clone(), beside.join("plugins"), here, beside.join("deps")];
    let plugins = plugins::load(&config, &folders)?;
    Ok(Some((config, plugins)))
}

/// The file and its text: the one that is named, or the first of those that need not be there.
fn read(config: Option<&Path>, beside: &Path) -> Result<Option<(PathBuf, String)>, String> {
    let places = match config {
        Some(named) => vec![named.to_owned()],
        None => vec![PathBuf::from(NAME), beside.join(NAME)],
    };
    for place in places {
        match fs::read_to_string(&place) {
            Ok(text) => return Ok(Some((place, text))),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && config.is_none() => {}
            Err(fault) => return Err(format!("{}: {fault}", place.display())),
        }
    }
    Ok(None)
}
