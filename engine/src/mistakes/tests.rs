use super::*;

const PROVIDER: &str = r#"
    id = "ID"
    version = "1.0.0"
    mount = "/badges/ID"
    settings = { upstream = "https://example.com" }
    [[badge]]
    name = "version"
    route = "{name}"
    label = "x"
    summary = "The version."
    example = "x"
    get = "{upstream}/{name}.json"
    value = "/version"
"#;

/// The mistakes of plugins.toml and of a file of plugins.d, in a folder with the provider `one`.
fn all(config: &str, added: &str) -> Vec<String> {
    let folder = std::env::temp_dir().join(format!("badgesmith-mistakes-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("plugins.d")).unwrap();
    std::fs::write(folder.join("one.toml"), PROVIDER.replace("ID", "one")).unwrap();
    let files = [(folder.join("plugins.toml"), config.to_owned()), (folder.join("plugins.d/a.toml"), added.to_owned())];
    let folder = format!("{}/", folder.display());
    mistakes(&files, &[], &mut |_| true).iter().map(|mistake| mistake.to_string().replace(&folder, "")).collect()
}

#[test]
fn every_mistake_of_every_file_is_told_with_its_line_and_key() {
    let config = r#"
[engine]
cache-mib = "much"
colour = "red"

[[plugin]]
id = "one"
declarative = "one.toml"
orgins = ["https://example.com"]
fresh-seconds = "long"

[[plugin]]
id = "two"
declarative = "one.toml"
mount = "/badges/two"
origins = ["example"]
settings = { color = "red", size = "1" }

[[plugin]]
declarative = "one.toml"

[other]
"#;
    let added = "[[plugin]]\nid = \"two\"\n\n[[plugin]]\nid = \"three\"\n\n[engine]\n";
    let found = all(config, added);
    let expected = [
        "plugins.toml:3: [engine]: cache-mib: ",
        "plugins.toml:4: [engine]: colour: unknown field `colour`",
        "plugins.toml:9: plugin \"one\": orgins: unknown field `orgins`",
        "plugins.toml:10: plugin \"one\": fresh-seconds: ",
        "plugins.toml:16: plugin \"two\": origins: ",
        "plugins.toml:16: plugin \"two\": it asks https://example.com",
        "plugins.toml:17: plugin \"two\": settings.color is no setting",
        "plugins.toml:17: plugin \"two\": settings.size is no setting",
        "plugins.toml:19: [[plugin]]: missing field `id`",
        "plugins.toml:22: there is no other; ",
        "plugins.d/a.toml:2: plugin \"two\": its id stands twice",
        "plugins.d/a.toml:5: plugin \"three\": it has no code",
        "plugins.d/a.toml:7: there is no engine; ",
    ];
    for expected in expected {
        assert!(found.iter().any(|found| found.starts_with(expected)), "{expected}\n\n{}", found.join("\n"));
    }
    assert_eq!(found.len(), expected.len(), "{}", found.join("\n"));
}

#[test]
fn what_is_not_toml_is_told_of_every_line_and_other_files_are_read_all_the_same() {
    let found = all("[engine\nx = \n\n[[plugin]]\nid = 'a\n", "[[plugin]]\nid = \"x\"\n");
    assert!(found.len() >= 3, "{}", found.join("\n"));
    assert!(found[0].starts_with("plugins.toml:1: "), "{}", found.join("\n"));
    assert!(found.iter().any(|found| found.contains("plugins.d/a.toml:2: plugin \"x\": it has no code")));
}

#[test]
fn conflicting_routes_are_told_of_each_plugin_and_a_subscription_says_what_it_lacks() {
    let plugin = |id: &str, mount: &str| {
        format!(
            "[[plugin]]\nid = {id:?}\ndeclarative = \"one.toml\"\nmount = {mount:?}\norigins = [\"https://example.com\"]\n"
        )
    };
    let config = [plugin("a", "/badges/x"), plugin("b", "/badges/x"), plugin("c", "/health/x")].concat();
    let found = all(&config, "[[subscription]]\nname = \"team\"\nevents = [\"badge.changed\"]\n");
    assert_eq!(found.len(), 3, "{}", found.join("\n"));
    assert!(found[0].starts_with("plugins.toml:7: plugin \"b\": the route /badges/x/{name} fits"), "{found:?}");
    assert!(found[1].starts_with("plugins.toml:12: plugin \"c\": the route /health/x/{name} is kept"), "{found:?}");
    assert!(found[2].starts_with("plugins.d/a.toml:1: subscription \"team\": "), "{found:?}");
}
