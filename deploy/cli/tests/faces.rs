//! Faces that the operator adds draw the characters that the bundled font lacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use support::{Server, command, send};

/// The address of a badge that says 漢, which the bundled font lacks.
const BADGE: &str = "/badge/a-%E6%BC%A2-blue";

fn face() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fonts/tests/data/squares.ttf")
}

/// The entity tag of a picture, which is a hash of its bytes.
fn tag(server: &Server, path: &str) -> String {
    let response = send(server.address, &format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    let tag =
        response.head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("etag: ").map(str::to_owned));
    tag.unwrap_or_else(|| panic!("{}", response.head))
}

#[test]
fn a_face_of_the_operators_draws_pictures_and_outlines_and_leaves_text_to_readers() {
    let without = Server::start("faces-none", "");
    let with = Server::start("faces", &format!("[engine]\nfaces = [{:?}]\n", face()));
    for (path, is_same) in [
        (format!("{BADGE}.png"), false),
        (format!("{BADGE}.svg?text=outline"), false),
        (format!("{BADGE}.svg"), true),
        (format!("{BADGE}.json"), true),
        ("/badge/a-b-blue.png".to_owned(), true),
        ("/badge/a-b-blue.svg?text=outline".to_owned(), true),
    ] {
        assert_eq!(tag(&with, &path) == tag(&without, &path), is_same, "{path}");
    }
}

#[test]
fn a_start_refuses_every_face_that_is_missing_or_no_font_with_file_and_line() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faces-refused");
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("plugins.toml");
    let text = format!("[engine]\nfaces = [\n  \"missing.ttf\",\n  {:?},\n  \"plugins.toml#2\",\n]\n", face());
    std::fs::write(&config, text).unwrap();
    let output = command().args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let here = folder.display();
    for words in [
        format!("{here}/plugins.toml:3: [engine]: faces: {here}/missing.ttf: No such file"),
        format!("{here}/plugins.toml:5: [engine]: faces: {here}/plugins.toml: no OpenType font; write the path"),
    ] {
        assert!(!output.status.success() && said.contains(&words), "{said}");
    }
    assert!(!said.contains("plugins.toml:4"), "{said}");
}

#[test]
fn a_badge_of_the_command_line_is_drawn_with_a_face() {
    let render = |face: &[&str]| {
        let arguments = ["render", "--label", "a", "--message", "漢", "--text", "outline"];
        command().args(arguments).args(face).output().unwrap()
    };
    let path = face();
    let with = render(&["--face", path.to_str().unwrap()]);
    assert!(with.status.success() && with.stdout != render(&[]).stdout);
    assert!(!render(&["--face", "missing.ttf"]).status.success());
}
