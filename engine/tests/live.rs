//! The live page and its data.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use badgesmith_engine::{Config, Plugin, Request};
use badgesmith_provider::Manifest;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::FutureExt;
use http::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{
    TestServer,
    ci::Ci,
    live::{MANIFEST, body, live, record, run, server, text, under_way, visible},
};

/// Markup, the end of an attribute, markers of the page, and letters that turn the direction of a text.
const HOSTILE: &str =
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)><!--js--><!--cards-->\u{202e}& $&";

async fn json(server: &TestServer, path: &str) -> Value {
    serde_json::from_str(&body(server, path).await).unwrap()
}

/// The branches of a page, in its order.
fn branches(page: &str) -> Vec<&str> {
    page.split("</span> <bdi>").skip(1).map(|rest| rest.split("</bdi>").next().unwrap()).collect()
}

/// What `cards` of `/api/repos/acme` say: branch and ending.
async fn endings(server: &TestServer) -> Vec<String> {
    let list = json(server, "/api/repos/acme").await;
    let cards = list["cards"].as_array().unwrap().iter();
    cards.map(|card| format!("{} {} {}", card["part"], card["branch"], card["ending"]).replace('"', "")).collect()
}

#[tokio::test]
async fn without_the_setting_its_addresses_are_unknown_and_described_nowhere() {
    let server = server("");
    let unknown = server.get("/api/nothing").await;
    for path in
        ["/live", "/live/acme", "/live/acme/tools", "/api/repos", "/api/repos/acme", "/api/repos/acme/tools", "/events"]
    {
        let response = server.get(path).await;
        assert_eq!(
            (response.status, &response.body, &response.line.route),
            (unknown.status, &unknown.body, &unknown.line.route)
        );
    }
    for path in ["/openapi.json", "/", "/?format=json"] {
        let text = body(&server, path).await;
        assert!(!text.contains("/api/repos") && !text.contains("live-") && !text.contains("left_out"), "{path}");
    }
    for engine_toml in ["live = []", "live = false"] {
        assert_eq!(self::server(engine_toml).get("/live").await.status, 404);
    }
}

