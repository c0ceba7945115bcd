//! `badgesmith plugin`: the steps of providers/README.md from an empty folder to a badge, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use badgesmith_host::config::{self, StartPlugins};
use serde_json::{Value, json};
use support::{Server, Upstream, UpstreamReply, command};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An empty folder of that name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `badgesmith plugin …` says, and whether it went well.
fn plugin(arguments: &[&str]) -> (bool, String) {
    output(command().env_remove("UPDATE").arg("plugin").args(arguments))
}

fn output(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

fn goes_well(arguments: &[&str]) -> String {
    let (well, words) = plugin(arguments);
    assert!(well, "{arguments:?}: {words}");
    words
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An upstream that has one project, `demo`.
fn projects(path: &str) -> UpstreamReply {
    match path {
        "/projects/demo.json" => (200, Vec::new(), br#"{ "name": "demo", "version": "1.2.3" }"#.to_vec()),
        _ => (404, Vec::new(), Vec::new()),
    }
}

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

fn compile(source: &Path, library: &Path, flags: &[&str]) {
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I"]).arg(root().join("providers/sdk/include"));
    let status = cc.args(flags).arg(source).arg("-o").arg(library).status();
    assert!(status.expect("a C compiler is needed for the plugins of the tests").success(), "{}", source.display());
}

/// The C template with a change, built in a folder with its transcripts.
fn odd(name: &str, change: impl Fn(String) -> String, flags: &[&str]) -> PathBuf {
    let place = folder(name);
    goes_well(&["new", "odd", "--kind", "c", "--dir", text(&place)]);
    let source = place.join("odd/provider.c");
    let before = fs::read_to_string(&source).unwrap();
    fs::write(&source, change(before)).unwrap();
    let library = place.join("odd/odd.so");
    compile(&source, &library, flags);
    library
}

const HIDDEN: &[&str] = &["-fvisibility=hidden"];

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
    let words = "  warning  plugin \"plain\": secrets.tokn is granted, and no first step of an example asks with \"tokn\"; \
                 write secrets.token\n";
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

#[test]
fn what_is_packed_is_the_same_every_time_and_opens_no_plugin_before_its_first_request() {
    let place = folder("pack");
    let upstream = Upstream::start(projects);
    let marker = place.join("opened");
    let opens = format!(
        "\n__attribute__((constructor)) static void opens(void) {{ fclose(fopen({:?}, \"w\")); }}\n",
        text(&marker)
    );
    let library = odd("packed", |source| source + &opens, HIDDEN);
    goes_well(&["new", "plain", "--kind", "toml", "--dir", text(&place)]);
    let config = place.join("plugins.toml");
    let grants = format!("origins = [{0:?}]\nsettings = {{ upstream = {0:?} }}\n", upstream.url());
    let text_of_config = format!(
        "[engine]\ncache-mib = 8\n[[plugin]]\nid = \"odd\"\nlibrary = {library:?}\nfresh-seconds = 7\n{grants}\
         [[plugin]]\nid = \"acme\"\nmount = \"/badges/acme\"\nlibrary = {library:?}\n{grants}\
         [[plugin]]\nid = \"plain\"\ndeclarative = \"plain/plain.toml\"\n{grants}"
    );
    fs::write(&config, text_of_config).unwrap();
    // The folder of the server, so that plugins/ is beside its plugins.toml.
    let packed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-packed");
    let _ = fs::remove_dir_all(&packed);
    let again = place.join("again");
    for out in [&packed, &again] {
        goes_well(&["pack", "--config", text(&config), "--out", text(out)]);
    }
    let plain = ["plugins/plain.toml", "plugins/plain.toml.manifest.json"];
    for file in
        ["plugins.toml", "plugins.packed", "plugins/odd.so", "plugins/odd.manifest.json"].into_iter().chain(plain)
    {
        assert_eq!(fs::read(packed.join(file)).unwrap(), fs::read(again.join(file)).unwrap(), "{file}");
    }
    let written = fs::read_to_string(packed.join("plugins.toml")).unwrap();
    for kept in ["cache-mib = 8", "fresh-seconds = 7", "mount = \"/badges/acme\"", "library = \"plugins/odd.so\""] {
        assert!(written.contains(kept), "{written}");
    }
    assert_eq!(written.matches("sha256 = ").count(), 3, "{written}");
    assert!(goes_well(&["list", "--config", text(&packed.join("plugins.toml"))]).contains("  set  "));
    let (well, said) = plugin(&["pack", "--config", text(&config), "--out", text(&again)]);
    assert!(!well && said.contains("is not empty"), "{said}");

    fs::remove_file(&marker).unwrap();
    let server = Server::start_with("plugin-packed", &written, &[]);
    assert!(server.get("/badge/a-b-red").status == 200 && !marker.exists(), "a start opened the library");
    assert!(server.get("/badges/acme/demo").body.contains("1.2.3"));
    assert!(marker.exists() && server.get("/badges/plain/demo").body.contains("1.2.3"));
    drop(server);

    let library = packed.join("plugins/odd.so");
    fs::write(&library, [fs::read(&library).unwrap(), vec![0]].concat()).unwrap();
    let server = Server::start_with("plugin-packed", &written, &[]);
    assert_eq!((server.get("/badge/a-b-red").status, server.get("/badges/acme/demo").status), (200, 500));
    let log = server.log_once(|log| log.contains("plugins.toml says"));
    assert!(log.contains("odd.so: sha256 is "), "{log}");
    drop(server);

    // A declarative provider is refused in the same way.
    let file = packed.join("plugins/plain.toml");
    let text_of_file = fs::read_to_string(&file).unwrap();
    fs::write(&file, text_of_file.clone() + "\n").unwrap();
    let server = Server::start_with("plugin-packed", &written, &[]);
    assert_eq!((server.get("/badge/a-b-red").status, server.get("/badges/plain/demo").status), (200, 500));
    let log = server.log_once(|log| log.contains("plugins.toml says"));
    assert!(log.contains("plain.toml: sha256 is ") && log.contains("if the file was meant"), "{log}");
    drop(server);
    // A manifest of another file is not trusted.
    fs::write(&file, text_of_file).unwrap();
    let manifest = packed.join("plugins/plain.toml.manifest.json");
    let other = fs::read_to_string(&manifest).unwrap().replace("\"summary\":\"", "\"summary\":\"Not ");
    fs::write(&manifest, other).unwrap();
    let server = Server::start_with("plugin-packed", &written, &[]);
    assert_eq!((server.get("/badge/a-b-red").status, server.get("/badges/plain/demo").status), (200, 500));
    server.log_once(|log| log.contains("plain.toml.manifest.json; pack it again"));
    drop(server);
    // Without a manifest beside it, a start reads the file and compares its checksum.
    fs::remove_file(&manifest).unwrap();
    fs::write(&file, fs::read_to_string(&file).unwrap() + "\n").unwrap();
    let (well, said) = plugin(&["list", "--config", text(&packed.join("plugins.toml"))]);
    assert!(!well && said.contains("plain.toml: sha256 is ") && said.contains("if the file was meant"), "{said}");
}

#[test]
fn a_start_reads_the_packed_form_unless_plugins_toml_was_edited_or_is_added_to() {
    let place = folder("pack-edited");
    goes_well(&["new", "plain", "--kind", "toml", "--dir", text(&place)]);
    let [config, packed] = ["plugins.toml", "packed"].map(|name| place.join(name));
    let origins = "origins = [\"https://upstream.example\"]\nsettings = { upstream = \"https://upstream.example\" }";
    let entry =
        format!("[engine]\ncache-mib = 8\n[[plugin]]\nid = \"plain\"\ndeclarative = \"plain/plain.toml\"\n{origins}\n");
    fs::write(&config, entry).unwrap();
    goes_well(&["pack", "--config", text(&config), "--out", text(&packed)]);
    let [config, quick] = ["plugins.toml", "plugins.packed"].map(|name| packed.join(name));
    let cache_mib = || {
        let (plugins, settings) = config::load_late(Some(&config)).unwrap();
        (matches!(plugins, StartPlugins::Late(_)), settings.cache_mib)
    };
    assert_eq!(cache_mib(), (true, 8));
    // Its own number shows whether it was read.
    let written = fs::read_to_string(&quick).unwrap();
    fs::write(&quick, written.replace("cache-mib = 8", "cache-mib = 7")).unwrap();
    assert_eq!(cache_mib(), (true, 7));
    let fragments = packed.join("plugins.d");
    fs::create_dir(&fragments).unwrap();
    assert_eq!(cache_mib(), (true, 7), "an empty plugins.d adds nothing");
    let further =
        format!("[[plugin]]\nid = \"further\"\nmount = \"/f\"\ndeclarative = \"../plugins/plain.toml\"\n{origins}\n");
    fs::write(fragments.join("further.toml"), further).unwrap();
    assert_eq!(cache_mib(), (false, 8));
    fs::remove_dir_all(&fragments).unwrap();
    let edited = fs::read_to_string(&config).unwrap().replace("cache-mib = 8", "cache-mib = 9");
    fs::write(&config, edited).unwrap();
    assert_eq!(cache_mib(), (true, 9));
}

#[test]
fn only_the_listed_plugins_are_packed_and_an_unknown_one_is_refused_with_those_there_are() {
    let place = folder("pack-listed");
    for name in ["first", "second", "third"] {
        goes_well(&["new", name, "--kind", "toml", "--dir", text(&place)]);
    }
    let origins = "origins = [\"https://upstream.example\"]\nsettings = { upstream = \"https://upstream.example\" }\n";
    let [config, packed] = ["plugins.toml", "packed"].map(|name| place.join(name));
    let plugins = ["first", "second", "third"]
        .map(|id| format!("[[plugin]]\nid = \"{id}\"\ndeclarative = \"{id}/{id}.toml\"\n{origins}"));
    // A library that was not built is not looked for.
    let other = "[[plugin]]\nid = \"other\"\nlibrary = \"is_not_there\"\n";
    fs::write(&config, plugins.concat() + other).unwrap();
    let pack = |ids: &str| plugin(&["pack", "--config", text(&config), "--plugins", ids, "--out", text(&packed)]);
    let (well, said) = pack("first,fourth");
    assert!(!well && said.contains("no plugin \"fourth\"; there are first, second, third, other"), "{said}");
    let (well, said) = pack("third,first");
    assert!(well && said.contains("holds 2 plugins"), "{said}");
    let written = fs::read_to_string(packed.join("plugins.toml")).unwrap();
    assert_eq!(["first", "second", "third"].map(|id| written.contains(&format!("id = \"{id}\""))), [true, false, true]);
    assert!(!packed.join("plugins/second.toml").exists());
}

#[test]
fn what_is_packed_is_found_from_any_folder_and_libraries_where_they_are_said_to_be() {
    let place = folder("pack-elsewhere");
    let library = odd("elsewhere", |source| source, HIDDEN);
    let (built, config) = (place.join("built"), place.join("config"));
    for made in [&built, &config.join("providers")] {
        fs::create_dir_all(made).unwrap();
    }
    // The file name that Cargo would give it, which a bare name in plugins.toml means.
    fs::copy(&library, built.join("libodd.so")).unwrap();
    goes_well(&["new", "plain", "--kind", "toml", "--dir", text(&config.join("providers"))]);
    let origins = "origins = [\"https://example.com\"]\n";
    let bare = format!("[[plugin]]\nid = \"odd\"\nlibrary = \"odd\"\n{origins}");
    let relative = format!("[[plugin]]\nid = \"plain\"\ndeclarative = \"providers/plain/plain.toml\"\n{origins}");
    fs::write(config.join("plugins.toml"), bare + &relative).unwrap();
    let pack = |from: &Path, config: &str, out: &Path| {
        let arguments = ["plugin", "pack", "--config", config, "--libraries", text(&built), "--out", text(out)];
        let output = command().args(arguments).current_dir(from).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
    };
    for (index, (from, named)) in [
        (place.clone(), "config/plugins.toml"),
        (config.clone(), "plugins.toml"),
        (built.clone(), "../config/plugins.toml"),
        (PathBuf::from("/"), text(&config.join("plugins.toml"))),
    ]
    .into_iter()
    .enumerate()
    {
        let out = place.join(format!("out-{index}"));
        pack(&from, named, &out);
        for file in ["plugins/libodd.so", "plugins/libodd.manifest.json", "plugins/plain.toml"] {
            assert!(out.join(file).is_file(), "{named}: {file}");
        }
    }
}

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
