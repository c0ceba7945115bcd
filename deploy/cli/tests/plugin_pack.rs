//! `badgesmith plugin pack`: what is packed, and how a server starts with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use badgesmith_host::config::{self, StartPlugins};
use support::{
    Server, Upstream, command,
    plugin_command::{HIDDEN, folder, goes_well, odd, plugin, projects, text},
};

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
