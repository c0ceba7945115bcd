//! The GitHub Action without a secret: a step of a new owner, an issuer of tokens on this machine, and the badges. All
//! tests need node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/issuer.rs"]
mod issuer;
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use issuer::Issuer;
use serde_json::json;
use support::{Server, reports};

/// A folder where a build has left its reports.
fn build(name: &str) -> PathBuf {
    let folder = reports::folder(name);
    fs::write(
        folder.join("TEST-unit.xml"),
        "<testsuite><testcase/><testcase/><testcase><failure/></testcase></testsuite>",
    )
    .unwrap();
    fs::write(folder.join("lcov.info"), "SF:a.c\nDA:1,1\nDA:2,0\nDA:3,2\nDA:4,1\nend_of_record\n").unwrap();
    folder
}

/// Runs the step of a job that may ask for tokens. Returns whether it succeeded, and everything that it wrote.
fn step(server: &Server, issuer: &Issuer, folder: &Path, variables: &[(&str, &str)]) -> (bool, String) {
    let node = Command::new("node").args(["-p", "process.execPath"]).output();
    let node =
        String::from_utf8(node.expect("this test needs node in PATH; .ci/tools action installs it").stdout).unwrap();
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/main.mjs").canonicalize().unwrap();
    let written = [".outputs", ".summary"].map(|name| folder.join(name));
    for file in &written {
        fs::write(file, "").unwrap();
    }
    let output = Command::new(node.trim())
        .arg(action)
        .current_dir(folder)
        .env_clear()
        .envs(issuer.variables())
        .env("GITHUB_OUTPUT", &written[0])
        .env("GITHUB_STEP_SUMMARY", &written[1])
        .env("INPUT_SERVER", format!("http://{}", server.address))
        .env("INPUT_SECRET", "")
        .env("INPUT_BINARY", env!("CARGO_BIN_EXE_badgesmith"))
        .env("INPUT_COVERAGE", "lcov.info")
        .env("INPUT_VALUES", "size=1.2MB\nwarnings=3")
        .env("INPUT_FAIL-ON-ERROR", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let mut said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    for file in written {
        said += &fs::read_to_string(file).unwrap();
    }
    Issuer::is_not_in(&said);
    Issuer::is_not_in(&server.log());
    (output.status.success(), said)
}

#[test]
#[ignore = "needs node"]
fn a_new_owner_reports_tests_coverage_and_values_from_one_step_without_a_secret() {
    let issuer = Issuer::start();
    let server = issuer.server("action-token");
    let folder = build("action-token");
    let (success, said) = step(&server, &issuer, &folder, &[]);
    assert!(success, "{said}");
    assert_eq!(issuer.issued(), 1, "one token serves all reports");
    for (badge, message) in [
        ("/badges/tests/linux/acme/tools/main", "2 passed, 1 failed"),
        ("/badges/coverage/all/acme/tools/main", "75%"),
        ("/badges/values/size/acme/tools/main", "1.2 MB"),
        ("/badges/values/warnings/acme/tools/main", "3"),
    ] {
        let shown = server.get(badge).body;
        assert!(shown.contains(&format!("\"message\":\"{message}\"")), "{badge}: {shown}");
        assert!(said.contains(&badge.replace("acme", "Acme")), "{badge}: {said}");
    }
    // The same run again, and a branch that the token does not prove.
    let (success, said) = step(&server, &issuer, &folder, &[]);
    assert!(!success && said.matches("answers 409").count() >= 4, "{said}");
    let (success, said) = step(&server, &issuer, &folder, &[("INPUT_BRANCH", "release"), ("INPUT_VALUES", "")]);
    assert!(!success && said.contains("answers 401") && said.contains("INVALID_TOKEN"), "{said}");
    assert!(server.get("/badges/tests/linux/acme/tools/release").body.contains("no results"));
}

#[test]
#[ignore = "needs node"]
fn a_pull_request_and_a_branch_of_any_name_have_badges_of_their_own_without_a_secret() {
    let issuer = Issuer::start();
    let server = issuer.server("action-branches-token");
    let folder = build("action-branches-token");
    // The name of this branch looks like the address of a badge.
    for (branch, event, reference, name) in [
        ("pull/7", "pull_request", "refs/pull/7/merge", "7/merge"),
        ("x/badges/values/y", "push", "refs/heads/x/badges/values/y", "x/badges/values/y"),
    ] {
        issuer.issue_for(&json!({ "event_name": event, "ref": reference }));
        let job = [("GITHUB_EVENT_NAME", event), ("GITHUB_REF", reference), ("GITHUB_REF_NAME", name)];
        let (success, said) = step(&server, &issuer, &folder, &[&job[..], &[("GITHUB_HEAD_REF", "")]].concat());
        assert!(success, "{said}");
        let value = format!("/badges/values/size/Acme/tools/{branch}");
        assert!(server.get(&value).body.contains("1.2 MB") && said.contains(&value), "{said}");
        let tests = server.get(&format!("/badges/tests/linux/acme/tools/{branch}")).body;
        assert!(tests.contains("2 passed, 1 failed"), "{tests}");
    }
}

#[test]
#[ignore = "needs node"]
fn a_job_without_the_permission_is_told_to_write_it() {
    let issuer = Issuer::start();
    let server = issuer.server("action-permission");
    let folder = build("action-permission");
    let none = [("ACTIONS_ID_TOKEN_REQUEST_URL", ""), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")];
    let (success, said) = step(&server, &issuer, &folder, &none);
    assert!(!success && said.contains("::error title=BadgeSmith::nothing was sent: "), "{said}");
    assert!(said.contains("write `permissions: id-token: write`"), "{said}");
    assert_eq!(issuer.issued(), 0);
}
