//! Runs `badgesmith report` with report files, and fakes a server that gives fixed answers.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use super::command;

pub const SECRET: &str = "hush-hush-0123456789";

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Posted {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        header.map_or("", |(_, value)| value)
    }
}

/// A server on loopback that gives these answers in turn, and repeats the last one.
pub struct Inbox {
    pub address: SocketAddr,
    pub posted: Arc<Mutex<Vec<Posted>>>,
}

impl Inbox {
    pub fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let posted = Arc::<Mutex<Vec<Posted>>>::default();
        let inbox = Arc::clone(&posted);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = receive(&stream);
                let number = {
                    let mut posted = inbox.lock().unwrap();
                    posted.push(request);
                    posted.len() - 1
                };
                let answer = answers.get(number).or(answers.last()).unwrap();
                let length = answer.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
                let more = format!("\r\nConnection: close\r\nContent-Length: {length}\r\n");
                stream.write_all(answer.replacen("\r\n", &more, 1).as_bytes()).unwrap();
            }
        });
        Self { address, posted }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

pub fn receive(stream: &TcpStream) -> Posted {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines.remove(0);
    let headers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let posted = Posted { line, headers, body: Vec::new() };
    let mut body = vec![0; posted.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    Posted { body, ..posted }
}

/// A folder with reports.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    let _ = fs::remove_dir_all(&folder);
    for (file, text) in [
        ("unit.xml", "<testsuite name='unit' time='1.5'><testcase/><testcase><failure/></testcase></testsuite>"),
        ("deep/down/more.tap", "1..3\nok 1\nok 2\nok 3 # SKIP\n"),
        ("deep/package.json", "{\"name\": \"shop\"}"),
        ("deep/notes.txt", "ok 1\n"),
        ("node_modules/theirs/junit.xml", "<testsuite><testcase/></testsuite>"),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// Runs `badgesmith report` in a folder; it inherits no other variables.
pub fn report(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.env_clear().envs(variables.iter().copied()).current_dir(folder).arg("report").args(arguments);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(!String::from_utf8_lossy(&said).contains(SECRET), "{}", String::from_utf8_lossy(&said));
    output
}

/// Standard output, standard error, and the exit code.
pub fn said(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

/// The options that describe a run, where no CI system does.
pub const RUN: [&str; 12] = [
    "--owner",
    "Acme",
    "--repo",
    "the shop",
    "--branch",
    "feature/ä%x",
    "--commit",
    "c0ffee",
    "--run-id",
    "7",
    "--html-url",
    "https://ci.example/7",
];
