//! Reports that are proven by tokens: the client, a server and an issuer as processes, over the life of a repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/aws.rs"]
mod aws;
#[path = "support/issuer.rs"]
mod issuer;
mod support;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use aws::Cloud;
use issuer::{Issuer, free_address};
use serde_json::json;
use support::{Server, command, report::VALUES_TOML, reports};

/// What the job of pull request 7 has in its variables.
const PULL_REQUEST: [(&str, &str); 4] = [
    ("GITHUB_EVENT_NAME", "pull_request"),
    ("GITHUB_REF", "refs/pull/7/merge"),
    ("GITHUB_REF_NAME", "7/merge"),
    ("GITHUB_HEAD_REF", "main"),
];
const MAIN: &str = "/badges/tests/linux/acme/tools/main";

/// Reports tests and coverage in a job. Returns what the client said and its exit code.
fn report(server: &Server, issuer: &Issuer, variables: &[(&str, &str)], arguments: &[&str]) -> (String, i32) {
    let folder = reports::folder(&format!("proven-{}", server.address.port()));
    fs::write(folder.join("lcov.info"), "SF:a.c\nDA:1,1\nend_of_record\n").unwrap();
    let job = issuer.variables();
    let job: Vec<_> = job.iter().map(|(name, value)| (*name, &**value)).collect();
    let url = format!("http://{}", server.address);
    let named = ["unit.xml", "--platform=linux", "--coverage=lcov.info", "--oidc", "--server", &*url];
    let output = reports::report(&folder, &[&named[..], arguments].concat(), &[&job[..], variables].concat());
    let (printed, words, code) = reports::said(&output);
    let said = printed + &words;
    Issuer::is_not_in(&said);
    Issuer::is_not_in(&server.log());
    (said, code)
}

/// Runs a command on the data of a server that has ended. Returns its output and whether it succeeded.
fn on_data(data: &Path, arguments: &[&str], input: &[u8]) -> (Vec<u8>, bool) {
    let mut command = command();
    run(command.args(arguments).arg("--data").arg(data), input)
}

fn run(command: &mut Command, input: &[u8]) -> (Vec<u8>, bool) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("proven-input-{}", std::process::id()));
    fs::write(&file, input).unwrap();
    let output = command.stdin(Stdio::from(fs::File::open(&file).unwrap())).output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (said, output.status.success())
}

fn text(said: (Vec<u8>, bool)) -> (String, bool) {
    (String::from_utf8(said.0).unwrap(), said.1)
}

#[test]
fn a_pull_request_cannot_write_the_branch_and_the_branch_cannot_write_the_pull_request() {
    let issuer = Issuer::start();
    let server = issuer.server("proven-pull");
    issuer.issue_for(&json!({ "event_name": "pull_request", "ref": "refs/pull/7/merge" }));
    let (said, code) = report(&server, &issuer, &PULL_REQUEST, &["--branch=main"]);
    assert!(code == 1 && said.matches("answers 401").count() == 2, "{said}");
    assert!(said.contains("ref: the token of a pull request proves the branch pull/N and no other"), "{said}");
    assert!(server.get(MAIN).body.contains("no results"));
    let (said, code) = report(&server, &issuer, &PULL_REQUEST, &["--branch=pull/8"]);
    assert!(code == 1 && said.matches("answers 401").count() == 2, "{said}");
    // The branch that the client takes by itself, although the branch of the pull request is called main as well.
    let (said, code) = report(&server, &issuer, &PULL_REQUEST, &[]);
    assert!(code == 0, "{said}");
    let pull = "/badges/tests/linux/acme/tools/pull/7";
    assert!(server.get(pull).body.contains("1 passed, 1 failed") && server.get(MAIN).body.contains("no results"));

    issuer.issue_for(&json!({ "run_id": "4712" }));
    let run = [("GITHUB_RUN_ID", "4712")];
    let (said, code) = report(&server, &issuer, &run, &["--branch=pull/7"]);
    assert!(code == 1 && said.contains("ref: the token is of another branch than the path"), "{said}");
    let (said, code) = report(&server, &issuer, &run, &[]);
    assert!(code == 0 && server.get(MAIN).body.contains("1 passed, 1 failed"), "{said}");
    let events = ["pull_request_target", "workflow_run"].map(|event| json!({ "event_name": event, "run_id": "4713" }));
    for event in events {
        issuer.issue_for(&event);
        let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4713")], &[]);
        assert!(code == 1 && said.contains("event_name: "), "{said}");
    }
}

