//! The badges of all parts of a branch, over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{
    Server,
    report::{COVERAGE_TOML, now, post},
    secret,
};

const SECRET: &str = "It's a Secret to Everybody";

/// A server whose owner `acme` has a secret.
fn server(name: &str) -> Server {
    let server = Server::start(name, COVERAGE_TOML);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    server
}

impl Reporting<'_> {
    /// Reports a run of a part for a commit.
    fn report(&self, what: &str, part: &str, numbers: Value) {
        let run = self.runs.get() + 1;
        self.runs.set(run);
        let mut body = json!({
            "platform": part, "commit": self.commit.get(), "run_id": run.to_string(), "timestamp": now(),
            "url_html": format!("https://example.com/runs/{run}"),
        });
        body.as_object_mut().unwrap().extend(numbers.as_object().unwrap().clone());
        let path = format!("/{what}/results/{part}/acme/tools/{}", self.branch);
        let response = post(self.server.address, SECRET, &path, &body.to_string()).unwrap();
        assert_eq!(response.status, 201, "{}", response.body);
    }

    fn tests(&self, part: &str, passed: u64, failed: u64) {
        self.report(
            "tests",
            part,
            json!({ "passed": passed, "failed": failed, "skipped": 0, "total": passed + failed }),
        );
    }

    fn coverage(&self, part: &str, covered: u64, total: u64) {
        self.report("coverage", part, json!({ "lines": { "covered": covered, "total": total } }));
    }

    /// The message and the color of a badge of all parts.
    fn badge(&self, what: &str, query: &str) -> (String, String) {
        let body = self.server.get(&format!("/badges/{what}/ALL/acme/tools/{}{query}", self.branch)).body;
        let badge: Value = serde_json::from_str(&body).unwrap();
        let text = |name: &str| badge[name].as_str().unwrap_or_default().to_owned();
        (text("message"), text("color"))
    }
}

/// Reports of a branch of acme/tools.
struct Reporting<'a> {
    server: &'a Server,
    branch: &'a str,
    commit: std::cell::Cell<&'static str>,
    runs: std::cell::Cell<u32>,
}

fn reporting<'a>(server: &'a Server, branch: &'a str) -> Reporting<'a> {
    Reporting { server, branch, commit: "a1".into(), runs: 0.into() }
}

fn is(message: &str, color: &str) -> (String, String) {
    (message.to_owned(), color.to_owned())
}

#[test]
fn the_tests_of_all_parts_are_added_up_and_what_is_missing_is_said() {
    let server = server("parts-tests");
    let main = reporting(&server, "main");
    assert_eq!(main.badge("tests", "").0, "no results");
    for (part, passed) in [("web", 100), ("api", 80), ("docs", 5), ("cli", 15)] {
        main.tests(part, passed, 0);
    }
    reporting(&server, "another").tests("other", 7, 0);
    assert_eq!(main.badge("tests", ""), is("200 passed", "brightgreen"));
    main.commit.set("b2");
    main.tests("web", 101, 0);
    assert_eq!(main.badge("tests", ""), is("1 of 4 parts", "lightgrey"));
    main.tests("api", 70, 10);
    main.tests("docs", 5, 0);
    assert_eq!(main.badge("tests", ""), is("3 of 4 parts", "yellow"));
    let redirect = server.get("/redirect/test-results/all/acme/tools/main");
    assert!(redirect.head.contains("location: https://example.com/runs/7\r\n"), "{}", redirect.head);
    main.tests("cli", 15, 0);
    assert_eq!(main.badge("tests", ""), is("191 passed, 10 failed", "yellow"));
    // A re-run counts in the place of the run.
    main.tests("api", 80, 0);
    assert_eq!(main.badge("tests", "?compact=true"), is("✔ 201", "brightgreen"));
    let svg = server.get("/badges/tests/all/acme/tools/main.svg?trend=10").body;
    assert!(svg.contains("<title>tests: 201 passed</title>"), "{svg}");
    // What was itself reported as all wins.
    main.tests("all", 9, 0);
    assert_eq!(main.badge("tests", ""), is("9 passed", "brightgreen"));
    assert_eq!(server.get("/badges/tests/nowhere/acme/tools/main").status, 404);
}

#[test]
fn the_coverage_of_all_parts_is_that_of_their_lines_together() {
    let server = server("parts-coverage");
    let (main, feature) = (reporting(&server, "main"), reporting(&server, "feature/x"));
    main.coverage("web", 1, 4);
    main.coverage("api", 95, 96);
    assert_eq!(main.badge("coverage", ""), is("96%", "green"));
    feature.coverage("web", 2, 4);
    feature.coverage("api", 96, 96);
    assert_eq!(feature.badge("coverage", "?diff=main&precision=1"), is("98.0% (+2.0)", "green"));
    assert_eq!(feature.badge("coverage", "?min=99"), is("98%", "red"));
    assert_eq!(feature.badge("coverage", "?of=branches").0, "no branches");
    // Another branch is compared by its last commit that all parts reported.
    main.commit.set("b2");
    main.coverage("web", 4, 4);
    assert_eq!(main.badge("coverage", "?min=80"), is("1 of 2 parts", "lightgrey"));
    assert_eq!(feature.badge("coverage", "?diff=main&precision=1"), is("98.0% (+2.0)", "green"));
    main.coverage("api", 96, 96);
    assert_eq!(main.badge("coverage", "?diff=main"), is("100% (+4.0)", "brightgreen"));
    let redirect = server.get("/redirect/coverage/all/acme/tools/main");
    assert!(redirect.head.contains("location: https://example.com/runs/4\r\n"), "{}", redirect.head);
}
