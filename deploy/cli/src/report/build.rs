//! The facts of a build, which the body of every kind of report contains.

use std::time::Duration;

use serde::Serialize;

use super::ci::BuildFacts;

/// A body as the server reads it: the facts of the build, and between them the counts. Unknown facts are left out,
/// which only happens in a dry run.
#[derive(Debug, Serialize)]
pub(super) struct BuildBody<'a, C> {
    /// What the tests ran on, or the part of the repository, as in the path.
    platform: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_attempt: Option<u32>,
    #[serde(flatten)]
    counted: C,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_run_url: Option<&'a str>,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

impl<'a, C: Serialize> BuildBody<'a, C> {
    /// The body for a platform or a part. `counted` is a struct, whose fields become fields of the body.
    pub(super) fn new(platform: &'a str, facts: &'a BuildFacts, timestamp: &'a str, counted: C) -> Self {
        Self {
            platform,
            commit: facts.commit.as_deref(),
            run_id: facts.run_id.as_deref(),
            run_attempt: facts.run_attempt,
            counted,
            url_html: facts.html_url.as_deref(),
            workflow_run_url: facts.run_url.as_deref(),
            timestamp,
            duration_ms: None,
        }
    }

    /// The body with the duration of the tests.
    pub(super) fn with_duration(mut self, duration: Option<Duration>) -> Self {
        self.duration_ms = duration.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Weight {
        grams: u32,
    }

    #[test]
    fn what_was_counted_stands_between_the_facts() {
        let facts = BuildFacts {
            commit: Some("c0ffee".into()),
            run_id: Some("7".into()),
            run_attempt: Some(2),
            html_url: Some("https://ci.example/7".into()),
            run_url: Some("https://ci.example/run/7".into()),
            ..BuildFacts::default()
        };
        let body = BuildBody::new("web", &facts, "2026-01-02T03:04:05Z", Weight { grams: 5 });
        let body = body.with_duration(Some(Duration::from_millis(1500)));
        let golden = r#"{"platform":"web","commit":"c0ffee","run_id":"7","run_attempt":2,"grams":5,"url_html":"https://ci.example/7","workflow_run_url":"https://ci.example/run/7","timestamp":"2026-01-02T03:04:05Z","duration_ms":1500}"#;
        assert_eq!(serde_json::to_string(&body).unwrap(), golden);
        let unknown = BuildFacts::default();
        let body = BuildBody::new("all", &unknown, "2026-01-02T03:04:05Z", Weight { grams: 5 });
        let golden = r#"{"platform":"all","grams":5,"timestamp":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(serde_json::to_string(&body).unwrap(), golden);
    }
}
