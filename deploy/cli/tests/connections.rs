//! Clients that do not read answers, do not complete requests, disconnect, or open many connections. Meanwhile
//! `/health` is answered, and afterwards every connection is closed again.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod support;

use std::{
    io::{Read, Write},
    net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use support::{Server, command, report::TOML, watch::Watch};

/// Short requests with answers of 1 KB, or of more than 100 KB.
const BADGE: &str = "GET /badge/build-passing-brightgreen HTTP/1.1\r\nHost: x\r\n\r\n";
const PAGE: &str = "GET / HTTP/1.1\r\n\r\n";
const DOCUMENT: &str = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";

/// Starts a server, and raises the limit of open files of this process.
fn start(name: &str) -> Server {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.unwrap_or(4096).min(4096);
    setrlimit(Resource::Nofile, Rlimit { current: Some(enough), maximum: limit.maximum }).unwrap();
    Server::start(name, TOML)
}

fn connect(server: &Server) -> TcpStream {
    connect_to(server.address)
}

fn connect_to(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    stream
}

/// Connects and sends as many of these bytes as the server reads.
fn attack(server: &Server, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(server);
    let _ = stream.write_all(bytes);
    stream
}

/// Reads until the connection ends.
fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The statuses of successive answers.
fn statuses(answers: &str) -> Vec<&str> {
    answers.match_indices("HTTP/1.1 ").map(|(at, start)| &answers[at + start.len()..][..3]).collect()
}

/// How many sockets the server has open.
fn sockets(server: &Server) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.process())).unwrap();
    let target = |file: std::io::Result<std::fs::DirEntry>| std::fs::read_link(file.ok()?.path()).ok();
    files.filter_map(target).filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// Waits until the server has no more sockets open than before; the connection of `Watch` comes and goes.
fn is_back_at(server: &Server, before: usize) {
    let mut now = usize::MAX;
    for _ in 0..100 {
        now = sockets(server);
        if now <= before {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert!(now <= before, "{now} sockets are open, and {before} were before");
}

#[test]
fn pipelined_requests_whose_answers_are_not_read_cost_no_memory() {
    let server = start("pipelined");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let mut attackers = Vec::new();
    for (size, count) in [(180_000, 11), (540_000, 11)] {
        for request in [BADGE, DOCUMENT, PAGE] {
            let requests = request.repeat(size / request.len());
            attackers.extend((0..count).map(|_| attack(&server, requests.as_bytes())));
        }
    }
    thread::sleep(Duration::from_secs(2));
    watch.end("66 connections with 180 or 540 KB of requests whose answers nobody reads");
    drop(attackers);
    is_back_at(&server, before);
}

#[test]
fn answers_go_out_before_the_refusal_of_a_bad_request_that_follows_them() {
    let server = start("before-bad");
    for (good, count) in
        [(BADGE, 1), (BADGE, 50), (DOCUMENT, 1), (DOCUMENT, 20), ("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 3)]
    {
        for bad in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let mut stream = connect(&server);
            stream.write_all((good.repeat(count) + bad + &"x".repeat(2000)).as_bytes()).unwrap();
            let answers = read(&mut stream);
            let mut expected = vec!["200"; count];
            expected.push("400");
            assert_eq!(statuses(&answers), expected, "{good:?} {count} times, then {bad:?}");
        }
    }
}

#[test]
fn more_idle_connections_than_the_limit_keep_no_client_from_connecting() {
    let server = start("idle");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let crowd: Vec<_> = (0..1200).map(|_| connect(&server)).collect();
    thread::sleep(Duration::from_secs(1));
    assert!(sockets(&server) <= before + 1024 + 1);
    watch.end("1,200 idle connections");
    drop(crowd);
    is_back_at(&server, before);
    let log = server.log_once(|log| log.contains("to make room"));
    assert!(log.contains("waiting connections were closed to make room"), "{log}");
}

#[test]
fn clients_that_do_not_read_their_answers_keep_no_client_from_connecting() {
    let server = start("unread");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let requests = DOCUMENT.repeat(5);
    let crowd: Vec<_> = (0..1024).map(|_| attack(&server, requests.as_bytes())).collect();
    thread::sleep(Duration::from_secs(2));
    watch.end("1,024 connections that read none of 5 large answers each");
    drop(crowd);
    is_back_at(&server, before);
}

#[test]
fn incomplete_heads_and_bodies_together_take_a_bounded_memory() {
    let server = start("unfinished");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(60_000));
    let body = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 250000\r\n\r\n{}", "x".repeat(249_000));
    let chunks = "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n";
    let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + &chunks.repeat(60);
    let mut crowd = Vec::new();
    for attack_of in [&head, &body, &chunked] {
        crowd.extend((0..400).map(|_| attack(&server, attack_of.as_bytes())));
    }
    thread::sleep(Duration::from_secs(1));
    watch.end("400 heads of 60 KB and 800 bodies of 250 KB that do not end");
    drop(crowd);
    is_back_at(&server, before);
}

#[test]
fn heads_and_bodies_that_arrive_byte_by_byte_are_ended() {
    let server = start("drip");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let starts = [
        "GET / HTTP/1.1\r\nX: ",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
        // A complete request, and the beginning of another.
        "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ",
    ];
    let mut crowd: Vec<_> = (0..400).map(|index| attack(&server, starts[index % starts.len()].as_bytes())).collect();
    let began = Instant::now();
    for _ in 0..40 {
        thread::sleep(Duration::from_secs(1));
        // On a closed connection the first write succeeds and causes a reset, and the next write fails.
        crowd.retain_mut(|stream| stream.write_all(b"x").is_ok());
        if crowd.is_empty() {
            break;
        }
    }
    println!("the last of 200 heads and 200 bodies that drip was ended after {:?}", began.elapsed());
    assert!(crowd.is_empty(), "{} go on", crowd.len());
    watch.end("200 heads and 200 bodies that drip");
    is_back_at(&server, before);
}

#[test]
fn without_a_file_descriptor_for_a_new_connection_a_waiting_one_is_closed() {
    let server = start("files");
    let before = sockets(&server);
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.process())).unwrap().count() as u64;
    let process = Pid::from_raw(i32::try_from(server.process()).unwrap());
    let few = Rlimit { current: Some(files + 8), maximum: Some(files + 8) };
    prlimit(process, Resource::Nofile, few).unwrap();
    let watch = Watch::begin(&server);
    let crowd: Vec<_> = (0..200).map(|_| connect(&server)).collect();
    thread::sleep(Duration::from_secs(2));
    watch.end("200 connections where 8 more files may be open");
    drop(crowd);
    is_back_at(&server, before);
    let log = server.log_once(|log| log.contains("to make room"));
    let others: Vec<_> = log.lines().filter(|line| !line.contains("\"message\":\"answered\"")).collect();
    assert!((1..10).contains(&others.len()), "{others:#?}");
}

