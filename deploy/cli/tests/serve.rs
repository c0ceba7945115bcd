//! `badgesmith serve`: what it prints, what it answers and how it stops.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use support::{Server, Upstream, UpstreamReply, command, nuget_toml, send};

/// A NuGet feed whose versions are all listed.
fn feed(path: &str) -> UpstreamReply {
    match path {
        "/v3-flatcontainer/newtonsoft.json/index.json" => {
            (200, vec![("ETag", "\"1\"".to_owned())], br#"{"versions":["12.0.3","13.0.4","14.0.0-beta1"]}"#.to_vec())
        }
        "/v3-flatcontainer/avalonia/index.json" => (200, Vec::new(), br#"{"versions":["10.0.0"]}"#.to_vec()),
        "/v3-flatcontainer/avalonia.svg/index.json" => (200, Vec::new(), br#"{"versions":["11.0.0"]}"#.to_vec()),
        path if path.starts_with("/v3/registration5-gz-semver2/") => {
            (200, Vec::new(), br#"{"@id":"x","listed":true}"#.to_vec())
        }
        _ => (404, Vec::new(), Vec::new()),
    }
}

#[test]
fn a_folder_beside_plugins_toml_adds_plugins() {
    let upstream = Upstream::start(|_| (200, Vec::new(), b"{\"version\":\"1.2.3\"}".to_vec()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("more");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("plugins.d")).unwrap();
    let provider = r#"
        id = "more"
        version = "1.0.0"
        mount = "/badges/more"
        settings = { upstream = "https://example.com" }
        [[badge]]
        name = "version"
        route = "{name}"
        label = "more"
        summary = "The version."
        example = "x"
        get = "{upstream}/{name}.json"
        value = "/version"
        format = "version"
    "#;
    std::fs::write(folder.join("more-provider.toml"), provider).unwrap();
    let entry = format!(
        "[[plugin]]\nid = \"more\"\ndeclarative = \"../more-provider.toml\"\norigins = [{0:?}]\nsettings = {{ upstream = {0:?} }}\n",
        upstream.url()
    );
    std::fs::write(folder.join("plugins.d/more.toml"), entry).unwrap();
    let server = Server::start_with("more", "", &[]);
    let body = server.get("/badges/more/thing").body;
    assert!(body.contains("\"message\":\"1.2.3\""), "{body}");
}

#[test]
fn a_loaded_plugin_works_out_a_package_version_as_a_badge() {
    let upstream = Upstream::start(feed);
    let server = Server::start("serve", &nuget_toml(&upstream.url()));
    let rows = [
        (
            "/badges/packages/nuget/Newtonsoft.Json",
            200,
            r#"{"schemaVersion":1,"label":"nuget","message":"13.0.4","color":"blue","namedLogo":"nuget"}"#,
        ),
        ("/badges/packages/nuget/Newtonsoft.Json?prerelease=true", 200, r#""message":"14.0.0-beta1","color":"orange""#),
        ("/badges/packages/nuget/newtonsoft.json.svg?version=12.*", 200, "<title>nuget: 12.0.3</title>"),
        ("/badges/packages/nuget/newtonsoft.json", 200, r#""message":"13.0.4""#),
        ("/badges/packages/nuget/Avalonia.Svg", 200, r#""message":"11.0.0""#),
        ("/badges/packages/nuget/avalonia.svg", 200, "<title>nuget: 10.0.0</title>"),
        ("/badges/packages/nuget/avalonia.svg?format=json", 200, r#""message":"11.0.0""#),
        ("/badges/packages/nuget/nothing.svg", 200, "<title>nuget: package not found</title>"),
        ("/badges/packages/nuget/nothing", 404, "PACKAGE_NOT_FOUND"),
        ("/badges/packages/nuget/newtonsoft.json?version=~1", 400, "PACKAGE_RANGE_INVALID"),
        ("/badges/packages/nuget/newtonsoft.json?version=99", 404, "VERSION_NOT_FOUND"),
        ("/badges/packages/nuget/org/newtonsoft.json", 400, "ORG_NOT_APPLICABLE"),
    ];
    for (path, status, words) in rows {
        let response = server.get(path);
        assert_eq!(response.status, status, "{path}: {response:?}");
        assert!(response.body.contains(words), "{path}: {response:?}");
        assert!(response.head.contains("x-correlation-id: "), "{response:?}");
    }
    assert!(server.greeting.contains("/badges/packages/nuget/Newtonsoft.Json.svg"), "{}", server.greeting);
}

#[test]
fn forty_callers_of_a_cold_package_cause_one_call_and_the_last_good_badge_outlives_the_upstream() {
    let upstream = Upstream::start(|path| {
        thread::sleep(Duration::from_millis(300));
        feed(path)
    });
    let server = Server::start("stale", &(nuget_toml(&upstream.url()) + "fresh-seconds = 1\n"));
    let path = "/badges/packages/nuget/Newtonsoft.Json.svg";
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert!(server.get(path).body.contains("nuget: 13.0.4")));
        }
    });
    assert_eq!(upstream.calls(), 2, "one call for the versions and one for the leaf");
    for _ in 0..20 {
        server.get(path);
    }
    assert_eq!(upstream.calls(), 2);
    thread::sleep(Duration::from_millis(1100));
    upstream.stop();
    assert!(server.get(path).body.contains("nuget: 13.0.4"));
    let log = server.log_once(|log| log.contains("a stale badge is served"));
    let line = log.lines().find(|line| line.contains("a stale badge is served")).expect("a line of the stale badge");
    assert!(line.contains("age_seconds") && line.contains("nuget"), "{line}");
}

#[test]
fn what_is_in_flight_is_finished_before_the_server_stops() {
    let upstream = Upstream::start(|path| {
        thread::sleep(Duration::from_millis(500));
        feed(path)
    });
    let mut server = Server::start("stop", &nuget_toml(&upstream.url()));
    let address = server.address;
    let path = "/badges/packages/nuget/Newtonsoft.Json.svg";
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let asking = thread::spawn(move || send(address, &request));
    thread::sleep(Duration::from_millis(200));
    server.terminate();
    assert!(asking.join().unwrap().body.contains("nuget: 13.0.4"));
    assert_eq!(server.wait(), Some(0));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn static_badges_need_no_plugin() {
    let server = Server::start("static", "");
    assert!(server.get("/badge/build-passing-brightgreen").body.contains("<title>build: passing</title>"));
    assert!(server.get("/static/v1?label=a&message=b").body.contains("<title>a: b</title>"));
    assert_eq!(server.get("/health").status, 200);
    assert!(server.get("/").body.contains("/badge/"));
}

#[test]
fn hostile_requests_are_answered_and_never_end_the_server() {
    let server = Server::start("hostile", "");
    let long = "x".repeat(300_000);
    let rows = [
        (format!("GET /badges/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &long[..20_000]), 414),
        (format!("GET /badge/{}-b-c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &long[..20_000]), 200),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {}\r\n\r\n", &long[..20_000]), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {long}\r\n\r\n"), 431),
        (format!("POST /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n{long}"), 413),
        ("GET /badge/%ff%00%0a-%F0%9F-red HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 200),
        ("GET http://elsewhere.example/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 204),
    ];
    for (request, status) in rows {
        let response = send(server.address, &request);
        assert_eq!(response.status, status, "{}: {response:?}", &request[..request.len().min(80)]);
    }
    for garbage in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(garbage.as_bytes()).unwrap();
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = Server::start("keep-alive", "");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    for _ in 0..3 {
        stream.write_all(b"HEAD /badge/a-b-red HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).unwrap();
        let head = String::from_utf8_lossy(&bytes[..length]);
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: ") && head.ends_with("\r\n\r\n"));
    }
}

#[test]
fn what_an_operator_writes_wrong_is_refused_with_a_sentence() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let config = folder.join("wrong.toml");
    std::fs::write(&config, "[[plugin]]\nid = \"nuget\"\nlibrary = \"nothing_of_that_name\"\n").unwrap();
    let config = config.to_str().unwrap();
    let rows: [(&[&str], &str); 6] = [
        (&["serve", "--config", config], "plugin \"nuget\": the library is not at "),
        (&["serve", "--config", "/nothing/plugins.toml"], "/nothing/plugins.toml: "),
        (&["serve", "--listen", "nowhere"], "invalid value 'nowhere'"),
        (&["--log-level", "loud"], "loud"),
        (&["render", "--message", "x", "--color", "nocolor"], "not a colour"),
        (&["render"], "--message"),
    ];
    for (arguments, words) in rows {
        let output = command().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_badge_is_drawn_from_the_command_line() {
    let output = command().args(["render", "--label", "a", "--message", "b", "--color", "red"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("<title>a: b</title>"));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drawn.json");
    let render = ["render", "--message", "b", "--format", "json", "-o", file.to_str().unwrap()];
    assert!(command().args(render).status().unwrap().success());
    assert!(std::fs::read_to_string(file).unwrap().starts_with("{\"schemaVersion\":1"));
}

#[test]
fn a_provider_that_sleeps_costs_nobody_else_anything() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engine/tests/plugins/liar.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sleeping.so");
    let built = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-DLIE=SLEEPING", "-I"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers/sdk/include"))
        .arg(source)
        .arg("-o")
        .arg(&library)
        .status();
    assert!(built.expect("a C compiler is needed for the plugins of the tests").success());
    let toml = format!("[[plugin]]\nid = \"liar\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
    let mut server = Server::start("sleeping", &toml);
    let asked = Instant::now();
    thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let server = &server;
            scope.spawn(move || {
                let response = server.get(&format!("/badges/liar/{name}.svg"));
                assert!(response.body.contains("liar: provider failed"), "{response:?}");
            });
        }
        thread::sleep(Duration::from_millis(100));
        let before = Instant::now();
        assert_eq!(server.get("/badge/a-b-red").status, 200);
        assert!(before.elapsed() < Duration::from_secs(1), "a sleeping provider held up a static badge");
    });
    assert!(asked.elapsed() < Duration::from_secs(8), "nobody waits for the ten seconds it sleeps");
    assert!(server.get("/health?deep=1").body.contains("out of service"), "{}", server.log());
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(9), "nor does the server wait when it stops");
}
