//! Deliveries of GitHub's webhooks: payloads, signatures, and the HTTP request.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Response, try_send};

/// The secret of the webhooks.
pub(crate) const SECRET: &str = "hush-hush";
/// Seconds since 1970 of the times in payloads: Sat, 21 Nov 2026 12:00:00 GMT.
const START: u64 = 1_795_262_400;

/// A delivery.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: &'static str,
    pub(crate) id: String,
    pub(crate) payload: String,
}

/// A run as a payload describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunPayload<'r> {
    pub(crate) workflow: &'r str,
    pub(crate) number: u64,
    pub(crate) attempt: u64,
    pub(crate) branch: &'r str,
    /// The repository that has the commit.
    pub(crate) head: &'r str,
    pub(crate) status: &'r str,
    pub(crate) conclusion: Option<&'r str>,
}

impl Delivery {
    /// A delivery about `acme/NAME`, with these members of the payload.
    pub(crate) fn of(event: &'static str, name: &str, members: Value) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let mut payload = members;
        payload["repository"] = repository(name, false);
        let id = format!("{event}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self { event, id, payload: payload.to_string() }
    }

    /// The same, of a private repository.
    pub(crate) fn private(self, name: &str) -> Self {
        let mut payload: Value = serde_json::from_str(&self.payload).unwrap();
        payload["repository"] = repository(name, true);
        Self { payload: payload.to_string(), ..self }
    }

    /// Sends it; `None` if the server ended before it answered.
    pub(crate) fn post(&self, server: SocketAddr) -> Option<Response> {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(self.payload.as_bytes());
        let signature = mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let Self { event, id, payload } = self;
        let request = format!(
            "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nX-GitHub-Event: {event}\r\nX-GitHub-Delivery: {id}\r\n\
             X-Hub-Signature-256: sha256={signature}\r\n\r\n{payload}",
            payload.len()
        );
        try_send(server, &request).ok().filter(|response| response.status != 0)
    }

    /// Sends it to a server that takes it.
    #[track_caller]
    pub(crate) fn take(&self, server: SocketAddr) {
        let response = self.post(server).unwrap();
        assert_eq!(response.status, 200, "{}: {}", self.event, response.body);
    }
}

impl RunPayload<'_> {
    /// The delivery that tells of it.
    pub(crate) fn delivery(&self, name: &str) -> Delivery {
        let Self { workflow, number, attempt, branch, head, status, conclusion } = *self;
        let rank = ["queued", "in_progress", "completed"].iter().position(|known| *known == status).unwrap();
        let created = START + number * 1000;
        let time = |seconds: u64| badgesmith_provider::Timestamp::nearest(seconds as i64 * 1000).to_string();
        let of_workflow: u64 = workflow.bytes().map(u64::from).sum();
        let run = json!({
            "id": of_workflow * 1000 + number, "run_number": number, "run_attempt": attempt, "status": status,
            "conclusion": conclusion, "event": "push", "head_branch": branch, "head_sha": "1f2e3d4c",
            "display_title": format!("Change {number}"), "head_repository": { "full_name": head },
            "html_url": format!("https://github.com/acme/{name}/actions/runs/{number}/{attempt}"),
            "created_at": time(created), "run_started_at": time(created + attempt * 100),
            "updated_at": time(created + attempt * 100 + 10 * rank as u64), "pull_requests": [],
        });
        let workflow = json!({ "path": format!(".github/workflows/{workflow}") });
        Delivery::of("workflow_run", name, json!({ "action": status, "workflow_run": run, "workflow": workflow }))
    }
}

/// The repository `acme/NAME` as a payload describes it.
fn repository(name: &str, is_private: bool) -> Value {
    json!({
        "id": 1, "name": name, "full_name": format!("acme/{name}"), "owner": { "login": "acme", "id": 2 },
        "private": is_private, "visibility": if is_private { "private" } else { "public" },
        "html_url": format!("https://github.com/acme/{name}"), "default_branch": "main",
        "stargazers_count": 12, "forks_count": 3, "open_issues_count": 4, "language": "Rust", "license": null,
        "created_at": "2019-03-01T10:00:00Z", "updated_at": "2026-11-21T10:00:00Z",
        "pushed_at": "2026-11-21T11:00:00Z",
    })
}

/// Shuffles by a seed.
pub(crate) fn shuffle<T>(list: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..list.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(last, usize::try_from(state >> 33).unwrap() % (last + 1));
    }
}

/// Sends deliveries by so many senders at once, until the server ends; counts those that were answered with 200.
pub(crate) fn send_all(server: SocketAddr, deliveries: &[Delivery], senders: usize, taken: &AtomicUsize) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| {
                while let Some(delivery) = deliveries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match delivery.post(server) {
                        Some(response) if response.status == 200 => taken.fetch_add(1, Ordering::Relaxed),
                        Some(response) => panic!("{}: {} {}", delivery.id, response.status, response.body),
                        None => return,
                    };
                }
            });
        }
    });
}

/// Sends deliveries to a server that takes them all.
#[track_caller]
pub(crate) fn take_all(server: SocketAddr, deliveries: &[Delivery], senders: usize) {
    let taken = AtomicUsize::new(0);
    send_all(server, deliveries, senders, &taken);
    assert_eq!(taken.into_inner(), deliveries.len());
}
