//! Clients that stall in every way at once, and clients that send what costs the server most. Meanwhile `/health` is
//! answered in time. The figures are printed (`--nocapture`).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

#[path = "../../../renderer/tests/common/attacks.rs"]
mod attacks;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{
    Server, Upstream, escape, github_toml, secret,
    watch::{Watch, Watched},
};

/// How long an answer to `/health` may take, as the median says that it does.
const MOST_WAIT: Duration = Duration::from_millis(100);
/// How many clients send the same at once.
const CROWD: usize = 100;

/// Raises the limit of open files of this process.
fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.unwrap_or(4096).min(4096);
    setrlimit(Resource::Nofile, Rlimit { current: Some(enough), maximum: limit.maximum }).unwrap();
}

/// Connects, and sends as much of this as the server takes.
fn attack(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    // The server may close it meanwhile to make room for another one.
    let _ = stream.write_all(bytes);
    stream
}

/// One test at a time: both measure.
static TURN: Mutex<()> = Mutex::new(());

fn is_in_time(watched: &Watched) {
    assert!(watched.median <= MOST_WAIT, "{watched:?}");
}

#[test]
fn clients_that_stall_in_every_way_at_once_do_not_delay_others() {
    let _turn = TURN.lock();
    open_many_files();
    let document = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
    let badges = "GET /badge/build-passing-brightgreen HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    // Fewer places than there are connections, and more.
    for connections in ["1024", "2000"] {
        let server = Server::start_with("stalls", "", &["--connections", connections]);
        let watch = Watch::begin(&server);
        let mut crowd = Vec::new();
        for (count, bytes) in [
            (200, "GET /badge/a-b-green HTTP/1.1\r\nHost: x\r\nX: "),
            (200, &document),
            // 10,000 requests.
            (10, &badges),
            (1024, ""),
        ] {
            crowd.extend((0..count).map(|_| attack(server.address, bytes.as_bytes())));
        }
        thread::sleep(Duration::from_secs(3));
        let attack = "1,024 idle connections, 200 heads, 200 readers and 10,000 pipelined requests that stall";
        is_in_time(&watch.end(&format!("{attack}, with room for {connections} connections")));
        drop(crowd);
        let watch = Watch::begin(&server);
        thread::sleep(Duration::from_millis(500));
        is_in_time(&watch.end("after they are gone"));
    }
}

/// The name of a request, and the request of each client of a crowd.
type CrowdRequest<'a> = (&'a str, &'a dyn Fn(usize) -> Vec<u8>);

/// A request to this address with more headers and a body.
fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n");
    [head.as_bytes(), body].concat()
}

/// The processor time that a process has used, in milliseconds.
fn processor_time(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = text.rsplit_once(')').unwrap();
    let ticks = |at: usize| fields.split_whitespace().nth(at).unwrap().parse::<u64>().unwrap();
    // Linux counts a hundred ticks a second.
    (ticks(11) + ticks(12)) * 10
}

