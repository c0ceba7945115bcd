//! A load-generating client with many connections, and its figures.

pub(crate) mod answer;
pub(crate) mod closed;
pub(crate) mod latencies;
pub(crate) mod open;

use std::net::SocketAddr;

/// The server and the address that are requested.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) server: SocketAddr,
    /// The address; `{}` stands for the number of the request.
    pub(crate) path: String,
    /// The number of the first request.
    pub(crate) first: u64,
}

impl Target {
    /// The bytes of a request.
    pub(crate) fn request(&self, number: u64) -> Vec<u8> {
        let path = self.path.replace("{}", &(self.first + number).to_string());
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
    }

    /// Whether each request has an address of its own.
    pub(crate) fn is_numbered(&self) -> bool {
        self.path.contains("{}")
    }
}
