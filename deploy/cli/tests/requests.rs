//! A provider's body, header and secret arrive at its upstream, in whatever place, and appear nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use support::{Server, secret};

const TOKEN: &str = "hush-hush-0123456789";

/// The provider of `requests/asks.c`, built as a file of this name.
fn provider(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-I"]);
    cc.arg(here.join("../../providers/sdk/include")).arg(here.join("tests/requests/asks.c"));
    assert!(cc.arg("-o").arg(&library).status().expect("a C compiler is needed for the test's plugin").success());
    library
}

/// An upstream that keeps every request, head and body, and answers `good`, or 500 while it is broken.
fn upstream(requests: &Arc<Mutex<Vec<String>>>, broken: &Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (requests, broken) = (Arc::clone(requests), Arc::clone(broken));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut request = String::new();
            while reader.read_line(&mut request).unwrap() > 2 {}
            let head = request.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            request.push_str(str::from_utf8(&body).unwrap());
            requests.lock().unwrap().push(request);
            let status = if broken.load(Ordering::SeqCst) { "500 Broken" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[test]
fn a_body_a_header_and_a_secret_arrive_and_appear_in_no_log_answer_or_file() {
    let (requests, broken) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
    let url = upstream(&requests, &broken);
    let toml = format!(
        "[[plugin]]\nid = \"asks\"\nlibrary = {:?}\norigins = [{url:?}]\nsettings = {{ upstream = {url:?} }}\n\
         secrets = {{ token = {{ purpose = \"Api\", origin = {url:?} }} }}\nfresh-seconds = 1\n",
        provider("asks")
    );
    let server = Server::start("requests", &toml);
    let (success, words) = secret(&server.data, &["set", "--owner", "acme", "--purpose", "Api"], TOKEN);
    assert!(success, "{words}");
    // What the request for each badge has to have.
    let basic = "authorization: Basic YXBpOmh1c2gtaHVzaC0wMTIzNDU2Nzg5\r\n";
    let rows: [(&str, &[&str]); 4] = [
        (
            "post",
            &[
                "POST /post HTTP/1.1\r\n",
                "content-type: application/json\r\n",
                "x-version: masked\r\n",
                "\r\n\r\n{\"of\":\"acme\",\"query\":\"veiled\"}",
            ],
        ),
        ("header", &["GET /header HTTP/1.1\r\n", "private-token: hush-hush-0123456789\r\n"]),
        ("query", &["GET /query?PRIVATE-TOKEN=hush-hush-0123456789 HTTP/1.1\r\n"]),
        ("basic", &["GET /basic HTTP/1.1\r\n", basic]),
    ];
    let mut said = String::new();
    for (badge, present) in rows {
        let response = server.get(&format!("/badges/asks/{badge}/acme"));
        assert!(response.body.contains(r#""message":"good""#), "{response:?}");
        said += &format!("{response:?}");
        let request = requests.lock().unwrap().pop().unwrap();
        assert!(present.iter().all(|part| request.contains(part)), "{request}");
    }
    broken.store(true, Ordering::SeqCst);
    thread::sleep(Duration::from_millis(1100));
    for (badge, _) in rows {
        said += &format!("{:?}", server.get(&format!("/badges/asks/{badge}/acme")));
    }
    said += &format!("{:?}{:?}", server.get("/health?deep=1"), server.get("/metrics"));
    let log = server.log_once(|log| log.matches("an upstream did not answer").count() >= 4);
    assert!(log.contains("/post POST #") && log.contains("token of acme"), "{log}");
    said += &(log + &server.arguments());
    let secrets = ["hush", "YXBpOmh1c2g", "veiled", "masked"];
    assert!(secrets.iter().all(|secret| !said.contains(secret)), "{said}");
    // The control socket is no file.
    let paths = fs::read_dir(&server.data).unwrap().map(|entry| entry.unwrap().path());
    for file in paths.filter(|path| path.is_file()) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        let is_secrets = file.file_name().unwrap() == "secrets.json";
        assert!(is_secrets || secrets.iter().all(|secret| !text.contains(secret)), "{}", file.display());
    }
}

#[test]
fn a_host_that_a_caller_names_is_asked_only_if_its_address_is_public_or_allowed() {
    let (requests, broken) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
    let url = upstream(&requests, &broken);
    let plugin = format!(
        "[[plugin]]\nid = \"asks\"\nlibrary = {:?}\norigins = [\"https://example.com\"]\n\
         secrets = {{ token = {{ purpose = \"Api\", origin = \"https://example.com\" }} }}\n",
        provider("asks-web")
    );
    let allowed = format!("allow-addresses = [{:?}]\n", url.trim_start_matches("http://"));
    let rows = [
        (String::new(), "host not allowed", 0),
        (allowed.clone(), "good", 1),
        (allowed + "dynamic = false\n", "host not allowed", 1),
    ];
    for (index, (engine, words, calls)) in rows.into_iter().enumerate() {
        let server = Server::start(&format!("requests-web-{index}"), &format!("[engine]\n{engine}{plugin}"));
        let response = server.get(&format!("/badges/asks/web/acme.svg?server={url}"));
        assert!(response.body.contains(&format!("<title>asks: {words}</title>")), "{engine}{response:?}");
        // A secret never goes to such a host, whatever the provider asks.
        let response = server.get(&format!("/badges/asks/header/acme.svg?server={url}"));
        assert!(response.body.contains("provider failed"), "{response:?}");
        assert_eq!(requests.lock().unwrap().len(), calls);
    }
}
