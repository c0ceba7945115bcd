//! The bootstrap with an emulated Runtime API: every kind of event, and answers before the deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../../renderer/tests/common/attacks.rs"]
mod attacks;
mod support;

use std::{
    env, fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use support::{Function, body, event, package};

/// How long an event may take: the timeout of the function in deploy/template.yaml.
const DEADLINE: Duration = Duration::from_secs(10);
/// The memory of the function in deploy/template.yaml, in KiB.
const MOST_MEMORY: u64 = 256 * 1024;

/// A NuGet feed that has one package, or that never answers.
fn feed(answers: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut head = [0; 4096];
                let read = stream.read(&mut head).unwrap_or(0);
                if !answers {
                    thread::sleep(Duration::from_secs(30));
                    return;
                }
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let (status, body) = match head.split(' ').nth(1).unwrap_or("/") {
                    path if path.starts_with("/v3-flatcontainer/") => (200, r#"{"versions":["1.0.0","3.1.0"]}"#),
                    path if path.starts_with("/v3/registration5") => (200, r#"{"listed":true}"#),
                    _ => (404, ""),
                };
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all((head + body).as_bytes());
            });
        }
    });
    address
}

/// A function with two plugins. Nothing listens at the AWS endpoint, so requests to AWS fail at once.
fn start(name: &str, feed: SocketAddr) -> Function {
    let toml = format!(
        "[[plugin]]\nid = \"nuget\"\nlibrary = \"badgesmith_provider_nuget\"\norigins = [\"http://{feed}\"]\n\
         settings = {{ upstream = \"http://{feed}\" }}\n\
         [[plugin]]\nid = \"test-results\"\nlibrary = \"badgesmith_provider_test_results\"\n\
         collections = [\"test-results\"]\n"
    );
    Function::start(name, &toml, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")])
}

#[test]
fn a_badge_is_text_a_picture_is_base64_and_the_headers_are_the_engines() {
    let function = Function::start("formats", "", &[]);
    let svg = function.get("/badge/build-passing-brightgreen", "");
    assert_eq!((&svg["statusCode"], &svg["isBase64Encoded"]), (&json!(200), &json!(false)));
    assert!(body(&svg).contains("<title>build: passing</title>"));
    let headers = &svg["headers"];
    assert_eq!(headers["content-type"], "image/svg+xml;charset=utf-8");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["x-correlation-id"], "build-7");
    let png = function.get("/badge/build-passing-brightgreen.png", "scale=2");
    assert_eq!(png["isBase64Encoded"], true);
    assert!(BASE64_STANDARD.decode(body(&png)).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
    let wrong = function.ask(&event("POST", "/badge/a-b-c", ""));
    assert_eq!((&wrong["statusCode"], &wrong["headers"]["allow"]), (&json!(405), &json!("GET, HEAD, OPTIONS")));
    let preflight = function.ask(&event("OPTIONS", "/badge/a-b-c", ""));
    assert_eq!((&preflight["statusCode"], &preflight["body"]), (&json!(204), &json!("")));
}

#[test]
fn addresses_that_other_parsers_refuse_are_badges() {
    let function = Function::start("addresses", "", &[]);
    let rows = [
        ("/badge/a b-c>d\"e-red", "", "a b: c&gt;d&quot;e"),
        ("/badge/100%-red", "", "100%"),
        ("/badge/fix#42?-red", "", "fix#42?"),
        ("/badge/a\\b-..-red", "", "a\\b: .."),
        ("/badge/grüße-🚀-red", "", "grüße: 🚀"),
        ("/badge/a%2520b-c-red", "", "a%20b: c"),
        ("/static/v1", "label=a b&message=>\"<&color=red", "a b: &gt;&quot;&lt;"),
        ("/static/v1", "message=a+b%26c", "a b&amp;c"),
        ("/badge/dup-x-red", "style=flat&style=plastic", "dup: x"),
    ];
    for (path, query, title) in rows {
        let answer = function.get(path, query);
        let said = body(&answer);
        assert!(said.contains(&format!("<title>{title}</title>")), "{path}?{query}: {said}");
    }
}

#[test]
fn a_load_balancer_gets_lists_of_headers_if_it_sends_them() {
    let function = Function::start("balancer", "", &[]);
    let mut event = json!({
        "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/y" } },
        "httpMethod": "GET", "path": "/static/v1", "queryStringParameters": { "message": "a%20b", "color": "red" },
        "headers": { "x-forwarded-for": "192.0.2.7" }, "body": "", "isBase64Encoded": false
    });
    let answer = function.ask(&event);
    assert!(body(&answer).contains("<title>a b</title>") && answer["headers"]["etag"].is_string(), "{answer}");
    let parts = event.as_object_mut().unwrap();
    parts.remove("headers");
    parts.remove("queryStringParameters");
    parts.insert("multiValueQueryStringParameters".to_owned(), json!({ "message": ["a%20b"] }));
    parts.insert("multiValueHeaders".to_owned(), json!({ "X-Correlation-Id": ["elb-1"] }));
    let answer = function.ask(&event);
    assert!(answer.get("headers").is_none() && body(&answer).contains("<title>a b</title>"), "{answer}");
    assert_eq!(answer["multiValueHeaders"]["x-correlation-id"], json!(["elb-1"]));
}

