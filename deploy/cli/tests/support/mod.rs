//! Runs the built binary, emulates upstreams on loopback, and has a minimal HTTP client.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "each test file uses its part"
)]

pub mod reports;

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

pub mod plugin_command;
pub mod report;
pub mod watch;
pub mod word_library;

/// The answer of an upstream: status, headers, body.
pub type UpstreamReply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// An upstream on loopback.
pub struct Upstream {
    pub address: SocketAddr,
    calls: Arc<AtomicUsize>,
    closed: Arc<AtomicBool>,
}

impl Upstream {
    /// Answers every GET with the result of `reply` for its path.
    pub fn start(reply: impl Fn(&str) -> UpstreamReply + Send + Sync + 'static) -> Self {
        Self::raw(move |head, stream| {
            let (status, headers, body) = reply(head.split(' ').nth(1).unwrap_or("/"));
            let mut head = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                write!(head, "{name}: {value}\r\n").unwrap();
            }
            stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body)).is_ok()
        })
    }

    /// Calls `answer` for the head of every request, and closes the connection when it returns false.
    pub fn raw(answer: impl Fn(&str, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (calls, closed) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let answer = Arc::new(answer);
        let counted = (Arc::clone(&calls), Arc::clone(&closed));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (calls, closed) = counted.clone();
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve_connection(stream.unwrap(), &*answer, &calls, &closed));
            }
        });
        Self { address, calls, closed }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Closes the port and every connection.
    pub fn stop(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts connections, which then closes the port.
        drop(TcpStream::connect(self.address));
        thread::sleep(Duration::from_millis(50));
    }
}

type AnswerRequest = dyn Fn(&str, &mut TcpStream) -> bool + Send + Sync;

fn serve_connection(stream: TcpStream, answer: &AnswerRequest, calls: &AtomicUsize, closed: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            head += &line;
            line.clear();
        }
        if head.is_empty() || closed.load(Ordering::SeqCst) {
            return;
        }
        calls.fetch_add(1, Ordering::SeqCst);
        if !answer(&head, &mut stream) {
            return;
        }
    }
}

/// A running server, which is killed when this is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub greeting: String,
    /// The data directory.
    pub data: PathBuf,
    log: Arc<std::sync::Mutex<String>>,
}

impl Server {
    /// Starts the binary on a free port with this plugins.toml and an empty data directory.
    pub fn start(name: &str, plugins_toml: &str) -> Self {
        let _ = std::fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        Self::start_with(name, plugins_toml, &[])
    }

    /// Starts the binary with more arguments, and with the data of the last server of that name.
    pub fn start_with(name: &str, plugins_toml: &str, arguments: &[&str]) -> Self {
        let mut serve = command();
        serve.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::start_by(name, plugins_toml, serve)
    }

    /// Starts a command after adding `--config` and `--data`, with the data of the last server of that name.
    pub fn start_by(name: &str, plugins_toml: &str, mut serve: Command) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("plugins.toml");
        std::fs::write(&config, plugins_toml).unwrap();
        let mut child = serve
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(folder.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::<std::sync::Mutex<String>>::default();
        let (written, stderr) = (Arc::clone(&log), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                written.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut greeting = String::new();
        let address = loop {
            let Some(line) = lines.next() else {
                thread::sleep(Duration::from_millis(100));
                panic!("the server did not start: {}", log.lock().unwrap());
            };
            greeting += &format!("{line}\n");
            if line.contains("/badge/hello-world-brightgreen") {
                let first = greeting.lines().next().unwrap();
                let site = first.rsplit_once("http://").unwrap().1;
                break site.split('/').next().unwrap().parse().unwrap();
            }
        };
        Self { child, address, greeting, data: folder.join("data"), log }
    }

    pub fn get(&self, path: &str) -> Response {
        send(self.address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The log once it is `complete`, because a line may be written after the answer that it describes.
    pub fn log_once(&self, complete: impl Fn(&str) -> bool) -> String {
        for _ in 0..100 {
            if complete(&self.log.lock().unwrap()) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.log()
    }

    /// The arguments of the process, which every user of the machine can see.
    pub fn arguments(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/cmdline", self.child.id())).unwrap_or_default()
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process, as a crash would end it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }

    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs the binary, without the variables of this environment that configure it.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_badgesmith"));
    for name in [
        "BADGESMITH_BASE",
        "BADGESMITH_LISTEN",
        "BADGESMITH_LISTEN_MODE",
        "BADGESMITH_CONFIG",
        "BADGESMITH_CONNECTIONS",
        "BADGESMITH_CONNECTIONS_PER_CLIENT",
        "BADGESMITH_DATA",
        "BADGESMITH_METRICS",
        "BADGESMITH_RATE",
        "BADGESMITH_REPORT_RATE",
        "BADGESMITH_SEAL_KEY",
        "BADGESMITH_SEAL_KEY_FILE",
        "BADGESMITH_THREADS",
        "BADGESMITH_TRUST",
        "LOG_LEVEL",
    ] {
        command.env_remove(name);
    }
    command
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends a complete request and reads until the connection ends.
pub fn send(address: SocketAddr, request: &str) -> Response {
    try_send(address, request).unwrap()
}

/// As [`send`], to a server that may end meanwhile.
pub fn try_send(address: SocketAddr, request: &str) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok(Response { status, head: head.to_owned(), body: body.to_owned() })
}

/// plugins.toml with the NuGet provider, which asks this upstream.
pub fn nuget_toml(upstream: &str) -> String {
    format!(
        "[[plugin]]\nid = \"nuget\"\nlibrary = \"badgesmith_provider_nuget\"\norigins = [{upstream:?}]\n\
         settings = {{ upstream = {upstream:?} }}\n"
    )
}

/// plugins.toml with the GitHub provider, which asks this upstream.
pub fn github_toml(upstream: &str) -> String {
    format!(
        "[[plugin]]\nid = \"github\"\nlibrary = \"badgesmith_provider_github\"\norigins = [{upstream:?}]\n\
         collections = [\"workflow\", \"job\", \"repository\"]\n\
         settings = {{ upstream = {upstream:?} }}\n\
         secrets = {{ token = {{ purpose = \"Package\", origin = {upstream:?} }} }}\n"
    )
}

/// Runs `badgesmith secret …` for this data directory; returns whether it succeeded, and its output.
pub fn secret(data: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = command()
        .arg("secret")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Percent-encodes everything but unreserved characters.
pub fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").unwrap();
        }
        escaped
    })
}

/// The folder of recorded inputs.
///
/// # Panics
/// `BADGESMITH_RECORDED` does not name it.
pub fn recorded() -> PathBuf {
    let folder =
        std::env::var_os("BADGESMITH_RECORDED").map(PathBuf::from).filter(|folder| folder.join("nuget").is_dir());
    folder.expect("this test needs BADGESMITH_RECORDED, the absolute path of the folder of recorded inputs")
}
