//! Every file of `tests/http` is a list of requests with their expected responses.
//!
//! `UPDATE=1` writes the actual responses into the files; review the diff.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fmt::Write, fs, path::Path};

use badgesmith_engine::{Request, Response, world::Fault};
use bytes::Bytes;
use support::{TestServer, hello_toml, title};

#[tokio::test(start_paused = true)]
async fn every_request_gets_the_response_in_its_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http");
    let update = std::env::var_os("UPDATE").is_some();
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let written = fs::read_to_string(&file).unwrap();
        let server = server();
        let mut actual = String::new();
        let mut tag = String::new();
        for block in written.split("### ").skip(1) {
            let (request, _) = block.split_once("\n\n").expect("a request ends with an empty line");
            let response = server.send(&read(request, &tag)).await;
            write!(actual, "### {request}\n\n{}", shown(&response)).unwrap();
            if let Some(etag) = response.headers.get("etag") {
                etag.to_str().unwrap().clone_into(&mut tag);
            }
            count += 1;
        }
        let head = written.split("### ").next().unwrap_or_default();
        let actual = head.to_owned() + actual.trim_end() + "\n";
        if update {
            fs::write(&file, actual).unwrap();
        } else if actual != written {
            let at = actual.lines().zip(written.lines()).position(|(one, other)| one != other).unwrap_or(0);
            let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
            faults.push(format!("{}:{}: got {:?}, want {:?}", file.display(), at + 1, line(&actual), line(&written)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 50, "only {count} requests were read");
}

/// A server whose upstream and web have these resources.
fn server() -> TestServer {
    let server = TestServer::new(&hello_toml());
    for name in ["world", "newtonsoft.json", "World.svg", "a%20b", "wide%2Fname", "x.Svg"] {
        let headers = [("last-modified", "Fri, 20 Nov 2026 12:00:00 GMT")];
        server.upstream.set(&format!("https://example.com/{name}.txt"), 200, &headers, name);
    }
    server.upstream.set("https://example.com/missing.txt", 404, &[], "");
    for (name, document) in DOCUMENTS {
        let headers = [("last-modified", "Fri, 20 Nov 2026 12:00:00 GMT")];
        server.web.set(&format!("https://example.com/{name}"), 200, &headers, document);
    }
    server.web.set("https://example.com/missing", 404, &[], "");
    server.web.set("https://example.com/private", 403, &[], "");
    for (name, fault) in [
        ("inside", Fault::NotAllowed("url not allowed")),
        ("plain", Fault::NotAllowed("please use https")),
        ("large", Fault::TooLarge),
        ("slow", Fault::Timeout),
        ("down", Fault::Status(503)),
        ("odd", Fault::Nonsense(String::new())),
        ("limited", Fault::RateLimited(Some(7))),
    ] {
        server.web.fault(&format!("https://{name}.example/"), fault);
    }
    server
}

/// The documents on the web.
const DOCUMENTS: [(&str, &str); 10] = [
    ("badge.json", r#"{"schemaVersion":1,"label":"hello","message":"sweet world","color":"orange"}"#),
    (
        "full.json",
        r##"{"schemaVersion":1,"label":"hello","message":"world","color":"#9cf","labelColor":"blue","namedLogo":"github",
            "logoColor":"white","logoSize":"auto","style":"flat-square","cacheSeconds":1800}"##,
    ),
    (
        "logo.json",
        r#"{"schemaVersion":1,"label":"hello","message":"world","logoSvg":"<svg xmlns='http://www.w3.org/2000/svg'/>"}"#,
    ),
    ("error.json", r#"{"schemaVersion":1,"label":"build","message":"broken","color":"red","isError":true}"#),
    ("wrong.json", r#"{"schemaVersion":1,"label":"hello","message":"","colour":"red"}"#),
    (
        "package.json",
        r#"{"name":"wave","version":"v1.2.3-rc.1","keywords":["a","b"],"downloads":1234567,"size":34567890,
            "coverage":"87.25%","updated":"2026-11-20T23:00:00-05:00","0.1":"x","dev-dependencies":{"a":"^1.0"},"on":{}}"#,
    ),
    ("feed.xml", "<feed><entry id='1'><title>First</title></entry><entry id='2'><title>Second</title></entry></feed>"),
    ("config.yaml", "image: redis\ntags: [a, b]\nport: 6379\n"),
    ("Cargo.toml", "[package]\nname = \"wave\"\nrust-version = \"1.95\"\n"),
    ("README.md", "# Wave\n\nversion - 2.4\nEvery month it serves 1,234 images.\n"),
];

/// Parses a request: a title, then `METHOD path`, then headers, in which `TAG` stands for the ETag of the last
/// response.
fn read(text: &str, tag: &str) -> Request {
    let mut lines = text.lines().skip(1);
    let (method, path) = lines.next().unwrap().split_once(' ').expect("METHOD path");
    let mut request = Request::get(&path.replace("{long}", &"x".repeat(9000)));
    request.method = method.parse().unwrap();
    request.correlation_id = "c0ffee".to_owned();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("Name: value");
        let value = value.replace("{long}", &"x".repeat(17_000)).replace("TAG", tag);
        if name == "Body-Bytes" {
            request.body = Bytes::from(vec![b'x'; value.parse().unwrap()]);
            continue;
        }
        request.headers.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

/// The status, the headers except those of every response, and the body; of an SVG only its title.
fn shown(response: &Response) -> String {
    let mut shown = format!("{}\n", response.status.as_u16());
    assert_eq!(response.headers["access-control-allow-origin"], "*");
    let mut headers: Vec<_> = response.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
    headers.sort();
    for (name, value) in headers {
        if !["access-control-allow-origin", "content-length", "content-security-policy", "x-content-type-options"]
            .contains(&name)
        {
            writeln!(shown, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    if let Some(picture) = response.body.strip_prefix(b"\x89PNG\r\n\x1a\n") {
        let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        writeln!(shown, "\n<png>{} by {}</png>\n", side(8), side(12)).unwrap();
        return shown;
    }
    let body = String::from_utf8(response.body.to_vec()).unwrap();
    match title(&body) {
        _ if body.is_empty() => shown.push('\n'),
        Some(title) => writeln!(shown, "\n<svg>{title}</svg>\n").unwrap(),
        None => writeln!(shown, "\n{}\n", body.trim_end()).unwrap(),
    }
    shown
}

#[tokio::test]
async fn a_png_that_would_be_too_wide_is_drawn_smaller() {
    let words = "W".repeat(255);
    let segments = format!("&segment={words}-red").repeat(8);
    let wide = format!("/badge/{words}-green.png?scale=4{segments}");
    let response = TestServer::new(&hello_toml()).get(&wide).await;
    assert!(
        shown(&response).starts_with("200\n") && shown(&response).contains("<png>4096 by "),
        "{}",
        shown(&response)
    );
}
