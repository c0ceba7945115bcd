//! Every way an upstream can respond, and the reply or the error that follows. Upstreams are listeners on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use badgesmith_engine::world::{Ask, Credential, CredentialPlace, Fault, Reply, Secret, Upstream};
use badgesmith_host::upstream::HttpUpstream;
use badgesmith_provider::SentWith;
use flate2::{Compression, write::GzEncoder};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

const LARGEST: usize = 64 * 1024;
/// A time limit that a busy machine does not exceed, and a short one for tests of timeouts.
const PATIENCE: Duration = Duration::from_secs(20);
const SHORT_PATIENCE: Duration = Duration::from_millis(300);

/// What an upstream does after it has sent its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// Closes.
    Close,
    /// Resets the connection.
    Reset,
    /// Keeps the connection open and sends nothing more.
    Hang,
}

/// The expected outcome; `Unreachable` and `Nonsense` with a part of their message.
#[derive(Clone, Copy, Debug)]
enum Outcome<'a> {
    Reply(u16, &'a str),
    Unreachable(&'a str),
    Nonsense(&'a str),
    Timeout,
    TooLarge,
}

fn ask(url: &str) -> Ask {
    Ask::get(url.parse().unwrap(), LARGEST, PATIENCE)
}

/// Reads a request's head, or what arrives of it.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Answers every request with `answer` of its head, and then does `end`. Returns the upstream's origin.
async fn upstream(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static, end: End) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = head(&mut stream).await;
            // The client may close the connection before it has read everything.
            let _ = stream.write_all(&answer(&head)).await;
            match end {
                End::Close => drop(stream),
                End::Hang => drop(tokio::spawn(async move {
                    sleep(Duration::from_secs(60)).await;
                    drop(stream);
                })),
                End::Reset => {
                    // The client has to receive the bytes before the reset.
                    sleep(Duration::from_millis(50)).await;
                    stream.set_zero_linger().unwrap();
                }
            }
        }
    });
    origin
}

