//! Mistakes in plugins.toml are refused at start, with the file, the plugin and a correction.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::Path;

use badgesmith_engine::Config;
use support::{TestServer, hello, hello_toml};

/// Every row is a plugins.toml, in which `LIBRARY` stands for the C provider, and a part of its error message.
#[test]
fn a_mistake_in_plugins_toml_is_refused_with_what_to_write() {
    const HEAD: &str = "[[plugin]]\nid = \"hello\"\nlibrary = LIBRARY\n";
    let granted = |more: &str| format!("{HEAD}origins = [\"https://example.com\"]\n{more}");
    let rows = [
        ("plugin = 1".to_owned(), "plugins.toml: TOML parse error at line 1, column 10"),
        (
            format!("{HEAD}colour = \"red\""),
            "unknown field `colour`, expected one of `id`, `library`, `declarative`, `sha256`",
        ),
        ("[engine]\ncache = 1".to_owned(), "unknown field `cache`, expected one of `cache-mib`, `store`"),
        (
            "[engine]\nallow-addresses = [\"10.0.0.0/8\"]".to_owned(),
            "\"10.0.0.0/8\" is no host and port; write \"127.0.0.1:9000\"",
        ),
        ("[[plugin]]\nid = \"hello\"".to_owned(), "it has no code; write library"),
        (
            "[[plugin]]\nid = \"hello\"\nlibrary = \"./nothing.so\"".to_owned(),
            "plugin \"hello\": the library is not at ./nothing.so; build it, or write its path",
        ),
        (
            format!("{HEAD}sha256 = \"00\""),
            "plugins.toml says 00; if the library was meant to change, write sha256 = \"",
        ),
        (
            HEAD.to_owned(),
            "it asks https://example.com, which is not granted; write origins = [\"https://example.com\"]",
        ),
        (
            format!("{HEAD}origins = [\"http://example.com\"]"),
            "origins: http://example.com is plain http, which is for this machine only; write https",
        ),
        (
            format!("{HEAD}origins = [\"https://example.com/x\"]"),
            "origins: \"https://example.com/x\" is more than an origin; write https://example.com",
        ),
        (
            granted("settings = { upstream = \"https://other.example\" }"),
            "it asks https://other.example, which is not granted; \
             write origins = [\"https://example.com\", \"https://other.example\"]",
        ),
        (granted("settings = { up = \"x\" }"), "settings.up is no setting of it; it has: upstream"),
        (
            granted("secrets = { token = { purpose = \"P\", origin = \"https://other.example\" } }"),
            "secrets.token may be sent to https://other.example, which origins does not grant; add it there",
        ),
        (granted("mount = \"badges\""), "the mount \"badges\" does not begin with /"),
        (granted("mount = \"/badge\""), "the route /badge/{name} is kept for the engine; give it another mount"),
        (granted(&granted("")), "its id stands twice; give one a mount and an id of its own"),
        (
            granted("").replace("id = \"hello\"", "id = \"hi\""),
            "plugin \"hi\": the library calls itself \"hello\"; write id = \"hello\", or give it a mount of its own",
        ),
        (
            granted("").replace("id = \"hello\"", "id = \"Hi\"\nmount = \"/x\""),
            "an id is lower-case letters, digits and -",
        ),
        (
            granted("") + &granted("mount = \"/badges/HELLO\"").replace("id = \"hello\"", "id = \"hi\""),
            "plugin \"hi\": the route /badges/hello/{name} fits the same addresses as /badges/hello/{name} of plugin \"hello\"",
        ),
    ];
    let library = format!("{:?}", hello());
    let mut config = Config::parse("", Path::new("plugins.toml")).unwrap();
    let refusal = config.add("[engine]\ncache-mib = 1", Path::new("plugins.d/a.toml")).unwrap_err().to_string();
    assert!(refusal.contains("plugins.d/a.toml") && refusal.contains("unknown field `engine`"), "{refusal}");
    for (toml, words) in rows {
        let toml = toml.replace("LIBRARY", &library);
        let refusal = TestServer::try_new(&toml).err().expect(words);
        assert!(refusal.contains(words), "{toml}\n{refusal}\n{words}");
        assert!(refusal.contains("plugins.toml") || refusal.starts_with("plugin \""), "{refusal}");
    }
}

#[tokio::test]
async fn one_provider_is_served_twice_under_two_mounts() {
    let second = hello_toml().replace("id = \"hello\"", "id = \"hi\"\nmount = \"/badges/hi\"");
    let second = second.replace("https://example.com", "https://other.example")
        + "settings = { upstream = \"https://other.example\" }\n";
    let server = TestServer::new(&(hello_toml() + &second));
    server.upstream.set("https://example.com/a.txt", 200, &[], "one");
    server.upstream.set("https://other.example/a.txt", 200, &[], "two");
    assert_eq!(server.words("/badges/hello/a.svg").await, "hello: one");
    assert_eq!(server.words("/badges/hi/a.svg").await, "hello: two");
}

#[tokio::test]
async fn a_library_with_the_right_checksum_is_loaded() {
    use sha2::{Digest, Sha256};
    let sum = Sha256::digest(std::fs::read(hello()).unwrap());
    let hex: String = sum.iter().map(|byte| format!("{byte:02X}")).collect();
    TestServer::new(&format!("{}sha256 = \"{hex}\"\n", hello_toml()));
}
