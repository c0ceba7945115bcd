//! The server's own tokens, for owners without one: they take turns, the exhausted rest, the revoked are left out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod repos;
mod support;

use std::sync::Arc;

use badgesmith_engine::world::Secret;
use futures_util::future::join_all;
use repos::{UPSTREAM, advance, asked, give};
use support::{Log, TestServer};

fn server() -> (TestServer, repos::SharedForge) {
    repos::server(&[], Arc::default())
}

/// The message of the badge of a repository.
async fn stars(server: &TestServer, path: &str) -> String {
    let words = server.words(&format!("/badges/repos/{path}.svg")).await;
    words.strip_prefix("stars: ").unwrap_or(&words).to_owned()
}

#[tokio::test(start_paused = true)]
async fn of_ten_tokens_three_exhausted_and_one_revoked_no_badge_shows_an_error() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber());
    let (server, forge) = server();
    let names: Vec<_> = (0..10).map(|index| format!("hush-hush-{index}")).collect();
    let tokens: Vec<_> = names.iter().zip([40, 0, 60, 0, 80, 50, 0, 70, 90, 30]).collect();
    let tokens: Vec<_> = tokens.iter().map(|(name, left)| (&***name, *left)).collect();
    give(&server, &forge, "*", &tokens);
    let (exhausted, revoked) = ([1, 3, 6].map(|index| &*names[index]), &*names[8]);
    forge.lock().unwrap().accounts.get_mut(revoked).unwrap().is_revoked = true;
    let mut said = String::new();
    for badge in 0..300 {
        let response = server.get(&format!("/badges/repos/asks/owner-{}/{badge}", badge % 7)).await;
        said.push_str(&format!("{:?} {}", response.headers, String::from_utf8_lossy(&response.body)));
        assert!(said.ends_with(r#""message":"7 server","color":"lightgrey"}"#), "{badge}: {said}");
        said.clear();
        advance(&server, &forge, 2);
    }
    // None of the four could be known before it was asked once.
    assert_eq!(exhausted.map(|token| asked(&forge, token)), [1, 1, 1]);
    assert_eq!(asked(&forge, revoked), 1);
    advance(&server, &forge, 301);
    for badge in 300..340 {
        assert_eq!(stars(&server, &format!("stars/acme/{badge}")).await, "7 server");
    }
    assert!(exhausted.map(|token| asked(&forge, token)).into_iter().all(|asked| asked > 1), "after their reset");
    assert_eq!(asked(&forge, revoked), 1, "it is left out for an hour");
    {
        let forge = forge.lock().unwrap();
        let too_soon: usize = forge.accounts.values().map(|account| account.asked_too_soon).sum();
        assert_eq!(too_soon, 0, "{:?}", forge.accounts);
    }
    let text = log.text();
    let id = Secret::new(revoked).id();
    let named: Vec<_> = text.lines().filter(|line| line.contains(&id)).collect();
    assert!(named.len() == 1 && named[0].contains("refuses") && named[0].contains("Forge"), "{text}");
    assert!(!text.contains("hush"), "{text}");
    for ask in server.upstream.asked.lock().unwrap().iter() {
        let is_upstream = ask.url.origin().ascii_serialization() == UPSTREAM;
        assert_eq!(ask.credential.is_some(), is_upstream, "{}", ask.url);
        assert!(!ask.url.as_str().contains("hush"));
    }
    for (key, (value, _)) in server.store.answers.lock().unwrap().iter() {
        assert!(!key.contains("hush") && !String::from_utf8_lossy(value).contains("hush"), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_at_once_use_up_what_is_left_and_no_more() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 10), ("b", 20), ("c", 4)]);
    let paths: Vec<_> = (0..60).map(|repo| format!("stars/acme/{repo}")).collect();
    // What is left of a token is known after its first answer.
    for path in &paths[..3] {
        assert_eq!(stars(&server, path).await, "7 server");
    }
    *server.upstream.delay.lock().unwrap() = std::time::Duration::from_millis(300);
    let shown = join_all(paths[3..].iter().map(|path| stars(&server, path))).await;
    assert_eq!(shown.iter().filter(|words| *words == "7 server").count(), 31, "{shown:?}");
    assert_eq!(shown.iter().filter(|words| *words == "rate limited").count(), 26, "{shown:?}");
    assert_eq!(["a", "b", "c"].map(|token| asked(&forge, token)), [10, 20, 4]);
}

