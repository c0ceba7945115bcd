//! `badgesmith backup` and `badgesmith restore`: of a running server, without one, and sealed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use support::{
    Server, command,
    report::{self, TOML, body},
    secret,
};

const SECRET: &str = "It's a Secret to Everybody";
const BADGE: &str = "/badges/tests/linux/acme/tools/main";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs the binary; returns whether it succeeded, and its output.
fn run(arguments: &[&str], data: &Path) -> (bool, String) {
    let output = command().args(arguments).arg("--data").arg(data).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A server with a secret and one result.
fn server(name: &str) -> Server {
    let server = Server::start(name, TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET).0);
    let report = body("linux", "1", [7, 0, 0]);
    assert_eq!(
        report::post(server.address, SECRET, "/tests/results/linux/acme/tools/main", &report).unwrap().status,
        201
    );
    server
}

#[test]
fn a_backup_of_a_running_server_and_of_a_stopped_one_have_its_results_and_secrets() {
    let mut first = server("backup");
    let file = path("backup.file");
    let name = file.to_str().unwrap();
    for is_running in [true, false] {
        if !is_running {
            first.terminate();
            assert_eq!(first.wait(), Some(0));
        }
        let (is_done, said) = run(&["backup", name], &first.data);
        assert!(is_done && said.contains("keep it as private"), "{said}");
        let restored = path("backup-restored");
        let _ = std::fs::remove_dir_all(&restored);
        let (is_done, said) = run(&["restore", name], &restored.join("data"));
        assert!(is_done && said.contains("and the secrets"), "{said}");
        let second = Server::start_with("backup-restored", TOML, &[]);
        assert!(second.get(BADGE).body.contains("7 passed"));
        let report = body("linux", "2", [8, 0, 0]);
        let path = "/tests/results/linux/acme/tools/main";
        assert_eq!(report::post(second.address, SECRET, path, &report).unwrap().status, 201);
        let (is_done, said) = run(&["restore", name], &second.data);
        assert!(!is_done && said.contains("is not empty") && said.contains("--force"), "{said}");
        let (is_done, said) = run(&["restore", name, "--force"], &second.data);
        assert!(!is_done && said.contains("a server has it open"), "{said}");
    }
}

#[test]
fn a_sealed_backup_shows_nothing_and_needs_its_key() {
    let server = server("backup-sealed");
    let (key, file) = (path("backup.key"), path("backup.sealed"));
    let _ = std::fs::remove_file(&key);
    let (key, name) = (key.to_str().unwrap(), file.to_str().unwrap());
    let output = command().args(["secret", "seal-key", key]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (is_done, said) = run(&["backup", name, "--seal-key", key], &server.data);
    assert!(is_done && said.contains("sealed"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\"sealed\":") && !text.contains("results") && !text.contains("acme"));
    let restored = path("backup-unsealed");
    let _ = std::fs::remove_dir_all(&restored);
    let (is_done, said) = run(&["restore", name], &restored);
    assert!(!is_done && said.contains("key"), "{said}");
    let (is_done, said) = run(&["restore", name, "--seal-key", key], &restored);
    assert!(is_done, "{said}");
    let secrets = std::fs::read_to_string(restored.join("secrets.json")).unwrap();
    assert!(secrets.contains("acme"));
}

/// A folder of its own with a data directory that has a store and no secrets, and the server of it.
fn folder(name: &str) -> (PathBuf, Server) {
    let server = Server::start(name, "");
    (path(name), server)
}

#[test]
fn a_backup_replaces_a_regular_file_and_nothing_else() {
    let (folder, mut server) = folder("backup-target");
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let link = folder.join("data-link");
    std::os::unix::fs::symlink(&server.data, &link).unwrap();
    let refused = |file: &Path, data: &Path, why: &str| {
        let (is_done, said) = run(&["backup", file.to_str().unwrap()], data);
        assert!(!is_done && said.contains(why) && said.contains("name a"), "{said}");
    };
    let inside = "is in the data directory";
    let before = std::fs::read(server.data.join("store.redb")).unwrap();
    std::fs::create_dir(server.data.join("deep")).unwrap();
    for data in [&server.data, &link] {
        for at in [&server.data, &link] {
            for file in ["store.redb", "secrets.json", "new", "deep/new"] {
                refused(&at.join(file), data, inside);
            }
        }
    }
    assert_eq!(std::fs::read(server.data.join("store.redb")).unwrap(), before);
    let other = "is no regular file";
    let (pipe, to_file, file) = (folder.join("pipe"), folder.join("to-file"), folder.join("file"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&file, "of before").unwrap();
    std::os::unix::fs::symlink(&file, &to_file).unwrap();
    for file in [&pipe, &to_file, &folder, &PathBuf::from("/dev/null"), &PathBuf::from("..")] {
        refused(file, &server.data, other);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "of before");
    let (is_done, said) = run(&["backup", file.to_str().unwrap()], &server.data);
    assert!(is_done, "{said}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("{\"backup\":"));
}

#[test]
fn a_backup_says_that_it_has_no_secrets_and_a_full_disk_names_the_file_that_was_asked_for() {
    let (folder, mut server) = folder("backup-said");
    let file = folder.join("file");
    for is_running in [true, false] {
        if !is_running {
            server.terminate();
            assert_eq!(server.wait(), Some(0));
        }
        let (is_done, said) = run(&["backup", file.to_str().unwrap()], &server.data);
        assert!(is_done && said.contains("the store and no secrets; keep it as private"), "{said}");
        // A file may have no byte here, so that writing it fails as on a full disk.
        let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
        let output = std::process::Command::new("sh")
            .args(["-c", script, "sh", env!("CARGO_BIN_EXE_badgesmith"), "backup"])
            .arg(&file)
            .arg("--data")
            .arg(&server.data)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(&format!("{}: ", file.display())) && !said.contains(".tmp"), "{said}");
    }
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".tmp")), "{left:?}");
}

#[test]
fn a_path_that_is_too_long_for_a_socket_has_a_backup_without_a_server_and_a_reload_by_signal() {
    let name = format!("backup-long/{}", "long-".repeat(30));
    let mut server = Server::start(&name, "");
    let file = path("backup-long").join("file");
    let file = file.to_str().unwrap();
    let (is_done, said) = run(&["backup", file], &server.data);
    assert!(!is_done && said.contains("a server has it open") && said.contains("shorter --data"), "{said}");
    let (is_done, said) = run(&["reload"], &server.data);
    assert!(!is_done && said.contains("SIGHUP"), "{said}");
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let (is_done, said) = run(&["backup", file], &server.data);
    assert!(is_done, "{said}");
}
