//! `badgesmith plugin new`: creates a folder with a small, complete and tested provider.

use std::{
    env::{
        self,
        consts::{DLL_PREFIX, DLL_SUFFIX},
    },
    fs,
    path::{Path, PathBuf},
};

use badgesmith_engine::plugins::is_id;
use clap::{Args, ValueEnum};

use super::plugin_error::PluginError;
use crate::{command_error::CommandError, output::print};

/// The name of the template, which the name of the new provider replaces.
const TEMPLATE: &str = "my-provider";
/// The version with which the template depends on the SDK. It is replaced, since no registry has the SDK yet.
const PUBLISHED: &str = r#"version = "0.1""#;
/// The git repository of this build, if it is a release.
const SOURCE: Option<&str> = option_env!("BADGESMITH_SOURCE");
/// The tag of the release in that repository.
const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// Creates a provider.
#[derive(Args, Debug)]
pub(crate) struct NewOptions {
    /// The name of the provider: lower-case letters, digits and -.
    name: String,
    /// The language that it is written in.
    #[arg(long, value_enum, default_value_t = ProviderKind::Rust)]
    kind: ProviderKind,
    /// The parent of the new folder, if it is not the current one.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The folder of the Rust SDK, or the address of a git repository that has it; without it the folder is that of the
    /// checkout that has this binary or the current folder, or else the repository of the release.
    #[arg(long, value_name = "PATH|URL")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProviderKind {
    /// A library in Rust, with the crate badgesmith-provider.
    Rust,
    /// A library in C, with one header.
    C,
    /// A declarative provider, without code.
    Toml,
}

/// A file of a template: its path and its text.
type TemplateFile = (&'static str, &'static str);

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../../../../providers/template/", $file))
    };
}

const RUST: &[TemplateFile] = &[
    ("Cargo.toml", template!("rust/Cargo.toml")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("manifest.json", template!("rust/manifest.json")),
    ("README.md", template!("rust/README.md")),
    (".gitignore", template!("rust/.gitignore")),
];
const C: &[TemplateFile] = &[
    ("provider.c", template!("c/provider.c")),
    ("badgesmith_provider.h", include_str!("../../../../providers/sdk/include/badgesmith_provider.h")),
    ("Makefile", template!("c/Makefile")),
    ("README.md", template!("c/README.md")),
];
const TOML: &[TemplateFile] =
    &[("my-provider.toml", template!("toml/my-provider.toml")), ("README.md", template!("toml/README.md"))];
/// The templates behave identically, so they share their transcripts.
const TRANSCRIPTS: &[TemplateFile] = &[
    ("transcripts/version.json", template!("transcripts/version.json")),
    ("transcripts/missing.json", template!("transcripts/missing.json")),
    ("transcripts/invalid.json", template!("transcripts/invalid.json")),
];

/// Creates the folder.
///
/// # Errors
/// The name is invalid, the folder exists, the SDK is not found, or a file cannot be written.
pub(super) fn run(new: &NewOptions) -> Result<(), CommandError> {
    let name = &*new.name;
    if !is_id(name) {
        return Err(PluginError::InvalidName(name.to_owned()).into());
    }
    let folder = new.dir.clone().unwrap_or_default().join(name);
    if folder.exists() {
        return Err(PluginError::FolderExists(folder).into());
    }
    let sdk = if new.kind == ProviderKind::Rust { Some(sdk(new)?) } else { None };
    let files = match new.kind {
        ProviderKind::Rust => RUST,
        ProviderKind::C => C,
        ProviderKind::Toml => TOML,
    };
    for (path, text) in files.iter().chain(TRANSCRIPTS) {
        let mut text = named(text, name);
        if let (&"Cargo.toml", Some(sdk)) = (path, &sdk) {
            text = text.replace(PUBLISHED, &sdk.dependency());
        }
        let file = folder.join(named(path, name));
        let parent = file.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(CommandError::file(parent))?;
        fs::write(&file, text).map_err(CommandError::file(&file))?;
    }
    print(&next_steps(new, &folder, sdk.as_ref()))
}

/// What to print at the end: how the provider is built and checked, and with which SDK.
fn next_steps(new: &NewOptions, folder: &Path, sdk: Option<&Sdk>) -> String {
    let (name, folder) = (&new.name, folder.display());
    let (build, file) = match new.kind {
        ProviderKind::Rust => (
            "  cargo build --release\n",
            format!("target/release/{DLL_PREFIX}badgesmith_provider_{}{DLL_SUFFIX}", name.replace('-', "_")),
        ),
        ProviderKind::C => ("  make\n", format!("{name}.so")),
        ProviderKind::Toml => ("", format!("{name}.toml")),
    };
    let built_with = sdk.map(|sdk| format!("It is built with {}.\n", sdk.words())).unwrap_or_default();
    format!("{folder} is a provider. {built_with}Now:\n\n  cd {folder}\n{build}  badgesmith plugin check {file}\n")
}

/// Replaces the template's name in all its forms: `my-provider`, `my_provider`, `MyProvider`.
fn named(text: &str, name: &str) -> String {
    let forms: [fn(&str) -> String; 3] = [str::to_owned, |name| name.replace('-', "_"), camel_case];
    forms.iter().fold(text.to_owned(), |text, form| text.replace(&form(TEMPLATE), &form(name)))
}

/// The name as a Rust type; `P` is put before a leading digit.
fn camel_case(name: &str) -> String {
    let words = name.split('-').filter_map(|word| word.split_at_checked(1));
    let joined: String = words.map(|(first, rest)| first.to_ascii_uppercase() + rest).collect();
    if joined.starts_with(|first: char| first.is_ascii_uppercase()) { joined } else { format!("P{joined}") }
}

/// The location of the SDK that a provider is built with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sdk {
    Folder(PathBuf),
    /// A git repository, at a tag or at its newest commit.
    Repository {
        address: String,
        tag: Option<&'static str>,
    },
}

