//! The GitHub provider with a token that sees a private repository: whoever asks learns no more of it than of one that
//! does not exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Write as _;

use support::{Server, Upstream, UpstreamReply, github_toml, secret};

/// Badges of a repository, whose name is `NAME`.
const BADGES: [&str; 11] = [
    "/github/stars/acme/NAME",
    "/github/forks/acme/NAME",
    "/github/license/acme/NAME",
    "/github/repo-size/acme/NAME",
    "/github/created-at/acme/NAME",
    "/github/v/release/acme/NAME",
    "/github/last-commit/acme/NAME",
    "/github/contributors/acme/NAME",
    "/github/issues/acme/NAME",
    "/github/languages/top/acme/NAME",
    "/badges/packages/github/acme/NAME",
];

/// GitHub as a token sees it that can read `acme/hidden`; `acme/gone` does not exist.
fn github(path: &str) -> UpstreamReply {
    let json = |status, body: &str| (status, vec![("Content-Type", "application/json".to_owned())], body.into());
    let plain = path.split('?').next().unwrap().trim_end_matches('/');
    if path.contains("gone") {
        // A search in a repository that does not exist is invalid.
        return json(if plain == "/search/issues" { 422 } else { 404 }, r#"{"message":"Not Found"}"#);
    }
    let repository = r#"{"id":1,"name":"hidden","full_name":"acme/hidden","private":true,"visibility":"private",
        "stargazers_count":7,"forks_count":7,"subscribers_count":7,"size":7,"created_at":"2020-01-01T00:00:00Z",
        "default_branch":"main","license":{"spdx_id":"MIT","name":"MIT License"},"owner":{"login":"acme"}}"#;
    let release = r#"{"tag_name":"v7.0.0","name":"7.0.0","draft":false,"prerelease":false,
        "created_at":"2026-01-01T00:00:00Z","published_at":"2026-01-01T00:00:00Z",
        "assets":[{"name":"a.zip","download_count":7}]}"#;
    let commit = r#"[{"sha":"7","author":{"login":"a"},"commit":{"author":{"date":"2026-01-01T00:00:00Z"},
        "committer":{"date":"2026-01-01T00:00:00Z"}}}]"#;
    match plain {
        "/repos/acme/hidden" => json(200, repository),
        "/orgs/acme/packages/nuget/hidden" => json(200, r#"{"name":"hidden","visibility":"private"}"#),
        "/search/issues" => json(200, r#"{"total_count":7,"incomplete_results":false,"items":[]}"#),
        path if path.contains("/releases/") => json(200, release),
        path if path.ends_with("/releases") => json(200, &format!("[{release}]")),
        path if path.contains("/commits") => json(200, commit),
        path if path.contains("/languages") => json(200, r#"{"Rust":7}"#),
        path if path.contains("/license") => json(200, r#"{"license":{"spdx_id":"MIT","name":"MIT License"}}"#),
        path if path.ends_with("/contributors") => json(200, r#"[{"login":"a","contributions":7}]"#),
        path if path.ends_with("/versions") => json(200, r#"[{"id":1,"name":"7.0.0"}]"#),
        _ => json(404, r#"{"message":"Not Found"}"#),
    }
}

/// What a caller sees of a badge, without the name, the time and the id of the answer.
fn seen(server: &Server, badge: &str, name: &str) -> String {
    let response = server.get(&format!("{}?format=json", badge.replace("NAME", name)));
    let own = |line: &&str| !["date: ", "x-correlation-id: "].iter().any(|name| line.starts_with(name));
    let head: Vec<_> = response.head.lines().filter(own).collect();
    let body = response.body.split("\"correlation_id\"").next().unwrap();
    format!("{}\n{body}", head.join("\n")).replace(name, "NAME")
}

#[test]
fn every_badge_of_a_private_repository_is_that_of_one_that_does_not_exist() {
    let upstream = Upstream::start(github);
    let mut differences = String::new();
    for (owner, command) in [("*", "add"), ("acme", "set")] {
        let server = Server::start(&format!("private-github-{command}"), &github_toml(&upstream.url()));
        let (success, said) = secret(&server.data, &[command, "--owner", owner, "--purpose", "Package"], "ghp-hush");
        assert!(success, "{said}");
        for badge in BADGES {
            let (hidden, gone) = (seen(&server, badge, "hidden"), seen(&server, badge, "gone"));
            // GitHub's list of a package's versions does not say that it is private: the owner's own token shows it.
            let is_shown = owner == "acme" && badge.contains("/packages/");
            if (hidden == gone) == is_shown || !gone.contains("not found") {
                writeln!(differences, "{badge} with a token of {owner}:\n{hidden}\n{gone}\n").unwrap();
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn what_the_operator_granted_is_shown_with_the_owners_own_token_and_no_other() {
    let upstream = Upstream::start(github);
    let toml = format!("[engine]\nprivate = [\"acme/hidden\"]\n{}", github_toml(&upstream.url()));
    for (owner, command, is_shown) in [("*", "add", false), ("acme", "set", true)] {
        let server = Server::start(&format!("granted-github-{command}"), &toml);
        let (success, said) = secret(&server.data, &[command, "--owner", owner, "--purpose", "Package"], "ghp-hush");
        assert!(success, "{said}");
        for badge in BADGES {
            let hidden = seen(&server, badge, "hidden");
            assert_eq!(hidden.starts_with("HTTP/1.1 200"), is_shown, "{badge} with a token of {owner}: {hidden}");
        }
    }
}
