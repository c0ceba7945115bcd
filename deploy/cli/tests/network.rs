//! How a server meets the network: behind trusted proxies, below a path, at a Unix socket and over IPv6.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    process::Stdio,
    time::Duration,
};

use support::{Server, command, report, secret, send};

const PATH: &str = "/tests/results/linux/acme/shop/main";

/// A server that takes reports of `acme` and has the live page.
fn start(name: &str, arguments: &[&str]) -> Server {
    let _ = std::fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let toml = format!("[engine]\nlive = true\nprivate = [\"acme\"]\n{}", report::TOML);
    let server = Server::start_with(name, &toml, arguments);
    let (is_set, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], "hush");
    assert!(is_set, "{said}");
    server
}

/// Sends a report with more headers to the address that begins with `base`, and returns its status.
fn post(server: &Server, base: &str, headers: &str) -> u16 {
    let body = report::body("linux", "1", [3, 0, 0]);
    let request = report::request("hush", PATH, &body, &report::nonce());
    let (line, rest) = request.split_once("\r\n").unwrap();
    let line = line.replacen("POST /", &format!("POST {base}/"), 1);
    send(server.address, &format!("{line}\r\n{headers}{rest}")).status
}

/// Listens to events with more headers, and returns the status with the connection.
fn listen(address: SocketAddr, headers: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("GET /events HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    (String::from_utf8(status[9..].to_vec()).unwrap(), stream)
}

#[test]
fn a_trusted_proxy_is_believed_who_reports_and_nobody_else_is() {
    let rows = [
        ("trusted", "127.0.0.0/8", "X-Forwarded-For: 192.0.2.66, 192.0.2.7\r\n", "192.0.2.7"),
        ("trusted-chain", "10.0.0.0/8,127.0.0.1", "X-Forwarded-For: 192.0.2.66, 192.0.2.7, 10.3.2.1\r\n", "192.0.2.7"),
        ("trusted-rfc", "127.0.0.1", "Forwarded: for=\"[2001:db8::7]:99\";proto=https\r\n", "2001:db8::7"),
        ("untrusted", "10.0.0.0/8", "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n", "127.0.0.1"),
    ];
    for (name, trust, headers, source) in rows {
        let server = start(name, &["--trust", trust]);
        assert_eq!(post(&server, "", headers), 201);
        let log = server.log_once(|log| log.contains("\"report\""));
        assert!(log.contains(&format!("\"source\":\"{source}\"")), "{name}: {log}");
    }
}

#[test]
fn behind_a_trusted_proxy_the_places_of_listeners_are_those_of_the_client() {
    let server = start("trusted-listeners", &["--trust", "127.0.0.1", "--connections-per-client=0"]);
    let of_client = |last: usize| format!("X-Forwarded-For: 192.0.2.{last}\r\n");
    let places: Vec<_> = (0..32).map(|_| listen(server.address, &of_client(1))).collect();
    assert!(places.iter().all(|(status, _)| status == "200"));
    assert_eq!(listen(server.address, &of_client(1)).0, "503", "the thirty-third of one client");
    assert_eq!(listen(server.address, &of_client(2)).0, "200", "the first of another one");
    assert_eq!(listen(server.address, "").0, "200", "the proxy does not say for whom");
}

/// Every route and example, and the address of every picture, in a document.
fn addresses(document: &serde_json::Value) -> Vec<&str> {
    let inner = match document {
        serde_json::Value::Object(members) => members.values().collect(),
        serde_json::Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let own = ["route", "example", "image"].into_iter().filter_map(|name| document.get(name)?.as_str());
    own.chain(inner.into_iter().flat_map(addresses)).collect()
}

#[test]
fn below_a_base_path_everything_is_served_and_outside_of_it_nothing() {
    let server = start("base", &["--base", "/team/badges"]);
    assert!(server.greeting.contains(&format!("http://{}/team/badges/badge/hello-world", server.address)));
    // A signature is of the path without the base, which only the proxies know.
    assert_eq!(post(&server, "/team/badges", ""), 201);
    assert_eq!(post(&server, "", ""), 404);
    for path in
        ["/", "/badge/a-b-green", "/health", "/openapi.json", "/live", "/live/acme", "/metrics", "/?format=json"]
    {
        let found = server.get(&format!("/team/badges{path}"));
        assert_eq!(found.status, 200, "{path}: {found:?}");
        let lost = server.get(path);
        assert_eq!(lost.status, 404, "{path}");
        assert_eq!(lost.body, "every address of this server begins with /team/badges/\n");
    }
    let start = server.get("/team/badges?x=y");
    assert_eq!(start.status, 308);
    assert!(start.head.to_lowercase().contains("\r\nlocation: /team/badges/?x=y"), "{start:?}");
    let described = server.get("/team/badges/openapi.json").body;
    assert!(described.contains("\"servers\":[{\"url\":\"/team/badges\"}]"), "{described}");
    let catalog: serde_json::Value = serde_json::from_str(&server.get("/team/badges/badges.json").body).unwrap();
    for badge in catalog["badges"].as_array().unwrap() {
        for address in ["route", "example", "image"].map(|name| badge[name].as_str().unwrap()) {
            assert!(address.starts_with("/team/badges/") && !address[13..].starts_with("/team"), "{address}");
        }
    }
    assert_eq!(server.get(catalog["badges"][0]["image"].as_str().unwrap()).status, 200);
    let index: serde_json::Value = serde_json::from_str(&server.get("/team/badges/?format=json").body).unwrap();
    let addresses = addresses(&index);
    assert!(addresses.len() > 20, "{addresses:?}");
    for address in addresses {
        assert!(address.starts_with("/team/badges/") && !address[13..].starts_with("/team"), "{address}");
    }
    let guide = server.get("/team/badges/llms.txt").body;
    assert!(guide.contains("(https://HOST/team/badges/badge/build-passing-brightgreen)"), "{guide}");
    assert!(guide.contains("](/team/badges/badge/") && !guide.contains("](/badge"), "{guide}");
    // No page has a link to the root of the host.
    for page in ["/team/badges/", "/team/badges/live", "/team/badges/live/acme/shop"] {
        let page = server.get(page).body;
        assert!(!["href=\"/", "src=\"/", "action=\"/"].iter().any(|link| page.contains(link)), "{page}");
    }
}

#[test]
fn a_unix_socket_serves_those_whom_its_mode_admits_and_is_removed_at_the_end() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unix-socket");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let socket = folder.join("b.sock");
    let config = folder.join("plugins.toml");
    std::fs::write(&config, "[engine]\nlive = true\n").unwrap();
    // What a server left that was killed.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let listen = format!("unix:{}", socket.display());
    let mut serve = command();
    serve.args(["serve", "--listen", &listen, "--listen-mode", "600", "--trust", "unix", "--config"]).arg(&config);
    let mut server = serve.arg("--data").arg(folder.join("data")).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().ends_with(&format!("at {listen}")));
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let ask = |request: &str| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let mut answer = String::new();
    let request = "GET /badge/a-b-green HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n";
    ask(request).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("</svg>"), "{answer}");
    let events = || {
        let mut stream = ask("GET /events HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (String::from_utf8(status[9..].to_vec()).unwrap(), stream)
    };
    // A listener that closes its connection gives its place back, also here.
    let places: Vec<_> = (0..32).map(|_| events()).collect();
    assert!(places.iter().all(|(status, _)| status == "200"));
    assert_eq!(events().0, "503");
    drop(places);
    let mut is_free = false;
    for _ in 0..100 {
        is_free = events().0 == "200";
        if is_free {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(is_free, "the places were not given back");
    let mut other = command();
    other.args(["serve", "--listen", &listen, "--config"]).arg(&config).arg("--data").arg(folder.join("other"));
    let taken = other.output().unwrap();
    let words = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(!taken.status.success() && words.contains("another process listens there"), "{words}");
    let process = server.id().to_string();
    assert!(std::process::Command::new("kill").arg(process).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    assert!(!socket.exists());
}

#[test]
fn over_ipv6_ipv4_is_served_as_well() {
    let mut serve = command();
    serve.args(["serve", "--listen", "[::]:0"]);
    let server = Server::start_by("dual-stack", "", serve);
    for host in ["127.0.0.1", "::1"] {
        let address = SocketAddr::new(host.parse().unwrap(), server.address.port());
        let answer = send(address, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[test]
fn a_value_that_the_network_cannot_have_is_refused_with_what_to_write() {
    let rows = [
        (["--trust", "0.0.0.0/0"], "name the networks of the proxies"),
        (["--trust", "proxy.example"], "write a network such as 10.0.0.0/8"),
        (["--base", "badges"], "write a path such as /badges"),
        (["--listen", "unix:"], "unix:/run/badgesmith.sock"),
        (["--listen-mode", "0888"], "write three octal digits"),
    ];
    for (arguments, words) in rows {
        let refused = command().arg("serve").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}
