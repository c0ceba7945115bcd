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
fn a_start_refuses_a_face_that_is_missing_or_no_font() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faces-refused");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, words) in [("missing.ttf", "missing.ttf: No such file"), ("plugins.toml", "no OpenType font")] {
        let config = folder.join("plugins.toml");
        std::fs::write(&config, format!("[engine]\nfaces = [{name:?}]\n")).unwrap();
        let output = command().args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("faces: ") && said.contains(words), "{said}");
    }
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