#[tokio::test(start_paused = true)]
async fn an_owner_with_a_token_uses_its_own_and_others_the_servers_or_none() {
    let (server, forge) = server();
    assert_eq!(stars(&server, "stars/acme/a").await, "7 anonymous");
    assert_eq!(stars(&server, "needed/acme/a").await, "token not configured");
    give(&server, &forge, "acme", &[("own", 5000)]);
    give(&server, &forge, "*", &[("servers", 5000)]);
    advance(&server, &forge, 200);
    assert_eq!(stars(&server, "stars/ACME/a").await, "7 owner");
    assert_eq!(stars(&server, "stars/other/a").await, "7 server");
    assert_eq!(stars(&server, "needed/other/a").await, "7 server");
    assert_eq!(stars(&server, "stars/%2A/a").await, "7 server", "nobody is called so");
    assert_eq!(
        (asked(&forge, "own"), asked(&forge, "servers")),
        (1, 2),
        "both badges of a repository share one request"
    );
    // The owner's own token is used up: that of the server is for others.
    forge.lock().unwrap().accounts.get_mut("own").unwrap().remaining = 0;
    assert_eq!(stars(&server, "stars/acme/b").await, "rate limited");
    assert_eq!(stars(&server, "stars/other/b").await, "7 server");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_revalidated_with_another_token_and_kept_under_one_key() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 100), ("b", 100)]);
    assert_eq!(stars(&server, "stars/acme/a").await, "7 server");
    advance(&server, &forge, 700);
    assert_eq!(stars(&server, "stars/acme/a").await, "7 server");
    assert_eq!(["a", "b"].map(|token| asked(&forge, token)), [1, 1]);
    assert!(server.upstream.asked.lock().unwrap()[1].etag.is_some());
    assert_eq!(server.store.answers.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_all_tokens_rest_the_last_good_badge_is_shown_or_when_to_come_back() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 1), ("b", 2)]);
    for repo in ["x", "y", "z"] {
        assert_eq!(stars(&server, &format!("stars/acme/{repo}")).await, "7 server");
    }
    advance(&server, &forge, 400);
    let before = server.upstream.calls();
    for _ in 0..3 {
        assert_eq!(stars(&server, "stars/acme/x").await, "7 server", "the last good one");
    }
    let response = server.get("/badges/repos/stars/acme/new").await;
    assert_eq!((response.status.as_u16(), response.headers["retry-after"].to_str().unwrap()), (503, "500"));
    assert!(String::from_utf8_lossy(&response.body).contains("UPSTREAM_RATE_LIMITED"));
    assert_eq!(server.upstream.calls(), before, "nothing is sent");
    let health = String::from_utf8(server.get("/health?deep=1").await.body.to_vec()).unwrap();
    let rests = r#"{"origin":"https://api.example","seconds_left":500}"#;
    assert!(health.contains(&format!(r#""rate_limits":[{rests},{rests}]"#)), "{health}");
    advance(&server, &forge, 500);
    assert_eq!(stars(&server, "stars/acme/new").await, "7 server");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_finds_every_token_exhausted_is_told_so_and_not_sent_without_one() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 0), ("b", 0)]);
    for badge in ["stars", "needed", "queried"] {
        let response = server.get(&format!("/badges/repos/{badge}/acme/x")).await;
        assert_eq!((response.status.as_u16(), response.headers["retry-after"].to_str().unwrap()), (503, "900"));
    }
    assert_eq!(["a", "b"].map(|token| asked(&forge, token)), [1, 1]);
    assert!(server.upstream.asked.lock().unwrap().iter().all(|ask| ask.credential.is_some()));
}

