//! `[[subscription]]` of plugins.toml: what is accepted, what is refused with which words, and which events it wants.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use badgesmith_engine::{
    Config,
    events::{Event, Form, MOST_SUBSCRIPTIONS, Subscription, Target},
};
use serde_json::json;

const FILE: &str = "conf/plugins.toml";

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new(FILE)).map_err(|error| error.to_string())
}

/// The only subscription of a text.
fn one(lines: &str) -> Subscription {
    let mut config = parse(&format!("[[subscription]]\n{lines}")).unwrap();
    assert_eq!(config.engine.subscriptions, config.subscription);
    config.subscription.remove(0)
}

fn event(name: &str, part: &str, branch: &str, colors: [Option<&str>; 2]) -> Event {
    let [before, after] = colors.map(|color| {
        color.map(|color| json!({"label": "tests", "message": "1", "color": color, "is_failing": color == "red"}))
    });
    serde_json::from_value(json!({
        "id": "evt_1", "type": name, "timestamp": "2026-11-29T12:00:00.000Z", "sequence": 1,
        "subject": {"collection": "test-results", "owner": "acme", "repo": "tools", "part": part, "branch": branch},
        "before": before, "after": after, "data": {},
    }))
    .unwrap()
}

const TEAM: &str = r#"
name = "team"
url = "https://hooks.example.com/in?key=hidden"
secret = "TeamEvents"
events = ["badge.changed", "result.recorded"]
"#;

#[test]
fn a_subscription_is_read_and_written_again_without_a_difference() {
    let text = format!(
        "[engine]\ndynamic = false\n[[subscription]]{TEAM}owner = \"Acme\"\nrepo = \"tools*\"\npart = \"linux\"\nbranch = \"main\"\n\
         only = \"failures\"\n\
         [[subscription]]\nname = \"chat\"\nurl = {{ secret = \"TeamSlack\", origin = \"https://hooks.slack.com\" }}\n\
         events = [\"badge.changed\"]\nform = \"slack\"\n\
         [[subscription]]\nname = \"topic\"\nsns = \"arn:aws:sns:eu-central-1:123456789012:badges.fifo\"\n\
         events = [\"repository.changed\", \"workflow.completed\"]\n"
    );
    let config = parse(&text).unwrap();
    let [team, chat, topic] = &*config.engine.subscriptions else { unreachable!() };
    assert_eq!(team.target.shown(), "https://hooks.example.com/…");
    assert_eq!(team.owner.as_ref().unwrap().to_string(), "acme");
    assert_eq!((chat.form, chat.target.shown()), (Form::Slack, "https://hooks.slack.com/…".to_owned()));
    assert_eq!(topic.target, Target::Topic("arn:aws:sns:eu-central-1:123456789012:badges.fifo".to_owned()));
    assert_eq!(parse(&config.to_toml().unwrap()).unwrap(), config);
    let shown = format!("{config:?}");
    assert!(!shown.contains("hidden") && shown.contains("https://hooks.example.com/…"), "{shown}");
}

#[test]
fn files_of_plugins_d_add_subscriptions_and_no_name_stands_twice() {
    let mut config = parse(&format!("[[subscription]]{TEAM}")).unwrap();
    let file = Path::new("conf/plugins.d/a.toml");
    config.add(&format!("[[subscription]]{}", TEAM.replace("\"team\"", "\"other\"")), file).unwrap();
    let names: Vec<_> = config.engine.subscriptions.iter().map(|subscription| &*subscription.name).collect();
    assert_eq!(names, ["team", "other"]);
    let error = config.add(&format!("[[subscription]]{TEAM}"), file).unwrap_err().to_string();
    assert!(error.starts_with("conf/plugins.d/a.toml: two subscriptions have the name \"team\""), "{error}");
    let many = |count: usize| -> String {
        (0..count).map(|at| format!("[[subscription]]{}", TEAM.replace("\"team\"", &format!("\"t{at}\"")))).collect()
    };
    assert!(parse(&many(MOST_SUBSCRIPTIONS)).is_ok());
    let error = parse(&many(MOST_SUBSCRIPTIONS + 1)).unwrap_err();
    assert!(error.contains("there are 33 subscriptions of at most 32"), "{error}");
}

