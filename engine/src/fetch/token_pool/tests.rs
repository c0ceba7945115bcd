//! Turns, rests and revocations of tokens, with a clock that the tests move.

use badgesmith_provider::SentWith;
use http::{HeaderMap, HeaderName, header};

use super::*;
use crate::world::{CredentialPlace, Secret};

const SECOND: Duration = Duration::from_secs(1);
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn url(path: &str) -> Url {
    Url::parse(&format!("https://example.com{path}")).unwrap()
}

fn tokens(ids: &[&str]) -> ServerTokens {
    let origin = Origin::parse("https://example.com").unwrap();
    let credential = |id: &str| Credential {
        place: CredentialPlace::Header(header::AUTHORIZATION),
        value: Secret::new(id),
        whose: SentWith::Server,
    };
    let tokens = ids.iter().map(|id| ServerToken { id: (*id).to_owned(), credential: credential(id) });
    ServerTokens { pool: PoolName { origin, purpose: "GitHub".to_owned() }, tokens: tokens.collect() }
}

fn reply(status: u16, headers: &[(&'static str, &str)]) -> Reply {
    let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
    Reply { status, headers: headers.collect::<HeaderMap>(), ..Reply::default() }
}

/// Sends a request with the next token, which gets this reply, and returns the token's name.
fn turn(pools: &TokenPools, tokens: &ServerTokens, path: &str, now: SystemTime, reply: &Reply) -> String {
    match pools.next(tokens, &url(path), &[], now) {
        Next::Token(turn) => {
            turn.learn(&url(path), reply, now);
            turn.token.id.clone()
        }
        Next::Resting(seconds) => format!("rests {seconds}"),
        Next::NoneLeft => "none".to_owned(),
    }
}

fn left<'a>(remaining: &'a str, reset: &'a str) -> [(&'static str, &'a str); 2] {
    [("x-ratelimit-remaining", remaining), ("ratelimit-reset", reset)]
}

#[test]
fn a_token_of_which_nothing_is_known_is_first_and_then_the_one_with_most_left() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a", "b", "c"]));
    let next = |remaining| turn(&pools, &tokens, "/x", NOW, &reply(200, &left(remaining, "600")));
    assert_eq!([next("10"), next("30"), next("20")], ["a", "b", "c"]);
    assert_eq!([next("15"), next("14"), next("9")], ["b", "c", "b"]);
    let later = NOW + 601 * SECOND;
    let after_reset = turn(&pools, &tokens, "/x", later, &reply(200, &[]));
    assert_eq!(after_reset, "a", "after its reset nothing is known of a token");
}

#[test]
fn an_exhausted_token_is_not_used_before_its_reset_whichever_answer_told_so() {
    for (status, headers) in [
        (200, &left("0", "90")[..]),
        (403, &left("0", "90")[..]),
        (403, &[("retry-after", "90")]),
        (429, &[("retry-after", "90")]),
        (429, &left("0", "90")[..]),
    ] {
        let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
        let next = |now| turn(&pools, &tokens, "/x", now, &reply(200, &[]));
        assert_eq!(turn(&pools, &tokens, "/x", NOW, &reply(status, headers)), "a");
        assert_eq!(next(NOW), "rests 90", "{status} {headers:?}");
        assert_eq!(pools.resting(NOW + 30 * SECOND), [(tokens.pool.origin.clone(), 60)]);
        assert_eq!(next(NOW + 89 * SECOND), "rests 1", "{status} {headers:?}");
        assert_eq!(next(NOW + 90 * SECOND), "a", "{status} {headers:?}");
    }
}

#[test]
fn a_request_that_exhausts_the_last_token_is_told_when_to_come_back() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a", "b"]));
    let (path, mut tried) = (url("/x"), Vec::new());
    for status in [401, 403] {
        let Next::Token(turn) = pools.next(&tokens, &path, &tried, NOW) else { panic!("there is a token") };
        turn.learn(&path, &reply(status, &left("0", "90")), NOW);
        tried.push(turn.token.id.clone());
    }
    assert!(matches!(pools.next(&tokens, &path, &tried, NOW), Next::Resting(90)));
}

#[test]
fn an_earlier_answer_that_arrives_later_does_not_end_a_rest() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
    let (path, slow) = (url("/x"), reply(200, &left("7", "90")));
    let Next::Token(first) = pools.next(&tokens, &path, &[], NOW) else { panic!("there is a token") };
    let Next::Token(second) = pools.next(&tokens, &path, &[], NOW) else { panic!("there is a token") };
    second.learn(&path, &reply(200, &left("0", "90")), NOW);
    first.learn(&path, &slow, NOW);
    drop((first, second));
    assert_eq!(turn(&pools, &tokens, "/x", NOW, &slow), "rests 90");
}

