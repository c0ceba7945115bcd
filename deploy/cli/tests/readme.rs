//! `badgesmith readme` lists the badges of documents, asks one server for them, and changes nothing but their hosts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;
use support::{Server, Upstream, command};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readme").join(name)).unwrap()
}

/// Runs the command in a folder.
fn readme(folder: &Path, server: &str, arguments: &[&str]) -> Output {
    command().current_dir(folder).args(["readme", "--server", server]).args(arguments).output().unwrap()
}

/// The exit code, standard output and standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The state of each badge, from the JSON that the command prints.
fn states(json: &str) -> Vec<String> {
    let listing: Value = serde_json::from_str(json).unwrap();
    let badges = listing["files"].as_array().unwrap().iter().flat_map(|file| file["badges"].as_array().unwrap());
    badges.map(|badge| badge["state"].as_str().unwrap().to_owned()).collect()
}

/// A server that draws every badge.
fn drawing() -> Upstream {
    Upstream::start(|_| (200, vec![], br#"{"schemaVersion":1,"label":"a","message":"b"}"#.to_vec()))
}

#[test]
fn a_rewrite_changes_the_hosts_of_twenty_badges_and_no_other_byte() {
    let upstream = drawing();
    let server = format!("{}/b", upstream.url());
    let (text, expected) = (sample("mixed.md"), sample("mixed.rewritten.md").replace("@SERVER@", &server));
    let windows = |text: &str| {
        // A byte order mark, two kinds of line breaks, bytes that are no UTF-8, and no line break at the end.
        let text = text.trim_end().replacen('\n', "\r\n", 30).into_bytes();
        [&b"\xef\xbb\xbf\xffcaf\xe9 "[..], &text].concat()
    };
    for (name, text, expected) in [
        ("unix", text.clone().into_bytes(), expected.clone().into_bytes()),
        ("windows", windows(&text), windows(&expected)),
    ] {
        let folder = folder(name);
        let file = folder.join("README.md");
        fs::write(&file, &text).unwrap();
        let (code, out, err) = said(&readme(&folder, &server, &["README.md"]));
        assert_eq!((code, fs::read(&file).unwrap() == text), (Some(0), true), "without --write: {out}{err}");
        let (code, out, err) = said(&readme(&folder, &server, &["README.md", "--write"]));
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("20 badge(s) in 1 file(s)") && out.contains("rewritten: README.md"), "{out}");
        let written = fs::read(&file).unwrap();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&expected), "{name}");
        assert!(written == expected, "{name}");
        // Once more: the badges are the server's own, and there is nothing to write.
        let (code, out, _) = said(&readme(&folder, &server, &["README.md", "--write"]));
        assert!(code == Some(0) && out.contains("20 badge(s)") && !out.contains("rewritten"), "{out}");
        assert!(fs::read(&file).unwrap() == expected, "{name}");
    }
}

#[test]
fn the_real_server_is_asked_and_each_badge_has_its_state() {
    let server = Server::start("readme-real", "");
    let url = format!("http://{}", server.address);
    let folder = folder("real");
    fs::write(folder.join("README.md"), sample("mixed.md")).unwrap();
    let (code, out, err) = said(&readme(&folder, &url, &["README.md", "--json"]));
    assert_eq!(code, Some(0), "{err}");
    let expected = ["answered"; 17].into_iter().chain(["not-asked", "not-asked", "not-found"]);
    assert_eq!(states(&out), expected.collect::<Vec<_>>(), "{out}");
    let listing: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listing["server"], Value::from(url.as_str()));
    assert_eq!(listing["counts"]["answered"], 17);
    assert_eq!(listing["files"][0]["file"], "README.md");
    assert_eq!(listing["files"][0]["written"], false);
    let badge = &listing["files"][0]["badges"][4];
    assert_eq!(
        serde_json::to_string(badge).unwrap(),
        format!(
            r#"{{"address":"https://img.shields.io/badge/snake\\_case-100%25-yellow","asked":"{url}/badge/snake_case-100%25-yellow?format=json","column":12,"label":"snake case","line":8,"message":"100%","place":"page","state":"answered"}}"#
        )
    );
    let (code, out, _) = said(&readme(&folder, &url, &["README.md", "--check"]));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("1 not found on this server") && out.contains("2 not asked"), "{out}");
}

