//! What happens in a call, as lines of text without secrets.

use std::{
    cmp::Reverse,
    fmt::Write,
    iter, mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use badgesmith_engine::{
    is_secret_name, logged_url,
    world::{Ask, Credential, CredentialPlace, Fault, Reply, Secret},
};
use badgesmith_host::log_lines::LogLine;
use badgesmith_provider::SentWith;

use super::watched::Watch;

/// The width of the column with what a line is about.
const WIDTH: usize = 12;

/// The lines so far.
#[derive(Default)]
pub(super) struct Trace(Mutex<Written>);

#[derive(Default)]
struct Written {
    text: String,
    /// What must not be in the text.
    secrets: Vec<Secret>,
    /// How many requests were sent.
    requests: usize,
    /// The numbers of those that have no answer.
    unanswered: Vec<usize>,
}

/// A request that was sent.
pub(super) struct SentRequest {
    number: usize,
    began: Instant,
}

impl Trace {
    /// Adds a line about something, and the lines that belong to it.
    pub(super) fn add(&self, about: &str, lines: &[String]) {
        self.written().add(about, lines);
    }

    /// Adds a line of the log.
    pub(super) fn add_log(&self, line: &LogLine) {
        let fields = line.fields.iter().map(|(name, value)| format!("{name}: {value}"));
        let lines: Vec<_> = iter::once(line.message.clone()).chain(fields).collect();
        self.add("log", &lines);
    }

    /// Adds that the call ended before these requests were answered.
    pub(super) fn add_unanswered(&self) {
        let mut written = self.written();
        for number in mem::take(&mut written.unanswered) {
            let words = "none before the call ended; a server keeps one that comes later for the next caller";
            written.add(&format!("answer {number}"), &[words.to_owned()]);
        }
    }

    /// All lines, with `…` in the place of each secret.
    pub(super) fn text(&self) -> String {
        let written = self.written();
        let mut secrets: Vec<_> =
            written.secrets.iter().map(Secret::reveal).filter(|value| !value.is_empty()).collect();
        // One may begin with another.
        secrets.sort_by_key(|value| Reverse(value.len()));
        secrets.into_iter().fold(written.text.clone(), |text, value| text.replace(value, "…"))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Written {
    fn add(&mut self, about: &str, lines: &[String]) {
        for (at, line) in lines.iter().enumerate() {
            let about = if at == 0 { about } else { "" };
            // What an upstream or a plugin says must not move a terminal's cursor.
            let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            // Writing to a String does not fail.
            let _ = writeln!(self.text, "{about:<WIDTH$}{line}");
        }
    }
}

impl Watch for Trace {
    type Sent = SentRequest;

    fn sends(&self, ask: &Ask) -> SentRequest {
        let mut written = self.written();
        written.requests += 1;
        let number = written.requests;
        written.unanswered.push(number);
        if let Some(Credential { value, .. }) = &ask.credential {
            // With its scheme and without.
            let bare = value.reveal().split_once(' ').map(|(_, bare)| Secret::new(bare));
            written.secrets.extend(bare.into_iter().chain([value.clone()]));
        }
        written.add(&format!("request {number}"), &request_lines(ask));
        SentRequest { number, began: Instant::now() }
    }

    fn answered(&self, SentRequest { number, began }: SentRequest, outcome: &Result<Reply, Fault>) {
        let took = began.elapsed().as_millis();
        let words = match outcome {
            Ok(reply) => reply_words(reply),
            Err(fault) => fault_words(fault),
        };
        let mut written = self.written();
        written.unanswered.retain(|unanswered| *unanswered != number);
        written.add(&format!("answer {number}"), &[format!("{words}, {took} ms")]);
    }

    fn found(&self, secrets: &[Secret]) {
        self.written().secrets.extend_from_slice(secrets);
    }
}

/// The method and the address, and a line for each header; secrets by their place alone.
fn request_lines(ask: &Ask) -> Vec<String> {
    let method = if ask.body.is_some() { "POST" } else { "GET" };
    let mut lines = vec![format!("{method} {}", logged_url(&ask.url))];
    for (name, value) in
        [("accept", &ask.accept), ("if-none-match", &ask.etag), ("if-modified-since", &ask.last_modified)]
    {
        lines.extend(value.iter().map(|value| format!("{name}: {value}")));
    }
    for (name, value) in &ask.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let shown = if is_secret_name(name.as_str()) { "…" } else { &*value };
        lines.push(format!("{name}: {shown}"));
    }
    if let Some(Credential { place, whose, .. }) = &ask.credential {
        let whose = match whose {
            SentWith::Owner => "the owner's secret",
            SentWith::Server => "a secret of the server's own",
        };
        lines.push(match place {
            CredentialPlace::Header(name) => format!("{name}: … ({whose})"),
            CredentialPlace::Query(name) => format!("{name}=… in the query ({whose})"),
        });
    }
    lines.extend(ask.body.iter().map(|body| format!("a body of {} bytes of JSON", body.len())));
    lines
}

/// The head of an answer.
fn reply_words(reply: &Reply) -> String {
    let media_type = reply.headers.get("content-type").and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or("no content-type");
    format!("{}, {media_type}, {} bytes", reply.status, reply.body.len())
}

/// Why there is no answer.
fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Unreachable(words) => format!("none: {words}"),
        Fault::Timeout => "none in time".to_owned(),
        Fault::TooLarge => "it is too large".to_owned(),
        Fault::Nonsense(words) => format!("it cannot be used: {words}"),
        Fault::Status(status) => status.to_string(),
        Fault::NotAllowed(words) => format!("none, because the address guard refuses the address: {words}"),
        Fault::RateLimited(Some(seconds)) => format!("the rate limit is exhausted for {seconds} seconds"),
        Fault::RateLimited(None) => "the rate limit is exhausted".to_owned(),
        Fault::Busy => "none, because too many requests are under way".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;

    #[test]
    fn a_secret_is_shown_nowhere_even_if_an_answer_repeats_it() {
        let trace = Trace::default();
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
        let _unanswered = trace.sends(&ask);
        trace.found(&[Secret::new("ghp_12"), Secret::new("")]);
        trace.add("badge", &["a ghp_12 b ghp_1 c Bearer ghp_1".to_owned()]);
        trace.add_unanswered();
        let text = trace.text();
        for hidden in ["hush", "ghp", "callers", "hidden", "\u{1b}"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        let begin = "request 1   GET https://h.example/a?token=…&page=2\n            x-auth: …\n            \
                     api_key=… in the query (the owner's secret)\nanswer 1    none: … [2J, ";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains("            authorization: … (the owner's secret)\n"), "{text}");
        assert!(text.contains("\nbadge       a … b … c …\nanswer 2    none before the call ended; "), "{text}");
    }
}