#[test]
fn an_answer_is_sent_before_the_deadline_whatever_an_upstream_does() {
    let function = start("deadline", feed(false));
    let rows =
        [("/badges/packages/nuget/x", "UPSTREAM_TIMEOUT"), ("/badges/packages/nuget/x.svg", "upstream unavailable")];
    for (path, words) in rows {
        let (started, time) = (Instant::now(), Duration::from_millis(1500));
        let said = function.runtime.invoke_within(&event("GET", path, "").to_string(), time).unwrap();
        assert!(said.contains(words), "{said}");
        assert!(started.elapsed() < time, "{:?}", started.elapsed());
    }
}

#[test]
fn an_unavailable_store_is_reported_and_static_badges_need_no_store() {
    let function = start("no-store", feed(true));
    let badge = function.get("/badges/tests/linux/acme/tools/main", "");
    assert_eq!(badge["statusCode"], 503);
    assert!(body(&badge).contains("STORE_UNAVAILABLE"), "{badge}");
    assert_eq!(function.get("/badge/a-b-c", "")["statusCode"], 200);
}

#[test]
fn a_request_that_bypasses_cloudfront_is_refused_where_the_origin_secret_is_set() {
    let function = Function::start("origin", "", &[("BADGESMITH_ORIGIN_SECRET", "new-one, old-one")]);
    for (sent, status) in [(None, 403), (Some("guess"), 403), (Some("new-one"), 200), (Some("old-one"), 200)] {
        let mut event = event("GET", "/badge/a-b-c", "");
        if let Some(sent) = sent {
            event["headers"]["X-Origin-Secret"] = sent.into();
        }
        let answer = function.ask(&event);
        assert_eq!(answer["statusCode"], status, "{sent:?}: {answer}");
    }
}

#[test]
fn a_malformed_event_never_ends_the_function() {
    let function = Function::start("malformed", "", &[]);
    let rows =
        [json!({}), json!([]), json!({ "rawPath": 7 }), json!({ "rawPath": "/", "headers": { "a b": "\u{1}" } })];
    for event in rows {
        let said = function.runtime.invoke(&event.to_string());
        println!("{event}: {said:?}");
        assert_eq!(function.get("/badge/a-b-c", "")["statusCode"], 200);
    }
}

/// The events were recorded by a Lambda test tool.
#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn recorded_events_get_the_right_answers() {
    let folder = env::var_os("BADGESMITH_RECORDED").map(PathBuf::from);
    let folder = folder.expect("this test needs BADGESMITH_RECORDED, the folder of recorded inputs");
    let function = start("recorded", feed(true));
    let rows = [
        ("HealthRequest", 200, "Healthy"),
        ("PackageNugetBadgeWithVersion", 200, r#""label":"nuget","message":"3.1.0""#),
        ("PackageGithubRequest", 400, "INVALID_PROVIDER"),
        // The event names no owner, repository or branch.
        ("TestIngenstionRequest", 400, "SUBJECT_REQUIRED"),
        ("TestRedirectRequest", 503, "STORE_UNAVAILABLE"),
    ];
    for (name, status, words) in rows {
        let event = fs::read_to_string(folder.join("apigw-events").join(format!("{name}.json"))).unwrap();
        let answer: Value = function.ask(&serde_json::from_str(&event).unwrap());
        assert!(answer["statusCode"] == status && body(&answer).contains(words), "{name}: {answer}");
    }
}

#[test]
fn malicious_logos_addresses_and_sizes_are_answered_before_the_deadline_and_within_the_memory_limit() {
    answer_attacks(&Function::start("logos", "", &[]));
}

#[test]
#[ignore = "needs BADGESMITH_PACKAGE, the folder that deploy/package.sh zips"]
fn the_packaged_function_answers_malicious_logos_addresses_and_sizes_within_its_limits() {
    let (folder, variables) = (package(), [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    answer_attacks(&Function::run(&folder.join("bootstrap"), &folder, &variables));
}

fn answer_attacks(function: &Function) {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let logos = attacks::small().into_iter().map(|attack| {
        // Only what must be escaped is, so that the address stays short enough.
        let logo = attack.uri().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        (attack.name, "/badge/a-b-red.png".to_owned(), format!("scale=4&logo={logo}"))
    });
    let wide = format!("/badge/{}-{}-red.png", "W".repeat(255), escaped(&"w".repeat(255)));
    let wide = ("wide", wide, format!("scale=4&style=for-the-badge&segment={}-blue", "m".repeat(255)));
    let levels = ("levels of encoding", format!("/badge/a-b-red.png/%{}41", "25".repeat(3900)), String::new());
    let pairs = ("pairs", "/badge/a-b-red.png".to_owned(), "a=b&".repeat(255) + "logo=nuget");
    let (mut slowest, mut name) = (Duration::ZERO, "");
    for (attack, path, query) in logos.chain([wide, levels, pairs]) {
        let started = Instant::now();
        let said = function.runtime.invoke_within(&event("GET", &path, &query).to_string(), DEADLINE);
        let answer: Value = serde_json::from_str(&said.unwrap_or_else(|fault| panic!("{attack}: {fault}"))).unwrap();
        assert_eq!(answer["statusCode"], 200, "{attack}: {answer}");
        let picture = body(&answer);
        let is_picture = match answer["isBase64Encoded"].as_bool() {
            Some(true) => BASE64_STANDARD.decode(picture).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"),
            _ => picture.starts_with("<svg"),
        };
        assert!(is_picture, "{attack}: {answer}");
        if started.elapsed() > slowest {
            (slowest, name) = (started.elapsed(), attack);
        }
    }
    println!("the slowest took {slowest:?}: {name}; {} KiB at most", function.most_memory());
    assert!(function.most_memory() < MOST_MEMORY);
}