#[test]
fn a_token_that_is_sent_again_records_nothing_else() {
    let issuer = Issuer::start();
    let server = issuer.server("proven-replay");
    let token = issuer.token(&format!("http://{}", server.address));
    let given = [("BADGESMITH_ID_TOKEN", &*token)];
    let (said, code) = report(&server, &issuer, &given, &[]);
    assert_eq!(code, 0, "{said}");
    let (said, code) = report(&server, &issuer, &given, &[]);
    assert!(code == 1 && said.matches("answers 409").count() == 2, "{said}");
    // It is of this run, commit and attempt alone.
    for (name, claim) in [("--run-id=4712", "run_id"), ("--run-attempt=2", "run_attempt"), ("--commit=c0ffee", "sha")] {
        let (said, code) = report(&server, &issuer, &given, &[name]);
        assert!(code == 1 && said.contains(&format!("(INVALID_TOKEN {claim})")), "{said}");
    }
    let other = issuer.token("https://badges.example.com");
    let (said, code) = report(&server, &issuer, &[("BADGESMITH_ID_TOKEN", &*other)], &["--part=web"]);
    assert!(code == 1 && said.contains("(INVALID_TOKEN aud)"), "{said}");
    assert_eq!(issuer.issued(), 2, "a token in a variable is used as it is");
}

#[test]
fn a_token_that_has_expired_is_renewed_once() {
    let issuer = Issuer::start();
    let server = issuer.server("proven-expired");
    issuer.issue_expired(1);
    let (said, code) = report(&server, &issuer, &[], &[]);
    assert!(code == 0 && issuer.issued() == 2, "{} tokens: {said}", issuer.issued());
    issuer.issue_for(&json!({ "run_id": "4712" }));
    issuer.issue_expired(usize::MAX);
    let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4712")], &[]);
    assert!(code == 1 && said.matches("exp: the token has expired").count() == 2, "{said}");
    // Two for the tests. The second of them is tried with the coverage, for which another one is issued.
    assert_eq!(issuer.issued(), 2 + 3);
}

