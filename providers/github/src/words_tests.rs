//! The words and colors of every conclusion that GitHub documents, from every source.

use badgesmith_provider::{Answer, Badge, Call, Provider, Step};
use serde_json::{Value, json};

use crate::Github;

/// The conclusions with their messages and colors.
/// <https://docs.github.com/en/rest/actions/workflow-runs>
const CONCLUSIONS: [(Option<&str>, &str, Option<&str>); 10] = [
    (Some("success"), "passing", Some("brightgreen")),
    (Some("neutral"), "passing", Some("brightgreen")),
    (Some("failure"), "failing", Some("red")),
    (Some("timed_out"), "failing", Some("red")),
    (Some("startup_failure"), "failing", Some("red")),
    (Some("action_required"), "failing", Some("red")),
    (Some("cancelled"), "cancelled", Some("lightgrey")),
    (Some("skipped"), "skipped", Some("lightgrey")),
    (Some("stale"), "no status", None),
    (None, "no status", None),
];

/// The statuses of a run that has not ended.
const STATUSES: [(&str, &str); 5] = [
    ("queued", "queued"),
    ("requested", "queued"),
    ("waiting", "queued"),
    ("pending", "queued"),
    ("in_progress", "running"),
];

/// Plays a call to its end; after these answers the upstream does not answer any more.
#[track_caller]
fn play(query: &[(&str, &str)], answers: &[Value]) -> Badge {
    let mut replies: Vec<_> = answers.iter().map(|answer| (200, answer.to_string())).collect();
    replies.push((503, String::new()));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut call = Call::new("workflow");
    let params = [("user", "acme"), ("repo", "shop"), ("workflow", "ci.yml"), ("branch", "main")];
    call.params = params.map(owned).into();
    call.query = query.iter().copied().map(owned).collect();
    call.settings = [("upstream", "https://api.github.com")].map(owned).into();
    call.now = 1_795_262_400;
    for count in 0..=replies.len() {
        let mut turn = call.clone();
        turn.answers = replies[..count]
            .iter()
            .map(|(status, body)| Answer { status: *status, body: body.as_bytes(), ..Answer::default() })
            .collect();
        match Github.badge(&turn) {
            Ok(badge) => return badge,
            Err(Step::Fail(failure)) => panic!("{failure:?}"),
            Err(_) => {}
        }
    }
    panic!("it is not done after {answers:?}");
}

/// The message and the color.
fn words(badge: Badge) -> (String, Option<String>) {
    (badge.message, badge.color)
}

#[test]
fn a_conclusion_has_the_same_words_and_color_by_record_and_by_api() {
    for (conclusion, message, color) in CONCLUSIONS {
        let expected = (message.to_owned(), color.map(str::to_owned));
        let record = json!([{ "run_id": "1", "run_attempt": 1, "timestamp_ms": 1, "fields": {
            "number": 1, "status": "completed", "conclusion": conclusion } }]);
        let runs = json!({ "workflow_runs": [{ "id": 1, "run_number": 1, "status": "completed", "html_url": "",
            "conclusion": conclusion, "head_repository": { "full_name": "acme/shop" } }] });
        assert_eq!(words(play(&[], std::slice::from_ref(&record))), expected, "{conclusion:?} by record");
        assert_eq!(words(play(&[], &[json!([]), runs.clone()])), expected, "{conclusion:?} by API");
        let job = &[("job", "test")];
        let state = json!([{ "platform": "1", "branch": "test", "sequence": [1], "written_ms": 1,
            "fields": { "status": "completed", "conclusion": conclusion } }]);
        let no_token = json!(null);
        let by_state = play(job, &[record.clone(), no_token.clone(), state]);
        assert_eq!(words(by_state), expected, "job: {conclusion:?} by state");
        let jobs = json!({ "total_count": 1, "jobs": [
            { "name": "test", "status": "completed", "conclusion": conclusion }] });
        let by_api = play(job, &[record, no_token, json!([]), jobs]);
        assert_eq!(words(by_api), expected, "job: {conclusion:?} by API");
    }
}

#[test]
fn a_run_under_way_has_the_same_words_by_state_and_by_api() {
    for (status, message) in STATUSES {
        let expected = (message.to_owned(), Some("lightgrey".to_owned()));
        let state = json!([{ "platform": "ci.yml", "branch": "main", "sequence": [1], "written_ms": 1, "fields": {
            "number": 1, "status": status, "updated_at": "2026-11-21T11:59:00Z" } }]);
        let runs = json!({ "workflow_runs": [{ "id": 1, "run_number": 1, "status": status, "html_url": "",
            "conclusion": null, "head_repository": { "full_name": "acme/shop" } }] });
        let progress = &[("progress", "true")];
        assert_eq!(words(play(progress, &[state])), expected, "{status} by state");
        assert_eq!(words(play(progress, &[json!([]), json!([]), runs])), expected, "{status} by API");
    }
}
