//! What is sent for an event: signed JSON, messages of chats, and messages to topics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, SystemTime};

use badgesmith_engine::{
    events::{Event, Form, Outgoing, ResolvedTarget, WebhookSecret, outgoing},
    world::Secret,
};
use serde_json::{Value, json};

fn event(changes: Value) -> Event {
    let mut event = json!({
        "id": "evt_1", "type": "result.recorded", "timestamp": "2026-11-29T12:00:00.250Z", "sequence": 7,
        "subject": {"collection": "test-results", "owner": "acme", "repo": "tools", "part": "linux", "branch": "main"},
        "before": {"label": "tests", "message": "190 passed", "color": "brightgreen"},
        "after": {"label": "tests", "message": "187 passed, 3 failed", "color": "red"},
        "data": {"run_id": "5", "run_attempt": 1, "fields": {"url_html": "https://ci.example.com/5?a=1&b=2"}},
    });
    for (pointer, value) in changes.as_object().unwrap() {
        match event.pointer_mut(pointer) {
            Some(found) => *found = value.clone(),
            None => panic!("{pointer}"),
        }
    }
    serde_json::from_value(event).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn receiver(secrets: &[&str]) -> ResolvedTarget {
    let secrets = secrets.iter().map(|secret| WebhookSecret::parse(&Secret::new(*secret)).unwrap()).collect();
    ResolvedTarget::Webhook { url: "https://hooks.example.com/in/hidden".parse().unwrap(), secrets }
}

/// The headers' values and the body that a webhook sends.
fn webhook(event: &Event, form: Form, target: &ResolvedTarget, now: SystemTime) -> (Vec<(String, String)>, String) {
    let Outgoing::Webhook { headers, body, .. } = outgoing(event, form, target, now) else { panic!("no webhook") };
    let mut headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (headers, String::from_utf8(body.to_vec()).unwrap())
}

/// The text that a chat shows.
fn chat(event: &Event, form: Form, key: &str) -> String {
    let (headers, body) = webhook(event, form, &receiver(&[]), at(0));
    assert_eq!(headers, [("content-type".to_owned(), "application/json".to_owned())]);
    serde_json::from_str::<Value>(&body).unwrap()[key].as_str().unwrap().to_owned()
}

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

#[test]
fn json_has_times_as_texts_and_is_the_same_for_every_attempt_while_its_signature_is_of_the_attempt() {
    let event = event(json!({}));
    let (headers, body) = webhook(&event, Form::Json, &receiver(&[KEY]), at(1_780_000_000));
    let (later, same) = webhook(&event, Form::Json, &receiver(&[KEY]), at(1_780_000_005));
    assert_eq!(body, same);
    let names: Vec<_> = headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["content-type", "webhook-id", "webhook-signature", "webhook-timestamp"]);
    assert_eq!((&*headers[1].1, &*headers[3].1, &*later[3].1), ("evt_1", "1780000000", "1780000005"));
    assert_ne!(headers[2], later[2]);
    let value: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value["timestamp"], "2026-11-29T12:00:00.250Z");
    assert_eq!(value["type"], "result.recorded");
    assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
    for timestamp in [json!(1_780_000_000), json!("yesterday"), json!("1969-01-01T00:00:00Z")] {
        let mut value = serde_json::to_value(&event).unwrap();
        value["timestamp"] = timestamp;
        assert!(serde_json::from_value::<Event>(value).is_err());
    }
}

#[test]
fn two_secrets_of_a_rotation_both_sign() {
    let event = event(json!({}));
    let signature = |secrets: &[&str]| webhook(&event, Form::Json, &receiver(secrets), at(5)).0[2].1.clone();
    assert_eq!(signature(&[NEXT, KEY]), format!("{} {}", signature(&[NEXT]), signature(&[KEY])));
}

#[test]
fn a_chat_reads_a_sentence_with_a_link_to_the_run() {
    let failed = event(json!({}));
    assert_eq!(
        chat(&failed, Form::Slack, "text"),
        "tests of acme/tools on main (linux): 187 passed, 3 failed (was 190 passed) \
         <https://ci.example.com/5?a=1&amp;b=2|run>"
    );
    assert_eq!(
        chat(&failed, Form::Discord, "content"),
        "tests of acme/tools on main (linux)\\: 187 passed, 3 failed (was 190 passed) \
         [run](<https://ci.example.com/5?a=1&b=2>)"
    );
    let (_, body) = webhook(&failed, Form::Discord, &receiver(&[]), at(0));
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["allowed_mentions"], json!({"parse": []}));
    let subject =
        |part: &str| json!({"collection": "c", "owner": "acme", "repo": "tools", "part": part, "branch": "main"});
    let rows = [
        (json!({"/before": null, "/data": {}}), "tests of acme/tools on main (linux): 187 passed, 3 failed"),
        (
            json!({"/type": "badge.changed", "/data": {}, "/before/message": "187 passed, 3 failed"}),
            "tests of acme/tools on main (linux): 187 passed, 3 failed (red, was brightgreen)",
        ),
        (
            json!({"/type": "badge.changed", "/data": {}, "/after": null}),
            "tests of acme/tools on main (linux): the badge is gone (was 190 passed)",
        ),
        (
            json!({"/before": null, "/after": null, "/data": {}, "/subject": subject("")}),
            "c of acme/tools on main: a result was recorded",
        ),
        (
            json!({"/type": "workflow.completed", "/before": null, "/after": null, "/data": {"conclusion": "failure"}, "/subject": subject("ci.yml")}),
            "c of acme/tools on main (ci.yml): failure",
        ),
        (
            json!({"/type": "repository.changed", "/before": null, "/after": null, "/data": {"visibility": "private"}}),
            "acme/tools has changed: it is private now",
        ),
        (
            json!({"/type": "repository.changed", "/before": null, "/after": null, "/data": {}}),
            "acme/tools has changed",
        ),
    ];
    for (changes, sentence) in rows {
        assert_eq!(chat(&event(changes), Form::Slack, "text"), sentence);
    }
}

