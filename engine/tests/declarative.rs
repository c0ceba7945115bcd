//! TOML files as providers: the shipped ones, invalid ones, and arbitrary upstream answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "declarative/broken.rs"]
mod broken;
#[path = "declarative/broken_keys.rs"]
mod broken_keys;
#[path = "declarative/documented.rs"]
mod documented;
mod support;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use badgesmith_engine::plugins::ProviderFile;
use badgesmith_provider::{
    Answer, Call,
    message::{read_step, write_call},
    testkit::{self, Subject, SubjectFault},
};
use badgesmith_renderer::Icon;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::TestServer;

/// A minimal provider, which tests modify.
const WHOLE: &str = r#"id = "demo"
version = "1.0.0"
mount = "/badges/demo"
settings = { upstream = "https://example.com" }

[[badge]]
name = "demo"
route = "{package}"
label = "demo"
summary = "It shows."
example = "acme"
get = "{upstream}/{package}.json"
value = "/value"
format = "text"
"#;

struct Loaded(ProviderFile);

impl Subject for Loaded {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, SubjectFault> {
        Ok(self.0.code.step(call, bodies)?)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../providers/declarative")
}

/// The shipped providers: id and path.
fn shipped() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut files: Vec<_> = files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect();
    files.sort();
    files
}

/// The origins that a provider needs, in the syntax of plugins.toml.
fn origins(path: &Path) -> String {
    let settings = ProviderFile::open(path).unwrap().manifest.settings;
    // The operator names what is empty.
    let origins: BTreeSet<_> = settings.values().filter(|address| !address.is_empty()).map(|a| origin(a)).collect();
    origins.iter().map(|origin| format!("{origin:?}")).collect::<Vec<_>>().join(", ")
}

/// Scheme and host of an address.
fn origin(address: &str) -> String {
    address.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// Writes a provider to a file that only this test uses.
fn written(name: &str, text: &str) -> PathBuf {
    let of_this_test = format!("{name}-{}-{:?}.toml", std::process::id(), std::thread::current().id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(of_this_test);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn every_shipped_provider_passes_its_transcripts() {
    let shipped = shipped();
    assert!(shipped.len() >= 20, "{shipped:?}");
    for (id, path) in shipped {
        let subject = Loaded(ProviderFile::open(&path).unwrap());
        let transcripts = folder().join("transcripts").join(&id);
        testkit::check(&subject, &transcripts).unwrap_or_else(|faults| panic!("{faults}"));
        let manifest = &subject.0.manifest;
        assert_eq!(manifest.id, id);
        let transcripts = fs::read_dir(transcripts).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()));
        let transcripts: Vec<Value> = transcripts.map(|text| serde_json::from_str(&text.unwrap()).unwrap()).collect();
        let of = |badge: &str, end: &str| {
            let is_it =
                |transcript: &&Value| transcript["call"]["name"] == badge && transcript["turns"][1].get(end).is_some();
            transcripts.iter().filter(is_it).count()
        };
        for badge in &manifest.badges {
            assert!(of(&badge.name, "done") > 0, "{id}: no transcript shows {}", badge.name);
            // A badge that only has shields' address has no logo, as at shields.
            let has_icon =
                badge.logo.as_deref().map_or(badge.route.starts_with('/'), |logo| Icon::find(logo).is_some());
            assert!(has_icon, "{id}: no icon {:?}", badge.logo);
            assert!(!badge.category.is_empty(), "{id}: {} has no category", badge.name);
        }
        let missing = transcripts.iter().filter(|transcript| transcript["turns"][1]["fail"]["kind"] == "not-found");
        assert!(missing.count() > 0, "{id}: no transcript of what is not found");
    }
}

/// The first two TOML blocks of README.md.
#[tokio::test]
async fn the_example_of_the_readme_is_a_provider() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut fences = readme.split("```toml\n").skip(1).map(|fence| fence.split_once("```").unwrap().0);
    let path = written("readme", fences.next().unwrap());
    let toml = fences.next().unwrap().replace("\"acme-warehouse.toml\"", &format!("{path:?}"));
    let server = TestServer::new(&toml);
    let url = "https://warehouse.example.com/api/v1/north/shelves/a-17.json?day=today";
    server.upstream.set(url, 200, &[], r#"{"fill":{"a-17":{"percent":91.37}}}"#);
    assert_eq!(server.words("/badges/acme/north/a-17.svg").await, "fill: 91.3%");
}

#[test]
fn plugins_toml_grants_every_shipped_provider_its_origins() {
    let plugins = fs::read_to_string(folder().join("../../plugins.toml")).unwrap();
    for (id, path) in shipped() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let block =
            format!("id = {id:?}\ndeclarative = \"providers/declarative/{file}\"\norigins = [{}]\n", origins(&path));
        assert!(plugins.contains(&block), "{block}");
    }
}

