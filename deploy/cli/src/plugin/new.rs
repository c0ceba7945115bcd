//! `badgesmith plugin new`: a folder with a small provider, whole and tested.

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

use super::say;

/// What the templates are called; the name that is asked for takes its place.
const TEMPLATE: &str = "my-provider";
/// How the template names the SDK, which a path may stand in for.
const PUBLISHED: &str = r#"version = "0.1""#;

/// Makes a provider.
#[derive(Args, Debug)]
pub(crate) struct New {
    /// What the provider is called: lower-case letters, digits and -.
    name: String,
    /// What it is written in.
    #[arg(long, value_enum, default_value_t = Kind::Rust)]
    kind: Kind,
    /// Where its folder is made, if not here.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The folder of the Rust SDK; without it the one of the checkout this binary or this folder lies in.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A library, by the crate badgesmith-provider.
    Rust,
    /// A library, by one header.
    C,
    /// A declarative provider: no code.
    Toml,
}

/// A file of a template: its place and its text.
type File = (&'static str, &'static str);

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../../../../providers/template/", $file))
    };
}

const RUST: &[File] = &[
    ("Cargo.toml", template!("rust/Cargo.toml")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("manifest.json", template!("rust/manifest.json")),
    ("README.md", template!("rust/README.md")),
    (".gitignore", template!("rust/.gitignore")),
];
const C: &[File] = &[
    ("provider.c", template!("c/provider.c")),
    ("badgesmith_provider.h", include_str!("../../../../providers/sdk/include/badgesmith_provider.h")),
    ("Makefile", template!("c/Makefile")),
    ("README.md", template!("c/README.md")),
];
const TOML: &[File] =
    &[("my-provider.toml", template!("toml/my-provider.toml")), ("README.md", template!("toml/README.md"))];
/// All kinds of the template do the same, so they have the same transcripts.
const TRANSCRIPTS: &[File] = &[
    ("transcripts/version.json", template!("transcripts/version.json")),
    ("transcripts/missing.json", template!("transcripts/missing.json")),
    ("transcripts/invalid.json", template!("transcripts/invalid.json")),
];

/// Makes it.
///
/// # Errors
/// The name is none, the folder is there already, the SDK is not where it should be, or nothing can be written.
pub(super) fn run(new: &New) -> Result<(), String> {
    let name = &*new.name;
    if !is_id(name) {
        return Err(format!("{name:?} is no name for a provider; write lower-case letters, digits and -"));
    }
    let folder = new.dir.clone().unwrap_or_default().join(name);
    if folder.exists() {
        return Err(format!("{} is there already; write another name, or another --dir", folder.display()));
    }
    let sdk = if new.kind == Kind::Rust { sdk(new)? } else { None };
    let files = match new.kind {
        Kind::Rust => RUST,
        Kind::C => C,
        Kind::Toml => TOML,
    };
    for (place, text) in files.iter().chain(TRANSCRIPTS) {
        let mut text = named(text, name);
        if let (&"Cargo.toml", Some(sdk)) = (place, &sdk) {
            // A TOML text in single quotes has no escapes, and a path seldom has a single quote.
            text = text.replace(PUBLISHED, &format!("path = '{}'", sdk.display()));
        }
        let file = folder.join(named(place, name));
        let parent = file.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(|fault| format!("{}: {fault}", parent.display()))?;
        fs::write(&file, text).map_err(|fault| format!("{}: {fault}", file.display()))?;
    }
    say(&next(new, &folder, sdk.as_deref()))
}

/// What to do now, and what the provider is built with.
fn next(new: &New, folder: &Path, sdk: Option<&Path>) -> String {
    let (name, folder) = (&new.name, folder.display());
    let (build, file) = match new.kind {
        Kind::Rust => (
            "  cargo build --release\n",
            format!("target/release/{DLL_PREFIX}badgesmith_provider_{}{DLL_SUFFIX}", name.replace('-', "_")),
        ),
        Kind::C => ("  make\n", format!("{name}.so")),
        Kind::Toml => ("", format!("{name}.toml")),
    };
    let built_with = match (new.kind, sdk) {
        (Kind::Rust, Some(sdk)) => format!("It is built with the SDK at {}.\n", sdk.display()),
        (Kind::Rust, None) => {
            "It is built with badgesmith-provider 0.1 from the registry; for a checkout's give its folder \
                               providers/sdk as --sdk.\n"
                .to_owned()
        }
        _ => String::new(),
    };
    format!("{folder} is a provider. {built_with}Now:\n\n  cd {folder}\n{build}  badgesmith plugin check {file}\n")
}

/// The template with another name in it: `my-provider`, `my_provider`, `MyProvider`.
fn named(text: &str, name: &str) -> String {
    let forms: [fn(&str) -> String; 3] = [str::to_owned, |name| name.replace('-', "_"), camel_case];
    forms.iter().fold(text.to_owned(), |text, form| text.replace(&form(TEMPLATE), &form(name)))
}

/// A type's name; one that would begin with a digit gets a letter.
fn camel_case(name: &str) -> String {
    let words = name.split('-').filter_map(|word| word.split_at_checked(1));
    let joined: String = words.map(|(first, rest)| first.to_ascii_uppercase() + rest).collect();
    if joined.starts_with(|first: char| first.is_ascii_uppercase()) { joined } else { format!("P{joined}") }
}

/// The SDK's folder, where there is one to build with: nothing is published yet.
fn sdk(new: &New) -> Result<Option<PathBuf>, String> {
    if let Some(named) = &new.sdk {
        let sdk = fs::canonicalize(named).map_err(|fault| format!("{}: {fault}", named.display()))?;
        if !is_sdk(&sdk) {
            return Err(format!("{} is not the SDK; name a checkout's folder providers/sdk", sdk.display()));
        }
        return Ok(Some(sdk));
    }
    let here =
        [env::current_dir().ok(), env::current_exe().ok(), new.dir.as_ref().and_then(|dir| fs::canonicalize(dir).ok())];
    let mut places =
        here.iter().flatten().flat_map(|place| place.ancestors()).map(|folder| folder.join("providers/sdk"));
    Ok(places.find(|place| is_sdk(place)))
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line == "name = \"badgesmith-provider\"")
}