/// The status of the answer; 0 if the connection ended before.
fn status(mut stream: &TcpStream) -> u16 {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]).into_owned();
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[test]
fn a_hundred_of_the_most_expensive_requests_do_not_delay_others() {
    let _turn = TURN.lock();
    open_many_files();
    let numbers = format!("[{}1]", "1,".repeat(1_000_000)).into_bytes();
    let tags = format!("<!doctype html>{}{}", "<a><b><i><u>".repeat(20), "<p></a>".repeat(500_000)).into_bytes();
    let logo = format!("<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>", "<path d='M0 0'/>".repeat(8000));
    let logo = format!(r#"{{"schemaVersion":1,"label":"a","message":"b","logoSvg":"{logo}"}}"#).into_bytes();
    let upstream = Upstream::start(move |path| match path.split('?').next().unwrap_or_default() {
        "/numbers" => (200, Vec::new(), numbers.clone()),
        "/tags" => (200, vec![("Content-Type", "text/html".to_owned())], tags.clone()),
        _ => (200, Vec::new(), logo.clone()),
    });
    let toml = format!("[engine]\nallow-addresses = [\"{}\"]\n{}", upstream.address, github_toml(&upstream.url()));
    let url = |path: &str| escape(&format!("{}{path}", upstream.url()));
    // Used 1,024 times, these 40 lines are the slowest drawing within the limits of logos.
    let lines = "<path id='a0' d='M0 0".to_owned() + &"l9 8-9-7".repeat(20) + "'/>";
    let uses = |level: usize| format!("<g id='a{}'>{}</g>", level + 1, format!("<use href='#a{level}'/>").repeat(4));
    let lines = (0..5).map(uses).fold(lines, |all, level| all + &level);
    let lines = attacks::Attack {
        name: "lines that are used again and again",
        kind: "image/svg+xml",
        bytes: format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{lines}</svg>").into_bytes(),
        refused: false,
    };
    let lines = escape(&lines.uri());
    let (wide, marks) = ("%EF%B7%BD".repeat(200), "%25".repeat(2600));
    let delivery =
        format!("X-GitHub-Event: push\r\nX-GitHub-Delivery: 1\r\nX-Hub-Signature-256: sha256={}\r\n", "0".repeat(64));
    let megabyte = vec![b'x'; 1024 * 1024];
    let get = |path: String| request(&format!("GET {path}"), "", &[]);
    let rows: [CrowdRequest<'_>; 9] = [
        ("cached badge", &|_| get("/badge/a-b-green".to_owned())),
        ("largest page", &|_| get("/openapi.json".to_owned())),
        ("badge with the largest logo of a document", &|_| get(format!("/endpoint.svg?url={}", url("/logo")))),
        ("PNG of the widest letters", &|at| get(format!("/badge/{at}-{wide}-red.png?scale=4"))),
        ("SVG of outlines", &|at| get(format!("/badge/{at}-{marks}-red?text=outline"))),
        ("logo of many lines", &|at| get(format!("/badge/{at}-b-red.png?scale=4&logo={lines}"))),
        ("query of 2 MiB of JSON", &|at| {
            get(format!("/badge/dynamic/json?query=$[0]&url={}", url(&format!("/numbers?{at}"))))
        }),
        ("query of 3.5 MiB of HTML", &|at| {
            get(format!("/badge/dynamic/xml?query=//a&url={}", url(&format!("/tags?{at}"))))
        }),
        ("delivery of 1 MiB with a wrong signature", &|_| request("POST /webhooks/github/acme", &delivery, &megabyte)),
    ];
    for (name, request) in rows {
        // The peak of the memory is that of one attack.
        let server = Server::start("most-expensive", &toml);
        assert!(secret(&server.data, &["set", "--owner", "acme", "--purpose", "Webhook"], &"hush".repeat(10)).0);
        let used = processor_time(server.process());
        status(&attack(server.address, &request(CROWD)));
        let alone = processor_time(server.process()) - used;
        let watch = Watch::begin(&server);
        let began = Instant::now();
        let requests: Vec<_> = (0..CROWD).map(request).collect();
        let statuses: Vec<_> = thread::scope(|scope| {
            let asking: Vec<_> =
                requests.iter().map(|request| scope.spawn(|| status(&attack(server.address, request)))).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        let took = began.elapsed();
        let counted = statuses.iter().fold(BTreeMap::<u16, u32>::new(), |mut counted, status| {
            *counted.entry(*status).or_default() += 1;
            counted
        });
        println!("{name}: {alone} ms of a core for one; {CROWD} at once took {took:?}: {counted:?}");
        let watched = watch.end(name);
        // Without optimisation, hashing alone takes fifty times as long.
        if !cfg!(debug_assertions) {
            is_in_time(&watched);
        }
        // A connection may be closed because all of them hold too much memory.
        assert!(statuses.iter().all(|status| [0, 200, 401, 503].contains(status)), "{name}: {counted:?}");
        assert!(statuses.iter().any(|status| [200, 401].contains(status)), "{name}: {counted:?}");
    }
}
