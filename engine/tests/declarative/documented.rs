//! The examples of the page about declarative providers, each of which says in comments what it does.

use std::fs;

use badgesmith_engine::Request;
use badgesmith_provider::{
    Answer, Call, SentWith,
    message::{StepMessage, read_step, write_call},
};

use super::{WHOLE, folder, support::TestServer, written};

/// The upstream of the examples.
const UPSTREAM: &str = "https://example.com";

/// What an example says of itself in a comment.
enum Comment<'t> {
    /// The badge's address.
    At(&'t str),
    /// One of the requests, or with `next` the one that follows the answers.
    Asks(&'t str),
    /// The answer to a request.
    Answer(&'t str),
    /// The message, perhaps with its color in parentheses.
    Shows(&'t str),
    /// The label and the message, as the server draws them.
    Draws(&'t str),
    /// The words of the error badge.
    Fails(&'t str),
}

impl<'t> Comment<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let (word, rest) = line.strip_prefix("# ")?.split_once(' ')?;
        Some(match word {
            "at" => Self::At(rest),
            "asks" => Self::Asks(rest),
            "answer" => Self::Answer(rest),
            "shows" => Self::Shows(rest),
            "draws" => Self::Draws(rest),
            "fails" => Self::Fails(rest),
            _ => return None,
        })
    }
}

#[tokio::test]
async fn every_example_of_the_page_does_what_its_comments_say() {
    let page = fs::read_to_string(folder().join("README.md")).unwrap();
    let examples: Vec<_> = page.split("```toml\n").skip(3).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(examples.len() > 20, "{}", examples.len());
    for example in examples {
        Example::new(example).run().await;
    }
}

/// An example, and what was said of it so far.
struct Example<'t> {
    text: &'t str,
    plugins: String,
    address: String,
    asks: Vec<&'t str>,
    answers: Vec<PlayedAnswer>,
}

/// An answer to a request of an example.
struct PlayedAnswer {
    status: u16,
    body: Vec<u8>,
    sent_with: Option<SentWith>,
}

impl PlayedAnswer {
    /// Reads a status or a body; `by owner` before it says that the request carried the owner's secret.
    fn read(text: &str) -> Self {
        let (text, sent_with) =
            text.strip_prefix("by owner ").map_or((text, None), |rest| (rest, Some(SentWith::Owner)));
        match text.parse() {
            Ok(status) => Self { status, body: b"{}".to_vec(), sent_with },
            Err(_) => Self { status: 200, body: body(text), sent_with },
        }
    }
}

impl<'t> Example<'t> {
    fn new(text: &'t str) -> Self {
        let file = completed(text);
        let path = written("documented", &file);
        let plugins = format!("[[plugin]]\nid = \"demo\"\ndeclarative = {path:?}\norigins = [{UPSTREAM:?}]\n");
        let example = file.lines().find_map(|line| line.strip_prefix("example = \"")).unwrap().trim_end_matches('"');
        Self { text, plugins, address: format!("/badges/demo/{example}"), asks: Vec::new(), answers: Vec::new() }
    }

    async fn run(mut self) {
        let mut expectations = 0;
        for comment in self.text.lines().filter_map(Comment::read) {
            if !matches!(comment, Comment::Asks(_)) {
                self.check_requests();
            }
            match comment {
                Comment::At(address) => {
                    self.address = address.to_owned();
                    self.answers.clear();
                    continue;
                }
                Comment::Asks(request) => {
                    match request.strip_prefix("next ") {
                        Some(request) => self.check_next(request),
                        None => self.asks.push(request),
                    }
                    expectations += 1;
                    continue;
                }
                Comment::Answer(answer) => {
                    self.answers.push(PlayedAnswer::read(answer));
                    continue;
                }
                Comment::Shows(expected) => assert_eq!(self.shown(), expected, "{}", self.text),
                Comment::Draws(expected) => assert_eq!(self.drawn().await, expected, "{}", self.text),
                Comment::Fails(words) => {
                    let failure = self.step(&self.answers).fail;
                    assert_eq!(
                        failure.map(|failure| failure.words.into_owned()).as_deref(),
                        Some(words),
                        "{}",
                        self.text
                    );
                }
            }
            expectations += 1;
            self.answers.clear();
        }
        self.check_requests();
        assert!(expectations > 0, "{} says nothing of what it does", self.text);
    }

    /// Compares the requests with those that were said since the last call.
    fn check_requests(&mut self) {
        let expected = std::mem::take(&mut self.asks);
        if !expected.is_empty() {
            let asked: Vec<_> = self.step(&[]).fetch.iter().map(ToString::to_string).collect();
            assert_eq!(asked, expected, "{}", self.text);
        }
    }

    /// Compares the last request with what the answers so far lead to.
    fn check_next(&self, expected: &str) {
        let asked = self.step(&self.answers).fetch.last().map(ToString::to_string);
        assert_eq!(asked.as_deref(), Some(expected), "{}", self.text);
    }

    fn server(&self) -> TestServer {
        TestServer::try_new(&self.plugins).map_err(|refusal| format!("{refusal}\n{}", self.text)).unwrap()
    }

    fn call(&self, server: &TestServer) -> Call<'static> {
        let now = *server.now.lock().unwrap();
        let call = server.engine.call(&Request::get(&self.address), now).map(|(_, call)| call);
        call.ok_or_else(|| format!("{} leads nowhere\n{}", self.address, self.text)).unwrap()
    }

    fn step(&self, answers: &[PlayedAnswer]) -> StepMessage {
        let server = self.server();
        let mut call = self.call(&server);
        let bodies: Vec<_> = answers.iter().map(|answer| answer.body.as_slice()).collect();
        let answers = answers.iter().map(|PlayedAnswer { status, body, sent_with }| Answer {
            status: *status,
            body,
            sent_with: *sent_with,
            ..Answer::default()
        });
        call.answers = answers.collect();
        read_step(&server.engine.plugins()[0].step(&write_call(&call), &bodies).unwrap()).unwrap()
    }

    /// The message, with the color of the badge or its manifest if the example says one.
    fn shown(&self) -> String {
        let step = self.step(&self.answers);
        let badge = step.done.clone().ok_or_else(|| format!("{step:?}\n{}", self.text)).unwrap();
        let color = badge.color.or_else(|| self.server().engine.plugins()[0].manifest.badges[0].color.clone());
        let colored = format!("{} ({})", badge.message, color.unwrap_or_default());
        if self.text.contains(&format!("# shows {colored}\n")) { colored } else { badge.message }
    }

    /// The label and the message that the server draws.
    async fn drawn(&self) -> String {
        let server = self.server();
        for (asked, answer) in self.step(&[]).fetch.iter().zip(&self.answers) {
            server.upstream.set(&asked.to_string(), answer.status, &[], std::str::from_utf8(&answer.body).unwrap());
        }
        server.words(&format!("{}.svg", self.address)).await.replace(": ", " | ")
    }
}

/// The body of an answer, on one line: JSON as it is, in any other text `\n` is a line end.
fn body(text: &str) -> Vec<u8> {
    let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
    if is_json { text.to_owned() } else { text.replace("\\n", "\n") }.into_bytes()
}

/// A part of a file with the keys that it lacks.
fn completed(part: &str) -> String {
    if part.starts_with("id = ") {
        return part.to_owned();
    }
    let has = |key: &str| {
        part.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.'])))
            || (key == "get"
                && (part.contains("\npost = ") || part.starts_with("post = ") || part.contains("[badge.requests.")))
            || (key == "value" && part.contains("[badge.values."))
            || key == "format"
    };
    let lacks = |line: &&str| !line.split_once(" = ").is_some_and(|(key, _)| has(key));
    let head = WHOLE.lines().filter(lacks).collect::<Vec<_>>().join("\n");
    format!("{head}\n{part}")
}
