//! `badgesmith smoke` passes for a server that works, and fails for any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::{Server, Upstream, command, nuget_toml, report::TOML, secret};

fn smoke(url: &str, secret: &str, more: &[&str]) -> (Option<i32>, String) {
    let mut command = command();
    command.args(["smoke", "--url", url, "--owner", "acme"]).args(more).env("BADGESMITH_SECRET", secret);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn a_server_that_works_passes_every_time() {
    let server = Server::start("smoke", TOML);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], "hush").0);
    let url = format!("http://{}/", server.address);
    for _ in 0..2 {
        let (code, said) = smoke(&url, "hush", &[]);
        assert_eq!((code, said.matches("ok ").count()), (Some(0), 11), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}

#[test]
#[ignore = "needs BADGESMITH_SECRETS_MANAGER, the URL of ministack, which .ci/peers starts"]
fn a_server_that_queues_reports_passes() {
    let endpoint = std::env::var("BADGESMITH_SECRETS_MANAGER").expect("run this with .ci/peers");
    let queue = format!("smoke-{}.fifo", std::process::id());
    let cloud = [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", &*endpoint),
        ("BADGESMITH_QUEUE_REPORTS", &*queue),
    ];
    let provisioned = command().arg("provision").envs(cloud).output().unwrap();
    assert!(provisioned.status.success(), "{}", String::from_utf8_lossy(&provisioned.stderr));
    let mut serve = command();
    serve.args(["serve", "--listen", "127.0.0.1:0"]).envs(cloud);
    let server = Server::start_by("smoke-queue", &format!("[engine]\ningest = \"queue\"\n{TOML}"), serve);
    assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], "hush").0);
    let (code, said) = smoke(&format!("http://{}", server.address), "hush", &[]);
    assert_eq!((code, said.matches("ok ").count()), (Some(0), 11), "{said}");
}

#[test]
fn a_server_that_does_not_work_fails() {
    let server = Server::start("smoke-wrong", TOML);
    let url = format!("http://{}", server.address);
    let (code, said) = smoke(&url, "hush", &[]);
    assert!(code == Some(1) && said.contains("WRONG  a signed report: 401"), "no such owner: {said}");
    let (code, said) = smoke(&url, "", &[]);
    assert!(code == Some(1) && said.contains("BADGESMITH_SECRET is empty"), "{said}");
    assert_eq!(smoke(&url, "", &["--unsigned"]).0, Some(0));

    let bare = Server::start("smoke-bare", &nuget_toml("http://127.0.0.1:1"));
    let (code, said) = smoke(&format!("http://{}", bare.address), "hush", &[]);
    assert!(code == Some(1) && said.contains("WRONG  a signed report: 404"), "no such plugin: {said}");

    let down = Upstream::start(|_| (200, Vec::new(), b"<h1>It works!</h1>".to_vec()));
    let (code, said) = smoke(&down.url(), "hush", &["--unsigned"]);
    assert!(code == Some(1) && said.contains("WRONG  a static badge: 200"), "another server: {said}");
    down.stop();
    assert_eq!(smoke(&down.url(), "hush", &["--unsigned"]).0, Some(1), "no server");
}
