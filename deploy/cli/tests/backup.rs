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