impl Sdk {
    /// The keys of the dependency in Cargo.toml. A TOML literal string, in single quotes, has no escapes.
    fn dependency(&self) -> String {
        match self {
            Self::Folder(folder) => format!("path = '{}'", folder.display()),
            Self::Repository { address, tag: Some(tag) } => format!("git = '{address}', tag = '{tag}'"),
            Self::Repository { address, tag: None } => format!("git = '{address}'"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Folder(folder) => format!("the SDK at {}", folder.display()),
            Self::Repository { address, tag } => {
                format!("the SDK of {} in the git repository {address}", tag.unwrap_or("the newest commit"))
            }
        }
    }
}

/// The SDK to build with: the one that was named, or the folder of a checkout, or the repository of the release.
///
/// # Errors
/// The folder that was named is not the SDK, or none is found.
fn sdk(new: &NewOptions) -> Result<Sdk, CommandError> {
    if let Some(address) = new.sdk.as_ref().and_then(|named| named.to_str()).filter(|named| named.contains("://")) {
        return Ok(Sdk::Repository { address: address.to_owned(), tag: None });
    }
    if let Some(named) = &new.sdk {
        let sdk = fs::canonicalize(named).map_err(CommandError::file(named))?;
        if !is_sdk(&sdk) {
            return Err(PluginError::NotTheSdk(sdk).into());
        }
        return Ok(Sdk::Folder(sdk));
    }
    let here =
        [env::current_dir().ok(), env::current_exe().ok(), new.dir.as_ref().and_then(|dir| fs::canonicalize(dir).ok())];
    let mut candidates =
        here.iter().flatten().flat_map(|folder| folder.ancestors()).map(|folder| folder.join("providers/sdk"));
    let release = || Some(Sdk::Repository { address: SOURCE?.to_owned(), tag: Some(TAG) });
    candidates.find(|folder| is_sdk(folder)).map(Sdk::Folder).or_else(release).ok_or(PluginError::NoSdk.into())
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line == "name = \"badgesmith-provider\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_on_the_sdk_is_one_that_cargo_finds() {
        let repository = |tag| Sdk::Repository { address: "https://h.example/a/b".to_owned(), tag };
        for (sdk, key) in [
            (Sdk::Folder("/a b/sdk".into()), "path = '/a b/sdk'"),
            (repository(Some("v1.2.3")), "git = 'https://h.example/a/b', tag = 'v1.2.3'"),
            (repository(None), "git = 'https://h.example/a/b'"),
        ] {
            let manifest = RUST[0].1.replace(PUBLISHED, &sdk.dependency());
            assert_eq!(manifest.matches(key).count(), 2, "{manifest}");
            assert!(manifest.parse::<toml::Table>().is_ok(), "{manifest}");
        }
    }
}
