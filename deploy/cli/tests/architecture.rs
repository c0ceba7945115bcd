//! The dependency rules of ARCHITECTURE.md: which package may import which, and where unsafe code and I/O may be.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Each package of the workspace, and the packages of the workspace that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("badgesmith-fonts", &[]),
    ("badgesmith-renderer", &["badgesmith-fonts"]),
    ("badgesmith-provider", &["badgesmith-versions"]),
    ("badgesmith-versions", &[]),
    ("badgesmith-reported", &["badgesmith-provider"]),
    ("badgesmith-queries", &[]),
    ("badgesmith-engine", &["badgesmith-renderer", "badgesmith-provider", "badgesmith-queries"]),
    ("badgesmith-formats", &[]),
    ("badgesmith-host", &["badgesmith-engine", "badgesmith-provider"]),
    ("badgesmith-aws", &["badgesmith-engine", "badgesmith-host", "badgesmith-provider"]),
    ("badgesmith-lambda", &["badgesmith-aws", "badgesmith-engine", "badgesmith-host"]),
    (
        "badgesmith-benchmarks",
        &["badgesmith-engine", "badgesmith-formats", "badgesmith-provider", "badgesmith-renderer"],
    ),
    // The edge to a provider is for building only: the library has to be there for `cargo run`.
    // The SDK's testkit is what `badgesmith plugin check` runs.
    (
        "badgesmith",
        &[
            "badgesmith-aws",
            "badgesmith-engine",
            "badgesmith-formats",
            "badgesmith-host",
            "badgesmith-renderer",
            "badgesmith-provider",
            "badgesmith-provider-*",
            "badgesmith-reported",
        ],
    ),
];

/// The packages of the workspace that a provider may import: the SDK, the parser of versions, and the providers of what
/// builds report.
const PROVIDER_MAY_IMPORT: &[&str] = &["badgesmith-provider", "badgesmith-reported", "badgesmith-versions"];

/// Names, or first parts of names, of packages that do I/O: runtimes, sockets, clocks, randomness, AWS.
const WORLDLY: [&str; 17] = [
    "async-std",
    "aws",
    "axum",
    "chrono",
    "fastrand",
    "getrandom",
    "hyper",
    "isahc",
    "lambda",
    "mio",
    "rand",
    "reqwest",
    "smol",
    "surf",
    "time",
    "tokio",
    "ureq",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A package of the workspace: its name, its folder, and its dependencies (without dev-dependencies) with their
/// features.
type Package = (String, PathBuf, Vec<(String, Vec<String>)>);

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let imports = list(&package["dependencies"]);
            let imports = imports.iter().filter(|import| import["kind"] != "dev");
            let imports =
                imports.map(|import| (text(&import["name"]), list(&import["features"]).iter().map(text).collect()));
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            (text(&package["name"]), manifest.parent().unwrap().to_owned(), imports.collect())
        })
        .collect()
}

#[test]
fn no_package_imports_what_it_must_not() {
    let packages = packages();
    assert!(packages.len() >= 7, "only {} packages were read", packages.len());
    for (name, folder, imports) in &packages {
        let rule = MAY_IMPORT.iter().find(|(package, _)| package == name);
        let is_provider = name.starts_with("badgesmith-provider-");
        let may: &[&str] = match rule {
            Some((_, may)) => may,
            None if is_provider => PROVIDER_MAY_IMPORT,
            None => panic!("{name} stands in no rule; give it one here and in ARCHITECTURE.md"),
        };
        for (import, features) in imports {
            if import.starts_with("badgesmith") {
                let is_allowed = may
                    .iter()
                    .any(|may| may.strip_suffix('*').map_or(may == import, |start| import.starts_with(start)));
                assert!(is_allowed, "{name} imports {import}");
            }
            let is_worldly = WORLDLY.iter().any(|start| import == start || import.starts_with(&format!("{start}-")));
            // The engine may use tokio's channels and locks, which do no I/O.
            let is_channels = import == "tokio" && features == &["sync"] && name == "badgesmith-engine";
            if !folder.starts_with(root().join("deploy")) {
                assert!(!is_worldly || is_channels, "{name} imports {import} {features:?}, which is deploy's alone");
            }
        }
    }
}

#[test]
fn a_provider_is_a_library_for_loading_and_nothing_else() {
    for (name, folder, _) in packages() {
        if name.starts_with("badgesmith-provider-") {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            assert!(manifest.contains("crate-type = [\"cdylib\"]"), "{name}");
        }
    }
}

#[test]
fn the_world_and_unsafe_code_stay_where_they_belong() {
    let root = root();
    let mut files = Vec::new();
    for folder in ["engine", "renderer", "fonts", "providers", "deploy"] {
        collect(&root.join(folder), &mut files);
    }
    assert!(files.len() > 30, "only {} files were read", files.len());
    for file in files {
        let place = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let is_test =
            ["/tests/", "/tests.rs", "/vectors.rs", "/fuzz/", "/size/", "/examples/", "/benches/", "/testkit"]
                .iter()
                .any(|part| place.contains(part));
        let text = fs::read_to_string(&file).unwrap();
        // The tests of a module are at its end.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("//") || is_test {
                continue;
            }
            let at = format!("{place}:{}: {line}", number + 1);
            let crosses = [
                "providers/sdk/src/abi.rs",
                "engine/src/plugins/library.rs",
                "deploy/lambda/src/glibc.rs",
                "deploy/host/src/exit_hook.rs",
            ]
            .contains(&&*place);
            assert!(
                crosses
                    || !["unsafe {", "unsafe fn", "unsafe extern", "unsafe impl", "unsafe("]
                        .iter()
                        .any(|word| line.contains(word)),
                "{at}"
            );
            if !place.starts_with("deploy/") {
                for world in [
                    "SystemTime::now",
                    "Instant::now",
                    "std::env::",
                    "env::var",
                    "std::net",
                    "TcpStream",
                    "std::process",
                ] {
                    assert!(!line.contains(world), "{at}");
                }
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}