#[tokio::test]
async fn the_index_leads_to_the_live_page_and_its_data() {
    let server = live();
    let page = body(&server, "/").await;
    assert!(page.contains(r#"<a href="./live">Live</a>"#) && page.contains("/api/repos/<var>{owner}</var>"));
    let listing = json(&server, "/?format=json").await;
    let routes: Vec<_> = listing["live"].as_array().unwrap().iter().map(|live| &live["route"]).collect();
    assert_eq!((routes[0], routes.len()), (&json!("/live"), 7));
    assert_eq!(listing["live"][2]["example"], "/live/acme/tools");
}

#[tokio::test]
async fn each_branch_of_a_part_has_a_card_and_what_is_red_comes_first() {
    let server = live();
    run(&server, "acme/tools", "main", 60, "failure");
    run(&server, "acme/tools", "main", 10, "success");
    run(&server, "acme/tools", "broken", 30, "failure");
    run(&server, "acme/tools", "halted", 20, "cancelled");
    under_way(&server, "acme/tools", "new", 1, json!({ "status": "in_progress", "url": "https://ci.example/new" }));
    record(&server, "acme/tools", ["tests", "linux", "main"], 5, json!({ "passed": 188, "failed": 2, "skipped": 0 }));
    record(&server, "acme/tools", ["notes", "x", "main"], 5, json!({ "stars": 7 }));
    let order = [
        "ci.yml broken failing",
        "linux main failing",
        "ci.yml new null",
        "ci.yml halted other",
        "ci.yml main passing",
    ];
    assert_eq!(endings(&server).await, order);
    let list = json(&server, "/api/repos/acme/tools").await;
    let repo = &list["repos"][0];
    let counts = ["failing", "running", "passing", "other"].map(|status| repo[status].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 1, 1]);
    assert_eq!(repo["time"], "2026-11-21T12:00:00.000Z");
    let main = &list["cards"][4];
    assert_eq!(main["runs"][0]["ending"], "failing", "the oldest is first");
    assert_eq!(
        main["runs"][1],
        json!({
            "ending": "passing", "words": "success", "time": "2026-11-21T11:50:00.000Z", "url": "https://ci.example/10",
        })
    );
    assert_eq!(list["cards"][1]["runs"][0]["words"], "2 failed, 188 passed");
    assert_eq!(list["cards"][2]["running"]["words"], "in progress");
    let page = body(&server, "/live").await;
    assert_eq!(branches(&page), ["broken", "main", "new", "halted", "main"]);
    assert!(page.contains(r#"<a class="ending" href="https://ci.example/10">success</a>"#));
    assert!(page.contains(">10 min ago</time>") && page.contains("The last 2 runs"), "{page}");
}

#[tokio::test]
async fn a_run_that_was_not_heard_of_for_six_hours_is_not_under_way_any_more() {
    let server = live();
    run(&server, "acme/tools", "main", 10, "success");
    under_way(&server, "acme/tools", "main", 2, json!({ "status": "queued" }));
    let running = async |server: &TestServer| json(server, "/api/repos").await["repos"][0]["running"].as_u64();
    assert_eq!(running(&server).await, Some(1));
    server.advance(6 * 60 * 60);
    assert_eq!(running(&server).await, Some(1));
    server.advance(1);
    assert_eq!(running(&server).await, Some(0));
    // One that has ended is not under way at all.
    under_way(&server, "acme/tools", "main", 3, json!({ "status": "completed", "end": "success" }));
    assert_eq!(running(&server).await, Some(0));
}

#[tokio::test]
async fn a_private_repository_appears_nowhere_and_changes_nothing() {
    let server = live();
    run(&server, "acme/tools", "main", 10, "success");
    visible(&server, "acme/vaulted", false);
    let paths = ["/live", "/live/acme", "/api/repos", "/api/repos/acme", "/openapi.json", "/", "/health?deep=1"];
    let mut before = Vec::new();
    for path in paths {
        before.push((server.get(path).await.headers.get(header::ETAG).cloned(), body(&server, path).await));
    }
    // One is known to be private, and of the others nothing is known.
    for repo in ["acme/vaulted", "acme/obscured", "secretive/obscured"] {
        run(&server, repo, "main", 1, "failure");
        under_way(&server, repo, "new", 1, json!({ "status": "queued" }));
    }
    for (path, (etag, text)) in paths.into_iter().zip(before) {
        assert_eq!(server.get(path).await.headers.get(header::ETAG).cloned(), etag, "{path}");
        let text_now = body(&server, path).await;
        assert_eq!(text_now, text, "{path}");
        assert!(!text_now.contains("vaulted") && !text_now.contains("obscured") && !text_now.contains("secretive"));
    }
    for (private, absent) in [
        ("acme/vaulted", "acme/nothing"),
        ("acme/obscured", "acme/nothing"),
        ("secretive", "nemo"),
        ("secretive/obscured", "nemo/x"),
    ] {
        for place in ["/live/", "/api/repos/"] {
            let [one, other] = [private, absent].map(|name| format!("{place}{name}"));
            let (one, other) = (server.get(&one).await, server.get(&other).await);
            assert_eq!((one.status.as_u16(), other.status.as_u16()), (404, 404));
            let (one, other) = (text(&one), text(&other));
            let names = |name: &str, text: &str| text.replace(name, "NAME").replace(&name.replace('/', "\n"), "NAME");
            let parts = |name: &str, text: &str| {
                let text = names(name, text);
                name.split('/').fold(text, |text, part| {
                    text.replace(&format!(">{part}<"), ">PART<").replace(&format!("/{part}\""), "/PART\"")
                })
            };
            assert!(parts(private, &one) == parts(absent, &other), "{private} differs from {absent}");
        }
    }
}

#[tokio::test]
async fn what_the_operator_granted_is_listed_and_other_owners_are_not() {
    let server = server("live = [\"acme\", \"beta\"]\nprivate = [\"acme/vaulted\", \"beta\"]");
    for repo in ["acme/vaulted", "acme/other", "beta/x", "gamma/x"] {
        visible(&server, repo, repo == "gamma/x");
        run(&server, repo, "main", 1, "success");
    }
    let list = json(&server, "/api/repos").await;
    let repos: Vec<_> = list["repos"].as_array().unwrap().iter().map(|repo| repo["repo"].as_str().unwrap()).collect();
    assert_eq!(repos, ["vaulted", "x"]);
    assert_eq!(server.get("/api/repos/gamma").await.status, 404);
}

#[tokio::test]
async fn a_poll_costs_no_more_than_what_has_changed() {
    let server = live();
    for branch in 0..20 {
        run(&server, "acme/tools", &branch.to_string(), 10, "success");
    }
    // Nothing is kept of what changed a moment ago.
    server.advance(10);
    let first = server.get("/api/repos/acme").await;
    let etag = first.headers[header::ETAG].clone();
    let reads = || server.store.states.reads.swap(0, Ordering::Relaxed);
    assert_eq!(reads(), 21, "each branch, and whether the repository is public");
    let mut poll = Request::get("/api/repos/acme");
    poll.headers.insert(header::IF_NONE_MATCH, etag);
    assert_eq!(server.send(&poll).await.status, 304);
    assert_eq!(reads(), 0);
    run(&server, "acme/tools", "7", 1, "failure");
    assert_eq!(server.send(&poll).await.status, 200, "it is shown at once");
    assert_eq!(reads(), 1);
    let unchanged = endings(&server).await;
    assert_eq!(unchanged[0], "ci.yml 7 failing");
}

#[tokio::test]
async fn of_more_than_five_hundred_branches_those_that_changed_last_are_shown_and_the_rest_is_counted() {
    let server = live();
    for branch in 0..510 {
        if branch == 10 {
            server.advance(1);
        }
        run(&server, "acme/tools", &format!("b{branch}"), 10, "success");
    }
    let list = json(&server, "/api/repos/acme").await;
    assert_eq!((list["cards"].as_array().unwrap().len(), &list["left_out"]), (500, &json!(10)));
    let branches: BTreeSet<_> =
        list["cards"].as_array().unwrap().iter().map(|card| card["branch"].as_str().unwrap()).collect();
    assert!(!branches.contains("b9") && branches.contains("b10"));
    assert!(body(&server, "/live").await.contains("10 more are left out"));
}

#[tokio::test]
async fn newer_branches_of_pull_requests_and_forks_leave_out_no_branch_of_the_repository() {
    let server = live();
    run(&server, "acme/tools", "main", 10, "success");
    server.advance(1);
    for number in 0..300 {
        run(&server, "acme/tools", &format!("pull/{number}"), 10, "success");
        run(&server, "acme/tools", &format!("fork/stranger{number}/main"), 10, "success");
    }
    let list = json(&server, "/api/repos/acme").await;
    let cards = list["cards"].as_array().unwrap();
    assert_eq!((cards.len(), &list["left_out"]), (500, &json!(101)));
    assert!(cards.iter().any(|card| card["branch"] == "main"));
}

#[tokio::test]
async fn filters_are_read_from_the_address() {
    let server = live();
    visible(&server, "beta/web", true);
    run(&server, "acme/tools", "main", 10, "failure");
    run(&server, "acme/tools", "Feature/Login", 10, "success");
    run(&server, "beta/web", "main", 10, "success");
    under_way(&server, "beta/web", "main", 1, json!({ "status": "queued" }));
    for (path, expected) in [
        ("/live", &["main", "feature/login", "main"][..]),
        ("/live?status=failing", &["main"]),
        ("/live?status=running", &["main"]),
        ("/live?status=passing", &["feature/login", "main"]),
        ("/live?status=other", &[]),
        ("/live?status=nonsense", &["main", "feature/login", "main"]),
        ("/live?branch=LOGIN", &["feature/login"]),
        ("/live?repo=WE", &["main"]),
        ("/live?owner=Acme", &["main", "feature/login"]),
        ("/live?owner=acme&status=passing&repo=tool&branch=fea", &["feature/login"]),
        ("/live/ACME?repo=tools&branch=main", &["main"]),
        ("/live/acme/Tools?repo=ignored", &["main", "feature/login"]),
        ("/live?only=beta/web", &["main"]),
        ("/live?only=beta/web&only=acme/tools", &["main", "feature/login", "main"]),
        ("/live?only=beta", &[]),
        ("/live?owner=nobody", &[]),
    ] {
        assert_eq!(branches(&body(&server, path).await), expected, "{path}");
    }
    let page = body(&server, "/live?status=failing&branch=main").await;
    assert!(page.contains(r#"value="failing" checked>"#) && page.contains(r#"name="branch" value="main""#));
    assert!(page.contains("Failing <b data-count>1</b>") && page.contains("Passing <b data-count>1</b>"), "{page}");
}

#[tokio::test]
async fn hostile_names_and_addresses_are_texts_and_nothing_else() {
    let server = live();
    let fields = json!({ "end": HOSTILE, "url": "javascript:alert(1)" });
    record(&server, "acme/tools", ["runs", HOSTILE, HOSTILE], 10, fields);
    under_way(&server, "acme/tools", HOSTILE, 1, json!({ "status": HOSTILE, "url": "data:text/html,x" }));
    let query: String = form_urlencode(HOSTILE);
    for path in [
        "/live".to_owned(),
        format!("/live?branch={query}&repo={query}&owner={query}&only={query}"),
        format!("/live/{query}"),
    ] {
        let response = server.get(&path).await;
        let page = text(&response);
        assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1), "{path}");
        assert!(!page.contains("<img") && !page.contains("javascript:") && !page.contains("data:text/html"), "{path}");
        for attribute in page.split(" href=\"").skip(1) {
            let value = attribute.split('"').next().unwrap();
            let is_own = value.starts_with("./") || value.starts_with("../") || value.starts_with('#');
            assert!(is_own || value.starts_with("data:image/svg"), "{value}");
        }
        let script = page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        let policy = response.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&BASE64_STANDARD.encode(Sha256::digest(script))), "{path}");
        assert!(!policy.contains("unsafe"));
    }
    let card = &json(&server, "/api/repos/acme").await["cards"];
    assert!(card[0]["runs"][0]["url"].is_null() && card[0]["running"]["url"].is_null());
}

/// Percent-encodes everything.
fn form_urlencode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_server_that_cannot_stream_says_so_and_its_page_knows() {
    let plugin = Plugin::new("ci", Manifest::parse(MANIFEST).unwrap(), Arc::new(Ci)).unwrap();
    let config = Config::parse("[engine]\nlive = true\n", "plugins.toml".as_ref()).unwrap();
    let server = TestServer::with_plugins(vec![plugin], &config.engine, Arc::default()).unwrap();
    let response = server.get("/events").await;
    assert!(response.status == 404 && text(&response).contains("this server streams no events"));
    assert!(!body(&server, "/live").await.contains("data-events"));
    assert!(body(&self::server("live = true"), "/live").await.contains("data-events"));
}

#[tokio::test]
async fn the_openapi_document_describes_what_is_answered() {
    let server = live();
    run(&server, "acme/tools", "main", 10, "success");
    record(&server, "acme/tools", ["tests", "linux", "main"], 5, json!({ "passed": 1, "failed": 2, "skipped": 3 }));
    under_way(&server, "acme/tools", "main", 2, json!({ "status": "queued", "url": "https://ci.example/2" }));
    let document = json(&server, "/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/live",
        "/live/{owner}",
        "/live/{owner}/{repo}",
        "/api/repos",
        "/api/repos/{owner}",
        "/api/repos/{owner}/{repo}",
        "/events",
    ] {
        let operation = &paths[path]["get"];
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter_map(|parameter| parameter["$ref"].as_str()) {
            assert!(document.pointer(&parameter[1..]).is_some(), "{parameter}");
        }
        let address = path.replace("{owner}", "acme").replace("{repo}", "tools");
        let response = server.get(&address).await;
        let media_type = response.headers[header::CONTENT_TYPE].to_str().unwrap().split(';').next().unwrap();
        assert!(operation["responses"]["200"]["content"][media_type].is_object(), "{path}");
        let head = server.send(&Request { method: Method::HEAD, ..Request::get(&address) }).await;
        assert!(head.status == 200 && head.body.is_empty() && head.events.is_none());
    }
    check(&document, "Repos", &json(&server, "/api/repos/acme").await);
}

#[tokio::test]
async fn a_long_list_lets_other_requests_have_their_turn_while_it_is_read() {
    let server = live();
    for number in 0..600 {
        run(&server, "acme/secret", &format!("b{number}"), 5, "success");
    }
    // What is not listed has no cards, so that only the reading takes turns.
    assert!(server.get("/api/repos/acme").now_or_never().is_none());
    assert_eq!(server.get("/api/repos/acme").await.status, 404);
    run(&server, "beta/tools", "main", 5, "success");
    assert_eq!(server.get("/api/repos/beta").now_or_never().unwrap().status, 404);
}

/// Checks that an object has the required members of a schema and no others than it knows.
fn check(document: &Value, schema: &str, value: &Value) {
    let schema = &document["components"]["schemas"][schema];
    for required in schema["required"].as_array().unwrap() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{required} of {value}");
    }
    for (name, member) in value.as_object().unwrap() {
        let property = &schema["properties"][name];
        assert!(property.is_object(), "{name} of {value}");
        let items = property["items"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        if let Some(items) = items {
            member.as_array().unwrap().iter().for_each(|item| check(document, items, item));
        }
    }
}
