//! `badgesmith report --oidc`: where the token comes from, where it goes, and that it is never shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;

use serde_json::Value;
use support::reports::{Inbox, Posted, RUN, folder, report, said};

const RECORDED: &str = "HTTP/1.1 201 Created\r\n\r\n{}";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
const EXPIRED: &str = "HTTP/1.1 401 Unauthorized\r\n\r\n{\"message\":\"the token has expired\",\"error_details\":[{\"error_code\":\"INVALID_TOKEN\",\"property_name\":\"exp\"}]}";
const WRONG: &str = "HTTP/1.1 401 Unauthorized\r\n\r\n{\"message\":\"the token is wrong\",\"error_details\":[{\"error_code\":\"INVALID_TOKEN\",\"property_name\":\"sub\"}]}";
/// What GitHub lets a job ask with, and what it answers.
const ASKING: &str = "asking-0123456789";
const TOKEN: &str = "HTTP/1.1 200 OK\r\n\r\n{\"count\":1,\"value\":\"first.id.token\"}";
const ANOTHER: &str = "HTTP/1.1 200 OK\r\n\r\n{\"count\":1,\"value\":\"other.id.token\"}";

/// A GitHub that gives these answers in turn, and a badge server.
struct Job {
    github: Inbox,
    server: Inbox,
    name: &'static str,
}