#[tokio::test(start_paused = true)]
async fn without_a_token_badges_are_shown_until_the_limit_and_then_the_last_good_ones() {
    let (server, forge) = server();
    forge.lock().unwrap().anonymous = 2;
    assert_eq!(stars(&server, "stars/acme/a").await, "7 anonymous");
    assert_eq!(stars(&server, "stars/acme/b").await, "7 anonymous");
    assert_eq!(stars(&server, "stars/acme/c").await, "rate limited");
    advance(&server, &forge, 30);
    assert_eq!(stars(&server, "stars/acme/c").await, "rate limited");
    assert_eq!(server.upstream.calls(), 3, "nothing is sent before the hold ends");
    advance(&server, &forge, 600);
    assert_eq!(stars(&server, "stars/acme/a").await, "7 anonymous", "the last good one");
    // A token that comes later is used at once, whatever the limit of those without.
    give(&server, &forge, "*", &[("a", 100)]);
    assert_eq!(stars(&server, "stars/acme/c").await, "7 server");
}

#[tokio::test(start_paused = true)]
async fn when_every_token_is_revoked_badges_are_made_as_without_one() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 100), ("b", 100)]);
    assert_eq!(stars(&server, "needed/acme/old").await, "7 server");
    for account in forge.lock().unwrap().accounts.values_mut() {
        account.is_revoked = true;
    }
    advance(&server, &forge, 400);
    for repo in 0..6 {
        assert_eq!(stars(&server, &format!("stars/acme/{repo}")).await, "7 anonymous");
    }
    let (a, b) = (asked(&forge, "a"), asked(&forge, "b"));
    assert!(a <= 4 && b <= 4, "{a} {b}");
    assert_eq!(stars(&server, "needed/acme/old").await, "7 server", "the last good one");
    assert_eq!(stars(&server, "needed/acme/new").await, "token not configured");
    assert_eq!((asked(&forge, "a"), asked(&forge, "b")), (a, b), "they are left out");
    give(&server, &forge, "*", &[("c", 100)]);
    assert_eq!(stars(&server, "needed/acme/new").await, "7 server");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_only_the_provider_understands_lets_the_token_rest_and_the_next_one_answers() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 100), ("b", 50)]);
    forge.lock().unwrap().refused_in_words = Some("a".to_owned());
    for repo in 0..4 {
        assert_eq!(stars(&server, &format!("stars/acme/{repo}")).await, "7 server");
    }
    assert_eq!(["a", "b"].map(|token| asked(&forge, token)), [1, 4]);
    forge.lock().unwrap().refused_in_words = None;
    advance(&server, &forge, 41);
    assert_eq!(stars(&server, "stars/acme/later").await, "7 server");
    assert_eq!(asked(&forge, "a"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_with_the_next_token_only_if_it_may_be_repeated() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 0), ("b", 100)]);
    assert_eq!(stars(&server, "posted/acme/x").await, "rate limited");
    assert_eq!(server.upstream.calls(), 1);
    assert_eq!(stars(&server, "posted/acme/x").await, "7 server", "the next caller's is sent with the next token");
    let (server, forge) = repos::server(&[], Arc::default());
    give(&server, &forge, "*", &[("a", 0), ("b", 100)]);
    assert_eq!(stars(&server, "queried/acme/x").await, "7 server");
    assert_eq!(["a", "b"].map(|token| asked(&forge, token)), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn secrets_that_cannot_be_looked_up_are_no_reason_to_ask_without_one() {
    let (server, forge) = server();
    give(&server, &forge, "*", &[("a", 100)]);
    server.store.are_secrets_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(stars(&server, "stars/acme/x").await, "secrets unavailable");
    assert_eq!(server.upstream.calls(), 0);
}
