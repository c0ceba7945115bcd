//! A receiver of events that verifies their signatures and fails at times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's support")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use badgesmith_engine::{events::WebhookSecret, world::Secret};
use serde_json::Value;

/// The secret that signs: base64 of 24 bytes.
pub const SIGNS: &str = "whsec_d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3";

/// One request: to which receiver, its event, when it came, and whether it was taken.
struct Asked {
    name: String,
    event: Value,
    at: Instant,
    is_taken: bool,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    known: BTreeSet<(String, String)>,
    is_open: BTreeSet<String>,
}

/// A server whose paths are receivers. `gone` answers 410 until it is opened; the others fail at the first attempt of
/// each third event.
pub struct Receiver {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(&stream, &shared));
            }
        });
        Self { address, state }
    }

    /// From now on this receiver takes events.
    pub fn opens(&self, name: &str) {
        self.state.lock().unwrap().is_open.insert(name.to_owned());
    }

    /// The events that a receiver was asked to take, in their order.
    pub fn asked(&self, name: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.asked.iter().filter(|asked| asked.name == name).map(|asked| asked.event.clone()).collect()
    }

    /// The events that it took.
    pub fn taken(&self, name: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let taken = state.asked.iter().filter(|asked| asked.name == name && asked.is_taken);
        taken.map(|asked| asked.event.clone()).collect()
    }

    /// How long after its first attempt each event that failed was sent again.
    pub fn waits(&self, name: &str) -> Vec<Duration> {
        let state = self.state.lock().unwrap();
        let mut first = BTreeMap::new();
        let mut waits = Vec::new();
        for asked in state.asked.iter().filter(|asked| asked.name == name) {
            let id = asked.event["id"].as_str().unwrap();
            match first.get(id) {
                Some(at) => waits.push(asked.at - *at),
                None => drop(first.insert(id, asked.at)),
            }
        }
        waits
    }
}

fn answer(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let name = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    verify(&headers, &body);
    let event: Value = serde_json::from_slice(&body).unwrap();
    let id = event["id"].as_str().unwrap().to_owned();
    assert_eq!(headers["webhook-id"], id);
    let status = {
        let mut state = state.lock().unwrap();
        let is_new = state.known.insert((name.clone(), id));
        let number = state.known.iter().filter(|(known, _)| *known == name).count();
        let status = match &*name {
            "gone" if !state.is_open.contains("gone") => 410,
            "gone" => 204,
            _ if is_new && number % 3 == 0 => 500,
            _ => 204,
        };
        state.asked.push(Asked { name, event, at: Instant::now(), is_taken: status == 204 });
        status
    };
    let mut stream = stream;
    let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// Checks the signature as Standard Webhooks asks.
fn verify(headers: &BTreeMap<String, String>, body: &[u8]) {
    let secret = WebhookSecret::parse(&Secret::new(SIGNS)).unwrap();
    let timestamp: u64 = headers["webhook-timestamp"].parse().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(timestamp) < 60, "{timestamp} is not the time of this attempt");
    assert_eq!(headers["webhook-signature"], secret.sign(&headers["webhook-id"], timestamp, body));
}
