//! Requests that try to overload the server or others: expensive queries, failing documents, unusual addresses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use support::{
    Response, Server, Upstream, command, escape,
    report::{self, TOML, body, now},
    secret, send,
    watch::Watch,
};

const SECRET: &str = "It's a Secret to Everybody";
const BADGE: &str = r#"{"schemaVersion":1,"label":"a","message":"good"}"#;

/// A server that accepts documents from these upstreams.
fn server(name: &str, upstreams: &[&Upstream]) -> Server {
    let allow: Vec<String> = upstreams.iter().map(|upstream| upstream.address.to_string()).collect();
    Server::start(name, &format!("[engine]\nallow-addresses = {allow:?}\n{TOML}"))
}

/// Requests all addresses concurrently, each on a connection of its own; the answers, and how long each took.
fn request_concurrently(server: &Server, addresses: &[String]) -> Vec<(Response, Duration)> {
    thread::scope(|scope| {
        let ask = |address| {
            let began = Instant::now();
            (server.get(address), began.elapsed())
        };
        let asking: Vec<_> = addresses.iter().map(|address| scope.spawn(move || ask(address))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    })
}

fn code(response: &Response) -> &str {
    response.body.split_once("\"error_code\":\"").map_or("", |(_, rest)| rest.split('"').next().unwrap())
}

#[test]
fn expensive_queries_beyond_the_limit_are_too_busy_and_other_documents_are_read() {
    let upstream = Upstream::start(|path| {
        let body = if path.starts_with("/good") { b"[\"good\"]".to_vec() } else { b"01".repeat(512 * 1024) };
        (200, Vec::new(), body)
    });
    let server = server("expensive-queries", &[&upstream]);
    let expensive = |at: usize| {
        // As many states as the limit allows, and no match.
        let search = escape("[01]*1[01]{60}[^01]");
        format!("/badge/dynamic/regex.json?url={}/large&search={search}&prefix={at}", upstream.url())
    };
    let good = |at: usize| format!("/badge/dynamic/json?url={}/good/{at}&query=$[0]", upstream.url());
    let watch = Watch::begin(&server);
    for (attack, addresses) in [
        ("one address eight times", vec![expensive(0); 8]),
        ("eight queries at once", (10..18).map(expensive).collect()),
        ("forty queries at once", (100..140).map(expensive).collect()),
    ] {
        let began = Instant::now();
        let answers = thread::scope(|scope| {
            let attacking = scope.spawn(|| request_concurrently(&server, &addresses));
            thread::sleep(Duration::from_millis(300));
            let (shown, took) = request_concurrently(&server, &[good(addresses.len())]).remove(0);
            println!("{attack}: {} of another document after {took:?}", shown.body.contains("good"));
            attacking.join().unwrap()
        });
        let busy = answers.iter().filter(|(response, _)| code(response) == "TOO_BUSY").count();
        let slowest_busy =
            answers.iter().filter(|(response, _)| code(response) == "TOO_BUSY").map(|(_, took)| *took).max();
        println!(
            "{attack}: {busy} of {} too busy, said within {slowest_busy:?}; all in {:?}",
            answers.len(),
            began.elapsed()
        );
        for (response, took) in &answers {
            assert!([404, 503, 504].contains(&response.status), "{response:?}");
            assert!(*took < Duration::from_secs(10), "{took:?}");
            if code(response) == "TOO_BUSY" {
                assert!(response.status == 503 && response.head.contains("retry-after: 5"), "{response:?}");
            }
        }
        if addresses.len() == 40 {
            assert!(busy >= 40 - 2 * (2 + 8), "{busy}");
        }
    }
    watch.end("expensive queries of a document of 1 MiB");
    assert!(server.get(&good(1)).body.contains("custom badge: good"));
}

#[test]
fn a_document_that_fails_or_is_rate_limited_blocks_no_other_of_its_origin() {
    let requests = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&requests);
    let ill = Upstream::start(|_| (502, Vec::new(), Vec::new()));
    let away = ill.url();
    let upstream = Upstream::start(move |path| {
        counted.fetch_add(1, Ordering::SeqCst);
        match path {
            "/limited" => (403, vec![("Retry-After", "3600".to_owned())], Vec::new()),
            "/far" => (429, vec![("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT".to_owned())], Vec::new()),
            "/bad/1" | "/bad/2" => (503, Vec::new(), Vec::new()),
            path if path.starts_with("/away") => (302, vec![("Location", format!("{away}{path}"))], Vec::new()),
            _ => (200, Vec::new(), BADGE.as_bytes().to_vec()),
        }
    });
    let server = server("holds", &[&upstream, &ill]);
    let watch = Watch::begin(&server);
    let json = |path: &str| server.get(&format!("/endpoint.json?url={}{path}", upstream.url()));
    for path in ["/limited", "/far"] {
        for _ in 0..5 {
            let response = json(path);
            assert_eq!((response.status, code(&response)), (503, "UPSTREAM_RATE_LIMITED"));
            let after = response.head.split_once("retry-after: ").unwrap().1.split("\r\n").next().unwrap();
            assert!(after.parse::<u32>().unwrap() <= 60, "{}", response.head);
        }
    }
    assert_eq!(requests.load(Ordering::SeqCst), 2, "a rate limit is respected");
    assert_eq!(json("/good/1").status, 200);
    for _ in 0..20 {
        json("/bad/1");
        json("/bad/2");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 5, "a document that fails is requested once in ten seconds");
    assert_eq!(json("/good/2").status, 200);
    for at in 0..8 {
        assert_eq!(json(&format!("/away/{at}")).status, 503);
    }
    assert_eq!(json("/good/3").status, 200, "an origin is not blamed for the target of its redirects");
    assert_eq!(ill.calls(), 8 /* each of them once */);
    watch.end("documents that fail");
}