async fn check(what: &str, ask: Ask, expected: Outcome<'_>) {
    let patience = if matches!(expected, Outcome::Timeout) { SHORT_PATIENCE } else { PATIENCE };
    let before = Instant::now();
    let outcome = HttpUpstream::new().fetch(Ask { patience, ..ask }).await;
    assert!(before.elapsed() < PATIENCE / 2, "{what}: took {:?}", before.elapsed());
    match (&outcome, expected) {
        (Ok(Reply { status, body, .. }), Outcome::Reply(expected, text)) if *status == expected => {
            assert_eq!(str::from_utf8(body), Ok(text), "{what}");
        }
        (Err(Fault::Unreachable(words)), Outcome::Unreachable(part))
        | (Err(Fault::Nonsense(words)), Outcome::Nonsense(part)) => {
            assert!(words.contains(part), "{what}: {words}");
            assert!(!words.contains("hidden"), "{what}: its words hold the address: {words}");
        }
        (Err(Fault::Timeout), Outcome::Timeout) | (Err(Fault::TooLarge), Outcome::TooLarge) => {}
        _ => panic!("{what}: {outcome:?} instead of {expected:?}"),
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// An answer of these headers and this body, with its length.
fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn chunked(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len());
    [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
}

#[tokio::test]
async fn every_response_becomes_a_reply_or_the_right_error() {
    const GZIP: &str = "Content-Encoding: gzip\r\n";
    let text = |text: &str| text.as_bytes().to_vec();
    let largest = "x".repeat(LARGEST);
    let larger = "x".repeat(LARGEST + 1);
    // Its last byte never arrives, so reading all of it would time out.
    let mut bomb = whole("200 OK", GZIP, &gzip(&vec![0; 64 * 1024 * 1024]));
    bomb.pop();
    let short = gzip(b"a badge");
    let cut = &short[..short.len() - 6];
    let mut wrong_sum = short.clone();
    wrong_sum[short.len() - 8] ^= 1;
    let connection_cut = &whole("200 OK", GZIP, &short)[..40 + short.len()];
    #[rustfmt::skip]
    let rows: Vec<(&str, Vec<u8>, End, Outcome<'_>)> = vec![
        ("a body", whole("200 OK", "ETag: \"a\"\r\n", b"hi"), End::Hang, Outcome::Reply(200, "hi")),
        ("no body", whole("204 No Content", "", b""), End::Hang, Outcome::Reply(204, "")),
        ("a body in chunks", chunked("", b"hi"), End::Hang, Outcome::Reply(200, "hi")),
        ("a body that ends with the connection", text("HTTP/1.1 200 OK\r\n\r\nhi"), End::Close, Outcome::Reply(200, "hi")),
        ("HTTP/1.0", text("HTTP/1.0 200 OK\r\n\r\nhi"), End::Close, Outcome::Reply(200, "hi")),
        ("404", whole("404 Not Found", "", b"no"), End::Hang, Outcome::Reply(404, "no")),
        ("429", whole("429 Too Many Requests", "Retry-After: 7\r\n", b""), End::Hang, Outcome::Reply(429, "")),
        ("500", whole("500 Internal Server Error", "", b"oh"), End::Hang, Outcome::Reply(500, "oh")),
        ("a redirect without an address", whole("302 Found", "", b"?"), End::Hang, Outcome::Reply(302, "?")),
        ("a choice", whole("300 Multiple Choices", "Location: /x\r\n", b"?"), End::Hang, Outcome::Reply(300, "?")),
        ("gzip", whole("200 OK", GZIP, &short), End::Hang, Outcome::Reply(200, "a badge")),
        ("gzip in chunks", chunked(GZIP, &short), End::Hang, Outcome::Reply(200, "a badge")),
        ("gzip of nothing", whole("200 OK", GZIP, &gzip(b"")), End::Hang, Outcome::Reply(200, "")),
        ("gzip in a 404", whole("404 Not Found", GZIP, &short), End::Hang, Outcome::Reply(404, "a badge")),
        ("304 that speaks of gzip", text(&format!("HTTP/1.1 304 Not Modified\r\n{GZIP}\r\n")), End::Hang, Outcome::Reply(304, "")),
        ("304 with the length of what it spares", text("HTTP/1.1 304 Not Modified\r\nContent-Length: 999999\r\n\r\n"), End::Hang, Outcome::Reply(304, "")),
        ("a coding called identity", whole("200 OK", "Content-Encoding: identity\r\n", b"hi"), End::Hang, Outcome::Reply(200, "hi")),
        ("as large as it may be", whole("200 OK", "", largest.as_bytes()), End::Hang, Outcome::Reply(200, &largest)),

        ("too large, as announced", text("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"), End::Hang, Outcome::TooLarge),
        ("far too large, as announced", text("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551610\r\n\r\n"), End::Hang, Outcome::TooLarge),
        ("too large in chunks", chunked("", larger.as_bytes()), End::Hang, Outcome::TooLarge),
        ("too large until the connection ends", text(&format!("HTTP/1.1 200 OK\r\n\r\n{larger}")), End::Hang, Outcome::TooLarge),
        ("a gzip bomb", bomb, End::Hang, Outcome::TooLarge),

        ("a cut body", text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), End::Close, Outcome::Unreachable("end of file")),
        ("a body cut between chunks", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"), End::Close, Outcome::Unreachable("EOF")),
        ("a body torn off", text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), End::Reset, Outcome::Unreachable("reset")),
        ("gzip, the connection cut", connection_cut.to_vec(), End::Close, Outcome::Unreachable("end of file")),
        ("a cut head", text("HTTP/1.1 200 OK\r\nContent-"), End::Close, Outcome::Unreachable("before message completed")),
        ("no answer", vec![], End::Close, Outcome::Unreachable("")),
        ("a reset for an answer", vec![], End::Reset, Outcome::Unreachable("reset")),

        ("no gzip", whole("200 OK", GZIP, b"hi"), End::Hang, Outcome::Nonsense("gzip")),
        ("gzip that ends early", whole("200 OK", GZIP, cut), End::Hang, Outcome::Nonsense("")),
        ("gzip with a wrong checksum", whole("200 OK", GZIP, &wrong_sum), End::Hang, Outcome::Nonsense("CRC")),
        ("brotli", whole("200 OK", "Content-Encoding: br\r\n", b"hi"), End::Hang, Outcome::Nonsense("encoded as \"br\"")),
        ("gzip twice", whole("200 OK", "Content-Encoding: gzip, gzip\r\n", &gzip(&short)), End::Hang, Outcome::Nonsense("encoded as")),
        ("chunks of no size", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhi\r\n"), End::Hang, Outcome::Nonsense("chunk size")),
        ("not HTTP", text("SSH-2.0-OpenSSH_9.9\r\n"), End::Hang, Outcome::Nonsense("invalid HTTP version")),
        ("no status", text("HTTP/1.1 fine\r\n\r\n"), End::Hang, Outcome::Nonsense("invalid HTTP status")),
        ("a length that is none", text("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi"), End::Hang, Outcome::Nonsense("content-length")),
        ("endless headers", text(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20))), End::Hang, Outcome::Nonsense("too large")),
        ("TLS where none was asked for", text("\u{15}\u{3}\u{3}\0\u{2}\u{2}F"), End::Close, Outcome::Nonsense("")),

        ("no answer, and it stays", vec![], End::Hang, Outcome::Timeout),
        ("half a head, and it stays", text("HTTP/1.1 200 OK\r\nContent-"), End::Hang, Outcome::Timeout),
        ("half a body, and it stays", text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), End::Hang, Outcome::Timeout),
    ];
    for (what, answer, end, expected) in rows {
        let origin = upstream(move |_| answer.clone(), end).await;
        check(what, ask(&format!("{origin}/index.json?hidden=1")), expected).await;
    }
}

