//! `badgesmith plugin check` and `list`: what is refused, what is warned of, and what each plugin may reach.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, process::Command};

use support::plugin_command::{HIDDEN, compile, folder, goes_well, odd, output, plugin, root, text};

#[test]
fn what_a_start_would_refuse_is_refused_with_its_words() {
    let place = folder("liars");
    let source = root().join("engine/tests/plugins/liar.c");
    let rows = [
        ("OTHER_ABI", "it was built for version 2 of the provider boundary"),
        ("NO_STEP", "its table has no `step`"),
        ("NO_JSON_MANIFEST", "the manifest cannot be read"),
        ("NOTHING", "it does not export badgesmith_provider_v1"),
        ("NO_JSON_STEP", "/badges/liar/x: its step cannot be read"),
        ("TRESPASSING", "it asks https://elsewhere.example, which its manifest does not name"),
        ("SLEEPING", "a step takes longer than two seconds"),
    ];
    for (lie, words) in rows {
        let library = place.join(format!("{lie}.so"));
        compile(&source, &library, &["-Wno-unused", &format!("-DLIE={lie}")]);
        let (well, said) = plugin(&["check", text(&library)]);
        assert!(!well && said.contains("  refused  ") && said.contains(words), "{lie}: {said}");
        assert!(!said.contains("plugins.toml"), "{lie}: {said}");
    }
    let broken = place.join("broken.toml");
    fs::write(&broken, "id = \"broken\"\nversion = 1\n").unwrap();
    let garbage = place.join("garbage.so");
    fs::write(&garbage, "\x7fELF, honestly").unwrap();
    let nothing = place.join("nothing.so");
    let (well, said) = plugin(&["check", text(&broken), text(&garbage), text(&nothing)]);
    assert!(!well && said.contains("line 2") && said.contains("cannot be opened: "), "{said}");
    assert!(said.contains("it cannot be read: ") && said.contains("things are refused"), "{said}");
}

#[test]
fn an_unknown_logo_is_refused_with_the_nearest_one() {
    let place = folder("logo");
    goes_well(&["new", "hello", "--kind", "toml", "--dir", text(&place)]);
    let file = place.join("hello/hello.toml");
    let before = fs::read_to_string(&file).unwrap();
    let with_logo = |logo: &str| {
        fs::write(&file, before.replace("label = \"hello\"", &format!("label = \"hello\"\nlogo = {logo:?}"))).unwrap();
        plugin(&["check", text(&file)])
    };
    let (well, said) = with_logo("GitHub");
    assert!(well, "{said}");
    let (well, said) = with_logo("gihtub");
    let words = "refused  the badge \"version\" has the logo \"gihtub\", which is unknown; write \"github\"";
    assert!(!well && said.contains(words), "{said}");
}

#[test]
fn an_example_that_leads_elsewhere_is_refused() {
    let place = |from: &'static str, to: &'static str| move |source: String| source.replace(from, to);
    let rows = [
        ("example", "\\\"example\\\": \\\"demo\\\"", "\\\"example\\\": \\\"a/b\\\"", "does not fit the route"),
        ("route", "\\\"{project}\\\"", "\\\"{project\\\"", "is no segment"),
        ("id", "\\\"id\\\": \\\"odd\\\"", "\\\"id\\\": \\\"Odd\\\"", "an id is lower-case letters"),
        ("mount", "\\\"/badges/odd\\\"", "\\\"/badge\\\"", "is kept for the engine"),
        ("origin", "https://example.com", "http://example.com", "is plain http"),
    ];
    for (name, from, to, words) in rows {
        let (well, said) = plugin(&["check", text(&odd(name, place(from, to), HIDDEN))]);
        assert!(!well && said.contains(words), "{name}: {said}");
    }
}

#[test]
fn a_badge_made_of_a_spoiled_answer_is_refused() {
    let sloppy = |source: String| {
        source.replace("version[128]", "version[128] = \"\"").replace("sizeof version) < 0", "sizeof version) < -9")
    };
    let (well, said) = plugin(&["check", text(&odd("sloppy", sloppy, HIDDEN))]);
    assert!(!well && said.contains("a badge was made of it"), "{said}");
    let library = odd("changed", |source| source, HIDDEN);
    let transcript = library.with_file_name("transcripts").join("version.json");
    fs::write(
        &transcript,
        fs::read_to_string(&transcript).unwrap().replace("\"message\": \"1.2.3\"", "\"message\": \"1\""),
    )
    .unwrap();
    let (well, said) = plugin(&["check", text(&library)]);
    assert!(!well && said.contains("version.json: "), "{said}");
    fs::remove_dir_all(library.with_file_name("transcripts")).unwrap();
    assert!(goes_well(&["check", text(&library)]).contains("warning  there are no transcripts"));
}

