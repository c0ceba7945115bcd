//! The index page and the OpenAPI document, which are generated from manifests with any texts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, path::Path};

use badgesmith_engine::{Request, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{TestServer, hello_toml};

/// Markup, the end of a script, a marker of the page, the end of an attribute, and a line separator.
const HOSTILE: &str =
    "</script><script>alert(1)</script><!--providers--><img src=x onerror=alert(1)> \"'`\u{2028} & $& {{x}}";

fn text(response: &Response) -> String {
    String::from_utf8(response.body.to_vec()).unwrap()
}

/// A server with one provider, whose manifest has this text everywhere.
fn hostile() -> TestServer {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile.toml");
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let provider = format!(
        "id = \"hostile\"\nversion = {quoted}\nsummary = {quoted}\nmount = \"/badges/hostile\"\n\
         settings = {{ upstream = \"https://example.com\" }}\n[[badge]]\nname = {quoted}\n\
         route = \"a<b>\\\"'&/{{package}}\"\nlabel = {quoted}\nsummary = {quoted}\nexample = \"a<b>\\\"'&/c<d>)]\\\"\"\n\
         get = \"{{upstream}}/{{package}}\"\nvalue = \"/a\"\nformat = \"text\"\n"
    );
    fs::write(&file, provider).unwrap();
    let origins = "origins = [\"https://example.com\"]";
    TestServer::new(&format!("[[plugin]]\nid = \"hostile\"\ndeclarative = {file:?}\n{origins}\n"))
}

/// The text between the first `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    text.split_once(open).unwrap().1.split_once(close).unwrap().0
}

#[tokio::test]
async fn the_texts_of_a_malicious_manifest_are_escaped() {
    let server = hostile();
    let page = text(&server.get("/").await);
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains("<img src=x") && !page.contains("onerror=alert(1)>"));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"));
    let markup = page.split("<script>").next().unwrap();
    for attribute in markup.split(" href=\"").skip(1).chain(markup.split(" src=\"").skip(1)) {
        let value = attribute.split('"').next().unwrap();
        assert!(value.starts_with("./") || value.starts_with('#') || value.starts_with("data:image/svg"), "{value}");
        assert!(!value.contains(['<', '>', '\'']) || value.starts_with("data:"), "{value}");
    }
    let document: Value = serde_json::from_str(&text(&server.get("/openapi.json").await)).unwrap();
    assert_eq!(document["tags"][2]["description"], HOSTILE);
}