impl Job {
    fn new(name: &'static str, tokens: &'static [&'static str], answers: &'static [&'static str]) -> Self {
        Self { github: Inbox::start(tokens), server: Inbox::start(answers), name }
    }

    /// Reports tests and coverage in a job of GitHub that may ask for tokens; no output has one.
    fn report(&self, more: &[&str], variables: &[(&str, &str)]) -> (String, String, i32) {
        let folder = folder(self.name);
        fs::write(folder.join("lcov.info"), "SF:a.c\nDA:1,1\nend_of_record\n").unwrap();
        let (server, asked) = (self.server.url(), format!("{}/token?api-version=2.0", self.github.url()));
        let job = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_SHA", "c0ffee"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("BADGESMITH_SECRET", "not-used-0123456789"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &*asked),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ASKING),
        ];
        let named = ["unit.xml", "--platform", "linux", "--server", &*server, "--coverage=lcov.info"];
        let said = said(&report(&folder, &[&named[..], more].concat(), &[&job[..], variables].concat()));
        for secret in [ASKING, "id.token", "not-used"] {
            assert!(!format!("{said:?}").contains(secret), "{said:?}");
        }
        said
    }
}

fn paths(posted: &[Posted]) -> Vec<&str> {
    posted.iter().map(|posted| posted.line.split(' ').nth(1).unwrap()).collect()
}

fn tokens(posted: &[Posted]) -> Vec<&str> {
    posted.iter().map(|posted| posted.header("authorization")).collect()
}

#[test]
fn one_token_of_github_proves_all_reports_of_a_run() {
    let job = Job::new("oidc-github", &[TOKEN], &[RECORDED]);
    let (_, words, code) = job.report(&["--oidc", "--print-headers"], &[]);
    assert_eq!((words.as_str(), code), (&*"Authorization: Bearer (not shown)\n".repeat(2), 0));
    let posted = job.server.posted();
    assert_eq!(paths(&posted), ["/tests/results/linux/acme/shop/main", "/coverage/results/all/acme/shop/main"]);
    assert_eq!(tokens(&posted), ["Bearer first.id.token"; 2]);
    assert!(posted.iter().all(|posted| posted.header("x-signature").is_empty()));
    let asked = job.github.posted();
    let audience = job.server.url().replace(':', "%3A").replace('/', "%2F");
    assert_eq!(paths(&asked), [format!("/token?api-version=2.0&audience={audience}")]);
    assert_eq!(tokens(&asked), [format!("Bearer {ASKING}")]);
}

#[test]
fn the_audience_may_be_given_and_faults_of_github_are_tried_again() {
    let job = Job::new("oidc-audience", &[DOWN, TOKEN], &[RECORDED]);
    assert_eq!(job.report(&["--oidc=badges"], &[]).2, 0);
    assert_eq!(paths(&job.github.posted()), ["/token?api-version=2.0&audience=badges"; 2]);
    for (name, answer, words) in [
        ("oidc-down", DOWN, "no ID token: http://"),
        ("oidc-empty", "HTTP/1.1 200 OK\r\n\r\n{}", " answers without a token\n"),
        ("oidc-odd", "HTTP/1.1 200 OK\r\n\r\n{\"value\":\"a\\nb\"}", " answers without a token\n"),
    ] {
        let job = Job::new(name, Box::leak(Box::new([answer])), &[RECORDED]);
        let (_, said, code) = job.report(&["--oidc", "--patience=0"], &[]);
        assert!(code == 1 && said.contains(words) && said.contains("not recorded: no ID token"), "{said}");
        assert_eq!(job.server.posted().len(), 0);
    }
}

#[test]
fn an_expired_token_is_asked_anew_once_and_another_refusal_is_final() {
    let job = Job::new("oidc-expired", &[TOKEN, ANOTHER], &[RECORDED, EXPIRED, RECORDED]);
    let (_, words, code) = job.report(&["--oidc", "--patience=0"], &[]);
    assert_eq!((words.as_str(), code), ("", 0));
    let sent = ["Bearer first.id.token", "Bearer first.id.token", "Bearer other.id.token"];
    assert_eq!(tokens(&job.server.posted()), sent);
    let job = Job::new("oidc-refused", &[TOKEN], &[EXPIRED, EXPIRED, WRONG]);
    let (_, words, code) = job.report(&["--oidc"], &[]);
    assert_eq!((job.server.posted().len(), code), (3, 1), "{words}");
    assert!(words.contains("answers 401 Unauthorized: the token is wrong (INVALID_TOKEN sub)\n"), "{words}");
    // A token in a variable cannot be renewed.
    let job = Job::new("oidc-variable", &[TOKEN], &[EXPIRED]);
    let (_, words, code) = job.report(&["--oidc"], &[("BADGESMITH_ID_TOKEN", "given.id.token\n")]);
    assert_eq!((job.server.posted().len(), job.github.posted().len(), code), (2, 0, 1), "{words}");
    assert_eq!(tokens(&job.server.posted()), ["Bearer given.id.token"; 2]);
}

#[test]
fn a_pull_requests_token_is_for_its_number() {
    let job = Job::new("oidc-pull", &[TOKEN], &[RECORDED]);
    let pull =
        [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_REF", "refs/pull/12/merge"), ("GITHUB_HEAD_REF", "mend")];
    assert_eq!(job.report(&["--oidc"], &pull).2, 0);
    assert_eq!(job.report(&["--oidc", "--branch=other"], &pull).2, 0);
    let posted = job.server.posted();
    let paths = paths(&posted);
    assert_eq!(
        (paths[0], paths[2]),
        ("/tests/results/linux/acme/shop/pull/12", "/tests/results/linux/acme/shop/other")
    );
}

#[test]
fn a_job_without_a_token_says_what_it_needs_and_a_fork_sends_nothing() {
    let none = [("ACTIONS_ID_TOKEN_REQUEST_URL", ""), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")];
    let event = folder("oidc-event").join("event.json");
    fs::write(&event, r#"{"pull_request":{"head":{"repo":{"full_name":"mallory/shop"}}}}"#).unwrap();
    let fork = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_EVENT_PATH", event.to_str().unwrap())];
    let elsewhere = [("GITHUB_ACTIONS", "")];
    let foreign = [("ACTIONS_ID_TOKEN_REQUEST_URL", "http://tokens.example/")];
    for (variables, code, line) in [
        (
            none.to_vec(),
            2,
            "nothing was sent: --oidc: the workflow must allow this job to ask GitHub for an ID token; write `permissions: id-token: write`",
        ),
        (
            [&none[..], &fork].concat(),
            0,
            "notice: nothing is sent, because GitHub gives pull requests of forks and of Dependabot no ID token",
        ),
        (
            [&none[..], &elsewhere, &[("GITLAB_CI", "true")]].concat(),
            2,
            "nothing was sent: --oidc: there is no BADGESMITH_ID_TOKEN; name it in `id_tokens:` of the job, with the server's address as its `aud:`",
        ),
        (
            [&none[..], &elsewhere].concat(),
            2,
            "nothing was sent: --oidc: neither GitHub Actions nor GitLab CI gives this job an ID token; set BADGESMITH_ID_TOKEN to one, or sign with a secret",
        ),
        (foreign.to_vec(), 2, "nothing was sent: --oidc: ACTIONS_ID_TOKEN_REQUEST_URL must be an https:// address"),
        (
            vec![("BADGESMITH_ID_TOKEN", "a b")],
            2,
            "nothing was sent: --oidc: what BADGESMITH_ID_TOKEN holds is no token",
        ),
    ] {
        let job = Job::new("oidc-without", &[TOKEN], &[RECORDED]);
        let (out, words, given) = job.report(&["--oidc"], &variables);
        assert_eq!((out.as_str(), words, given), ("", format!("badgesmith: {line}\n"), code));
        assert_eq!((job.github.posted().len(), job.server.posted().len()), (0, 0));
    }
}

#[test]
fn a_dry_run_asks_for_no_token_and_shows_none() {
    let job = Job::new("oidc-dry", &[TOKEN], &[RECORDED]);
    let (out, words, code) = job.report(&["--oidc", "--dry-run", "--print-headers"], &[]);
    assert_eq!((words.as_str(), code), ("", 0));
    let head = "POST /tests/results/linux/acme/shop/main\nAuthorization: Bearer (not shown)\n\n{";
    assert!(out.starts_with(head), "{out}");
    assert_eq!((job.github.posted().len(), job.server.posted().len()), (0, 0));
}

#[test]
fn gitlabs_token_is_read_from_its_variable() {
    let server = Inbox::start(&[RECORDED]);
    let folder = folder("oidc-gitlab");
    let url = server.url();
    let job = [("GITLAB_CI", "true"), ("BADGESMITH_ID_TOKEN", "given.id.token")];
    let named = ["unit.xml", "--part", "web", "--server", &url, "--oidc"];
    let (_, words, code) = said(&report(&folder, &[&named[..], &RUN].concat(), &job));
    assert_eq!((words.as_str(), code), ("", 0));
    let posted = server.posted();
    assert_eq!(tokens(&posted), ["Bearer given.id.token"]);
    let body: Value = serde_json::from_slice(&posted[0].body).unwrap();
    assert_eq!(body["platform"], "web", "tests without --platform are of the part");
}
