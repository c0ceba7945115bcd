//! The verdict on a badge, from a server's answer.

use serde::Deserialize;

use super::question::LOOKS;

/// The state of a badge on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BadgeState {
    /// It is drawn.
    Answered,
    /// The server knows the address, and the badge shows an error now.
    Error,
    /// The server has no such badge.
    NotFound,
    /// The badge's upstream service no longer exists.
    Dead,
    /// No usable answer arrived.
    NoAnswer,
    /// The badge was not requested.
    NotAsked,
}

/// All states, in the order of the summary.
pub(super) const STATES: [BadgeState; 6] = [
    BadgeState::Answered,
    BadgeState::Error,
    BadgeState::NotFound,
    BadgeState::Dead,
    BadgeState::NoAnswer,
    BadgeState::NotAsked,
];

impl BadgeState {
    /// The state's name in the table and in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Error => "error",
            Self::NotFound => "not-found",
            Self::Dead => "dead",
            Self::NoAnswer => "no-answer",
            Self::NotAsked => "not-asked",
        }
    }

    /// Whether a reader sees an error, or no picture.
    pub(super) fn is_wrong(self) -> bool {
        !matches!(self, Self::Answered | Self::NotAsked)
    }
}

/// A state with the text of the badge, or with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) state: BadgeState,
    pub(super) label: String,
    pub(super) message: String,
}

impl Verdict {
    pub(super) fn new(state: BadgeState, message: impl Into<String>) -> Self {
        Self { state, label: String::new(), message: message.into() }
    }
}

/// The text of shields.io for a badge whose service was shut down.
const NO_LONGER_AVAILABLE: &str = "no longer available";
/// The text of a badge whose address has no route.
const BADGE_NOT_FOUND: &str = "badge not found";
/// The beginnings of addresses of services that were shut down, for a server that does not know them.
const DEAD_SERVICES: [&str; 34] = [
    "bit/",
    "bithound/",
    "bountysource/",
    "codeclimate/",
    "codetally/",
    "coincap/",
    "continuousphp/",
    "cauditor/",
    "david/",
    "dependabot/",
    "docker/automated/",
    "docker/build/",
    "docker/cloud/",
    "dockbit/",
    "dotnetstatus/",
    "gemnasium/",
    "github/workflow/status/",
    "gittip/",
    "gratipay/",
    "hackage-deps/",
    "imagelayers/",
    "issuestats/",
    "lgtm/",
    "libscore/",
    "magnumci/",
    "nsp/",
    "pub/popularity/",
    "requires/",
    "shippable/",
    "snap-ci/",
    "snyk/",
    "versioneye/",
    "visual-studio-app-center/",
    "waffle/",
];

/// The fields of a badge's or an error's JSON that determine the verdict.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(rename = "schemaVersion")]
    schema_version: Option<serde_json::Value>,
    label: Option<String>,
    message: Option<String>,
    #[serde(rename = "isError")]
    is_error: bool,
    error_details: Vec<ErrorDetail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    error_code: Option<String>,
    property_name: Option<String>,
}

/// Judges an answer to a badge's address as JSON. `path` is the badge's, with its first slash.
pub(super) fn judge(path: &str, status: u16, body: &[u8]) -> Verdict {
    // serde would accept a JSON list as the fields in their order.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let Some(answer) = serde_json::from_slice::<Answer>(body).ok().filter(|_| is_object) else {
        return Verdict::new(BadgeState::NoAnswer, format!("status {status}, and no badge as JSON"));
    };
    let detail = answer.error_details.into_iter().next().unwrap_or_default();
    let message = answer.message.unwrap_or_default();
    let draws_anyway = status == 400 && detail.property_name.as_deref().is_some_and(|name| LOOKS.contains(&name));
    let is_drawn = status == 200 && answer.schema_version.is_some() && !answer.is_error || draws_anyway;
    // A server may answer such a badge with status 200.
    let is_gone = message.eq_ignore_ascii_case(NO_LONGER_AVAILABLE) && !is_authors(path);
    let state = if is_drawn && !is_gone {
        BadgeState::Answered
    } else if is_gone || is_dead(path) {
        BadgeState::Dead
    } else if message.eq_ignore_ascii_case(BADGE_NOT_FOUND) || detail.error_code.as_deref() == Some("ROUTE_NOT_FOUND") {
        BadgeState::NotFound
    } else {
        BadgeState::Error
    };
    let words = if message.is_empty() { format!("status {status}") } else { message };
    Verdict { label: answer.label.unwrap_or_default(), ..Verdict::new(state, words) }
}

/// Whether the author of the badge chose its text, because the address or a document of the author contains it.
fn is_authors(path: &str) -> bool {
    ["/badge/", "/static/", "/endpoint", "/:"].iter().any(|begin| path.starts_with(begin))
}

fn is_dead(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    DEAD_SERVICES.iter().any(|begin| path.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_judged_by_its_json() {
        let rows = [
            ("/x", 200, r#"{"schemaVersion":1,"label":"a","message":"b"}"#, BadgeState::Answered),
            ("/x", 200, r#"{"schemaVersion":1,"label":"a","message":"b","isError":true}"#, BadgeState::Error),
            ("/x", 200, r#"{"message":"b"}"#, BadgeState::Error),
            ("/x", 404, r#"{"message":"badge not found"}"#, BadgeState::NotFound),
            ("/x", 404, r#"{"message":"x","error_details":[{"error_code":"ROUTE_NOT_FOUND"}]}"#, BadgeState::NotFound),
            ("/x", 404, r#"{"message":"package not found","error_details":[]}"#, BadgeState::Error),
            ("/x", 404, r#"{"message":"no longer available"}"#, BadgeState::Dead),
            ("/x", 200, r#"{"schemaVersion":1,"message":"no longer available"}"#, BadgeState::Dead),
            ("/badge/x", 200, r#"{"schemaVersion":1,"message":"no longer available"}"#, BadgeState::Answered),
            ("/david/a/b", 404, r#"{"message":"badge not found"}"#, BadgeState::Dead),
            ("/david/a/b", 200, r#"{"schemaVersion":1,"message":"b"}"#, BadgeState::Answered),
            (
                "/x",
                400,
                r#"{"message":"invalid color","error_details":[{"property_name":"color"}]}"#,
                BadgeState::Answered,
            ),
            ("/x", 400, r#"{"message":"invalid url","error_details":[{"property_name":"url"}]}"#, BadgeState::Error),
            ("/x", 200, "<svg/>", BadgeState::NoAnswer),
            ("/x", 502, "", BadgeState::NoAnswer),
            ("/x", 503, "[]", BadgeState::NoAnswer),
        ];
        for (path, status, body, expected) in rows {
            assert_eq!(judge(path, status, body.as_bytes()).state, expected, "{body}");
        }
    }
}
