//! Describes a request to an upstream, and its answer, in lines of text.

use badgesmith_engine::{
    is_secret_name, logged_url,
    world::{Ask, Credential, CredentialPlace, Fault, Reply},
};
use badgesmith_provider::SentWith;

/// The headers of an answer that are shown: those about caching and about rate limits.
const SHOWN_HEADERS: [&str; 7] =
    ["age", "cache-control", "etag", "last-modified", "retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The method and the address, and a line for each header. Of a secret only its place in the request is shown.
pub(super) fn request_lines(ask: &Ask) -> Vec<String> {
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

/// The status and the headers of an answer, or why there is none, with the time in milliseconds.
pub(super) fn answer_lines(outcome: &Result<Reply, Fault>, milliseconds: u128) -> Vec<String> {
    let Ok(reply) = outcome else {
        let words = outcome.as_ref().err().map(fault_words).unwrap_or_default();
        return vec![format!("{words}, {milliseconds} ms")];
    };
    let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = header("content-type").unwrap_or("no content-type");
    let first = format!("{}, {media_type}, {} bytes, {milliseconds} ms", reply.status, reply.body.len());
    let shown = SHOWN_HEADERS.iter().filter_map(|name| Some(format!("{name}: {}", header(name)?)));
    std::iter::once(first).chain(shown).collect()
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