#[test]
fn a_server_that_may_open_few_files_serves_with_fewer_connections() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("few-files");
    let _ = std::fs::remove_dir_all(data);
    let mut shell = Command::new("sh");
    let binary = command().get_program().to_owned();
    shell.args(["-c", "ulimit -n 48 && exec \"$0\" \"$@\""]).arg(binary).args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start_by("few-files", TOML, shell);
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    let crowd: Vec<_> = (0..200).map(|_| attack(&server, b"GET / HT")).collect();
    thread::sleep(Duration::from_secs(1));
    watch.end("200 connections to a server that may open 48 files");
    drop(crowd);
    is_back_at(&server, before);
    assert!(server.log().contains("fewer connections"), "{}", server.log());
}

#[test]
fn thousands_of_short_connections_leave_nothing_behind() {
    let server = start("short");
    let before = sockets(&server);
    let watch = Watch::begin(&server);
    thread::scope(|scope| {
        for kind in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..750 {
                    let mut stream = connect(server);
                    match kind {
                        // Disconnects at once, within a head, before reading the answer, and after reading it.
                        0 => {}
                        1 => stream.write_all(b"GET /").unwrap(),
                        2 => stream.write_all(BADGE.as_bytes()).unwrap(),
                        _ => {
                            stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
                            assert_eq!(statuses(&read(&mut stream)), ["200"]);
                        }
                    }
                }
            });
        }
    });
    watch.end("3,000 connections one after the other");
    is_back_at(&server, before);
}

