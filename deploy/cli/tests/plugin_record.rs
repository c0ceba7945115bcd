//! `badgesmith plugin record`: a call becomes a transcript, without its secrets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, io::Write, process::Stdio};

use serde_json::{Value, json};
use support::{
    Upstream, command,
    plugin_command::{HIDDEN, folder, goes_well, odd, plugin, projects, text},
};

#[test]
fn a_recorded_call_is_a_transcript_that_passes() {
    let upstream = Upstream::start(projects);
    let library = odd("recorded", |source| source, HIDDEN);
    let transcripts = library.with_file_name("transcripts");
    let config = library.with_file_name("plugins.toml");
    let url = upstream.url();
    let entry = format!(
        "[[plugin]]\nid = \"odd\"\nlibrary = {library:?}\norigins = [{url:?}]\nsettings = {{ upstream = {url:?} }}\n"
    );
    fs::write(&config, entry).unwrap();
    let record = |address: &str, name: &str| {
        let file = transcripts.join(name);
        plugin(&["record", address, "--config", text(&config), "--output", text(&file)])
    };
    let (well, said) = record("/badges/odd/demo", "recorded.json");
    assert!(well && said.contains("has 2 turns"), "{said}");
    let (well, said) = record("https://badges.example/badges/odd/nothing.svg?style=flat", "recorded-missing.json");
    assert!(well, "{said}");
    let written: Value = serde_json::from_str(&fs::read_to_string(transcripts.join("recorded.json")).unwrap()).unwrap();
    assert_eq!(written["call"]["params"], json!({"project": "demo"}));
    assert_eq!(written["turns"][0]["fetch"], json!([format!("{url}/projects/demo.json")]));
    assert_eq!(written["turns"][0]["answers"][0]["json"]["version"], "1.2.3");
    assert_eq!(written["turns"][1], json!({"done": {"message": "1.2.3"}}));
    assert!(goes_well(&["check", text(&library)]).contains("every answer spoiled in turn: 5"));

    let (well, said) = record("/badges/odd/demo", "recorded.json");
    assert!(!well && said.contains("name a new file"), "{said}");
    let (well, said) = record("/badges/nobody/demo", "nobody.json");
    let nearest =
        "is no badge of a configured plugin; the nearest are:\n  /badges/odd/{project}, such as /badges/odd/demo\n";
    assert!(!well && said.contains(nearest), "{said}");
    upstream.stop();
    let (well, said) = record("/badges/odd/demo", "unwell.json");
    assert!(!well && said.contains("record it when the upstream is well"), "{said}");
    assert!(!transcripts.join("unwell.json").exists());
}

#[test]
fn a_recorded_call_names_a_secret_and_never_tells_it() {
    const TOKEN: &str = "ghp_hush";
    let upstream = Upstream::start(|path| {
        let list = br#"[{"id":1,"name":"2.0.0"}]"#.to_vec();
        match path {
            path if path.starts_with("/orgs/acme/packages/nuget/widget/versions") => (200, Vec::new(), list),
            path if path.starts_with("/orgs/acme/") => {
                (200, Vec::new(), format!(r#"[{{"id":1,"name":"2.0.0","you":"{TOKEN}"}}]"#).into_bytes())
            }
            _ => (404, Vec::new(), Vec::new()),
        }
    });
    let place = folder("secret");
    let (config, data, url) = (place.join("plugins.toml"), place.join("data"), upstream.url());
    let entry = format!(
        "[[plugin]]\nid = \"github\"\nlibrary = \"badgesmith_provider_github\"\norigins = [{url:?}]\n\
         settings = {{ upstream = {url:?} }}\nsecrets = {{ token = {{ purpose = \"Package\", origin = {url:?} }} }}\n"
    );
    fs::write(&config, entry).unwrap();
    let mut set = command();
    set.args(["secret", "set", "--owner", "acme", "--purpose", "Package", "--data", text(&data)]);
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(TOKEN.as_bytes()).unwrap();
    assert!(set.wait().unwrap().success());
    let record = |package: &str| {
        let address = format!("/badges/packages/github/acme/{package}");
        plugin(&["record", &address, "--config", text(&config), "--data", text(&data)])
    };
    let (well, said) = record("widget");
    assert!(well && said.contains("with bearer token of acme") && said.contains("\"message\": \"2.0.0\""), "{said}");
    assert!(!said.contains(TOKEN) && !said.to_lowercase().contains("authorization"), "{said}");
    let (well, said) = record("mirror");
    assert!(!well && said.contains("repeats the secret") && !said.contains(TOKEN), "{said}");
}
