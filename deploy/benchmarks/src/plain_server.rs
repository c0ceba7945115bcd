//! A plain hyper server that answers every request with the bytes that another server answered.

use std::{
    convert::Infallible,
    future::pending,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, body::Incoming, header::HeaderName, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, runtime};

/// Starts the server on threads that end with the process; each has a runtime of its own, as the badge server's.
pub(crate) fn start(server: SocketAddr, path: &str, threads: usize) -> SocketAddr {
    let answer = Arc::new(answer(server, path));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handles: Vec<_> = (0..threads)
        .map(|_| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let handle = runtime.handle().clone();
            thread::spawn(move || runtime.block_on(pending::<()>()));
            handle
        })
        .collect();
    thread::spawn(move || {
        for (stream, handle) in listener.incoming().zip(handles.iter().cycle()) {
            let stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_nonblocking(true).unwrap();
            handle.spawn(connection(stream, Arc::clone(&answer)));
        }
    });
    address
}

async fn connection(stream: std::net::TcpStream, answer: Arc<(HeaderMap, Bytes)>) {
    let service = service_fn(move |_: Request<Incoming>| {
        let mut response = Response::new(Full::new(answer.1.clone()));
        *response.headers_mut() = answer.0.clone();
        async move { Ok::<_, Infallible>(response) }
    });
    let stream = TokioIo::new(TcpStream::from_std(stream).unwrap());
    // Built as the badge server's: half-closed connections are answered, and answers are not held back for pipelining.
    let _ = http1::Builder::new().half_close(true).serve_connection(stream, service).await;
}

/// The headers and the body of the other server's answer, without the headers that hyper adds itself.
fn answer(server: SocketAddr, path: &str) -> (HeaderMap, Bytes) {
    let mut stream = std::net::TcpStream::connect(server).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 200 "), "no answer with status 200 for {path}");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let headers = String::from_utf8_lossy(&bytes[..end])
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["date", "connection", "content-length"].contains(name))
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    (headers, Bytes::from(bytes.split_off(end + 4)))
}
