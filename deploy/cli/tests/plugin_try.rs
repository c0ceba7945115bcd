//! `badgesmith plugin try`: a call is shown step by step, with what is wrong and what to do, and no secret is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::{Upstream, UpstreamReply, command};

/// A provider whose badges show the version of a project.
const HELLO: &str = r#"id = "hello"
version = "1.0.0"
mount = "/badges/hello"
settings = { upstream = "" }

[[badge]]
name = "version"
route = "{project}"
label = "hello"
summary = "The version of a project."
example = "demo"
get = "{upstream}/projects/{project}.json"
value = "/version"
format = "text"
statuses = { 404 = "project not found" }
routes = [
  { route = "one/{project}", example = "one/demo" },
  { route = "two/{project}", example = "two/demo" },
  { route = "three/{project}", example = "three/demo" },
  { route = "/hello/v/{project}", example = "/hello/v/demo" },
  { route = "/far/away/from/everything/{project}", example = "/far/away/from/everything/demo" },
]
"#;

/// An upstream that has the project `demo`, and an odd one.
fn projects(path: &str) -> UpstreamReply {
    let json = |text: &str| (200, vec![("Content-Type", "application/json".to_owned())], text.as_bytes().to_vec());
    match path {
        "/projects/demo.json" => json(r#"{ "name": "demo", "version": "1.2.3" }"#),
        "/projects/odd.json" => json("{}"),
        _ => (404, Vec::new(), Vec::new()),
    }
}

/// An empty folder of that name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-try").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder with the provider, and a plugins.toml that lets it ask this upstream.
fn hello(name: &str, upstream: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("hello.toml"), HELLO).unwrap();
    let entry = format!(
        "[[plugin]]\nid = \"hello\"\ndeclarative = \"hello.toml\"\norigins = [{upstream:?}]\n\
         settings = {{ upstream = {upstream:?} }}\n"
    );
    fs::write(folder.join("plugins.toml"), entry).unwrap();
    folder
}

