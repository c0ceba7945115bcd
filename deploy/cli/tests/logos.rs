//! Logos that are slow to draw on purpose, and pictures of the largest size.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

#[path = "../../../renderer/tests/common/attacks.rs"]
mod attacks;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use support::{Server, Upstream, escape, watch::Watch};

/// How many clients send requests at once.
const CLIENTS: usize = 16;
/// The longest logo parameter that still fits into an address.
const LONGEST: usize = 8000;

/// The head and the body of an answer.
fn fetch(address: SocketAddr, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = bytes.split_off(end + 4);
    (String::from_utf8(bytes).unwrap(), body)
}

/// Columns and rows of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", String::from_utf8_lossy(png));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// Requests each address once, by many clients at once; every answer must be a picture.
fn attack(name: &str, server: &Server, paths: Vec<String>) -> Vec<(u32, u32)> {
    let watch = Watch::begin(server);
    let (address, next, paths) = (server.address, Arc::<AtomicUsize>::default(), Arc::new(paths));
    let callers: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (next, paths) = (Arc::clone(&next), Arc::clone(&paths));
            thread::spawn(move || {
                let mut sizes = Vec::new();
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (head, body) = fetch(address, path);
                    let shown: String = path.chars().take(120).collect();
                    assert!(head.starts_with("HTTP/1.1 200 "), "{shown}: {head}");
                    sizes.push(size(&body));
                }
                sizes
            })
        })
        .collect();
    let sizes = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
    watch.end(name);
    sizes
}

#[test]
fn a_malicious_logo_in_an_address_does_not_slow_others_down() {
    let server = Server::start("logos", "");
    let mut paths = Vec::new();
    for (index, attack) in attacks::small().iter().enumerate() {
        let logo = escape(&attack.uri());
        assert!(logo.len() < LONGEST, "{} has {} bytes", attack.name, logo.len());
        for style in ["flat", "social"] {
            paths.push(format!("/badge/a-{index}-red.png?scale=4&style={style}&logo={logo}"));
        }
        // Error badges may have a logo as well.
        paths.push(format!("/badges/nowhere/{index}.png?logo={logo}"));
    }
    attack("logos in addresses", &server, paths);
    let (head, body) = fetch(server.address, "/badge/a-b-red.png");
    assert!(head.contains("max-age=86400") && size(&body).1 == 20, "{head}");
}

#[test]
fn a_malicious_logo_in_a_document_does_not_slow_others_down() {
    let documents = attacks::large();
    let count = documents.len();
    let upstream = Upstream::start(move |path| {
        let index: usize = path.trim_start_matches('/').parse().unwrap();
        let svg: String = String::from_utf8(documents[index].bytes.clone()).unwrap();
        let document = format!(r#"{{"schemaVersion":1,"label":"a","message":"b","logoSvg":{}}}"#, quoted(&svg));
        (200, Vec::new(), document.into_bytes())
    });
    let settings = format!("[engine]\nallow-http = true\nallow-addresses = [\"{}\"]\n", upstream.address);
    let server = Server::start("logos-of-documents", &settings);
    let url = |index: usize| escape(&format!("{}/{index}", upstream.url()));
    let paths = (0..4 * count).map(|at| format!("/endpoint.png?scale={}&url={}", 1 + at / count, url(at % count)));
    attack("logos of documents", &server, paths.collect());
}

#[test]
fn pictures_of_the_largest_size_are_drawn_on_other_threads_than_the_one_that_serves() {
    let server = Server::start("large-pictures", "");
    let words = "W".repeat(240);
    let segments = format!("&segment={words}-blue").repeat(8);
    let path = |at: usize| match at % 4 {
        0 => format!("/badge/{words}-{at}{words}-red.png?scale=4&style=for-the-badge"),
        1 => format!("/badge/{at}-{words}-red.png?scale=4{segments}"),
        2 => format!("/badge/{at}-{}-red.png?scale=4", "%EF%B7%BD".repeat(200)),
        _ => format!("/badge/{at}-{words}-red.png?scale=4&logo=github&style=social"),
    };
    let sizes = attack("large pictures", &server, (0..120).map(path).collect());
    let widest = sizes.iter().map(|(columns, _)| *columns).max();
    println!("the widest has {widest:?} columns");
    assert!(widest <= Some(4096), "{widest:?}");
    // On a slow machine some badges may say `too busy`.
    assert!(sizes.iter().all(|(columns, rows)| *columns > 20 && (1..=112).contains(rows)), "{sizes:?}");
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