#[test]
fn a_client_that_closes_its_side_after_a_request_is_answered() {
    let server = start("half");
    for (request, count) in [(BADGE, 1), (DOCUMENT, 1), (DOCUMENT, 20)] {
        let mut stream = connect(&server);
        stream.write_all(request.repeat(count).as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(statuses(&read(&mut stream)), vec!["200"; count]);
    }
}

#[test]
fn a_client_that_goes_on_sending_a_refused_body_reads_the_refusal() {
    let server = start("refused");
    for framing in ["Content-Length: 3000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n"] {
        let mut stream = connect(&server);
        stream.write_all(format!("POST /x HTTP/1.1\r\nHost: x\r\n{framing}").as_bytes()).unwrap();
        stream.set_write_timeout(None).unwrap();
        for _ in 0..30 {
            stream.write_all(&[b'x'; 100_000]).unwrap();
        }
        assert_eq!(statuses(&read(&mut stream)), ["413"], "{framing}");
    }
}

#[test]
fn a_client_that_asks_whether_to_send_its_body_is_told_to() {
    let server = start("continue");
    let mut stream = connect(&server);
    let head = "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut told = [0; 25];
    stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(("hello".to_owned() + BADGE + "HEAD / HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let answers = read(&mut stream);
    assert_eq!(answers.matches("HTTP/1.1 404 ").count(), 1, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1, "{answers}");
    assert_eq!(answers.matches("HTTP/1.0 200 ").count(), 1, "{answers}");
}

#[test]
fn stalled_connections_do_not_keep_the_server_from_stopping() {
    let mut server = start("stalled-stop");
    let starts = [
        String::new(),
        "GET / HTTP/1.1\r\nX: ".to_owned(),
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx".to_owned(),
        DOCUMENT.repeat(100),
        BADGE.to_owned(),
    ];
    let crowd: Vec<_> = (0..100).map(|index| attack(&server, starts[index % starts.len()].as_bytes())).collect();
    thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    let took = began.elapsed();
    println!("a server with 100 stalled connections stopped after {took:?}");
    assert!(took < Duration::from_secs(8), "connections that move nothing are closed long before the requests' 10 s");
    drop(crowd);
}

#[test]
fn the_limit_of_connections_that_an_operator_sets_holds() {
    // Which of two has been idle for longer is certain only if one thread serves both; tests/threads.rs has several.
    let server = Server::start_with("bound", TOML, &["--connections", "16", "--threads", "1"]);
    let before = sockets(&server);
    let mut crowd: Vec<_> = (0..16).map(|_| connect(&server)).collect();
    for stream in &mut crowd {
        stream.write_all(BADGE.as_bytes()).unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    let mut newest = connect(&server);
    newest.write_all(BADGE.as_bytes()).unwrap();
    assert!(newest.read(&mut [0; 4096]).unwrap() > 0, "it is served at once");
    assert_eq!(crowd[0].read(&mut [0; 4096]).unwrap_or(0), 0, "the longest idle one is closed");
    crowd[1].write_all(BADGE.as_bytes()).unwrap();
    assert!(crowd[1].read(&mut [0; 4096]).unwrap() > 0, "and no other one");
    assert_eq!(sockets(&server), before + 16);
}

/// An address of this machine that is not loopback. Finding it sends nothing, and traffic to it stays on the machine.
///
/// # Panics
/// The machine has none.
fn own_address() -> IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let route = socket.connect("198.51.100.1:9");
    let address = socket.local_addr().unwrap().ip();
    let is_own = route.is_ok() && !address.is_loopback() && !address.is_unspecified();
    assert!(is_own, "this test needs a network interface beside loopback, with a route");
    address
}

#[test]
#[ignore = "needs a network interface beside loopback"]
fn at_a_clients_limit_its_own_longest_idle_connections_are_closed() {
    let own = own_address();
    // At the second address, IPv4 clients have IPv4-mapped IPv6 addresses.
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let _ = std::fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join("per-client"));
        let mut serve = command();
        serve.args(["serve", "--listen", listen, "--connections-per-client", "20"]);
        let server = Server::start_by("per-client", TOML, serve);
        let to = |address: IpAddr| SocketAddr::new(address, server.address.port());
        let is_served = |stream: &mut TcpStream| {
            stream.write_all(BADGE.as_bytes()).is_ok() && stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0)
        };
        let mut here: Vec<_> = (0..30).map(|_| connect_to(to(IpAddr::from([127, 0, 0, 1])))).collect();
        let mut one: Vec<_> = Vec::new();
        for _ in 0..60 {
            let mut newest = connect_to(to(own));
            assert!(is_served(&mut newest), "at {listen}");
            one.push(newest);
        }
        let served: Vec<_> = (0..60).filter(|index| is_served(&mut one[*index])).collect();
        assert_eq!(served, (40..60).collect::<Vec<_>>(), "at {listen}");
        assert!(here.iter_mut().all(is_served), "connections over loopback have no limit of their own");
    }
}
