//! Which plugins.toml is read, which files of plugins.d add to it, and in which folders libraries are searched for.

use std::{
    env,
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use badgesmith_engine::{
    Config, Mistake, Plugin, Settings, mistakes,
    plugins::{self, LatePlugins, packed_beside, read_packed},
};

use crate::library_copies::{LibraryCopies, NotCopied};

/// The name of the file that is searched for if none is named.
const NAME: &str = "plugins.toml";
/// The folder beside it whose files add plugins, in the order of their names.
const FRAGMENTS: &str = "plugins.d";
/// The folder in which a Lambda layer has its plugins and its plugins.d.
const LAYER: &str = "/opt/badgesmith";

/// Why the plugins cannot be loaded.
#[derive(Debug)]
pub enum ConfigError {
    /// There is no plugins.toml.
    Missing,
    /// A file or folder cannot be read.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The engine refuses the configuration or a plugin.
    Refused(String),
    /// The engine refuses the configuration; these are all mistakes in all files.
    Mistakes(Vec<Mistake>),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no {NAME} here nor beside the binary; name one with --config"),
            Self::Unreadable { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::Refused(refusal) => f.write_str(refusal),
            Self::Mistakes(mistakes) => {
                let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl Error for ConfigError {}

impl From<NotCopied> for ConfigError {
    fn from(NotCopied { path, cause }: NotCopied) -> Self {
        Self::Unreadable { path, cause }
    }
}

/// Loads the plugins of `config`, or of the plugins.toml in the working directory or beside the binary. Without a file
/// there are no plugins.
///
/// # Errors
/// All mistakes in the configuration, or what cannot be read.
pub fn load(config: Option<&Path>) -> Result<(Vec<Plugin>, Settings), ConfigError> {
    load_from(config, None)
}

/// As [`load`]; with `copies`, every library is opened from a copy.
///
/// # Errors
/// As [`load`], and if a library cannot be copied.
pub fn load_from(
    config: Option<&Path>,
    copies: Option<&LibraryCopies>,
) -> Result<(Vec<Plugin>, Settings), ConfigError> {
    let Some((config, plugins)) = find(config, &Libraries { copies, ..Libraries::default() }, &[])? else {
        tracing::warn!("there is no {NAME} here nor beside the binary: static badges only");
        return Ok((Vec::new(), Settings::default()));
    };
    Ok((plugins, config.engine))
}

/// The settings and the subscriptions, without loading a plugin. Without a file the settings are the defaults.
///
/// # Errors
/// The first mistake in the configuration, or what cannot be read.
pub fn settings(config: Option<&Path>) -> Result<Settings, ConfigError> {
    let Some((file, text)) = read(config, &folder_of_binary())? else { return Ok(Settings::default()) };
    Ok(parse(&text, &file)?.engine)
}

/// Like [`load`], but for a short-lived process: if `badgesmith plugin pack` wrote the whole configuration, each plugin
/// is loaded only by the first request for one of its addresses.
///
/// # Errors
/// The first mistake in the configuration, or what cannot be read; a mistake in a plugin that is loaded later is in the
/// log.
pub fn load_late(config: Option<&Path>) -> Result<(StartPlugins, Settings), ConfigError> {
    let Some((file, text)) = read(config, &folder_of_binary())? else {
        tracing::warn!("there is no {NAME} here nor beside the binary: static badges only");
        return Ok((StartPlugins::Loaded(Vec::new()), Settings::default()));
    };
    if let Some((plugins, settings)) = read_quickly(&text, &file)? {
        return Ok((StartPlugins::Late(plugins), settings));
    }
    let config = parse(&text, &file)?;
    let plugins = match plugins::load_late(&config, folders(&file, None)) {
        Some(late) => StartPlugins::Late(late),
        None => StartPlugins::Loaded(load_plugins(&config, &file, None)?),
    };
    Ok((plugins, config.engine))
}

/// The plugins that a short-lived process starts with.
#[derive(Debug)]
pub enum StartPlugins {
    /// All of them are loaded.
    Loaded(Vec<Plugin>),
    /// None is loaded yet.
    Late(LatePlugins),
}

/// The same for a command that needs a plugins.toml; it also returns the parsed file.
///
/// # Errors
/// As [`load`], and [`ConfigError::Missing`].
pub fn need(config: Option<&Path>) -> Result<(Config, Vec<Plugin>), ConfigError> {
    need_with(config, None, &[])
}

/// As [`need`]; with `copies`, every library is opened from a copy.
///
/// # Errors
/// As [`need`], and if a library cannot be copied.
pub fn need_from(config: Option<&Path>, copies: Option<&LibraryCopies>) -> Result<(Config, Vec<Plugin>), ConfigError> {
    find(config, &Libraries { copies, ..Libraries::default() }, &[])?.ok_or(ConfigError::Missing)
}

/// Like [`need`], but bare names of libraries are searched for in `libraries` first; if `only` contains ids, the other
/// plugins are left out.
///
/// # Errors
/// As [`need`], and if an id is no plugin's.
pub fn need_with(
    config: Option<&Path>,
    libraries: Option<&Path>,
    only: &[String],
) -> Result<(Config, Vec<Plugin>), ConfigError> {
    find(config, &Libraries { folder: libraries, copies: None }, only)?.ok_or(ConfigError::Missing)
}

/// The path and the text of the plugins.toml that the other functions read.
///
/// # Errors
/// [`ConfigError::Missing`], and if it cannot be read.
pub fn locate(config: Option<&Path>) -> Result<(PathBuf, String), ConfigError> {
    read(config, &folder_of_binary())?.ok_or(ConfigError::Missing)
}

/// Loads what a plugins.toml at this path would load if it had this text.
///
/// # Errors
/// As [`need`].
pub fn check(text: &str, file: &Path) -> Result<(Config, Vec<Plugin>), ConfigError> {
    load_text(text, file, &Libraries::default(), &[])
}

/// All mistakes of the configuration that [`load_from`] would load, with conflicts of routes between plugins; none if
/// they cannot be found in the files.
#[must_use]
pub fn explain(config: Option<&Path>, copies: Option<&LibraryCopies>) -> Option<ConfigError> {
    let (file, text) = read(config, &folder_of_binary()).ok()??;
    all_mistakes(text, &file, &Libraries { copies, ..Libraries::default() })
}

/// How libraries are found and opened.
#[derive(Default)]
struct Libraries<'a> {
    /// The folder in which bare names are searched for first.
    folder: Option<&'a Path>,
    copies: Option<&'a LibraryCopies>,
}

fn find(
    named: Option<&Path>,
    libraries: &Libraries<'_>,
    only: &[String],
) -> Result<Option<(Config, Vec<Plugin>)>, ConfigError> {
    let Some((file, text)) = read(named, &folder_of_binary())? else { return Ok(None) };
    load_text(&text, &file, libraries, only).map(Some)
}

pub(crate) fn folder_of_binary() -> PathBuf {
    env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)).unwrap_or_default()
}

fn load_text(
    text: &str,
    file: &Path,
    libraries: &Libraries<'_>,
    only: &[String],
) -> Result<(Config, Vec<Plugin>), ConfigError> {
    let explained = |error| all_mistakes(text.to_owned(), file, libraries).unwrap_or(error);
    let mut config = parse(text, file).map_err(explained)?;
    let ids: Vec<_> = config.plugin.iter().map(|plugin| &*plugin.id).collect();
    if let Some(unknown) = only.iter().find(|id| !ids.contains(&id.as_str())) {
        return Err(ConfigError::Refused(format!("there is no plugin {unknown:?}; there are {}", ids.join(", "))));
    }
    config.plugin.retain(|plugin| only.is_empty() || only.contains(&plugin.id));
    if let Some(copies) = libraries.copies {
        let folders = folders(file, libraries.folder);
        config.plugin.iter_mut().try_for_each(|plugin| copies.place(plugin, &folders)).map_err(ConfigError::from)?;
    }
    let plugins = load_plugins(&config, file, libraries.folder);
    // Mistakes of plugins that are left out are of no interest.
    let plugins = if only.is_empty() { plugins.map_err(explained) } else { plugins };
    Ok((config, plugins?))
}

/// Searches the whole configuration for mistakes after a first one was found; `None` if the engine finds none.
fn all_mistakes(text: String, file: &Path, libraries: &Libraries<'_>) -> Option<ConfigError> {
    let mut files = vec![(file.to_owned(), text)];
    for file in all_fragments(file).ok()? {
        let text = fs::read_to_string(&file).ok()?;
        files.push((file, text));
    }
    let (folders, mut not_copied) = (folders(file, libraries.folder), None);
    let found = mistakes(&files, &folders, &mut |plugin| {
        let placed = libraries.copies.map_or(Ok(()), |copies| copies.place(plugin, &folders));
        placed.map_err(|fault| not_copied = Some(fault)).is_ok()
    });
    match not_copied {
        Some(fault) => Some(fault.into()),
        None => (!found.is_empty()).then_some(ConfigError::Mistakes(found)),
    }
}

/// What `badgesmith plugin pack` wrote beside a plugins.toml with this text; `None` if it wrote nothing, if the text
/// was changed afterwards, or if plugins.d adds to it.
fn read_quickly(text: &str, file: &Path) -> Result<Option<(LatePlugins, Settings)>, ConfigError> {
    let beside = packed_beside(file);
    let packed = match fs::read_to_string(&beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        packed => packed.map_err(unreadable(&beside))?,
    };
    if !all_fragments(file)?.is_empty() {
        return Ok(None);
    }
    match read_packed(packed, text, file, folders(file, None)) {
        Ok((mut settings, plugins)) => {
            place_files(&mut settings, file);
            Ok(Some((plugins, settings)))
        }
        Err(fault) => {
            tracing::warn!(file = %beside.display(), %fault, "plugins.toml is read instead; pack it again");
            Ok(None)
        }
    }
}

/// plugins.toml with the files of plugins.d.
pub(crate) fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let mut config = Config::parse(text, file).map_err(refused)?;
    place_files(&mut config.engine, file);
    for file in all_fragments(file)? {
        let text = fs::read_to_string(&file).map_err(unreadable(&file))?;
        config.add(&text, &file).map_err(refused)?;
    }
    Ok(config)
}