#[tokio::test]
async fn redirects_are_followed_within_the_origin_and_five_at_most() {
    let other = upstream(|_| whole("200 OK", "", b"the other's"), End::Close).await;
    let elsewhere = format!("{other}/hidden?hidden=1");
    let origin = upstream(
        move |head| {
            let path = head.split(' ').nth(1).unwrap();
            let steps = path.strip_prefix("/steps/").and_then(|steps| steps.parse::<u8>().ok());
            let location = match (path, steps) {
                ("/", _) | (_, Some(0)) => return whole("200 OK", "", b"there"),
                ("/out", _) => elsewhere.clone(),
                ("/circle", _) => "/circle?hidden".to_owned(),
                (_, Some(steps)) => format!("/steps/{}", steps - 1),
                _ => "circle".to_owned(),
            };
            whole("301 Moved Permanently", &format!("Location: {location}\r\n"), b"an unread body")
        },
        End::Close,
    )
    .await;
    let out = format!("it redirects to {other}, another origin");
    let rows = [
        ("/", Outcome::Reply(200, "there")),
        ("/steps/1", Outcome::Reply(200, "there")),
        ("/steps/5", Outcome::Reply(200, "there")),
        ("/steps/6", Outcome::Nonsense("it redirects more than 5 times")),
        ("/circle", Outcome::Nonsense("it redirects more than 5 times")),
        ("/out", Outcome::Nonsense(&out)),
    ];
    for (path, expected) in rows {
        check(path, ask(&format!("{origin}{path}")), expected).await;
    }
}

#[tokio::test]
async fn a_closed_port_is_unreachable_with_the_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = format!("http://127.0.0.1:{port}/?hidden");
    check("refused", ask(&refused), Outcome::Unreachable("refused")).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = format!("https://{}/?hidden", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&whole("400 Bad Request", "", b"")).await.unwrap();
        stream.read_u8().await.unwrap();
    });
    check("no TLS", ask(&no_tls), Outcome::Unreachable("corrupt message")).await;
}

#[tokio::test]
async fn a_request_has_the_headers_of_its_ask() {
    let origin = upstream(|head| whole("200 OK", "", head.to_ascii_lowercase().as_bytes()), End::Close).await;
    let plain = ask(&format!("{origin}/a%2fb?c=%20d#e"));
    let conditional = Ask {
        accept: Some("application/vnd.github+json".to_owned()),
        etag: Some("W/\"a\"".to_owned()),
        last_modified: Some("Sat, 21 Nov 2026 00:00:00 GMT".to_owned()),
        ..plain.clone()
    };
    let version = concat!("user-agent: badgesmith/", env!("CARGO_PKG_VERSION"), "\r\n");
    let rows: [(Ask, &[&str], &[&str]); 2] = [
        (
            plain,
            &["get /a%2fb?c=%20d http/1.1\r\n", "accept: */*\r\n", "accept-encoding: gzip\r\n", version],
            &["if-none-match", "if-modified-since", "referer", "cookie", "authorization"],
        ),
        (
            conditional,
            &[
                "accept: application/vnd.github+json\r\n",
                "if-none-match: w/\"a\"\r\n",
                "if-modified-since: sat, 21 nov 2026 00:00:00 gmt\r\n",
            ],
            &["*/*"],
        ),
    ];
    for (ask, present, absent) in rows {
        let reply = HttpUpstream::new().fetch(ask).await.unwrap();
        let head = str::from_utf8(&reply.body).unwrap();
        for part in present {
            assert!(head.contains(part), "{part:?} is missing in {head}");
        }
        for part in absent {
            assert!(!head.contains(part), "{part:?} is in {head}");
        }
    }
}

