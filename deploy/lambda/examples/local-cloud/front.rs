//! An HTTP server that converts requests to events as an HTTP API does: path decoded once, header names in lower case.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::runtime::RuntimeApi;

/// The largest body that is passed on, in bytes; the limit of an HTTP API is 10 MB.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// Passes requests to the function until the listener ends.
pub fn serve(listener: &TcpListener, runtime: &Arc<RuntimeApi>) {
    for stream in listener.incoming().flatten() {
        let runtime = Arc::clone(runtime);
        thread::spawn(move || {
            // A client that closes its connection early is not an error.
            let _ = answer(&stream, &runtime);
        });
    }
}

/// Answers the one request of a connection.
fn answer(stream: &TcpStream, runtime: &RuntimeApi) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next().unwrap_or("GET").to_owned(), parts.next().unwrap_or("/").to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
    let mut body = vec![0; length.min(LARGEST_BODY)];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let path = percent_decode_str(path).decode_utf8_lossy();
    let from = stream.peer_addr()?.ip().to_string();
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": { "http": { "method": method, "path": path, "sourceIp": from }, "stage": "$default" },
        "body": BASE64_STANDARD.encode(&body), "isBase64Encoded": true,
    });
    let (status, headers, body) = match runtime.invoke(&event.to_string()) {
        Ok(answer) => read(&answer),
        Err(fault) => (502, String::new(), fault.to_string().into_bytes()),
    };
    let mut stream = stream;
    let head = format!("HTTP/1.1 {status} OK\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

/// The status, the header lines and the body of an answer.
fn read(answer: &str) -> (u64, String, Vec<u8>) {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let headers = answer["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap_or_default()));
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"] == true {
        true => BASE64_STANDARD.decode(body).unwrap_or_default(),
        false => body.as_bytes().to_vec(),
    };
    (answer["statusCode"].as_u64().unwrap_or(502), headers.collect(), body)
}
