//! `badgesmith serve --watch`: what is edited or built while a server runs is what its next requests get.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use support::{Server, word_library};

/// How long a change may take until it is seen: two looks and a reload, on a machine that is busy.
const SOON: Duration = Duration::from_secs(60);

/// The folder of a server of this name, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A provider that asks nobody: its badge is an error with this label.
fn provider(label: &str) -> String {
    format!(
        "id = \"one\"\nversion = \"1.0.0\"\nmount = \"/badges/one\"\n\
         settings = {{ upstream = \"http://127.0.0.1:9\" }}\n\
         [[badge]]\nname = \"word\"\nroute = \"{{name}}\"\nlabel = {label:?}\nsummary = \"A word.\"\nexample = \"x\"\n\
         get = \"{{upstream}}/{{name}}.json\"\nvalue = \"/version\"\n"
    )
}

const ENTRY: &str = "[[plugin]]\nid = \"one\"\ndeclarative = \"one.toml\"\norigins = [\"http://127.0.0.1:9\"]\n";

/// Waits until something is true.
fn until(server: &Server, what: &str, is_so: impl Fn() -> bool) {
    let soon = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < soon, "{what}: {}", server.log());
        thread::sleep(Duration::from_millis(50));
    }
}

fn shows(server: &Server, address: &str, text: &str) -> bool {
    server.get(address).body.contains(text)
}

#[test]
fn a_toml_plugin_that_is_edited_is_served_and_a_wrong_one_keeps_the_one_before() {
    let folder = folder("watch-toml");
    let file = folder.join("one.toml");
    fs::write(&file, provider("first")).unwrap();
    let mut server = Server::start_with("watch-toml", ENTRY, &["--watch"]);
    let routes = "/badges.json";
    assert!(server.log_once(|log| log.contains("for development only")).contains("--watch"));
    let summary = |label: &str, words: &str| provider(label).replace("A word.", words);
    assert!(shows(&server, routes, "A word."));
    fs::write(&file, summary("second", "Another word.")).unwrap();
    until(&server, "the second", || shows(&server, routes, "Another word."));
    // Half of the file, and another mistake in plugins.toml: both are told, and what is there stays.
    let half = summary("third", "A third word.");
    fs::write(&file, &half[..half.len() / 2]).unwrap();
    fs::write(folder.join("plugins.toml"), format!("{ENTRY}[[plugin]]\nid = \"two\"\n")).unwrap();
    until(&server, "the mistakes", || {
        let log = server.log();
        log.contains("plugins.toml is not taken, so nothing changes") && log.contains("one.toml") && log.contains("two")
    });
    assert!(shows(&server, routes, "Another word."));
    fs::write(&file, half).unwrap();
    fs::write(folder.join("plugins.toml"), ENTRY).unwrap();
    until(&server, "the third", || shows(&server, routes, "A third word."));
    // A file that plugins.toml names and that is not there yet.
    let two = provider("two").replace("one", "two").replace("A word.", "The word of two.");
    fs::write(folder.join("plugins.toml"), ENTRY.to_owned() + &ENTRY.replace("one", "two")).unwrap();
    until(&server, "the missing one", || server.log().contains("two.toml"));
    fs::write(folder.join("two.toml"), two).unwrap();
    until(&server, "the second plugin", || shows(&server, routes, "The word of two."));
    // A server that is killed leaves its folder of copies.
    server.terminate();
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_library_that_is_overwritten_is_served_and_half_of_one_keeps_the_one_before() {
    let folder = folder("watch-library");
    let library = folder.join("c.so");
    let build = |word: &str| {
        let built = word_library::build(&folder, word);
        // It is overwritten in its place, as cp does.
        fs::write(&library, fs::read(built).unwrap()).unwrap();
    };
    let says =
        |server: &Server, word: &str| shows(server, "/badges/c/w?format=json", &format!("\"message\":\"{word}\""));
    build("first");
    let entry = "[[plugin]]\nid = \"c\"\nlibrary = \"./c.so\"\n";
    let mut server = Server::start_with("watch-library", entry, &["--watch"]);
    let process = server.process();
    for word in ["first", "second", "third"] {
        build(word);
        until(&server, word, || says(&server, word));
    }
    let whole = fs::read(&library).unwrap();
    fs::write(&library, &whole[..whole.len() / 2]).unwrap();
    until(&server, "the mistake", || server.log().contains("is not taken, so nothing changes"));
    assert!(says(&server, "third"), "{}", server.log());
    build("fourth");
    until(&server, "fourth", || says(&server, "fourth"));
    let log = server.log();
    assert_eq!(server.process(), process);
    server.terminate();
    assert_eq!(server.wait(), Some(0), "{log}");
}

#[test]
fn a_library_that_is_overwritten_between_two_mistakes_in_the_configuration_ends_no_server() {
    let folder = folder("watch-mistakes");
    let (library, config) = (folder.join("c.so"), folder.join("plugins.toml"));
    let entry = "[[plugin]]\nid = \"c\"\nlibrary = \"./c.so\"\n";
    let build = |word: &str| fs::write(&library, fs::read(word_library::build(&folder, word)).unwrap()).unwrap();
    let says =
        |server: &Server, word: &str| shows(server, "/badges/c/w?format=json", &format!("\"message\":\"{word}\""));
    build("first");
    let mut server = Server::start_with("watch-mistakes", entry, &["--watch"]);
    for word in ["second", "third", "fourth"] {
        // Each mistake has all plugins opened, to be told with theirs.
        fs::write(&config, format!("{entry}colour-{word} = \"red\"\n")).unwrap();
        until(&server, "the mistake", || server.log().contains(&format!("colour-{word}")));
        fs::write(&config, entry).unwrap();
        build(word);
        until(&server, word, || says(&server, word));
    }
    let log = server.log();
    server.terminate();
    assert_eq!(server.wait(), Some(0), "{log}");
}