#[tokio::test]
async fn a_reply_has_its_headers_and_an_ask_with_an_invalid_header_is_not_sent() {
    let origin = upstream(|_| whole("200 OK", "ETag: \"a\"\r\nX-Twice: 1\r\nX-Twice: 2\r\n", b""), End::Close).await;
    let reply = HttpUpstream::new().fetch(ask(&origin)).await.unwrap();
    assert_eq!(reply.headers["etag"], "\"a\"");
    assert_eq!(reply.headers.get_all("x-twice").iter().count(), 2);
    let unwritable = Ask { accept: Some("a\r\nb".to_owned()), ..ask(&origin) };
    check("an impossible header", unwritable, Outcome::Nonsense("")).await;
}

/// A secret for this place of a request.
fn credential(place: CredentialPlace) -> Option<Credential> {
    Some(Credential { place, value: Secret::new("hidden secret&1"), whose: SentWith::Owner })
}

/// Answers every request with all of its head and body, except for these paths, which redirect.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = head(&mut stream).await;
            let length = head.to_ascii_lowercase();
            let length = length
                .split_once("content-length: ")
                .map_or(0, |(_, rest)| rest.split_once("\r\n").unwrap().0.parse().unwrap());
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let path = head.split(' ').nth(1).unwrap();
            let status = path.strip_prefix('/').and_then(|path| path.split(['?', '/']).next());
            let answer = match status.and_then(|status| status.parse::<u16>().ok()) {
                Some(status) => whole(&format!("{status} Moved"), "Location: /there?page=2\r\n", b""),
                None => whole("200 OK", "", &[head.as_bytes(), &body].concat()),
            };
            let _ = stream.write_all(&answer).await;
        }
    });
    origin
}

#[tokio::test]
async fn a_body_headers_and_a_secret_arrive_as_they_are() {
    let origin = echo().await;
    let post = Ask { body: Some("{\"query\":\"ü\"}".into()), ..ask(&format!("{origin}/x?a=1")) };
    let private = HeaderName::from_static("private-token");
    let rows: [(Ask, &[&str]); 4] = [
        (
            post.clone(),
            &["POST /x?a=1 HTTP/1.1\r\n", "content-type: application/json\r\n", "\r\n\r\n{\"query\":\"ü\"}"],
        ),
        (
            Ask {
                headers: HeaderMap::from_iter([(HeaderName::from_static("x-version"), "2".parse().unwrap())]),
                ..post
            },
            &["POST /x?a=1", "x-version: 2\r\n", "accept: */*\r\n"],
        ),
        (
            Ask { credential: credential(CredentialPlace::Header(private)), ..ask(&format!("{origin}/x")) },
            &["GET /x HTTP/1.1\r\n", "private-token: hidden secret&1\r\n"],
        ),
        (
            Ask { credential: credential(CredentialPlace::Query("key".to_owned())), ..ask(&format!("{origin}/x?a=1")) },
            &["GET /x?a=1&key=hidden+secret%261 HTTP/1.1\r\n"],
        ),
    ];
    for (ask, present) in rows {
        assert!(!format!("{ask:?}").contains("hidden"), "{ask:?}");
        let reply = HttpUpstream::new().fetch(ask).await.unwrap();
        let sent = str::from_utf8(&reply.body).unwrap();
        assert!(present.iter().all(|part| sent.contains(part)), "{present:?}: {sent}");
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_keeps_the_secret_and_that_of_a_post_repeats_it_or_is_refused() {
    let origin = echo().await;
    let secret = credential(CredentialPlace::Query("key".to_owned()));
    let get = |status: u16| Ask { credential: secret.clone(), ..ask(&format!("{origin}/{status}?a=1")) };
    let reply = HttpUpstream::new().fetch(get(302)).await.unwrap();
    let sent = str::from_utf8(&reply.body).unwrap();
    assert!(sent.starts_with("GET /there?page=2&key=hidden+secret%261 HTTP"), "{sent}");
    let post = |status: u16| Ask { body: Some("{}".into()), ..get(status) };
    for status in [307, 308] {
        let reply = HttpUpstream::new().fetch(post(status)).await.unwrap();
        let sent = str::from_utf8(&reply.body).unwrap();
        assert!(sent.starts_with("POST /there?page=2&key=") && sent.ends_with("\r\n\r\n{}"), "{sent}");
    }
    for status in [301, 302, 303] {
        let words = format!("it redirects a POST with {status}; only 307 and 308 repeat it");
        check("a POST that is redirected", post(status), Outcome::Nonsense(&words)).await;
    }
}

#[tokio::test]
async fn no_redirect_takes_a_secret_to_another_origin() {
    let (seen, other) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&other);
    let elsewhere = upstream(
        move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            whole("200 OK", "", b"")
        },
        End::Close,
    )
    .await;
    let (target, counted) = (elsewhere.clone(), Arc::clone(&seen));
    let origin = upstream(
        move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            whole("307 Moved", &format!("Location: {target}/\r\n"), b"")
        },
        End::Close,
    )
    .await;
    let words = format!("it redirects to {elsewhere}, another origin");
    let places = [
        CredentialPlace::Query("key".to_owned()),
        CredentialPlace::Header(HeaderName::from_static("private-token")),
        CredentialPlace::Header(http::header::AUTHORIZATION),
    ];
    for place in places {
        let ask = Ask { credential: credential(place), body: Some("{}".into()), ..ask(&origin) };
        check("a redirect to another origin", ask, Outcome::Nonsense(&words)).await;
    }
    assert_eq!((seen.load(Ordering::SeqCst), other.load(Ordering::SeqCst)), (3, 0));
}