#[tokio::test]
async fn all_shipped_providers_are_served_side_by_side() {
    let mut toml = String::new();
    for (id, path) in shipped() {
        let origins = origins(&path);
        writeln!(toml, "[[plugin]]\nid = {id:?}\ndeclarative = {path:?}\norigins = [{origins}]\n").unwrap();
    }
    let server = TestServer::new(&toml);
    let answer = r#"{"packages":{"acme/rocket":[{"version":"v3.1.0"}]}}"#;
    server.upstream.set("https://repo.packagist.org/p2/acme/rocket.json", 200, &[], answer);
    let response = server.get("/badges/packages/packagist/acme/rocket").await;
    let badge: Value = serde_json::from_slice(&response.body).unwrap();
    let expected = json!({"schemaVersion": 1, "label": "packagist", "message": "3.1.0", "color": "blue", "namedLogo": "packagist"});
    assert_eq!((response.status.as_u16(), badge), (200, expected));

    server.upstream.set("https://hub.docker.com/v2/namespaces/a%20b/repositories/c/tags/d%2Fe", 404, &[], "{}");
    assert_eq!(server.words("/badges/packages/docker/a%20b/c/updated.svg?tag=d/e").await, "updated: tag not found");
    let response = server.get("/badges/packages/docker/a%20b/c/updated?tag=d/e").await;
    let error: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((response.status.as_u16(), &error["error_details"][0]["error_code"]), (404, &json!("TAG_NOT_FOUND")));

    // The branch is the rest of the badge's path, and one encoded part of the upstream address.
    let answer = r#"{"covered_percent":79.98}"#;
    server.upstream.set("https://coveralls.io/github/acme/rocket.json?branch=feature%2Fx%26y%3D1", 200, &[], answer);
    let words = server.words("/badges/coveralls/github/acme/rocket/feature/x&y=1.svg").await;
    assert_eq!(words, "coverage: 79.9%");

    // An invalid answer is never shown as a badge; the stale badge is shown instead.
    let url = "https://rubygems.org/api/v1/gems/acme.json";
    server.upstream.set(url, 200, &[], r#"{"version":["1.0.0"]}"#);
    assert_eq!(server.words("/badges/packages/rubygems/acme.svg").await, "gem: invalid response");
    server.advance(200);
    server.upstream.set(url, 200, &[], r#"{"version":"1.0.0"}"#);
    assert_eq!(server.words("/badges/packages/rubygems/acme.svg").await, "gem: 1.0.0");
    server.advance(200);
    server.upstream.set(url, 200, &[], r#"{"version":null}"#);
    assert_eq!(server.words("/badges/packages/rubygems/acme.svg").await, "gem: 1.0.0");
    assert_eq!(server.words("/badges/packages/rubygems/%2E%2E.svg").await, "gem: invalid parameter");
}

#[tokio::test]
async fn one_file_is_served_twice_with_two_settings() {
    let path = written("twice", WHOLE);
    let plugin = |id: &str, more: &str| format!("[[plugin]]\nid = {id:?}\ndeclarative = {path:?}\n{more}\n");
    let second = "mount = \"/badges/ours\"\norigins = [\"https://ours.example\"]\n\
                  settings = { upstream = \"https://ours.example/api/\" }";
    let server = TestServer::new(&(plugin("demo", "origins = [\"https://example.com\"]") + &plugin("ours", second)));
    server.upstream.set("https://example.com/a.json", 200, &[], r#"{"value":"public"}"#);
    server.upstream.set("https://ours.example/api/a.json", 200, &[], r#"{"value":"private"}"#);
    assert_eq!(server.words("/badges/demo/a.svg").await, "demo: public");
    assert_eq!(server.words("/badges/ours/a.svg").await, "demo: private");
}

/// A provider with a badge for each format, each way to make one value of a list, and each way to find one.
fn all_formats() -> ProviderFile {
    let mut text = WHOLE.split("[[badge]]").next().unwrap().to_owned();
    for (index, keys) in [
        "match = { a = \"red\" }",
        "format = \"version\"",
        "format = \"metric\"\nscale = { steps = [0, 1], colors = [\"red\", \"green\", \"blue\"] }",
        "format = \"percent\"\nscale = { steps = [0.5], colors = [\"red\", \"green\"] }",
        "format = \"bytes\"\nabsent = \"no size\"",
        "format = \"date\"\nempty = \"none\"",
        "format = \"relative-date\"\nscale = \"age\"",
        "format = \"stars\"\nscale = \"rating\"",
        "format = \"ordinal\"\nprefix = \"v\"",
        "format = \"license\"\nabsent = { text = \"missing\", color = \"red\" }",
        "format = \"build\"\nwords = { a = \"passing\" }",
        "first = true",
        "join = \", \"",
        "count = true",
        "newest = \"semver\"\nprerelease = true",
        "newest = \"pep440\"",
        "newest = \"maven\"",
        "newest = \"nuget\"",
        "newest = \"composer\"",
        "newest = \"loose\"",
        "value = { jsonpath = \"$..a\" }\njoin = \"-\"",
        "value = { jsonpath = \"$..['{package}']\", document = \"yaml\" }\ncount = true",
        "value = { jsonpath = \"$..a\", document = \"toml\" }",
        "value = { xpath = \"//a\" }\nempty = \"none\"",
        "value = { regex = \"[a-c0-9]+\" }",
        "value = { pointer = \"/a\", regex = \"(.)\" }\njoin = \"\"",
    ]
    .into_iter()
    .enumerate()
    {
        let value = "value = [\"/{package}/0\", \"/a\", \"/0\", \"/0/a\"]";
        let value = if keys.starts_with("value") { "" } else { value };
        write!(
            text,
            "[[badge]]\nname = \"{index}\"\nroute = \"{{package}}/{index}\"\nlabel = \"x\"\nsummary = \"x\"\n\
             example = \"a/{index}\"\nget = \"{{upstream}}/{{package}}\"\n{value}\n{keys}\n"
        )
        .unwrap();
    }
    ProviderFile::open(&written("formats", &text)).unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let text =
        prop_oneof!["[a-c]", "v?[0-9]{1,12}(\\.[0-9]{1,3}){0,2}", "[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,15}", ".{0,20}"];
    let number = prop_oneof![any::<f64>().prop_map(Value::from), any::<i64>().prop_map(Value::from)];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from),
        "x{250,300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// A modified file is either valid or refused with the number of a line.
    #[test]
    fn every_modified_file_is_loaded_or_refused(at in any::<prop::sample::Index>(), length in 0..20_usize, put in "[a-z\\[\\]{}\"'=.,/~$\n0-9é ]{0,8}") {
        let mut text = WHOLE.to_owned();
        let at = at.index(text.len());
        text.replace_range(at..(at + length).min(text.len()), &put);
        let path = written("any", &text);
        if let Err(refusal) = ProviderFile::open(&path) {
            assert!(refusal.to_string().contains(".toml: line "), "{refusal}");
        }
    }

    /// Every answer leads to a badge with a short message or to a failure.
    #[test]
    fn every_answer_leads_to_a_badge_or_a_failure(
        body in prop_oneof![any_json().prop_map(|json| json.to_string().into_bytes()), prop::collection::vec(any::<u8>(), 0..64)],
        status in prop_oneof![Just(200_u16), 100..600_u16],
        package in prop_oneof![Just("a".to_owned()), ".{0,12}"],
    ) {
        thread_local!(static FORMATS: ProviderFile = all_formats());
        FORMATS.with(|formats| for badge in &formats.manifest.badges {
            let mut call = Call::new(badge.name.clone());
            call.settings = formats.manifest.settings.clone();
            call.params.insert("package".to_owned(), package.clone());
            call.answers.push(Answer { status, body: &body, ..Answer::default() });
            let step = read_step(&formats.code.step(&write_call(&call), &[&body]).unwrap()).unwrap();
            match (step.done, step.fail) {
                (Some(badge), None) => {
                    assert!((200..300).contains(&status));
                    assert!(!badge.message.is_empty() && badge.message.len() <= 256, "{badge:?}");
                }
                (None, Some(failure)) => assert!(!failure.words.is_empty()),
                ends => panic!("{ends:?}"),
            }
        });
    }
}