#[test]
fn requests_under_way_count_as_sent() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a", "b"]));
    let path = url("/x");
    let take = || match pools.next(&tokens, &path, &[], NOW) {
        Next::Token(turn) => Ok(turn),
        other => Err(format!("{other:?}")),
    };
    let fresh = [take().unwrap(), take().unwrap()];
    assert_eq!(fresh.each_ref().map(|turn| &*turn.token.id), ["a", "b"]);
    fresh[0].learn(&path, &reply(200, &left("2", "90")), NOW);
    fresh[1].learn(&path, &reply(200, &left("1", "90")), NOW);
    drop(fresh);
    let last = [take().unwrap(), take().unwrap(), take().unwrap()];
    assert_eq!(last.each_ref().map(|turn| &*turn.token.id), ["a", "a", "b"]);
    assert_eq!(take().unwrap_err(), "Resting(90)");
    drop(last);
    assert!(take().is_ok());
}

#[test]
fn limits_that_the_upstream_counts_apart_rest_apart() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
    let of = |resource: &'static str, remaining: &'static str| {
        reply(200, &[&left(remaining, "90")[..], &[("x-ratelimit-resource", resource)]].concat())
    };
    assert_eq!(turn(&pools, &tokens, "/repos/x", NOW, &of("core", "10")), "a");
    assert_eq!(turn(&pools, &tokens, "/search/x", NOW, &of("search", "0")), "a");
    assert_eq!(turn(&pools, &tokens, "/search/y", NOW, &of("search", "0")), "rests 90");
    assert_eq!(turn(&pools, &tokens, "/repos/y", NOW, &of("core", "9")), "a");
    assert_eq!(turn(&pools, &tokens, "/unknown", NOW, &of("core", "9")), "rests 90", "it may be a search");
    // A secondary limit applies to every use of the token.
    assert_eq!(turn(&pools, &tokens, "/repos/z", NOW, &reply(403, &[("retry-after", "40")])), "a");
    assert_eq!(turn(&pools, &tokens, "/repos/z", NOW, &of("core", "9")), "rests 40");
}

#[test]
fn a_token_that_never_worked_is_revoked_by_one_refusal_and_another_by_three_in_a_row() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
    let next = |now, status| {
        let limit = if status == 401 { &left("0", "90")[..] } else { &[] };
        turn(&pools, &tokens, "/x", now, &reply(status, limit))
    };
    assert_eq!([next(NOW, 401), next(NOW, 200)], ["a", "none"]);
    assert!(pools.resting(NOW).is_empty());
    assert!(pools.are_revoked(&tokens, NOW));
    let later = NOW + REVOKED;
    assert!(!pools.are_revoked(&tokens, later));
    assert_eq!([next(later, 200), next(later, 401), next(later, 401)], ["a", "a", "a"]);
    assert_eq!([next(later, 404), next(later, 401), next(later, 401), next(later, 401)], ["a", "a", "a", "a"]);
    assert_eq!(next(later, 200), "none");
}

#[test]
fn what_is_known_of_a_token_is_forgotten_when_the_secrets_change() {
    let (pools, both) = (TokenPools::default(), tokens(&["a", "b"]));
    pools.next(&both, &url("/x"), &[], NOW);
    pools.revoke(&both.pool, &["a".to_owned()], NOW);
    let other = tokens(&["b"]);
    assert_eq!(turn(&pools, &other, "/x", NOW, &reply(200, &[])), "b");
    assert_eq!(turn(&pools, &tokens(&["a"]), "/x", NOW, &reply(200, &[])), "a");
}

#[test]
fn no_answer_lets_a_token_rest_for_longer_than_a_day_and_no_caller_waits_for_longer_than_an_hour() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
    assert_eq!(turn(&pools, &tokens, "/x", NOW, &reply(429, &[("retry-after", "99999999999")])), "a");
    let next = |now| turn(&pools, &tokens, "/x", now, &reply(200, &[]));
    assert_eq!(next(NOW + 3600 * SECOND), "rests 3600");
    assert_eq!(next(NOW + LONGEST_REST), "a");
}

#[test]
fn what_is_remembered_is_bounded_however_many_paths_and_limits_there_are() {
    let (pools, tokens) = (TokenPools::default(), tokens(&["a"]));
    for index in 0..1000 {
        let name = format!("limit-{index}");
        let told = reply(200, &[("x-ratelimit-remaining", "9"), ("x-ratelimit-resource", &*name)]);
        turn(&pools, &tokens, &format!("/{index}"), NOW, &told);
    }
    let pools = pools.lock();
    let pool = &pools[&tokens.pool];
    assert!(pool.limits_of_paths.len() <= MOST_PATHS, "{}", pool.limits_of_paths.len());
    assert!(pool.tokens["a"].limits.len() <= MOST_LIMITS + 1, "{}", pool.tokens["a"].limits.len());
}