#[test]
fn every_language_and_every_document_of_a_directory_is_read() {
    let upstream = drawing();
    let folder = folder("languages");
    for (name, text) in [
        ("README.rst", ".. |v| image:: https://img.shields.io/a\n   :target: https://img.shields.io/b\n"),
        (
            "docs/guide.adoc",
            "image:https://img.shields.io/c[d,link=https://img.shields.io/d]\nimage:https://img.shields.io/{e}[]",
        ),
        ("docs/index.html", "<img src=https://img.shields.io/f>"),
        ("README", "![](https://img.shields.io/g)"),
        ("main.rs", "// https://img.shields.io/not-a-document"),
        ("node_modules/x/README.md", "![](https://img.shields.io/not-ours)"),
        (".git/README.md", "![](https://img.shields.io/not-ours)"),
    ] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
    let (code, out, err) = said(&readme(&folder, &upstream.url(), &[".", "README", "--json"]));
    assert_eq!(code, Some(0), "{err}");
    let listing: Value = serde_json::from_str(&out).unwrap();
    let files: Vec<_> =
        listing["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["./README", "./README.rst", "./docs/guide.adoc", "./docs/index.html"]);
    let wanted = ["answered", "answered", "answered", "answered", "answered", "not-asked", "answered"];
    assert_eq!(states(&out), wanted, "{out}");
}

#[test]
fn a_badge_that_shows_an_error_or_is_dead_fails_the_check_and_nothing_else_does() {
    let upstream = Upstream::start(|path| match path.split('?').next().unwrap() {
        "/error" => (200, vec![], br#"{"schemaVersion":1,"label":"a","message":"b","isError":true}"#.to_vec()),
        "/missing" => (404, vec![], br#"{"message":"package not found"}"#.to_vec()),
        "/travis/x/y" => (404, vec![], br#"{"message":"no longer available"}"#.to_vec()),
        "/david/x/y" => (404, vec![], br#"{"message":"badge not found"}"#.to_vec()),
        "/away" => (302, vec![("Location", "http://127.0.0.1:1/".to_owned())], vec![]),
        "/moved" => (301, vec![("Location", "/fine?format=json".to_owned())], vec![]),
        "/circle" => (302, vec![("Location", "/circle".to_owned())], vec![]),
        "/large" => (200, vec![], vec![b' '; 1024 * 1024]),
        "/picture" => (200, vec![], b"<svg/>".to_vec()),
        _ => (200, vec![], br#"{"schemaVersion":1,"label":"a","message":"b"}"#.to_vec()),
    });
    let folder = folder("check");
    for (path, code, state) in [
        ("fine", 0, "answered"),
        ("moved", 0, "answered"),
        ("error", 1, "error"),
        ("missing", 1, "error"),
        ("travis/x/y", 1, "dead"),
        ("david/x/y", 1, "dead"),
        ("away", 1, "no-answer"),
        ("circle", 1, "no-answer"),
        ("large", 1, "no-answer"),
        ("picture", 1, "no-answer"),
    ] {
        fs::write(folder.join("README.md"), format!("![](https://img.shields.io/{path})")).unwrap();
        let (found, out, _) = said(&readme(&folder, &upstream.url(), &["README.md", "--check", "--json"]));
        assert_eq!((found, states(&out)), (Some(code), vec![state.to_owned()]), "{path}: {out}");
    }
    fs::write(folder.join("README.md"), "nothing").unwrap();
    assert_eq!(said(&readme(&folder, &upstream.url(), &["README.md", "--check"])).0, Some(0));
}

#[test]
fn at_most_200_addresses_are_asked_and_4_at_once() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&now), Arc::clone(&most));
    let upstream = Upstream::start(move |_| {
        let (now, most) = &counts;
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(5));
        now.fetch_sub(1, Ordering::SeqCst);
        (200, vec![], br#"{"schemaVersion":1,"label":"a","message":"b"}"#.to_vec())
    });
    let folder = folder("many");
    let text: String = (0..250).map(|at| format!("![](https://img.shields.io/x/{})\n", at % 230)).collect();
    fs::write(folder.join("README.md"), text).unwrap();
    let (code, out, _) = said(&readme(&folder, &upstream.url(), &["README.md", "--check"]));
    assert_eq!((code, upstream.calls()), (Some(0), 200), "{out}");
    assert!(out.contains("250 badge(s) in 1 file(s): 220 answered, 30 not asked"), "{out}");
    assert!(out.contains("30 address(es) were left"), "{out}");
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[test]
fn no_other_server_hears_of_a_readme() {
    let (asked, other) = (drawing(), drawing());
    let folder = folder("alone");
    let elsewhere = other.url();
    let text = format!(
        "![]({elsewhere}/badge/x) ![](https://img.shields.io/a?url={elsewhere}/y) ![](https://img.shields.io@{}/z) \
         ![](https://img.shields.io/../../x) ![](https://img.shields.io//{}/x)",
        other.address, other.address
    );
    fs::write(folder.join("README.md"), text).unwrap();
    // Upper-case HTTP_PROXY is a header of CGI programs; the lower-case one would be read by curl.
    let mut command = command();
    command.current_dir(&folder).args(["readme", "--server", &asked.url(), "README.md", "--json"]);
    let output = command.env("http_proxy", &elsewhere).env("ALL_PROXY", &elsewhere).output().unwrap();
    let (code, out, _) = said(&output);
    assert_eq!((code, other.calls()), (Some(0), 0), "{out}");
    assert_eq!(asked.calls(), 3, "{out}");
}

#[test]
fn a_server_that_is_down_is_given_up_and_files_are_rewritten_all_the_same() {
    let folder = folder("down");
    let text: String = (0..60).map(|at| format!("![](https://img.shields.io/x/{at})\n")).collect();
    fs::write(folder.join("README.md"), &text).unwrap();
    let (code, out, _) = said(&readme(&folder, "http://127.0.0.1:1", &["README.md", "--write"]));
    assert!(code == Some(0) && out.contains("60 without an answer"), "{out}");
    let expected = text.replace("https://img.shields.io", "http://127.0.0.1:1");
    assert_eq!(fs::read_to_string(folder.join("README.md")).unwrap(), expected);
    assert_eq!(said(&readme(&folder, "http://127.0.0.1:1", &["README.md", "--check"])).0, Some(1));
}

#[test]
fn nothing_of_a_stranger_moves_the_cursor_or_begins_a_line() {
    let upstream = Upstream::start(|_| {
        let words = "\\u001b[31m\\u202eevil\\n::error::words\\n##vso[task.x]";
        (200, vec![], format!(r#"{{"schemaVersion":1,"label":"{words}","message":"{words}"}}"#).into_bytes())
    });
    let folder = folder("stranger");
    let name = "::set-output name=x::\u{202e}\u{1b}[2J##[error].md";
    fs::write(folder.join(name), "![](<https://img.shields.io/\u{1b}]0;x\u{7}\u{202e}\u{9b}##vso[x]>)").unwrap();
    for arguments in [&["."][..], &[".", "--json"], &[".", "--write"], &["missing\u{1b}\n::error.md"]] {
        let (_, out, err) = said(&readme(&folder, &upstream.url(), arguments));
        for line in [out, err].concat().lines() {
            let is_plain = |character: char| !character.is_control() && !('\u{202a}'..='\u{202e}').contains(&character);
            assert!(line.chars().all(is_plain), "{line:?}");
            assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{line:?}");
        }
    }
}

#[test]
fn wrong_arguments_and_unreadable_files_are_exit_code_2() {
    let upstream = drawing();
    let folder = folder("arguments");
    fs::write(folder.join("README.md"), "![](https://img.shields.io/x)").unwrap();
    fs::write(folder.join("large.md"), vec![b' '; 1024 * 1024 + 1]).unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    let url = upstream.url();
    for (server, arguments, words) in [
        (&*url, &["missing.md"][..], "missing.md: "),
        (&url, &["large.md"], "larger than 1048576 bytes"),
        (&url, &["empty"], "no document of"),
        ("badges.example.com", &["README.md"], "write an http or https address"),
        ("http://me:secret@127.0.0.1:1", &["README.md"], "leave user and password out"),
        ("http://127.0.0.1:1/?x", &["README.md"], "leave ? and # out"),
    ] {
        let (code, _, err) = said(&readme(&folder, server, arguments));
        assert!(code == Some(2) && err.contains(words), "{code:?} {err}");
    }
    // The other files are listed all the same.
    let (code, out, _) = said(&readme(&folder, &url, &["missing.md", "README.md", "--check"]));
    assert!(code == Some(2) && out.contains("1 badge(s)"), "{out}");
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_links_are_not_followed() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let upstream = drawing();
    let (folder, outside) = (folder("links/inside"), folder("links/outside"));
    let text = "![](https://img.shields.io/x)";
    for path in [folder.join("README.md"), outside.join("secret.md")] {
        fs::write(path, text).unwrap();
    }
    symlink(outside.join("secret.md"), folder.join("linked.md")).unwrap();
    symlink(&outside, folder.join("linked")).unwrap();
    fs::set_permissions(folder.join("README.md"), fs::Permissions::from_mode(0o640)).unwrap();
    let (code, out, _) = said(&readme(&folder, &upstream.url(), &[".", "--write"]));
    assert!(code == Some(0) && out.contains("1 badge(s) in 1 file(s)"), "{out}");
    let metadata = fs::metadata(folder.join("README.md")).unwrap();
    assert_eq!((metadata.mode() & 0o7777, metadata.nlink()), (0o640, 1));
    assert!(fs::read_to_string(folder.join("README.md")).unwrap().starts_with("![](http://127.0.0.1"));
    let (code, _, err) = said(&readme(&folder, &upstream.url(), &["linked.md", "--write"]));
    assert!(code == Some(2) && err.contains("a symbolic link, which is not followed"), "{err}");
    assert_eq!(fs::read_to_string(outside.join("secret.md")).unwrap(), text);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "no temporary file is left");
}
