//! A fake Secrets Manager over HTTP on this machine: secrets can be created, read and deleted.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

/// A Secrets Manager, empty at first.
pub(crate) struct FakeSecretsManager {
    address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    values: Mutex<BTreeMap<String, String>>,
    readable: Mutex<String>,
    is_broken: AtomicBool,
}

impl FakeSecretsManager {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let manager = Self { address: listener.local_addr().unwrap(), inner: Arc::default() };
        let inner = Arc::clone(&manager.inner);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inner = Arc::clone(&inner);
                thread::spawn(move || while inner.exchange(&stream).is_some() {});
            }
        });
        manager
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The names of all secrets.
    pub(crate) fn names(&self) -> Vec<String> {
        self.inner.values.lock().unwrap().keys().cloned().collect()
    }

    /// Adds a secret that the code under test did not create.
    pub(crate) fn put(&self, name: &str, value: &str) {
        self.inner.values.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// Removes a secret at once.
    pub(crate) fn remove(&self, name: &str) {
        self.inner.values.lock().unwrap().remove(name);
    }

    /// From now on only secrets with this prefix can be read, as an IAM role would restrict it.
    pub(crate) fn read_only_under(&self, prefix: &str) {
        prefix.clone_into(&mut self.inner.readable.lock().unwrap());
    }

    /// From now on every call is refused with the same error.
    pub(crate) fn break_down(&self) {
        self.inner.is_broken.store(true, Ordering::SeqCst);
    }
}

impl Inner {
    /// Handles one request of a connection.
    fn exchange(&self, mut stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let (mut length, mut target) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
                Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => target = value.to_owned(),
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let asked: Value = serde_json::from_slice(&body).ok()?;
        let (status, answer) = match self.answer(target.rsplit('.').next()?, &asked) {
            Ok(answer) => (200, answer),
            Err(code) => (400, json!({"__type": code, "Message": "no"})),
        };
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{answer}", answer.len()).ok()
    }

    fn answer(&self, operation: &str, asked: &Value) -> Result<Value, &'static str> {
        let mut values = self.values.lock().unwrap();
        if self.is_broken.load(Ordering::SeqCst) {
            return Err("AccessDeniedException");
        }
        let id = asked["SecretId"].as_str().or(asked["Name"].as_str()).ok_or("InvalidParameterException")?;
        match operation {
            "CreateSecret" if values.contains_key(id) => Err("ResourceExistsException"),
            "CreateSecret" => {
                values.insert(id.to_owned(), asked["SecretString"].as_str().unwrap().to_owned());
                Ok(json!({"Name": id}))
            }
            "GetSecretValue" if !id.starts_with(&*self.readable.lock().unwrap()) => Err("AccessDeniedException"),
            "GetSecretValue" => {
                values.get(id).map(|value| json!({"SecretString": value})).ok_or("ResourceNotFoundException")
            }
            "DeleteSecret" => values.remove(id).map(|_| json!({"Name": id})).ok_or("ResourceNotFoundException"),
            _ => Err("UnknownOperationException"),
        }
    }
}
