//! Passes the lines of a trace to a sink that shows them.

use std::{
    cmp::Reverse,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use badgesmith_engine::world::{Ask, Credential, Fault, Reply, Secret};

use super::{
    ask_lines::{answer_lines, request_lines},
    watched::Watch,
};

/// A sink that shows the lines of a trace.
pub(crate) trait LineSink: Send + Sync + 'static {
    /// Takes lines about one subject: the first line, and those that belong to it. They contain no control character,
    /// and none of the secrets that were found so far.
    fn take(&self, about: &str, lines: &[String]);
}

/// Takes the events of calls, and passes them on as lines.
pub(crate) struct Trace<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    sink: S,
    /// The text that is appended to the description of a query of the store.
    of_store: &'static str,
    /// The texts that no line may contain, the longest first, since one may begin with another.
    secrets: Mutex<Vec<Secret>>,
    /// How many requests were sent.
    requests: AtomicUsize,
}

/// A request that was sent.
pub(crate) struct SentRequest<S: LineSink> {
    number: usize,
    began: Instant,
    /// The trace that reports on drop that nothing waits for the answer any more; `None` once it was answered.
    unanswered: Option<Trace<S>>,
}

impl<S> Clone for Trace<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: LineSink> Trace<S> {
    pub(crate) fn new(sink: S, of_store: &'static str) -> Self {
        let shared = Shared { sink, of_store, secrets: Mutex::default(), requests: AtomicUsize::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Passes on a line about a subject, and the lines that belong to it.
    pub(crate) fn add(&self, about: &str, mut lines: Vec<String>) {
        for line in &mut lines {
            *line = self.hide(line);
        }
        self.shared.sink.take(about, &lines);
    }

    /// The text with `…` in the place of each secret, and without characters that move a terminal's cursor.
    pub(crate) fn hide(&self, text: &str) -> String {
        let secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let hidden = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.reveal(), "…"));
        hidden.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    }

    pub(crate) fn sink(&self) -> &S {
        &self.shared.sink
    }

    pub(super) fn of_store(&self) -> &'static str {
        self.shared.of_store
    }
}

impl<S: LineSink> Watch for Trace<S> {
    type Sent = SentRequest<S>;

    fn sends(&self, ask: &Ask) -> SentRequest<S> {
        if let Some(Credential { value, .. }) = &ask.credential {
            // A secret is hidden with its authentication scheme and without it.
            let bare = value.reveal().split_once(' ').map(|(_, bare)| Secret::new(bare));
            self.found(&bare.into_iter().chain([value.clone()]).collect::<Vec<_>>());
        }
        let number = self.shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
        self.add(&format!("request {number}"), request_lines(ask));
        SentRequest { number, began: Instant::now(), unanswered: Some(self.clone()) }
    }

    fn answered(&self, mut sent: SentRequest<S>, outcome: &Result<Reply, Fault>) {
        sent.unanswered = None;
        self.add(&format!("answer {}", sent.number), answer_lines(outcome, sent.began.elapsed().as_millis()));
    }

    fn found(&self, found: &[Secret]) {
        let mut secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in found {
            if !secret.reveal().is_empty() && !secrets.contains(secret) {
                secrets.push(secret.clone());
            }
        }
        secrets.sort_by_key(|secret| Reverse(secret.reveal().len()));
    }
}

impl<S: LineSink> Drop for SentRequest<S> {
    fn drop(&mut self) {
        if let Some(trace) = self.unanswered.take() {
            trace.add(&format!("answer {}", self.number), vec!["none before the call ended".to_owned()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use badgesmith_engine::world::CredentialPlace;
    use badgesmith_provider::SentWith;
    use url::Url;

    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl LineSink for Lines {
        fn take(&self, about: &str, lines: &[String]) {
            self.0.lock().unwrap().extend(lines.iter().map(|line| format!("{about}: {line}")));
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere_even_if_an_answer_repeats_it() {
        let trace = Trace::new(Lines::default(), "");
        let credential = |place, value: &str| {
            let value = Secret::new(value);
            Some(Credential { place, value, whose: SentWith::Owner })
        };
        let url = Url::parse("https://h.example/a?token=callers&page=2").unwrap();
        let query = CredentialPlace::Query("api_key".to_owned());
        let mut ask = Ask::get(url, 10, Duration::ZERO);
        ask.credential = credential(query, "hush hush");
        ask.headers.insert("x-auth", "hidden".parse().unwrap());
        let sent = trace.sends(&ask);
        trace.answered(sent, &Err(Fault::Unreachable("hush hush\u{1b}[2J".to_owned())));
        ask.credential = credential(CredentialPlace::Header("authorization".parse().unwrap()), "Bearer ghp_1");
        let sent = trace.sends(&ask);
        trace.found(&[Secret::new("ghp_12"), Secret::new("")]);
        trace.add("badge", vec!["a ghp_12 b ghp_1 c Bearer ghp_1".to_owned()]);
        drop(sent);
        let lines = trace.sink().0.lock().unwrap().clone();
        let text = lines.join("\n");
        for hidden in ["hush", "ghp", "callers", "hidden", "\u{1b}"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        let begin = "request 1: GET https://h.example/a?token=…&page=2\nrequest 1: x-auth: …\n\
                     request 1: api_key=… in the query (the owner's secret)\nanswer 1: none: … [2J, ";
        assert!(text.starts_with(begin), "{text}");
        for line in [
            "request 2: authorization: … (the owner's secret)",
            "badge: a … b … c …",
            "answer 2: none before the call ended",
        ] {
            assert!(lines.iter().any(|one| one == line), "{line}: {text}");
        }
    }

    #[test]
    fn an_answer_is_shown_with_what_its_headers_say_of_caching() {
        let trace = Trace::new(Lines::default(), "");
        let ask = Ask::get(Url::parse("https://h.example/").unwrap(), 10, Duration::ZERO);
        let mut reply = Reply { status: 304, ..Reply::default() };
        for (name, value) in [("etag", "\"a1\""), ("cache-control", "max-age=60"), ("set-cookie", "session=1")] {
            reply.headers.insert(name, value.parse().unwrap());
        }
        trace.answered(trace.sends(&ask), &Ok(reply));
        let lines = trace.sink().0.lock().unwrap().clone();
        assert!(lines[1].starts_with("answer 1: 304, no content-type, 0 bytes, "), "{lines:?}");
        assert_eq!(lines[2..], ["answer 1: cache-control: max-age=60", "answer 1: etag: \"a1\""]);
    }
}