#[test]
fn an_issuer_that_is_down_stops_no_token_whose_key_is_known() {
    let issuer = Issuer::start();
    let server = issuer.server("proven-down");
    issuer.show_keys(false);
    let (said, code) = report(&server, &issuer, &[], &["--patience=0"]);
    assert!(code == 1 && said.contains("answers 503"), "{said}");
    issuer.show_keys(true);
    // The patience of the client is longer than the pause between two attempts to read the first keys.
    let (said, code) = report(&server, &issuer, &[], &[]);
    assert_eq!(code, 0, "{said}");
    issuer.show_keys(false);
    issuer.issue_for(&json!({ "run_id": "4712" }));
    let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4712")], &["--patience=0"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn another_repository_of_the_same_name_waits_for_the_operator() {
    let issuer = Issuer::start();
    let mut server = issuer.server("proven-identity");
    assert_eq!(report(&server, &issuer, &[], &[]).1, 0);
    issuer.issue_for(&json!({ "repository_id": "99", "run_id": "4712" }));
    let next = [("GITHUB_RUN_ID", "4712")];
    let (said, code) = report(&server, &issuer, &next, &[]);
    let accept = ["identity", "accept", "--owner", "acme", "--repo", "tools", "--id", "99"];
    assert!(code == 1 && said.contains(&format!("runs: badgesmith {} (INVALID_TOKEN", accept.join(" "))), "{said}");
    let (data, address) = (server.data.clone(), server.address);
    let (said, success) = text(on_data(&data, &accept, b""));
    assert!(!success && said.contains("another badgesmith has it open"), "{said}");

    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let issued = |id: &str| format!("acme/tools\t{id}\t{}\n", issuer.url());
    assert_eq!(text(on_data(&data, &["identity", "list"], b"")), (issued("74"), true));
    let accepted = "acme/tools is the repository 99 from now on\n".to_owned();
    assert_eq!(text(on_data(&data, &accept, b"")), (accepted, true));
    let server = issuer.server_at("proven-identity", address, &[], "");
    let (said, code) = report(&server, &issuer, &next, &[]);
    assert_eq!(code, 0, "{said}");
    issuer.issue_for(&json!({ "run_id": "4713" }));
    let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4713")], &[]);
    assert!(code == 1 && said.contains("whose id is 74"), "{said}");

    // Another server that gets the results also knows whose they are.
    server.terminate();
    let mut server = server;
    assert_eq!(server.wait(), Some(0));
    let (exported, success) = on_data(&data, &["export"], b"");
    assert!(success, "{}", String::from_utf8_lossy(&exported));
    let moved = Issuer::folder("proven-moved");
    let (said, success) = text(on_data(&moved.join("data"), &["import"], &exported));
    assert!(success, "{said}");
    assert_eq!(text(on_data(&moved.join("data"), &["identity", "list", "--owner", "Acme"], b"")), (issued("99"), true));
    let server = issuer.server_at("proven-moved", address, &[], "");
    assert!(server.get(MAIN).body.contains("1 passed, 1 failed"));
    let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4713")], &[]);
    assert!(code == 1 && said.contains("whose id is 74"), "{said}");
    issuer.issue_for(&json!({ "repository_id": "99", "run_id": "4714" }));
    let (said, code) = report(&server, &issuer, &[("GITHUB_RUN_ID", "4714")], &[]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn in_dynamodb_the_operator_accepts_a_repository_while_the_server_runs() {
    let (issuer, cloud) = (Issuer::start(), Cloud::start());
    let (success, said) = cloud.run(&["provision"], "");
    assert!(success, "{said}");
    Issuer::folder("proven-dynamodb");
    let engine = "store = \"dynamodb\"\n";
    let server = issuer.server_at("proven-dynamodb", free_address(), &cloud.environment(), engine);
    let none = "no repository has reported with a token\n";
    assert_eq!(cloud.run(&["identity", "list", "--aws"], ""), (true, none.to_owned()));
    let (said, code) = report(&server, &issuer, &[], &[]);
    assert_eq!(code, 0, "{said}");
    let listed = |id: &str| (true, format!("acme/tools\t{id}\t{}\n", issuer.url()));
    assert_eq!(cloud.run(&["identity", "list", "--aws"], ""), listed("74"));
    issuer.issue_for(&json!({ "repository_id": "99", "run_id": "4712" }));
    let next = [("GITHUB_RUN_ID", "4712")];
    let (said, code) = report(&server, &issuer, &next, &[]);
    assert!(code == 1 && said.matches("whose id is 99").count() == 2, "{said}");
    // Whichever reports next.
    let (success, said) = cloud.run(&["identity", "accept", "--aws", "--owner", "ACME", "--repo", "Tools"], "");
    assert!(success && said == "ACME/Tools is the repository of the next report with a token\n", "{said}");
    let waiting = "acme/tools\tof the next report\tof the next report\n";
    assert_eq!(cloud.run(&["identity", "list", "--aws"], ""), (true, waiting.to_owned()));
    let (said, code) = report(&server, &issuer, &next, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(cloud.run(&["identity", "list", "--aws", "--owner", "acme"], ""), listed("99"));

    let exported = cloud.output(&["export", "--aws"], "");
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let data = Issuer::folder("proven-from-dynamodb").join("data");
    let (said, success) = text(on_data(&data, &["import"], &exported.stdout));
    assert!(success, "{said}");
    assert_eq!(text(on_data(&data, &["identity", "list"], b"")), (listed("99").1, true));
}

#[test]
fn a_server_that_does_not_trust_the_issuer_for_the_owner_says_what_to_do() {
    let issuer = Issuer::start();
    let server = Server::start("proven-untrusted", VALUES_TOML);
    let (said, code) = report(&server, &issuer, &[], &[]);
    assert!(code == 1 && said.matches("iss: this server trusts no issuer of tokens").count() == 2, "{said}");
    let server = issuer.server("proven-owner");
    issuer.issue_for(&json!({ "repository": "widgets/tools", "repository_owner": "widgets" }));
    let (said, code) = report(&server, &issuer, &[("GITHUB_REPOSITORY", "widgets/tools")], &[]);
    assert!(
        code == 1
            && said
                .contains("iss: this server does not trust the issuer for this owner; plugins.toml lists the owners"),
        "{said}"
    );
    let (said, code) = report(&server, &issuer, &[], &[]);
    assert!(code == 1 && said.contains("repository: "), "{said}");
}

#[test]
fn jobs_of_gitlab_report_what_their_tokens_prove_and_nothing_of_an_owner_at_github() {
    let (github, gitlab) = (Issuer::start(), Issuer::start());
    let address = free_address();
    Issuer::folder("proven-gitlab");
    let trust = [github.trusted("github", "acme", address), gitlab.trusted("gitlab", "widgets", address)].join(", ");
    let hosts = [&github, &gitlab].map(|issuer| format!("{:?}", issuer.url().trim_start_matches("http://"))).join(", ");
    let toml = format!("[engine]\nallow-http = true\nallow-addresses = [{hosts}]\ntrust = [{trust}]\n{VALUES_TOML}");
    let mut serve = command();
    serve.args(["serve", "--listen", &address.to_string()]);
    let server = Server::start_by("proven-gitlab", &toml, serve);
    let project = |path: &str, source: &str| {
        gitlab.issue_for(&json!({
            "project_path": path, "project_id": "5", "pipeline_source": source, "ref": "main", "ref_type": "branch",
            "sha": "c0ffee", "job_id": "81", "pipeline_id": "80",
        }));
        gitlab.token(&format!("http://{address}"))
    };
    let job = |path: &str, token: &str| {
        let variables = [
            ("GITHUB_ACTIONS", ""),
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_PATH", path),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_COMMIT_SHA", "c0ffee"),
            ("CI_JOB_ID", "81"),
            ("CI_PIPELINE_ID", "80"),
            ("CI_PIPELINE_URL", "https://gitlab.example/widgets/web/shop/-/pipelines/80"),
            ("BADGESMITH_ID_TOKEN", token),
        ];
        report(&server, &github, &variables, &["--value=warnings=3"])
    };
    // Of a project in a subgroup.
    let token = project("Widgets/web/shop", "push");
    let (said, code) = job("Widgets/web/shop", &token);
    assert_eq!(code, 0, "{said}");
    let badge = |name: &str| server.get(&format!("/badges/{name}/widgets/web.shop/main")).body;
    assert!(badge("tests/linux").contains("1 passed, 1 failed") && badge("values/warnings").contains("\"3\""));
    let (said, code) = job("Widgets/web/shop", &token);
    assert!(code == 1 && said.matches("answers 409").count() == 3, "{said}");
    for (path, source, claim) in [
        ("widgets/web/shop", "merge_request_event", "pipeline_source"),
        ("widgets/web.x/shop", "push", "project_path"),
        ("acme/tools", "push", "iss"),
    ] {
        let (said, code) = job(path, &project(path, source));
        assert!(code == 1 && said.matches(&format!("(INVALID_TOKEN {claim})")).count() == 3, "{said}");
    }
    assert!(server.get(MAIN).body.contains("no results"));
}