#[test]
fn a_build_writes_no_mention_no_link_and_no_markup_into_a_chat() {
    let data = |url: &str| json!({"url_html": url});
    let hostile = event(json!({
        "/after/message": "<!channel> @everyone <https://evil.example|ok> **b** `c` \u{7}\n# h & [x](https://evil.example)",
        "/before": null, "/data": data("javascript:alert(1)"),
    }));
    let slack = chat(&hostile, Form::Slack, "text");
    assert!(!slack.contains(['<', '>', '\n', '\u{7}']) && slack.contains("&lt;!channel&gt;"), "{slack}");
    let discord = chat(&hostile, Form::Discord, "content");
    assert!(discord.contains("\\@everyone \\<https\\://evil.example\\|ok\\>"), "{discord}");
    assert!(discord.contains("\\*\\*b\\*\\* \\`c\\`") && discord.contains("\\[x\\]("), "{discord}");
    for url in [
        "javascript:alert(1)",
        "https://user@ci.example.com/",
        "no address",
        &format!("https://a.example/{}", "x".repeat(600)),
    ] {
        let link = chat(&event(json!({"/data": data(url)})), Form::Slack, "text");
        assert!(!link.contains("|run"), "{link}");
    }
    let link = chat(&event(json!({"/data": data("https://a.example/?x=|y>z")})), Form::Slack, "text");
    assert!(link.ends_with("<https://a.example/?x=%7Cy%3Ez|run>"), "{link}");
}

#[test]
fn a_message_for_a_chat_has_at_most_2000_characters() {
    for letter in ["*", "𝄞", "ü"] {
        let long = event(json!({
            "/after/message": letter.repeat(5000), "/data": {"url_html": format!("https://a.example/{}", "x".repeat(480))},
        }));
        let text = chat(&long, Form::Discord, "content");
        assert!(text.encode_utf16().count() <= 2000 && text.contains("…") && text.contains("[run]"), "{}", text.len());
        assert!(chat(&long, Form::Slack, "text").encode_utf16().count() <= 2000);
    }
}

#[test]
fn a_topic_gets_json_with_attributes_to_filter_by_and_a_fifo_topic_its_group_and_id() {
    let topic = |event: &Event, arn: &str| {
        let target = ResolvedTarget::Topic(arn.to_owned());
        match outgoing(event, Form::Json, &target, at(0)) {
            Outgoing::Topic { message, attributes, group, deduplication, .. } => {
                (message, attributes, group, deduplication)
            }
            Outgoing::Webhook { .. } => panic!("a webhook"),
        }
    };
    let one = event(json!({"/subject/part": ""}));
    let (message, attributes, group, deduplication) = topic(&one, "arn:aws:sns:eu-central-1:123456789012:a");
    assert_eq!(serde_json::from_str::<Event>(&message).unwrap(), one);
    assert_eq!(
        json!(attributes),
        json!({"event": "result.recorded", "owner": "acme", "repo": "tools", "branch": "main"})
    );
    assert_eq!((group, deduplication), (None, None));
    let fifo = "arn:aws:sns:eu-central-1:123456789012:a.fifo";
    let (_, _, group, deduplication) = topic(&one, fifo);
    assert_eq!((group.as_ref().unwrap().len(), deduplication.as_deref()), (64, Some("evt_1")));
    assert_eq!(topic(&event(json!({"/subject/part": "", "/sequence": 8, "/id": "evt_2"})), fifo).2, group);
    assert_ne!(topic(&event(json!({})), fifo).2, group);
    let large = event(json!({"/data": {"note": "x".repeat(260_000)}}));
    let message = topic(&large, fifo).0;
    let read: Event = serde_json::from_str(&message).unwrap();
    assert!(
        message.len() < 1000 && read.data["left_out"].as_str().unwrap().starts_with("the event has 260"),
        "{message}"
    );
    assert_eq!(Event { data: large.data.clone(), ..read }, large);
}

#[test]
fn debug_output_shows_neither_the_address_nor_a_secret() {
    let target = receiver(&[KEY]);
    let sent = outgoing(&event(json!({})), Form::Json, &target, at(0));
    let shown = format!("{target:?} {sent:?}");
    assert!(shown.contains("https://hooks.example.com/…") && !shown.contains("hidden"), "{shown}");
    assert!(!shown.contains("MfKQ9r8GKYq"), "{shown}");
}