#[cfg(target_os = "linux")]
#[test]
fn every_provider_in_toml_of_this_repository_is_taken_also_where_its_upstream_is_still_to_be_named() {
    let folder = root().join("providers/declarative");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    let said = goes_well(&[&["check"][..], &files.iter().map(|file| text(file)).collect::<Vec<_>>()].concat());
    assert!(files.len() > 80 && said.matches("to write into plugins.toml").count() == files.len(), "{said}");
    let words =
        "warning  its setting upstream has no address, so plugins.toml must name one; here it is https://example.com";
    let entry =
        "npm.toml\"\norigins = [\"https://example.com\"]\n\n[plugin.settings]\ndownloads = \"https://example.com\"";
    assert!(said.contains(words) && said.contains(entry), "{said}");
}

#[test]
fn how_a_library_was_built_is_checked() {
    let said = goes_well(&["check", text(&odd("loud", |source| source + "\nint odd_extra;\n", &[]))]);
    assert!(said.contains("warning  it exports [\"odd_extra\"] too"), "{said}");
    let second = "\nBADGESMITH_EXPORT void badgesmith_provider_v2(void);\nvoid badgesmith_provider_v2(void) {}\n";
    let (well, said) = plugin(&["check", text(&odd("both", |source| source + second, HIDDEN))]);
    assert!(!well && said.contains("it exports more of ours than one"), "{said}");

    let place = folder("panic");
    let source = place.join("panics.rs");
    let code = "#[unsafe(no_mangle)] pub extern \"C\" fn badgesmith_provider_v1() -> usize { \
                std::env::args().count() / 1000 }\n";
    fs::write(&source, code).unwrap();
    for (how, refused) in [("abort", true), ("unwind", false)] {
        let library = place.join(format!("{how}.so"));
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--crate-type=cdylib", "--edition=2024", "-Cstrip=symbols", &format!("-Cpanic={how}"), "-o"]);
        let (well, words) = output(rustc.arg(&library).arg(&source));
        assert!(well, "{words}");
        // It returns no table, which is refused in either build.
        let (_, said) = plugin(&["check", text(&library)]);
        assert_eq!(said.contains("refused  it is built with panic=abort"), refused, "{how}: {said}");
    }
}

#[test]
fn a_secret_that_is_granted_under_an_unknown_name_is_warned_of_with_the_one_that_is_meant() {
    let place = folder("grants");
    goes_well(&["new", "plain", "--kind", "toml", "--dir", text(&place)]);
    let file = place.join("plain/plain.toml");
    let secret = "secret = { name = \"token\", owner = \"{project}\", optional = true }";
    let with_secret =
        fs::read_to_string(&file).unwrap().replace("format = \"text\"", &format!("format = \"text\"\n{secret}"));
    fs::write(&file, with_secret).unwrap();
    let config = place.join("plugins.toml");
    let check = |name: &str| {
        let origin = "https://example.com";
        let entry = format!(
            "[[plugin]]\nid = \"plain\"\ndeclarative = \"plain/plain.toml\"\norigins = [{origin:?}]\n\
             secrets = {{ {name} = {{ purpose = \"Package\", origin = {origin:?} }} }}\n"
        );
        fs::write(&config, entry).unwrap();
        goes_well(&["check", "--config", text(&config)])
    };
    assert_eq!(check("token"), "  ok       plugins: 1\n");
    let said = check("tokn");
    let words = "  warning  plugin \"plain\": secrets.tokn is granted, and no first step of an example asks with \
                 \"tokn\"; write secrets.token\n";
    assert_eq!(said, format!("  ok       plugins: 1\n{words}"));
    // The configuration of the repository has none.
    assert!(!goes_well(&["check", "--config", text(&root().join("plugins.toml"))]).contains("warning"));
}

#[test]
fn the_list_shows_what_each_plugin_may_reach() {
    let place = folder("list");
    let library = odd("listed", |source| source, HIDDEN);
    goes_well(&["new", "plain", "--kind", "toml", "--dir", text(&place)]);
    let config = place.join("plugins.toml");
    let origins = "origins = [\"https://example.com\"]\n";
    let text_of_config = format!(
        "[[plugin]]\nid = \"odd\"\nlibrary = {library:?}\n{origins}\n\
         [[plugin]]\nid = \"acme\"\nmount = \"/badges/acme\"\nlibrary = {library:?}\n{origins}\n\
         [[plugin]]\nid = \"plain\"\ndeclarative = \"plain/plain.toml\"\n{origins}"
    );
    fs::write(&config, text_of_config).unwrap();
    let said = goes_well(&["list", "--config", text(&config)]);
    let words: Vec<Vec<_>> =
        said.lines().map(|line| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect()).collect();
    assert_eq!(words[0][..4], ["ID", "VERSION", "KIND", "MOUNT"]);
    assert_eq!(
        words[2][..7],
        ["acme", "0.1.0", "library", "/badges/acme", "{project}", "https://example.com", "not set"]
    );
    assert_eq!(words[3][..3], ["plain", "0.1.0", "declarative"]);
    let (well, said) = plugin(&["list", "--config", "/nothing/plugins.toml"]);
    assert!(!well && said.contains("/nothing/plugins.toml"), "{said}");
}