#[tokio::test]
async fn every_badge_of_the_list_is_in_the_guide_and_in_the_catalog() {
    let server = TestServer::new(&hello_toml());
    let listing: Value = serde_json::from_str(&text(&server.get("/?format=json").await)).unwrap();
    let catalog: Value = serde_json::from_str(&text(&server.get("/badges.json").await)).unwrap();
    let guide = text(&server.get("/llms.txt").await);
    let (own, provided) =
        (listing["badges"].as_array().unwrap(), listing["providers"][0]["badges"].as_array().unwrap());
    let listed: Vec<_> = own.iter().chain(provided).collect();
    assert_eq!(listed, catalog["badges"].as_array().unwrap().iter().collect::<Vec<_>>());
    assert!(listed.len() > 8 && catalog["version"] == 1, "{catalog}");
    for badge in listed {
        let entry = format!("]({}): `{}` ", badge["image"].as_str().unwrap(), badge["route"].as_str().unwrap());
        assert!(guide.contains(&entry), "{entry} is not in {guide}");
    }
    let hello = &provided[0];
    assert_eq!((&hello["provider"], &hello["image"]), (&"hello".into(), &"/badges/hello/world.svg".into()));
    assert_eq!((&hello["parameters"][0], &hello["query"][0]), (&"name".into(), &"loud".into()));
    assert_eq!(catalog["badges"][0]["parameters"].to_string(), r#"["label","message","color"]"#);
    assert_eq!(catalog["badges"][3]["required"].to_string(), r#"["url","query"]"#);
}

#[tokio::test]
async fn a_text_of_a_manifest_cannot_begin_a_line_of_the_guide() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lines.toml");
    let provider = "id = \"lines\"\nversion = \"1\"\nsummary = \"One.\\n\\n## Two\"\nmount = \"/badges/lines\"\n\
         settings = { upstream = \"https://example.com\" }\n[[badge]]\nname = \"a\\n# b\"\nroute = \"{package}\"\n\
         label = \"c\"\nsummary = \"Three.\\n- four\"\nexample = \"x\"\nget = \"{upstream}/{package}\"\n\
         value = \"/a\"\nformat = \"text\"\n";
    fs::write(&file, provider).unwrap();
    let origins = "origins = [\"https://example.com\"]";
    let server = TestServer::new(&format!("[[plugin]]\nid = \"lines\"\ndeclarative = {file:?}\n{origins}\n"));
    let guide = text(&server.get("/llms.txt").await);
    assert!(
        guide.contains(
            "\n## lines\n\nOne. ## Two\n\n- [a # b](/badges/lines/x.svg): `/badges/lines/{package}` Three. - four\n"
        ),
        "{guide}"
    );
}

#[tokio::test]
async fn a_parameter_that_a_route_fixes_is_not_asked_of_the_caller() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixed.toml");
    let provider = r#"
        id = "fixed"
        version = "1.0.0"
        mount = "/badges/fixed"
        settings = { upstream = "https://example.com" }
        [[badge]]
        name = "tag"
        route = "{package}"
        query = { tag = "latest", page = "1" }
        label = "tag"
        summary = "A tag."
        example = "acme"
        get = "{upstream}/{package}/{tag}.json?page={page}"
        value = "/a"
        routes = [
            { route = "next/{package}", fixed = { tag = "next" }, example = "next/acme" },
            { route = "of/{package}/{tag}", example = "of/acme/v1" },
        ]
    "#;
    fs::write(&file, provider).unwrap();
    let origins = "origins = [\"https://example.com\"]";
    let server = TestServer::new(&format!("[[plugin]]\nid = \"fixed\"\ndeclarative = {file:?}\n{origins}\n"));
    let parse = |response: &Response| serde_json::from_str::<Value>(&text(response)).unwrap();
    let listing = parse(&server.get("/?format=json").await);
    let listed = |index: usize| listing["providers"][0]["badges"][index]["query"].to_string();
    assert_eq!([0, 1, 2].map(listed), [r#"["page","tag"]"#, r#"["page"]"#, r#"["page"]"#]);
    let document = parse(&server.get("/openapi.json").await);
    let names = |path: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap().clone();
        let own = parameters.iter().filter(|parameter| parameter["in"] == "query");
        own.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("/badges/fixed/{package}"), "page tag");
    assert_eq!(names("/badges/fixed/next/{package}"), "page");
    assert_eq!(names("/badges/fixed/of/{package}/{tag}"), "page");
    assert_eq!(document["paths"]["/website"]["get"]["operationId"], "website");
}

#[tokio::test]
async fn the_content_security_policy_allows_the_page_its_own_style_and_script_only() {
    let response = TestServer::new(&hello_toml()).get("/").await;
    assert_eq!(response.headers["content-type"], "text/html;charset=utf-8");
    let page = text(&response);
    let policy = response.headers["content-security-policy"].to_str().unwrap();
    for (name, inline) in
        [("script-src", between(&page, "<script>", "</script>")), ("style-src", between(&page, "<style>", "</style>"))]
    {
        let hash = BASE64_STANDARD.encode(Sha256::digest(inline));
        assert!(policy.contains(&format!("{name} 'sha256-{hash}';")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="));
    assert!(!page.contains("<!--"), "every marker was replaced");
    let badge = TestServer::new(&hello_toml()).get("/badge/a-b-red").await;
    let policy = badge.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("'unsafe-inline'"), "a badge keeps its own policy: {policy}");
}

#[tokio::test]
async fn the_page_is_the_same_for_every_caller() {
    let server = TestServer::new(&hello_toml());
    let plain = server.get("/").await;
    let mut request = Request::get("/");
    request.headers.insert("host", "elsewhere.example".parse().unwrap());
    request.headers.insert("x-forwarded-host", "elsewhere.example".parse().unwrap());
    request.headers.insert("x-forwarded-proto", "gopher".parse().unwrap());
    let other = server.send(&request).await;
    assert_eq!((&plain.body, &plain.headers), (&other.body, &other.headers));
    request.headers.insert("if-none-match", plain.headers["etag"].clone());
    assert_eq!(server.send(&request).await.status, 304);
    let mut head = Request::get("/");
    head.method = Method::HEAD;
    let head = server.send(&head).await;
    assert_eq!((head.body.len(), head.headers), (0, plain.headers));
}

#[tokio::test]
async fn the_page_shows_each_badge_and_the_code_to_paste() {
    let page = text(&TestServer::new(&hello_toml()).get("/").await);
    for words in [
        "<img src=\"./badges/hello/world.svg\" alt=\"hello, live example\"",
        "<code>/badges/hello/<var>{name}</var></code>",
        "![hello](https://HOST/badges/hello/world.svg)",
        "&lt;img src=&quot;https://HOST/badges/hello/world.svg&quot; alt=&quot;hello&quot;&gt;",
        ".. image:: https://HOST/badges/hello/world.svg\n   :alt: hello",
        "image:https://HOST/badges/hello/world.svg[&quot;hello&quot;]",
        "<form id=\"builder\" action=\"./static/v1\" method=\"get\"",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
}

#[tokio::test]
async fn a_report_and_a_redirect_are_listed_for_people_and_for_programs() {
    let library = support::build("reporter.c", "reporter_front", &[]);
    let toml = format!("[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\ncollections = [\"runs\"]\n");
    let server = TestServer::new(&toml);
    let listing: Value = serde_json::from_str(&text(&server.get("/?format=json").await)).unwrap();
    let report = listing["providers"][0]["reports"][0]["route"].as_str().unwrap();
    assert!(text(&server.get("/").await).contains("<b>POST</b>"));
    let document: Value = serde_json::from_str(&text(&server.get("/openapi.json").await)).unwrap();
    let operation = &document["paths"][report.replace('…', "")]["post"];
    assert_eq!(operation["requestBody"]["content"]["application/json"]["schema"]["type"], "object");
    for status in ["201", "400", "401", "409", "413", "503"] {
        assert!(operation["responses"][status].is_object(), "{status}");
    }
}
