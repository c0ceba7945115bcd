//! The statuses of builds: one word for each of the words that services use.

use super::colored_text::ColoredText;

/// The message and the color for the status of a build; `None` for a word that is not a status.
///
/// `success` and its synonyms become `passing`, and `failed` becomes `failing`; other words stay as they are.
///
/// ```
/// use badgesmith_provider::format::{ColoredText, build_status};
///
/// assert_eq!(build_status("success"), Some(ColoredText::new("passing", "brightgreen")));
/// assert_eq!(build_status("failed"), Some(ColoredText::new("failing", "red")));
/// assert_eq!(build_status("running"), Some(ColoredText::new("running", "lightgrey")));
/// assert_eq!(build_status("fantastic"), None);
/// ```
pub fn build_status(status: &str) -> Option<ColoredText> {
    let (text, color) = match status {
        "fixed" | "passed" | "passing" | "succeeded" | "success" | "successful" => ("passing", "brightgreen"),
        "partially succeeded" => ("passing", "orange"),
        "unstable" | "timeout" => (status, "orange"),
        "failed" => ("failing", "red"),
        "broken" | "error" | "errored" | "failing" | "failure" | "infrastructure_failure" => (status, "red"),
        "aborted" | "building" | "canceled" | "cancelled" | "created" | "expired" | "initiated" | "no builds"
        | "no tests" | "not built" | "not run" | "pending" | "processing" | "queued" | "running" | "scheduled"
        | "skipped" | "starting" | "stopped" | "testing" | "waiting" => (status, "lightgrey"),
        _ => return None,
    };
    Some(ColoredText::new(text, color))
}