fn load_plugins(config: &Config, file: &Path, libraries: Option<&Path>) -> Result<Vec<Plugin>, ConfigError> {
    plugins::load(config, &folders(file, libraries)).map_err(refused)
}

/// Paths of faces and of certificates are relative to the plugins.toml.
fn place_files(settings: &mut Settings, file: &Path) {
    let here = folder_of(file);
    settings.faces.iter_mut().chain(&mut settings.extra_roots).for_each(|path| *path = here.join(&*path));
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// The folders in which libraries with a bare name are searched for.
pub(crate) fn folders(file: &Path, libraries: Option<&Path>) -> Vec<PathBuf> {
    let (here, binary) = (folder_of(file), folder_of_binary());
    let [beside, layer] = [here, Path::new(LAYER)].map(|folder| folder.join("plugins"));
    let usual = [beside, layer, binary.clone(), binary.join("plugins"), binary.join("deps")];
    libraries.map(Path::to_owned).into_iter().chain(usual).collect()
}

/// The paths at which plugins.toml may be: the named path, or the default paths.
pub(crate) fn candidates(named: Option<&Path>, binary: &Path) -> Vec<PathBuf> {
    match named {
        Some(named) => vec![named.to_owned()],
        None => vec![PathBuf::from(NAME), binary.join(NAME)],
    }
}

/// The path and the text of the file that is named, or of the first default one that exists.
fn read(named: Option<&Path>, binary: &Path) -> Result<Option<(PathBuf, String)>, ConfigError> {
    for file in candidates(named, binary) {
        match fs::read_to_string(&file) {
            Ok(text) => return Ok(Some((file, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => return Err(unreadable(&file)(error)),
        }
    }
    Ok(None)
}

/// The files of the plugins.d beside a plugins.toml, and of the layer's.
pub(crate) fn all_fragments(file: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let beside = fragments(&folder_of(file).join(FRAGMENTS))?;
    Ok([beside, fragments(&Path::new(LAYER).join(FRAGMENTS))?].concat())
}

/// The files of a plugins.d, in the order of their names; none if there is no such folder.
fn fragments(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable(folder))?,
    };
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = files.collect::<Result<Vec<_>, _>>().map_err(unreadable(folder))?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ConfigError {
    let path = path.to_owned();
    move |cause| ConfigError::Unreadable { path, cause }
}

fn refused(refusal: impl ToString) -> ConfigError {
    ConfigError::Refused(refusal.to_string())
}