/// The exit code of `badgesmith plugin try`, its output, and what it wrote to standard error.
fn try_call(folder: &Path, address: &str) -> (Option<i32>, String, String) {
    let mut try_it = command();
    try_it.args(["plugin", "try", address, "--config"]).arg(folder.join("plugins.toml"));
    let output = try_it.arg("--data").arg(folder.join("data")).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

/// The line without its time, which differs.
fn untimed(line: &str) -> &str {
    let of_step = line.strip_suffix(" ms)").and_then(|rest| rest.rsplit_once(" ("));
    let of_answer = line.strip_suffix(" ms").and_then(|rest| rest.rsplit_once(", "));
    of_step.or(of_answer).map_or(line, |(rest, _)| rest)
}

#[test]
fn a_badge_is_shown_with_every_step_to_it() {
    let upstream = Upstream::start(projects);
    let (folder, url) = (hello("badge", &upstream.url()), upstream.url());
    let (code, said, further) = try_call(&folder, "https://badges.example/badges/hello/demo.svg?style=flat");
    assert_eq!((code, &*further), (Some(0), ""), "{said}");
    let request = format!("GET {url}/projects/demo.json");
    let [asks, sends] = [format!("step 1      asks for {request}"), format!("request 1   {request}")];
    let expected = [
        "call        the badge \"version\" of the plugin \"hello\"",
        "            project: demo",
        asks.as_str(),
        sends.as_str(),
        "answer 1    200, application/json, 38 bytes",
        "step 2      is done: message \"1.2.3\"",
        "badge       hello: 1.2.3",
        "            color blue, fresh for 300 seconds",
    ];
    assert_eq!(said.lines().map(untimed).collect::<Vec<_>>(), expected, "{said}");
    assert_eq!(upstream.calls(), 1);
    assert!(!folder.join("data").exists(), "nothing is recorded");
}

#[test]
fn what_an_upstream_does_not_have_is_an_error_with_its_words() {
    let upstream = Upstream::start(projects);
    let folder = hello("missing", &upstream.url());
    let (code, said, further) = try_call(&folder, "/badges/hello/nothing");
    assert_eq!((code, &*further), (Some(1), ""), "{said}");
    for words in [
        "\nanswer 1    404, no content-type, 0 bytes, ",
        "\nstep 2      fails: PROJECT_NOT_FOUND \"project not found\", not found (",
        "\nerror       404 PROJECT_NOT_FOUND: project not found\n            what the address names is at fault, fresh for 60",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_answer_that_cannot_be_used_is_shown_with_the_reason() {
    let upstream = Upstream::start(projects);
    let folder = hello("unusable", &upstream.url());
    let (code, said, _) = try_call(&folder, "/badges/hello/odd");
    assert_eq!(code, Some(1), "{said}");
    for words in
        ["fails: UPSTREAM_INVALID ", "            reason: ", "\nlog         a call failed\n", "\nerror       502 "]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("compare what it reads with the answer"), "{said}");
}

#[test]
fn an_upstream_that_is_down_is_named_with_why_and_what_to_do() {
    let upstream = Upstream::start(projects);
    let (folder, url) = (hello("down", &upstream.url()), upstream.url());
    upstream.stop();
    let (code, said, further) = try_call(&folder, "/badges/hello/demo");
    assert_eq!((code, &*further), (Some(1), ""), "{said}");
    let request = format!("\nrequest 1   GET {url}/projects/demo.json\n");
    for words in [
        &*request,
        "\nanswer 1    none: ",
        "\nrequest 2   GET ",
        "\nlog         an upstream did not answer\n",
        "\nerror       503 UPSTREAM_UNAVAILABLE: upstream unavailable\n            an upstream is at fault, fresh for 10 seconds",
        "this machine reaches it",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_upstream_without_an_address_is_named_with_the_command_that_sets_it() {
    let folder = hello("unset", "");
    let config = folder.join("plugins.toml");
    fs::write(&config, "[[plugin]]\nid = \"hello\"\ndeclarative = \"hello.toml\"\n").unwrap();
    let (code, said, further) = try_call(&folder, "/badges/hello/demo");
    assert_eq!((code, &*further), (Some(1), ""), "{said}");
    let words =
        ["badgesmith plugin enable hello --upstream URL", "\nerror       501 UPSTREAM_NOT_SET: no upstream set\n"];
    assert!(words.iter().all(|words| said.contains(words)) && !said.contains("request 1"), "{said}");
}

#[test]
fn an_origin_that_is_not_granted_is_named_with_what_to_add() {
    let folder = folder("trespassing");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let library = folder.join("liar.so");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wno-unused", "-DLIE=TRESPASSING", "-I"]).arg(root.join("providers/sdk/include"));
    let status = cc.arg(root.join("engine/tests/plugins/liar.c")).arg("-o").arg(&library).status();
    assert!(status.expect("a C compiler is needed for the plugins of the tests").success());
    let entry = format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
    fs::write(folder.join("plugins.toml"), entry).unwrap();
    let (code, said, further) = try_call(&folder, "/badges/liar/x");
    assert_eq!((code, &*further), (Some(1), ""), "{said}");
    for words in [
        "\nstep 1      asks for GET https://elsewhere.example/x (",
        "\nlog         a provider broke\n",
        "fault: it asks https://elsewhere.example, which is not granted; add it to its origins in plugins.toml\n",
        "\nerror       500 PROVIDER_FAILED: provider failed\n            the plugin is at fault",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("request 1"), "{said}");
}

#[test]
fn an_address_that_no_badge_has_is_refused_with_the_five_nearest_routes() {
    let folder = hello("unknown", "https://upstream.example");
    let (code, said, further) = try_call(&folder, "/badge/hello/on/demo");
    assert_eq!((code, &*said), (Some(1), ""), "{further}");
    let lines: Vec<_> = further.lines().collect();
    assert_eq!(lines.len(), 6, "{further}");
    let refused = "badgesmith: /badge/hello/on/demo is no badge of a configured plugin; the nearest are:";
    assert_eq!(lines[0], refused);
    assert_eq!(lines[1], "  /badges/hello/one/{project}, such as /badges/hello/one/demo");
    assert!(!further.contains("/far/"), "{further}");
}

#[test]
fn a_server_shows_the_same_in_its_log_at_the_level_debug_and_nothing_of_it_at_any_other() {
    // It may be a part of a version.
    const TOKEN: &str = "ghp-hush";
    let upstream = Upstream::start(|path| match path {
        path if path.starts_with("/orgs/acme/") => {
            (200, vec![("ETag", "\"v7\"".to_owned())], format!(r#"[{{"id":1,"name":"2.0.0-{TOKEN}"}}]"#).into_bytes())
        }
        _ => (404, Vec::new(), Vec::new()),
    });
    for level in ["debug", "info"] {
        let name = format!("try-log-{level}");
        let _ = fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name));
        let toml = support::github_toml(&upstream.url());
        let server = support::Server::start_with(&name, &toml, &["--log-level", level]);
        let (well, said) = support::secret(&server.data, &["set", "--owner", "acme", "--purpose", "Package"], TOKEN);
        assert!(well, "{said}");
        for style in ["flat", "plastic"] {
            server.get(&format!("/badges/packages/github/acme/widget?prerelease=true&style={style}&format=json"));
        }
        let log = server.log_once(|log| log.matches("\"answered\"").count() == 2);
        assert!(!log.contains(TOKEN), "{log}");
        let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let shown: Vec<_> = lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect();
        let has = |begin: &str, words: &str| shown.iter().any(|line| line.starts_with(begin) && line.contains(words));
        for (begin, words) in [
            ("step of github: ", "with 0 answers: asks for GET "),
            ("request ", "; authorization: … (the owner's secret)"),
            ("answer ", "; etag: \"v7\""),
            ("step of github: ", ": is done: message \"2.0.0-…\""),
        ] {
            assert_eq!(has(begin, words), level == "debug", "{begin}…{words}: {log}");
        }
    }
}

#[test]
fn a_secret_is_shown_by_its_place_alone() {
    const TOKEN: &str = "ghp_hush";
    let upstream = Upstream::start(|path| match path {
        path if path.starts_with("/orgs/acme/") => {
            (200, Vec::new(), format!(r#"[{{"id":1,"name":"2.0.0-{TOKEN}"}}]"#).into_bytes())
        }
        _ => (404, Vec::new(), Vec::new()),
    });
    let folder = folder("secret");
    fs::write(folder.join("plugins.toml"), support::github_toml(&upstream.url())).unwrap();
    let set = ["set", "--owner", "acme", "--purpose", "Package"];
    let (well, said) = support::secret(&folder.join("data"), &set, TOKEN);
    assert!(well, "{said}");
    let (_, said, further) = try_call(&folder, "/badges/packages/github/acme/widget?token=callers");
    assert!(said.contains(" with bearer token of acme"), "{said}");
    assert!(said.contains("            authorization: … (the owner's secret)\n"), "{said}");
    assert!(
        ![said.as_str(), further.as_str()].iter().any(|text| text.contains(TOKEN) || text.contains("callers")),
        "{said}"
    );
}
