//! The Lambda Runtime API on loopback: passes events to a bootstrap and receives its answers.

use std::{
    collections::HashMap,
    fmt,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

/// How long to wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The outcome of an invocation: the answer, or why there is none.
pub type Invocation = Result<String, InvocationError>;

/// Why an invocation has no answer.
#[derive(Debug)]
pub enum InvocationError {
    /// The bootstrap posted this error.
    Posted(String),
    NotAnswered,
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Posted(error) => f.write_str(error),
            Self::NotAnswered => f.write_str("the function did not answer"),
        }
    }
}

/// The Runtime API of `provided.al2023`.
pub struct RuntimeApi {
    pub address: SocketAddr,
    events: Sender<(u64, String, Duration)>,
    waiting: Arc<Mutex<HashMap<u64, Sender<Invocation>>>>,
    next: AtomicU64,
    /// When a bootstrap first requested an event.
    #[allow(dead_code, reason = "the benchmark of cold starts reads it")]
    pub asked: Arc<OnceLock<Instant>>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (events, received) = mpsc::channel();
        let (received, waiting) = (Arc::new(Mutex::new(received)), Arc::<Mutex<HashMap<_, _>>>::default());
        let answers = Arc::clone(&waiting);
        let asked = Arc::<OnceLock<_>>::default();
        let first = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (received, answers) = (Arc::clone(&received), Arc::clone(&answers));
                let first = Arc::clone(&first);
                thread::spawn(move || converse(&stream, &received, &answers, &first));
            }
        });
        Ok(Self { address, events, waiting, next: AtomicU64::new(1), asked })
    }

    /// A command that starts the bootstrap with this Runtime API; it inherits no environment variables.
    pub fn command(&self, bootstrap: &Path, folder: &Path) -> Command {
        let mut command = Command::new(bootstrap);
        command
            .env_clear()
            .current_dir(folder)
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "badgesmith")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/badgesmith")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .stdin(Stdio::null());
        command
    }

    /// Sends an event with this time until its deadline, and waits for the outcome.
    pub fn invoke_within(&self, event: &str, time: Duration) -> Invocation {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (said, hear) = mpsc::channel();
        lock(&self.waiting).insert(id, said);
        self.events.send((id, event.to_owned(), time)).map_err(|_| InvocationError::NotAnswered)?;
        let outcome = hear.recv_timeout(ANSWER_TIMEOUT).map_err(|_| InvocationError::NotAnswered);
        lock(&self.waiting).remove(&id);
        outcome?
    }

    /// Sends an event with ten seconds until its deadline.
    pub fn invoke(&self, event: &str) -> Invocation {
        self.invoke_within(event, Duration::from_secs(10))
    }
}

/// A process that is killed when this is dropped.
pub struct RunningProcess(pub Child);

impl Drop for RunningProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn converse(
    stream: &TcpStream,
    events: &Mutex<Receiver<(u64, String, Duration)>>,
    waiting: &Mutex<HashMap<u64, Sender<Invocation>>>,
    asked: &OnceLock<Instant>,
) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some((line, body)) = request(&mut reader) {
        let mut parts = line.split(' ');
        let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let place: Vec<&str> = path.trim_start_matches("/2018-06-01/runtime/").split('/').collect();
        let answer = match (method, &place[..]) {
            ("GET", ["invocation", "next"]) => {
                asked.get_or_init(Instant::now);
                let Ok((id, event, time)) = lock(events).recv() else { return };
                let deadline = (SystemTime::now() + time).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {id}\r\n\
                     Lambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:badgesmith\r\n\
                     Content-Length: {}\r\n\r\n{event}",
                    deadline.as_millis(),
                    event.len()
                )
            }
            ("POST", ["invocation", id, kind]) => {
                let said = String::from_utf8_lossy(&body).into_owned();
                let outcome = if *kind == "response" { Ok(said) } else { Err(InvocationError::Posted(said)) };
                let hears = id.parse().ok().and_then(|id: u64| lock(waiting).remove(&id));
                // The caller may have stopped waiting.
                let _ = hears.map(|hears| hears.send(outcome));
                "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
            }
            ("POST", _) => {
                let said = String::from_utf8_lossy(&body).into_owned();
                let waiting = std::mem::take(&mut *lock(waiting));
                waiting.into_values().for_each(|hears| drop(hears.send(Err(InvocationError::Posted(said.clone())))));
                "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
            }
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The request line and the body, which may be chunked.
fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length, mut is_chunked) = (String::new(), 0, false);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("transfer-encoding", value)) => is_chunked = value == "chunked",
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if !is_chunked {
        reader.read_exact(&mut body).ok()?;
        return Some((first, body));
    }
    loop {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Some((first, body));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
