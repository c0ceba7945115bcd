//! What a token could see of private repositories is shown as missing, unless the operator granted it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod repos;
mod support;

use std::sync::Arc;

use badgesmith_engine::{Config, Response};
use repos::{SharedForge, advance, asked, give};
use support::TestServer;

/// A server with these grants over an upstream where `acme/shop` is private and `acme/gone` does not exist.
fn server(private: &[&str]) -> (TestServer, SharedForge) {
    let (server, forge) = repos::server(private, Arc::default());
    hide(&forge);
    (server, forge)
}

fn hide(forge: &SharedForge) {
    let mut forge = forge.lock().unwrap();
    forge.private.insert("acme/shop".to_owned());
    forge.missing.insert("acme/gone".to_owned());
}

async fn stars(server: &TestServer, path: &str) -> String {
    let words = server.words(&format!("/badges/repos/{path}.svg")).await;
    words.strip_prefix("stars: ").unwrap_or(&words).to_owned()
}

/// Everything of an answer that a caller sees, with the name of the repository taken out.
fn seen(response: &Response, name: &str) -> String {
    let body = String::from_utf8_lossy(&response.body).replace(name, "NAME");
    format!("{} {:?} {body}", response.status, response.headers)
}

#[tokio::test(start_paused = true)]
async fn a_private_repository_is_shown_unless_granted_exactly_as_one_that_does_not_exist() {
    for (grants, owner, expected) in [
        (&[][..], "*", "repo not found"),
        (&[], "acme", "repo not found"),
        (&["acme"], "acme", "7 owner"),
        (&["Acme/SHOP"], "acme", "7 owner"),
        (&["acme/other", "shop", "ac"], "acme", "repo not found"),
        // A token of the server shows nothing private, granted or not.
        (&["acme", "acme/shop"], "*", "repo not found"),
    ] {
        for badge in ["stars", "needed", "queried"] {
            let (server, forge) = server(grants);
            give(&server, &forge, owner, &[("a", 100)]);
            let what = format!("{badge} with a token of {owner} and {grants:?}");
            for name in ["acme/shop", "ACME/Shop"] {
                assert_eq!(stars(&server, &format!("{badge}/{name}")).await, expected, "{what}: {name}");
            }
            assert_eq!(stars(&server, &format!("{badge}/acme/open")).await.split(' ').next(), Some("7"), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_a_caller_sees_tells_a_private_repository_from_a_missing_one() {
    for owner in ["acme", "*"] {
        let (server, forge) = server(&[]);
        give(&server, &forge, owner, &[("a", 5000)]);
        let mut calls = Vec::new();
        for name in ["shop", "gone"] {
            let before = server.upstream.calls();
            let mut answers = Vec::new();
            // Within a minute nothing is asked, and after that the upstream is.
            for seconds in [0, 30, 29, 2, 120, 1000] {
                advance(&server, &forge, seconds);
                for format in ["", ".svg", ".png", "?format=json&style=plastic"] {
                    answers.push(seen(&server.get(&format!("/badges/repos/stars/acme/{name}{format}")).await, name));
                }
                answers.push((server.upstream.calls() - before).to_string());
            }
            assert!(answers[0].contains("REPO_NOT_FOUND") && answers[0].contains("max-age=60"), "{}", answers[0]);
            assert!(!answers[0].contains("last-modified"), "{}", answers[0]);
            calls.push(answers);
        }
        assert_eq!(calls[0], calls[1], "{owner}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_tells_no_more_of_a_private_repository_than_of_a_missing_one() {
    for owner in ["acme", "*"] {
        let (first, forge) = server(&[]);
        give(&first, &forge, owner, &[("a", 2)]);
        let (second, limited) = repos::server(&[], Arc::clone(&first.store));
        hide(&limited);
        let mut seen_of = Vec::new();
        for name in ["shop", "gone"] {
            let path = format!("/badges/repos/stars/acme/{name}");
            let mut answers = vec![seen(&first.get(&path).await, name)];
            // The token is used up, and then there is a new process, which has the store alone.
            advance(&first, &forge, 200);
            answers.push(seen(&first.get(&path).await, name));
            give(&second, &limited, owner, &[("a", 0)]);
            answers.push(seen(&second.get(&path).await, name));
            seen_of.push(answers);
            advance(&first, &forge, 701);
            give(&first, &forge, owner, &[("a", 2)]);
        }
        assert!(seen_of[0][1].contains("REPO_NOT_FOUND") && seen_of[0][2].contains("RATE_LIMITED"), "{:?}", seen_of[0]);
        assert_eq!(seen_of[0], seen_of[1]);
        let stored = first.store.answers.lock().unwrap();
        assert!(stored.keys().all(|key| !key.contains("shop")), "{stored:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_kept_under_other_rules_is_shown_by_those_of_today() {
    let (first, forge) = server(&["acme"]);
    give(&first, &forge, "acme", &[("a", 100)]);
    assert_eq!(stars(&first, "stars/acme/shop").await, "7 owner");
    // The next start has no grant, and the answer in the store.
    let (second, forge) = repos::server(&[], Arc::clone(&first.store));
    hide(&forge);
    give(&second, &forge, "acme", &[("a", 0)]);
    assert_eq!(stars(&second, "stars/acme/shop").await, "repo not found");
    assert_eq!(asked(&forge, "a"), 1, "the upstream answers with its limit, so the answer is the kept one");
    let (third, forge) = repos::server(&["acme/shop"], Arc::clone(&first.store));
    hide(&forge);
    give(&third, &forge, "acme", &[("a", 0)]);
    assert_eq!(stars(&third, "stars/acme/shop").await, "7 owner");
}

#[test]
fn what_is_granted_is_checked_at_start() {
    let config = Config::parse("[engine]\nprivate = [\"acme\", \"Acme/Shop\"]", "plugins.toml".as_ref()).unwrap();
    let granted: Vec<_> = config.engine.private.iter().map(|name| name.as_str()).collect();
    assert_eq!(granted, ["acme", "acme/shop"]);
    let words =
        Config::parse("[engine]\nprivate = [\"acme\", \"*\"]", "plugins.toml".as_ref()).unwrap_err().to_string();
    assert!(words.contains("\"*\" is no owner and no repository; write \"acme\" or \"acme/shop\""), "{words}");
}
