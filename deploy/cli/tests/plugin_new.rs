//! `badgesmith plugin new`: the steps of providers/README.md from an empty folder to a badge.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use support::{
    Server, Upstream,
    plugin_command::{folder, goes_well, output, plugin, projects, root, text},
};

/// The code blocks of this language in providers/README.md, in their order.
fn fenced(language: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("providers/README.md")).unwrap();
    let begins = format!("\n```{language}\n");
    let fences = page.split(&begins).skip(1);
    fences.map(|fence| fence.split("\n```").next().unwrap().to_owned() + "\n").collect()
}

/// Makes the provider `hello`, replaces its source by the code of the page, builds it and checks it.
fn new(kind: &str, source: &str, build: impl Fn(&Path) -> PathBuf) -> PathBuf {
    let place = folder(kind);
    goes_well(&["new", "hello", "--kind", kind, "--dir", text(&place)]);
    let hello = place.join("hello");
    let page = fenced(kind).remove(0);
    assert_eq!(fs::read_to_string(hello.join(source)).unwrap(), page, "the page shows what `new` makes");
    fs::write(hello.join(source), page).unwrap();
    let built = build(&hello);
    let words = goes_well(&["check", text(&built), "--transcripts", text(&hello.join("transcripts"))]);
    assert!(words.contains("transcripts, every answer spoiled in turn: 3"), "{words}");
    assert!(words.contains("id = \"hello\"") && words.contains("origins = [\"https://example.com\"]"), "{words}");
    built
}

/// Serves the provider with the configuration of the page, and requests its badges.
fn serve(kind: &str, built: &Path) {
    let upstream = Upstream::start(projects);
    let page = fenced("toml").remove(1);
    let code = if kind == "toml" { "declarative" } else { "library" };
    let entry = page
        .replace("https://example.com", &upstream.url())
        .replace("library = \"target/release/libbadgesmith_provider_hello.so\"", &format!("{code} = {built:?}"));
    assert!(entry.contains(text(built)), "{entry}");
    let server = Server::start(&format!("plugin-{kind}"), &entry);
    let response = server.get("/badges/hello/demo");
    let badge: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(badge, json!({"schemaVersion": 1, "label": "hello", "message": "1.2.3", "color": "blue"}));
    assert!(server.get("/badges/hello/demo.svg").body.contains("<title>hello: 1.2.3</title>"));
    let missing = server.get("/badges/hello/nothing");
    assert!(missing.status == 404 && missing.body.contains("PROJECT_NOT_FOUND"), "{missing:?}");
}

#[test]
fn a_stranger_writes_a_provider_in_rust_from_the_page() {
    let built = new("rust", "src/lib.rs", |hello| {
        assert_eq!(fs::read_to_string(hello.join("manifest.json")).unwrap(), fenced("json").remove(0));
        // The locked versions of the workspace, so that nothing has to be downloaded.
        fs::copy(root().join("Cargo.lock"), hello.join("Cargo.lock")).unwrap();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin/target");
        for verb in ["test", "build"] {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args([verb, "--offline", "--quiet"]).current_dir(hello).env("CARGO_TARGET_DIR", &target);
            let (well, words) = output(&mut cargo);
            assert!(well, "{words}");
        }
        let name = format!("{}badgesmith_provider_hello{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        target.join("debug").join(name)
    });
    serve("rust", &built);
}

#[test]
fn a_stranger_writes_a_provider_in_c_from_the_page() {
    let built = new("c", "provider.c", |hello| {
        let (well, words) = output(Command::new("make").current_dir(hello));
        assert!(well && !words.contains("warning"), "{words}");
        hello.join("hello.so")
    });
    serve("c", &built);
}

#[test]
fn a_stranger_writes_a_provider_in_toml_from_the_page() {
    serve("toml", &new("toml", "hello.toml", |hello| hello.join("hello.toml")));
}

#[test]
fn a_new_provider_needs_a_valid_name_and_overwrites_no_folder() {
    let place = folder("names");
    goes_well(&["new", "two-words", "--kind", "toml", "--dir", text(&place)]);
    assert!(fs::read_to_string(place.join("two-words/two-words.toml")).unwrap().contains("id = \"two-words\""));
    let rows = [("two-words", "is there already"), ("Hello", "is no name for a provider"), ("../x", "is no name")];
    for (name, words) in rows {
        let (well, said) = plugin(&["new", name, "--dir", text(&place)]);
        assert!(!well && said.contains(words), "{said}");
    }
    let (well, said) = plugin(&["new", "hello", "--dir", text(&place), "--sdk", text(&place)]);
    assert!(!well && said.contains("is not the SDK"), "{said}");
    assert_eq!(fs::read_dir(place).unwrap().count(), 1, "what is refused leaves nothing behind");
}

#[test]
fn a_provider_in_rust_without_an_sdk_is_refused_before_a_folder_is_made_and_builds_with_one_that_is_named() {
    // Outside of every checkout.
    let place = tempfile::tempdir().unwrap();
    let binary = place.path().join("badgesmith");
    let built = env!("CARGO_BIN_EXE_badgesmith");
    fs::hard_link(built, &binary).or_else(|_| fs::copy(built, &binary).map(drop)).unwrap();
    let new = |more: &[&str]| {
        let mut new = Command::new(&binary);
        let output = new.current_dir(place.path()).args(["plugin", "new", "hello"]).args(more).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (well, said) = new(&[]);
    assert!(!well && said.contains("--sdk CHECKOUT/providers/sdk") && said.contains("--kind toml"), "{said}");
    assert!(!place.path().join("hello").exists());
    let sdk = root().join("providers/sdk");
    let (well, said) = new(&["--sdk", text(&sdk)]);
    assert!(well, "{said}");
    let folder = place.path().join("hello");
    // What the workspace was built with is there, so nothing is asked of a registry.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["check", "--offline", "--quiet", "--target-dir"])
        .arg(env!("CARGO_TARGET_TMPDIR").to_owned() + "/plugin-sdk");
    let output = cargo.current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_dir_all(&folder).unwrap();
    let (well, said) = new(&["--sdk", "https://h.example/badges"]);
    assert!(well && said.contains("the git repository https://h.example/badges"), "{said}");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("badgesmith-provider = { git = 'https://h.example/badges' }"), "{manifest}");
}
