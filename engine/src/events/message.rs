//! The text of an event for a chat: a sentence, and the link to the run.

use serde_json::Value;
use url::Url;

use super::event::{Event, EventName, EventSubject};

/// The longest sentence, in characters. Escaped for Discord, it has at most twice as many characters, and together with
/// the link at most the 2000 that Discord accepts.
const LONGEST_SENTENCE: usize = 700;
/// The longest link, in bytes; a longer one is left out.
const LONGEST_LINK: usize = 500;

/// The sentence for an event, such as `tests of acme/tools on main (linux): 3 failed, 187 passed (was 190 passed)`.
/// Control characters become blanks.
pub(super) fn sentence(event: &Event) -> String {
    let what = match &event.after {
        Some(badge) => &badge.label,
        None => event.before.as_ref().map_or(&event.subject.collection, |badge| &badge.label),
    };
    let place = place(&event.subject);
    let text = match (event.name, &event.before, &event.after) {
        (EventName::RepositoryChanged, ..) => format!("{} has changed{}", name(&event.subject), visibility(event)),
        (_, Some(before), Some(after)) if before.message != after.message => {
            format!("{what} of {place}: {} (was {})", after.message, before.message)
        }
        (EventName::BadgeChanged, Some(before), Some(after)) => {
            format!("{what} of {place}: {} ({}, was {})", after.message, after.color, before.color)
        }
        (_, _, Some(after)) => format!("{what} of {place}: {}", after.message),
        (EventName::ResultRecorded, _, None) => format!("{what} of {place}: a result was recorded"),
        (EventName::WorkflowCompleted, _, None) => format!("{what} of {place}: {}", conclusion(event)),
        (EventName::BadgeChanged, Some(before), None) => {
            format!("{what} of {place}: the badge is gone (was {})", before.message)
        }
        (EventName::BadgeChanged, None, None) => format!("{what} of {place}: the badge has changed"),
    };
    shortened(&text)
}

/// The page of the run, if the event's data names one that is a web address.
pub(super) fn link(event: &Event) -> Option<String> {
    let url = ["url_html", "url"].into_iter().find_map(|name| field(event, name))?;
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.as_str().len() <= LONGEST_LINK;
    is_plain.then(|| url.into())
}

fn name(subject: &EventSubject) -> String {
    format!("{}/{}", subject.owner, subject.repo)
}

/// `acme/tools on main (linux)`, without the parts that the subject does not have.
fn place(subject: &EventSubject) -> String {
    let mut place = name(subject);
    if !subject.branch.is_empty() {
        place += &format!(" on {}", subject.branch);
    }
    if !subject.part.is_empty() {
        place += &format!(" ({})", subject.part);
    }
    place
}

/// The visibility of a repository that changed, if the event says it.
fn visibility(event: &Event) -> String {
    field(event, "visibility").map(|visibility| format!(": it is {visibility} now")).unwrap_or_default()
}

/// How the run of a workflow ended, if the event says it.
fn conclusion(event: &Event) -> &str {
    field(event, "conclusion").unwrap_or("a run has ended")
}

/// A text of the event's data: a field of the state, or of the record.
fn field<'e>(event: &'e Event, name: &str) -> Option<&'e str> {
    let of_record = || event.data.get("fields")?.get(name);
    event.data.get(name).or_else(of_record).and_then(Value::as_str)
}

fn shortened(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut short: String = plain.clone().take(LONGEST_SENTENCE).collect();
    if plain.count() > LONGEST_SENTENCE {
        short.pop();
        short.push('…');
    }
    short
}
