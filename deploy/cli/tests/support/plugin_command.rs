//! Runs `badgesmith plugin`, and makes providers of its templates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{UpstreamReply, command};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An empty folder of that name.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What `badgesmith plugin …` says, and whether it went well.
pub fn plugin(arguments: &[&str]) -> (bool, String) {
    output(command().env_remove("UPDATE").arg("plugin").args(arguments))
}

/// Whether a command went well, and what it says.
pub fn output(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

/// What `badgesmith plugin …` says, which goes well.
pub fn goes_well(arguments: &[&str]) -> String {
    let (well, words) = plugin(arguments);
    assert!(well, "{arguments:?}: {words}");
    words
}

/// A path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An upstream that has one project, `demo`.
pub fn projects(path: &str) -> UpstreamReply {
    match path {
        "/projects/demo.json" => (200, Vec::new(), br#"{ "name": "demo", "version": "1.2.3" }"#.to_vec()),
        _ => (404, Vec::new(), Vec::new()),
    }
}

/// Builds a provider in C.
pub fn compile(source: &Path, library: &Path, flags: &[&str]) {
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I"]).arg(root().join("providers/sdk/include"));
    let status = cc.args(flags).arg(source).arg("-o").arg(library).status();
    assert!(status.expect("a C compiler is needed for the plugins of the tests").success(), "{}", source.display());
}

/// The C template with a change, built in a folder with its transcripts.
pub fn odd(name: &str, change: impl Fn(String) -> String, flags: &[&str]) -> PathBuf {
    let place = folder(name);
    goes_well(&["new", "odd", "--kind", "c", "--dir", text(&place)]);
    let source = place.join("odd/provider.c");
    let before = fs::read_to_string(&source).unwrap();
    fs::write(&source, change(before)).unwrap();
    let library = place.join("odd/odd.so");
    compile(&source, &library, flags);
    library
}

/// The flags with which a library exports its entry point alone.
pub const HIDDEN: &[&str] = &["-fvisibility=hidden"];
