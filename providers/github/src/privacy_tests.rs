//! Tests that every badge of a repository shows a private repository, which only a token can see, like a missing one.

use std::{fs, path::Path};

use badgesmith_provider::{Answer, Call, CallKind, Failure, Provider, Request, SentWith, Step};
use serde_json::Value;

use crate::Github;

/// The answer that a host passes on instead of GitHub's answer about a private repository.
const HIDDEN: (u16, &[u8]) = (404, br#"{"message":"not found"}"#);

/// The badges that do not request one repository with a token.
const OTHERS: [&str; 4] = ["version", "issues-search", "code-search", "former-workflow"];

#[test]
fn a_private_repository_says_exactly_what_a_missing_one_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let transcript: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let call = call(&transcript["call"]);
        let is_limited = transcript["turns"].to_string().contains("rate limit");
        let is_hook = call.kind == CallKind::Hook;
        if is_hook || call.param("repo").is_empty() || OTHERS.contains(&&*call.name) || is_limited {
            continue;
        }
        let private = play(&call, |request| {
            let is_itself = request.url().unwrap().ends_with("/repos/acme/shop") || request.body().is_some();
            if is_itself { None } else { recorded(&transcript, request) }
        });
        let missing = play(&call, |_| None);
        assert_eq!(private, missing, "{}", path.display());
        count += 1;
    }
    println!("{count} transcripts");
    assert!(count >= 200, "{count} transcripts");
}

/// The failure of a call that a host makes with a token; `answer` returns the answers that are not hidden. The host
/// hides all records and states from deliveries.
#[track_caller]
fn play(call: &Call<'_>, answer: impl Fn(&Request) -> Option<(u16, Vec<u8>)>) -> String {
    let mut replies: Vec<(u16, Vec<u8>)> = Vec::new();
    for _turn in 0..8 {
        let mut turn = call.clone();
        let answers = replies.iter().map(|(status, body)| Answer {
            status: *status,
            body,
            sent_with: Some(SentWith::Server),
            ..Answer::default()
        });
        turn.answers = answers.collect();
        let ended = match call.kind {
            CallKind::Redirect => Github.redirect(&turn),
            _ => Github.badge(&turn).map(|badge| format!("{badge:?}")),
        };
        match ended {
            Ok(end) => return format!("no failure: {end}"),
            Err(Step::Latest(_) | Step::States(_)) => replies.push((200, b"[]".to_vec())),
            Err(Step::Fail(Failure { kind, code, words, .. })) => return format!("{kind:?} {code}: {words}"),
            Err(Step::Fetch(requests)) => {
                let hidden = || (HIDDEN.0, HIDDEN.1.to_vec());
                replies.extend(requests.iter().map(|request| answer(request).unwrap_or_else(hidden)));
            }
            Err(step) => panic!("{step:?}"),
        }
    }
    panic!("it is not done after eight turns");
}

/// The transcript's answer to a request.
fn recorded(transcript: &Value, request: &Request) -> Option<(u16, Vec<u8>)> {
    let turns = transcript["turns"].as_array()?.iter();
    let pairs = turns.filter_map(|turn| Some(turn["fetch"].as_array()?.iter().zip(turn["answers"].as_array()?)));
    let url = request.url().unwrap() + " ";
    let (_, answer) = pairs.flatten().find(|(text, _)| text.as_str().is_some_and(|text| text.starts_with(&url)))?;
    let body = answer["text"].as_str().map_or_else(|| answer["json"].to_string(), str::to_owned);
    Some((u16::try_from(answer["status"].as_u64()?).unwrap(), body.into_bytes()))
}

fn call(written: &Value) -> Call<'static> {
    let mut call = Call::new(written["name"].as_str().unwrap());
    call.kind = written.get("kind").map(|kind| serde_json::from_value(kind.clone()).unwrap()).unwrap_or_default();
    let pairs = |member: &str| {
        let pairs = written[member].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    (call.params, call.query, call.settings) = (pairs("params"), pairs("query"), pairs("settings"));
    call.now = written["now"].as_u64().unwrap();
    call
}