#[tokio::test]
async fn a_fault_does_not_name_the_secret_in_the_query() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let place = CredentialPlace::Query("key".to_owned());
    let refused = Ask { credential: credential(place), ..ask(&format!("http://127.0.0.1:{port}/")) };
    check("refused", refused, Outcome::Unreachable("refused")).await;
}

#[tokio::test]
async fn a_connection_is_reused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // Accepts one connection only.
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while !head(&mut stream).await.is_empty() {
            stream.write_all(&whole("200 OK", "", b"again")).await.unwrap();
        }
    });
    let upstream = HttpUpstream::new();
    for _ in 0..3 {
        assert_eq!(upstream.fetch(ask(&url)).await.unwrap().body, "again");
    }
}

#[tokio::test]
async fn a_slow_upstream_has_bounded_connections_and_a_bounded_queue_and_delays_no_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = format!("http://{}/", listener.local_addr().unwrap());
    let accepted = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&accepted);
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let upstream = HttpUpstream::new();
    let mut asking: Vec<_> = (0..128 + 3072).map(|_| upstream.fetch(ask(&slow))).collect();
    assert!(asking.iter_mut().all(|asking| asking.now_or_never().is_none()));
    let beyond = upstream.fetch(ask(&slow)).now_or_never();
    assert!(matches!(beyond, Some(Err(Fault::Busy))), "the queue is bounded: {beyond:?}");
    let other = self::upstream(|_| whole("200 OK", "", b"other"), End::Close).await;
    assert_eq!(upstream.fetch(ask(&other)).await.unwrap().body, "other");
    // The last one waits for a permit until the time limit.
    let last = asking.pop().unwrap().await;
    assert!(matches!(last, Err(Fault::Busy)), "{last:?}");
    assert!(accepted.load(Ordering::SeqCst) <= 128, "{accepted:?}");
    drop(asking);
    assert!(upstream.fetch(ask(&slow)).now_or_never().is_none(), "nothing is left in the queue");
}

#[tokio::test]
async fn concurrent_bodies_take_a_bounded_memory_in_all() {
    // The body stays 16 KiB shorter than announced, so no exchange ends.
    let origin = upstream(
        |_| {
            let mut part = b"HTTP/1.1 200 OK\r\nContent-Length: 4210688\r\n\r\n".to_vec();
            part.resize(part.len() + 4 * 1024 * 1024, b' ');
            part
        },
        End::Hang,
    )
    .await;
    let upstream = HttpUpstream::new();
    let large = Ask { largest_body: 8 * 1024 * 1024, patience: Duration::from_secs(3), ..ask(&origin) };
    let outcomes = futures_util::future::join_all((0..20).map(|_| upstream.fetch(large.clone()))).await;
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(Fault::Busy))).count();
    assert!(busy >= 4, "64 MiB hold 16 of them, and {busy} were refused");
}
