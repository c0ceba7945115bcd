//! Addresses of shields badges from real READMEs. Each is requested here with only its host changed.
//!
//! A few stand below; the recorded list is in the folder that `BADGESMITH_RECORDED` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::{collections::BTreeMap, path::PathBuf};

use badgesmith_engine::Request;
use badgesmith_renderer::Color;
use serde_json::{Value, json};
use support::{TestServer, title};
use url::Url;

/// The endpoint document.
const BADGE: &str = r#"{"schemaVersion":1,"label":"theirs","message":"said"}"#;

#[tokio::test(start_paused = true)]
async fn an_address_of_each_kind_has_the_badge_that_shields_shows() {
    check(&own_entries()).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
async fn every_recorded_address_has_the_badge_that_shields_shows() {
    let folder = std::env::var_os("BADGESMITH_RECORDED")
        .expect("this test needs BADGESMITH_RECORDED, the folder of recorded inputs");
    let text = std::fs::read_to_string(PathBuf::from(folder).join("badge-urls/badge_urls.json")).unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    check(list["urls"].as_array().unwrap()).await;
}

/// Compares the badge at every address with that of shields.
async fn check(entries: &[Value]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for entry in entries {
        let kind = entry["kind"].as_str().unwrap();
        let url = Url::parse(entry["url"].as_str().unwrap()).unwrap();
        let fault = match kind {
            "static" => static_fault(&url, &entry["shields_rule"]).await,
            "static-v1" => {
                let said = |name: &str| parameter(&url, name).unwrap_or_default();
                let rule = json!({ "label": said("label"), "message": said("message"), "color": said("color") });
                static_fault(&url, &rule).await
            }
            "endpoint" | "dynamic" => document_fault(&url, kind).await,
            _ => continue,
        };
        *counts.entry(kind.to_owned()).or_default() += 1;
        faults.extend(fault.map(|fault| format!("{url}: {fault}")));
    }
    println!("understood: {counts:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(["static", "static-v1", "endpoint", "dynamic"].iter().all(|kind| counts.contains_key(*kind)), "{counts:?}");
}

/// A few addresses, at least one of each kind.
fn own_entries() -> Vec<Value> {
    let rule = |label: &str, message: &str, color: &str| json!({"label": label, "message": message, "color": color});
    vec![
        json!({"kind": "static", "url": "https://shields.example/badge/a%20b-c__d--e-%23E5E5E5.svg?style=flat", "shields_rule": rule("a b", "c_d-e", "#E5E5E5")}),
        json!({"kind": "static", "url": "https://shields.example/badge/%D0%B2-nonsense?logo=vk&colorB=red", "shields_rule": rule("", "в", "nonsense")}),
        json!({"kind": "static-v1", "url": "https://shields.example/static/v1?label=a&message=b&color=Green"}),
        json!({"kind": "endpoint", "url": "https://shields.example/endpoint.svg?&url=https%3A%2F%2Fexample.com%2Fa%3Fb%26c&color=222&label=d%20e"}),
        json!({"kind": "dynamic", "url": "https://shields.example/badge/dynamic/json?url=https://example.com/a.json&query=$.message&suffix=%20x&labelColor=FE7398"}),
    ]
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The response to the path and query of an address.
async fn picture(server: &TestServer, url: &Url) -> (u16, String) {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let response = server.send(&Request::get(&format!("{}{query}", url.path()))).await;
    (response.status.as_u16(), String::from_utf8(response.body.to_vec()).unwrap())
}

/// Compares the text and the colour of a static badge with the expected ones, overrides included.
async fn static_fault(url: &Url, rule: &Value) -> Option<String> {
    let (status, body) = picture(&TestServer::new(""), url).await;
    let text = |name: &str| rule[name].as_str().unwrap().to_owned();
    let label = parameter(url, "label").unwrap_or_else(|| text("label"));
    let color = ["color", "colorB"].into_iter().find_map(|name| parameter(url, name)).unwrap_or_else(|| text("color"));
    let is_json = url.path().ends_with(".json");
    let (words, painted) = if is_json {
        let badge: Value = serde_json::from_str(&body).unwrap();
        (said(badge["label"].as_str()?, badge["message"].as_str()?), badge["color"].as_str()?.to_owned())
    } else {
        (title(&body)?.to_owned(), body.clone())
    };
    let expected = as_drawn(url, said(&label, &text("message")));
    let color = Color::parse(&color).unwrap_or(Color::LIGHTGREY);
    let is_painted = if is_json {
        painted == color.name()
    } else {
        painted.contains(&format!("fill=\"{}\"", color.svg())) || social(url)
    };
    match status {
        200 if unescaped(&words) == expected.trim() && is_painted => None,
        _ => Some(format!("{status} {words:?} instead of {expected:?} in {}", color.svg())),
    }
}

/// Checks that the document is fetched once from the right address, and that its badge has the overrides.
async fn document_fault(url: &Url, kind: &str) -> Option<String> {
    let server = TestServer::new("");
    let address = Url::parse(&parameter(url, "url")?).ok()?;
    let query = parameter(url, "query").unwrap_or_default();
    // A document in which the query finds one value.
    let document = match kind {
        "endpoint" => BADGE.to_owned(),
        _ => query
            .trim_start_matches("$.")
            .rsplit('.')
            .fold("\"said\"".to_owned(), |value, name| format!("{{\"{name}\":{value}}}")),
    };
    server.web.set(address.as_str(), 200, &[], &document);
    let (status, body) = picture(&server, url).await;
    let asked: Vec<_> = server.web.asked.lock().unwrap().iter().map(|ask| ask.url.clone()).collect();
    let theirs = if kind == "endpoint" { "theirs" } else { "custom badge" };
    let label = parameter(url, "label").unwrap_or_else(|| theirs.to_owned());
    let affix = |name: &str| parameter(url, name).unwrap_or_default();
    let expected = as_drawn(url, said(&label, &format!("{}said{}", affix("prefix"), affix("suffix"))));
    let words = title(&body).map(unescaped);
    let colors = if social(url) { &[][..] } else { &["color", "labelColor"] };
    let painted = colors.iter().filter_map(|name| parameter(url, name));
    let mut unpainted = painted.filter_map(|color| Color::parse(&color)).filter(|color| !body.contains(color.svg()));
    let seconds = parameter(url, "cacheSeconds");
    if status == 200 && asked == [address.clone()] && words.as_deref() == Some(&*expected) && unpainted.next().is_none()
    {
        return match seconds {
            Some(seconds) => caching_fault(&server, url, &seconds).await,
            None => None,
        };
    }
    Some(format!("{status} {words:?} instead of {expected:?}, asked {asked:?}"))
}

async fn caching_fault(server: &TestServer, url: &Url, seconds: &str) -> Option<String> {
    let response = server.send(&Request::get(&format!("{}?{}", url.path(), url.query()?))).await;
    let caching = response.headers["cache-control"].to_str().unwrap().to_owned();
    (!caching.contains(&format!("max-age={seconds},"))).then_some(caching)
}

/// The title of a picture with this label and message.
fn said(label: &str, message: &str) -> String {
    let (label, message) = (label.trim(), message.trim());
    if label.is_empty() { message.to_owned() } else { format!("{label}: {message}") }
}

/// The title in the capitals of the style.
fn as_drawn(url: &Url, words: String) -> String {
    match parameter(url, "style").as_deref() {
        Some("for-the-badge") => words.to_uppercase(),
        Some("social") => words[..1].to_uppercase() + &words[1..],
        _ => words,
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&amp;", "&").trim().to_owned()
}

/// Whether the style ignores colours.
fn social(url: &Url) -> bool {
    parameter(url, "style").as_deref() == Some("social")
}