#[test]
fn a_host_that_stalls_gets_four_requests_at_once_and_others_do_not_wait_for_it() {
    let here = Arc::<AtomicUsize>::default();
    let most = Arc::<AtomicUsize>::default();
    let (inside, seen) = (Arc::clone(&here), Arc::clone(&most));
    let stalling = Upstream::raw(move |_, _| {
        seen.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_secs(4));
        inside.fetch_sub(1, Ordering::SeqCst);
        false
    });
    let server = server("stalling", &[&stalling]);
    let watch = Watch::begin(&server);
    let addresses: Vec<_> = (0..150).map(|at| format!("/endpoint.json?url={}/{at}", stalling.url())).collect();
    let answers = request_concurrently(&server, &addresses);
    let count = |wanted: &str| answers.iter().filter(|(response, _)| code(response) == wanted).count();
    let (busy, late) = (count("TOO_BUSY"), count("UPSTREAM_TIMEOUT"));
    println!("{busy} too busy and {late} too late; {} were there at once", most.load(Ordering::SeqCst));
    assert_eq!(busy + late, 150);
    assert!(busy >= 150 - 4 - 64, "{busy}");
    assert!(most.load(Ordering::SeqCst) <= 4);
    watch.end("150 documents of a host that stalls");
}

#[test]
fn unusual_addresses_take_no_more_work_than_others() {
    let server = server("odd-addresses", &[]);
    let long = 8 * 1024 - 200;
    let deep = format!("%{}2F", "25".repeat(long / 2 - 20));
    let pairs = "a&".repeat(long / 2);
    let rows = [
        (format!("/badges/tests/linux/acme/tools/{deep}"), 400, "path encoded more than 8 times"),
        (format!("/badges/tests/linux/acme/tools/{deep}.svg"), 200, "tests: path encoded more than 8 times"),
        (format!("/redirect/test-results/linux/acme/tools/{deep}"), 400, "path encoded more than 8 times"),
        (format!("/badges/tests/{deep}/acme/tools/main"), 400, ""),
        (format!("/badges/tests/linux/acme/tools/{}", "%2525".repeat(long / 5)), 400, ""),
        (format!("/badge/a-b-red?{pairs}"), 200, "more than 256 query parameters"),
        (format!("/badge/a-b-red?{}", "segment=x-red&".repeat(256)), 200, ""),
        (format!("/badge/a-b-red?{}", "segment=&".repeat(long / 9)), 200, "more than 256 query parameters"),
        (format!("/badge/{}-b-red", "-".repeat(long)), 200, ""),
        (format!("/badge/{}-{}-red", "%E2%82%AC".repeat(400), "%F0%9F%98%80".repeat(200)), 200, ""),
        (format!("/static/v1?message=a&label={}", "m".repeat(long)), 200, ""),
        (format!("/badge/a-b-red?logo={}", "x".repeat(long)), 200, ""),
        (format!("/badge/a-b-red?color={}", "hsl(".repeat(long / 4)), 200, ""),
        (format!("/{}", "a/".repeat(long / 2)), 200, "badge not found"),
        (format!("/badges/tests/linux/acme/tools/{}", "a/".repeat(long / 2)), 400, ""),
    ];
    let watch = Watch::begin(&server);
    for (address, status, words) in &rows {
        let began = Instant::now();
        let response = server.get(address);
        let took = began.elapsed();
        assert_eq!(response.status, *status, "{} {}", &address[..60.min(address.len())], response.body);
        assert!(response.body.contains(words), "{}", response.body);
        println!("{:7.1} ms {}", took.as_secs_f64() * 1000.0, &address[..60.min(address.len())]);
    }
    for (address, ..) in &rows {
        request_concurrently(&server, &vec![address.clone(); 16]);
    }
    watch.end("odd addresses, sixteen at once");
}

