//! The packed form of plugins.toml, of which only a few hundred bytes are parsed at the start: `badgesmith plugin pack`
//! writes it beside the file.
//!
//! Its parts are: the checksum of the plugins.toml that it was made from; everything in it except the plugins; the
//! index of the plugins' addresses; and the table of each plugin without its addresses, which is parsed when the plugin
//! is loaded.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    address_index::AddressIndex,
    checksum::checksum_of,
    config::{Config, PluginConfig},
    config_error::{ConfigError, ConfigErrorKind},
    late_plugins::LatePlugins,
    load::load_one,
    settings::Settings,
};

/// Ends every part but the last. TOML has this character nowhere, not even in a string.
const SEPARATOR: char = '\u{1e}';
/// How many parts come before those of the plugins.
const PARTS_BEFORE_PLUGINS: usize = 3;

/// Why the packed form of a plugins.toml is not used.
#[derive(Clone, Debug)]
pub enum PackedConfigError {
    /// It was made from a plugins.toml with another text.
    OtherText,
    /// A part is missing.
    Incomplete,
    /// The part with everything except the plugins cannot be read.
    Config(Box<ConfigError>),
}

/// The path of the packed form of a plugins.toml.
#[must_use]
pub fn packed_beside(file: &Path) -> PathBuf {
    file.with_extension("packed")
}

/// The packed form of `config`, which was read from the text `toml`. The same configuration gives the same text.
///
/// # Errors
/// A value that TOML cannot hold.
pub fn write_packed(config: &Config, toml: &str) -> Result<String, toml::ser::Error> {
    #[derive(Serialize)]
    struct OnePlugin<'a> {
        plugin: [&'a PluginConfig; 1],
    }

    let beginnings: Vec<_> = config.plugin.iter().map(|plugin| &*plugin.addresses).collect();
    let without_plugins = Config { plugin: Vec::new(), ..config.clone() };
    let mut parts =
        vec![checksum_of(toml), without_plugins.to_toml()?, AddressIndex::of(&beginnings).as_str().to_owned()];
    for plugin in &config.plugin {
        let plugin = PluginConfig { addresses: Vec::new(), ..plugin.clone() };
        parts.push(toml::to_string(&OnePlugin { plugin: [&plugin] })?);
    }
    Ok(parts.join(&*SEPARATOR.to_string()))
}

/// The settings and the plugins of a plugins.toml from its packed form, if that was made from this text `toml`. `file`
/// is the path of the plugins.toml, and `folders` are searched for libraries with a bare name.
///
/// # Errors
/// [`PackedConfigError`]; the caller then reads the plugins.toml itself.
pub fn read_packed(
    packed: String,
    toml: &str,
    file: &Path,
    folders: Vec<PathBuf>,
) -> Result<(Settings, LatePlugins), PackedConfigError> {
    let mut parts = packed.split(SEPARATOR);
    if parts.next() != Some(&*checksum_of(toml)) {
        return Err(PackedConfigError::OtherText);
    }
    let (Some(config), Some(addresses)) = (parts.next(), parts.next()) else {
        return Err(PackedConfigError::Incomplete);
    };
    let settings = Config::parse(config, file).map_err(|fault| PackedConfigError::Config(Box::new(fault)))?.engine;
    let (addresses, count) = (AddressIndex::read(addresses.to_owned()), parts.count());
    let file = file.to_owned();
    let allowed = settings.allow_http_origins.clone();
    let load = move |at| {
        let text = packed.split(SEPARATOR).nth(PARTS_BEFORE_PLUGINS + at).unwrap_or_default();
        let mut config = Config::default();
        config.engine.allow_http_origins.clone_from(&allowed);
        config.add(text, &file)?;
        match config.plugin.first() {
            Some(plugin) => load_one(plugin, &folders),
            None => Err(ConfigError { file: packed_beside(&file), plugin: None, kind: ConfigErrorKind::NoCode }),
        }
    };
    Ok((settings, LatePlugins::new(addresses, count, load)))
}

impl fmt::Display for PackedConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherText => f.write_str("it was made of another plugins.toml"),
            Self::Incomplete => f.write_str("a part of it is missing"),
            Self::Config(fault) => write!(f, "{fault}"),
        }
    }
}

impl Error for PackedConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "[engine]\ncache-mib = 8\nprivate = [\"acme\"]\n\
        [[plugin]]\nid = \"one\"\nlibrary = \"none/one.so\"\naddresses = [\"badges/one\", \"one\"]\n\
        [[plugin]]\nid = \"two\"\ndeclarative = \"two.toml\"\naddresses = [\"two\"]\n\
        [plugin.settings]\nwords = \"\"\"two\n\n[[plugin]]\nlines\"\"\"\n";

    #[test]
    fn it_has_the_settings_and_the_plugins_of_its_text_and_fits_no_other() {
        let file = Path::new("somewhere/plugins.toml");
        let config = Config::parse(TOML, file).unwrap();
        let packed = write_packed(&config, TOML).unwrap();
        assert_eq!(packed, write_packed(&config, TOML).unwrap());
        let read = |packed: &str, toml: &str| read_packed(packed.to_owned(), toml, file, Vec::new());
        let (settings, plugins) = read(&packed, TOML).unwrap();
        assert_eq!((settings, plugins.count()), (config.engine, 2));
        assert!(matches!(read(&packed, &TOML.replace('8', "9")), Err(PackedConfigError::OtherText)));
        assert!(matches!(read(&checksum_of(TOML), TOML), Err(PackedConfigError::Incomplete)));
        let spoiled = packed.replace("cache-mib", "cache-mob");
        assert!(matches!(read(&spoiled, TOML), Err(PackedConfigError::Config(_))));
        for (part, expected) in packed.split(SEPARATOR).skip(PARTS_BEFORE_PLUGINS).zip(&config.plugin) {
            let mut read = Config::default();
            read.add(part, file).unwrap();
            assert_eq!(read.plugin, [PluginConfig { addresses: Vec::new(), ..expected.clone() }]);
        }
    }
}
