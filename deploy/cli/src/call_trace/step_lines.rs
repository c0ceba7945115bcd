//! Describes a step of a plugin in lines of text.

use badgesmith_engine::logged_url;
use badgesmith_provider::{Asked, Badge, Failure, FailureKind, Request, message::StepMessage};
use url::Url;

/// The outcome of a step that was given this many answers. `of_store` is appended to the description of a query of the
/// store.
pub(super) fn step_lines(step: &StepMessage, answers: usize, of_store: &str) -> Vec<String> {
    if let Some(badge) = &step.done {
        return vec![badge_words(badge)];
    }
    if let Some(failure) = &step.fail {
        return failure_lines(failure);
    }
    if step.ends() > 0 {
        return vec!["ends without a badge".to_owned()];
    }
    let words = |asked: &Asked| match asked {
        Asked::Fetch(request) => request_words(request),
        Asked::Latest(_) | Asked::States(_) | Asked::Parts(_) => format!("{asked}{of_store}"),
    };
    match step.fetch.get(answers..).unwrap_or_default() {
        [] => vec!["asks for nothing new".to_owned()],
        [one] => vec![format!("asks for {}", words(one))],
        more => {
            let first = format!("asks for {} answers", more.len());
            std::iter::once(first).chain(more.iter().map(words)).collect()
        }
    }
}

fn badge_words(badge: &Badge) -> String {
    let Badge { label, message, color, label_color, named_logo } = badge;
    let further = [("label", label), ("color", color), ("label color", label_color), ("logo", named_logo)];
    let further = further.into_iter().filter_map(|(name, value)| Some(format!(", {name} {:?}", value.as_ref()?)));
    format!("is done: message {message:?}{}", further.collect::<String>())
}

fn failure_lines(failure: &Failure) -> Vec<String> {
    let kind = match failure.kind {
        FailureKind::NotFound => "not found",
        FailureKind::InvalidParameter => "an invalid parameter",
        FailureKind::InvalidResponse => "an invalid answer",
        FailureKind::Inaccessible => "an upstream that cannot be asked",
    };
    let Failure { code, words, property, reason, retry_after, .. } = failure;
    let mut lines = vec![format!("fails: {code} {words:?}, {kind}")];
    lines.extend(property.iter().map(|property| format!("about: {property}")));
    lines.extend(reason.iter().map(|reason| format!("reason: {reason}")));
    lines.extend(retry_after.iter().map(|seconds| format!("to be asked again after {seconds} seconds")));
    lines
}

/// The address of a request, and the name of the secret that is sent with it.
fn request_words(request: &Request) -> String {
    let method = if request.body().is_some() { "POST" } else { "GET" };
    let address = match request.url() {
        Ok(url) => Url::parse(&url).map_or_else(|_| url.clone(), |parsed| logged_url(&parsed)),
        Err(fault) => format!("an address that is none: {fault}"),
    };
    let with = request.secret().map(|auth| format!(" with {auth}")).unwrap_or_default();
    let web = if request.is_web() { ", a host that the caller names" } else { "" };
    let optional = if request.is_optional() { ", optional" } else { "" };
    format!("{method} {address}{with}{web}{optional}")
}