#[test]
fn a_signature_is_good_for_one_address() {
    let server = server("one-signature", &[]);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    let (path, body, timestamp) = ("/tests/results/linux/acme/tools/feature/x", body("linux", "1", [1, 0, 0]), now());
    let signature = badgesmith_engine::signature::sign(SECRET, &timestamp, "n1", "POST", path, body.as_bytes());
    let post = |path: &str| {
        send(
            server.address,
            &format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\nX-Signature: {signature}\r\n\
                 X-Timestamp: {timestamp}\r\nX-Nonce: n1\r\n\r\n{body}",
                body.len()
            ),
        )
    };
    // Each slash and one letter of each part, encoded once, twice and thrice.
    let mut ways = vec![path.to_owned()];
    for (at, letter) in path.char_indices().skip(1).filter(|(_, letter)| "/iaolfx".contains(*letter)) {
        for level in 0..3 {
            let escape = format!("%{}{:02x}", "25".repeat(level), u32::from(letter));
            ways.push(format!("{}{escape}{}", &path[..at], &path[at + 1..]));
        }
    }
    assert!(ways.len() > 29, "{}", ways.len());
    let watch = Watch::begin(&server);
    let statuses: Vec<u16> = ways.iter().map(|way| post(way).status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    println!("{} addresses with one signature: {} of them 201, {} 400", ways.len(), count(201), count(400));
    assert_eq!((statuses[0], count(201)), (201, 1), "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 400, 404, 405].contains(status)), "{statuses:?}");
    watch.end("one signature at many addresses");
}

#[test]
fn an_invalid_url_html_is_refused_and_one_in_the_store_is_no_redirect() {
    let mut server = server("no-address", &[]);
    let (success, said) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "TestData"], SECRET);
    assert!(success, "{said}");
    let (path, redirect) = ("/tests/results/linux/acme/tools/main", "/redirect/test-results/linux/acme/tools/main");
    let with =
        |url: &str, run: &str| body("linux", run, [1, 0, 0]).replace(&format!("https://example.com/runs/{run}"), url);
    for url in ["https://[::1/", "https://%/", "https://a b/", "https://1.2.3.4.5/", "https://"] {
        let response = report::post(server.address, SECRET, path, &with(url, "1")).unwrap();
        assert_eq!((response.status, code(&response)), (400, "INVALID_TEST_PAYLOAD"), "{url}");
    }
    assert_eq!(report::post(server.address, SECRET, path, &with("https://[::1]/a", "2")).unwrap().status, 201);
    assert_eq!(server.get(redirect).status, 302);
    server.terminate();
    server.wait();
    // An older version may have stored such an address.
    let data = server.data.display().to_string();
    let exported = command().args(["export", "--data", &data]).output().unwrap();
    let line = String::from_utf8(exported.stdout).unwrap().replace("https://[::1]/a", "https://[::1/");
    assert!(line.contains("https://[::1/"), "{line}");
    let (data, line) = (format!("{data}-old"), line.replace("\"run_id\":\"2\"", "\"run_id\":\"3\""));
    let mut import = command().args(["import", "--data", &data]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let config = server.data.with_file_name("plugins.toml");
    let mut old = command();
    old.args(["serve", "--listen", "127.0.0.1:0", "--data", &data, "--config"]).arg(&config);
    let mut child = old.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = first.rsplit_once("http://").unwrap().1.parse().unwrap();
    let response = send(address, &format!("GET {redirect} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((response.status, code(&response)), (404, "LINK_NOT_FOUND"), "{response:?}");
}