#[test]
fn every_mistake_says_its_file_its_line_and_what_to_write_and_shows_no_address() {
    let slack = "https://hooks.slack.com/services/T0/B0/hidden";
    let rows = [
        ("name = \"team\"", "name = \"Team\"", "its name is not 1 to 64 lower-case letters"),
        ("name = \"team\"", "name = \"\"", "its name is not 1 to 64 lower-case letters"),
        ("url = \"https://hooks.example.com/in?key=hidden\"", "", "it has no receiver; write url = \"https://…\""),
        ("secret = \"TeamEvents\"", "sns = \"arn:aws:sns:eu-central-1:123456789012:a\"", "it has url and sns"),
        (
            "url = \"https://hooks.example.com/in?key=hidden\"\nsecret = \"TeamEvents\"",
            "sns = \"arn:aws:sqs:eu-central-1:123456789012:a\"",
            "is no name nor ARN of a topic; write sns = \"badges\" or sns = \"arn:aws:sns:",
        ),
        (
            "url = \"https://hooks.example.com/in?key=hidden\"\nsecret = \"TeamEvents\"",
            "sns = \"badge events\"",
            "\"badge events\" is no name nor ARN of a topic",
        ),
        (
            "url = \"https://hooks.example.com/in?key=hidden\"\nsecret = \"TeamEvents\"",
            "sns = \"arn:aws:sns:eu-central-1:123456789012:a\"\nform = \"slack\"",
            "it has form = \"slack\", but a topic gets JSON; leave out form",
        ),
        (
            "url = \"https://hooks.example.com/in?key=hidden\"",
            "sns = \"arn:aws:sns:eu-central-1:123456789012:a\"",
            "SNS signs what it sends; leave out secret",
        ),
        ("secret = \"TeamEvents\"", "", "write secret = \"TeamEvents\", and store one with `badgesmith secret set"),
        ("secret = \"TeamEvents\"", "secret = \"a b\"", "secret is no purpose of a secret"),
        ("secret = \"TeamEvents\"", "secret = \"a\"\nform = \"discord\"", "nothing is signed with form = \"discord\""),
        ("https://hooks", "http://hooks", "http://hooks.example.com is plain http, which is for this machine only"),
        ("https://hooks", "ftp://hooks", "ftp: is not https"),
        ("https://hooks", "https://user:hidden@hooks", "has a user or a password"),
        ("?key=hidden", "#hidden", "has a fragment"),
        ("https://hooks.example.com/in?key=hidden", "hooks.example.com/hidden", "this is no address"),
        (
            "\"https://hooks.example.com/in?key=hidden\"",
            &format!("{{ secret = \"TeamSlack\", origin = \"{slack}\" }}"),
            "url.origin: this is more than an origin; write https://hooks.slack.com",
        ),
        (
            "\"https://hooks.example.com/in?key=hidden\"",
            "{ secret = \"\", origin = \"https://hooks.slack.com\" }",
            "url.secret is no purpose of a secret",
        ),
        (
            "\"https://hooks.example.com/in?key=hidden\"",
            "{ secret = \"TeamSlack\" }",
            "url is not \"https://…\" nor { secret = \"TeamSlack\", origin = \"https://…\" }",
        ),
        ("[\"badge.changed\", \"result.recorded\"]", "[]", "it has no events; write events = [\"badge.changed\"]"),
        ("events = [\"badge.changed\", \"result.recorded\"]", "", "it has no events; write events = "),
        ("\"result.recorded\"", "\"badge.changed\"", "events has \"badge.changed\" twice"),
        (
            "\"result.recorded\"",
            "\"badge.change\"",
            "expected one of `result.recorded`, `badge.changed`, `workflow.completed`, `repository.changed`",
        ),
        (
            "secret = \"TeamEvents\"",
            "secret = \"a\"\nrepo = \"acme/tools\"",
            "repo: \"acme/tools\" has a slash; write the",
        ),
        ("secret = \"TeamEvents\"", "secret = \"a\"\nbranch = \"\"", "branch: \"\" is no filter"),
        ("secret = \"TeamEvents\"", "secret = \"a\"\nowner = \"a b\"", "owner: \"a b\" is no filter"),
        (
            "secret = \"TeamEvents\"",
            "secret = \"a\"\nonly = \"failure\"",
            "expected one of `changes`, `failures`, `recoveries`",
        ),
        ("secret = \"TeamEvents\"", "secret = \"a\"\nform = \"teams\"", "expected one of `json`, `slack`, `discord`"),
        ("secret = \"TeamEvents\"", "secret = \"a\"\nplatform = \"linux\"", "unknown field `platform`"),
    ];
    for (from, to, words) in rows {
        let text = TEAM.replace(from, to);
        assert_ne!(text, TEAM, "{from}");
        let error = parse(&format!("[engine]\n[[subscription]]{text}")).unwrap_err();
        assert!(error.contains(words), "{to}: {error}");
        assert!(error.starts_with("conf/plugins.toml: TOML parse error at line "), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[test]
fn an_event_is_wanted_if_its_name_its_subject_and_its_change_are_and_private_ones_only_by_name() {
    let changed = |part: &str, branch: &str| event("badge.changed", part, branch, [Some("green"), Some("red")]);
    let red = changed("linux", "main");
    for (lines, is_wanted, is_wanted_if_private) in [
        ("", true, false),
        ("owner = \"acme\"", true, false),
        ("owner = \"acme\"\nrepo = \"tools\"", true, true),
        ("owner = \"ACME\"\nrepo = \"Tools\"", true, true),
        ("owner = \"acme\"\nrepo = \"tools*\"", true, false),
        ("owner = \"*\"\nrepo = \"tools\"", true, false),
        ("owner = \"acm\"\nrepo = \"tools\"", false, false),
        ("owner = \"acme\"\nrepo = \"tool\"", false, false),
        ("part = \"lin*\"\nbranch = \"MAIN\"", true, false),
        ("part = \"windows\"", false, false),
        ("branch = \"release/*\"", false, false),
        ("only = \"changes\"", true, false),
        ("only = \"failures\"", true, false),
        ("only = \"recoveries\"", false, false),
    ] {
        let subscription = one(&format!("{TEAM}{lines}"));
        assert_eq!(subscription.wants(&red, true), is_wanted, "{lines}");
        assert_eq!(subscription.wants(&red, false), is_wanted_if_private, "{lines}");
    }
    let team = one(TEAM);
    assert!(!team.wants(&event("workflow.completed", "ci.yml", "main", [None, None]), true));
    assert!(team.wants(&event("result.recorded", "linux", "main", [None, None]), true));
    let releases = one(&format!("{TEAM}branch = \"release/*\""));
    assert!(
        releases.wants(&changed("linux", "release/1.0"), true) && !releases.wants(&changed("linux", "release"), true)
    );
}
