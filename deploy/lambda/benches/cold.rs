//! Cold starts, from the start of the process to its first answer, compared with the smallest function of lambda_http.
//!
//! ```sh
//! deploy/package.sh && BADGESMITH_PACKAGE=target/package/zip cargo bench -p badgesmith-lambda --bench cold
//! ```
//!
//! Every kind of first request is measured in 21 processes, which alternate with those of the smallest function. The
//! Runtime API is on loopback, dynoxide emulates DynamoDB, and a listener in this process is the upstream. A row has
//! the medians of: the time until the function asked for its first event, the time until the answer was there, the time
//! of the same request afterwards, and the peak resident memory. With `-- --json` it prints a line of JSON for each
//! kind instead, with the figures of all processes in milliseconds and KiB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../examples/local-cloud/peers.rs"]
mod peers;
#[path = "../tests/support/signed_report.rs"]
mod signed_report;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use badgesmith_engine::{Config, plugins};
use peers::{OWNER, Peers};
use serde_json::{Value, json};
use support::{
    event,
    runtime::{RunningProcess, RuntimeApi},
};

/// How often each kind of request is measured.
const TURNS: usize = 21;
/// Makes an event from the number of the turn, because a report can be recorded only once.
type Ask = Box<dyn Fn(usize) -> Value>;

fn main() {
    let smallest = smallest();
    let package = package(&upstream());
    let peers = Peers::start().unwrap();
    let rest = format!("linux/{OWNER}/tools/main");
    let recorded = once(&package, &peers, &reported(&rest, "first"));
    assert_eq!(recorded["statusCode"], 201, "{recorded}");
    let badges = format!("/badges/tests/{rest}");
    let kinds: [(&str, &Path, Ask); 11] = [
        ("smallest function", &smallest, get("/", "")),
        ("static JSON", &package, get("/badge/hello-world-blue.json", "")),
        ("static SVG", &package, get("/badge/hello-world-blue.svg", "")),
        ("static SVG with a logo", &package, get("/badge/hello-world-blue.svg", "logo=rust")),
        ("static PNG", &package, get("/badge/hello-world-blue.png", "")),
        ("package badge, two answers over HTTP", &package, get("/badges/packages/nuget/acme.svg", "")),
        ("test badge, one query of DynamoDB", &package, get(&format!("{badges}.svg"), "")),
        ("test badge of nothing", &package, get("/badges/tests/linux/nobody/none/main.svg", "")),
        ("redirect, one query of DynamoDB", &package, get(&format!("/redirect/test-results/{rest}"), "")),
        ("signed report, accepted", &package, Box::new(move |turn| reported(&rest, &format!("turn-{turn}")))),
        ("health", &package, get("/health", "")),
    ];
    let mut measured: Vec<Vec<ColdStart>> = kinds.iter().map(|_| Vec::new()).collect();
    // The first round is not counted: it loads the files into the page cache.
    for turn in 0..=TURNS {
        for ((_, folder, ask), turns) in kinds.iter().zip(&mut measured) {
            turns.push(start(folder, &peers, &ask(turn), &ask(turn + 1000)));
        }
    }
    if env::args().any(|argument| argument == "--json") {
        for ((name, ..), turns) in kinds.iter().zip(&measured) {
            let all = |of: fn(&ColdStart) -> f64| turns[1..].iter().map(of).collect::<Vec<_>>();
            let line = json!({
                "name": name, "asks": all(|turn| turn.asks), "first": all(|turn| turn.first),
                "warm": all(|turn| turn.warm), "resident": all(|turn| turn.resident),
            });
            println!("{line}");
        }
        return;
    }
    let whole = median(&measured[0], |turn| turn.first);
    println!(
        "{:<38} {:>9} {:>9} {:>7} {:>9} {:>10}",
        "medians", "asks, ms", "first, ms", "ratio", "warm, ms", "RSS, KiB"
    );
    for ((name, ..), turns) in kinds.iter().zip(&measured) {
        let [asks, first, warm, resident] = [
            |turn: &ColdStart| turn.asks,
            |turn: &ColdStart| turn.first,
            |turn: &ColdStart| turn.warm,
            |turn: &ColdStart| turn.resident,
        ]
        .map(|of| median(turns, of));
        println!("{name:<38} {asks:>9.2} {first:>9.2} {:>7.2} {warm:>9.2} {resident:>10.0}", first / whole);
    }
}

/// The measurements of one process, in milliseconds and KiB.
struct ColdStart {
    asks: f64,
    first: f64,
    warm: f64,
    resident: f64,
}

fn median(turns: &[ColdStart], of: impl Fn(&ColdStart) -> f64) -> f64 {
    let mut found: Vec<f64> = turns[1..].iter().map(of).collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// Starts the bootstrap of `folder` and measures its answers to two events.
fn start(folder: &Path, peers: &Peers, first: &Value, second: &Value) -> ColdStart {
    let runtime = RuntimeApi::start().unwrap();
    let mut command = runtime.command(&folder.join("bootstrap"), folder);
    command.envs(peers.variables()).env("LOG_LEVEL", "error").stdout(Stdio::null());
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    let started = Instant::now();
    let process = RunningProcess(command.spawn().unwrap());
    let answer = runtime.invoke(&first.to_string()).unwrap();
    let answered = milliseconds(started.elapsed());
    let asks = milliseconds(*runtime.asked.get().unwrap() - started);
    let again = Instant::now();
    runtime.invoke(&second.to_string()).unwrap();
    let warm = milliseconds(again.elapsed());
    let status = fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let resident = resident.split_whitespace().next().unwrap().parse().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!([200, 201, 302, 404].map(Value::from).contains(&answer["statusCode"]), "{answer}");
    ColdStart { asks, first: answered, warm, resident }
}

fn once(folder: &Path, peers: &Peers, event: &Value) -> Value {
    let runtime = RuntimeApi::start().unwrap();
    let mut command = runtime.command(&folder.join("bootstrap"), folder);
    // The line of its access log is JSON, too.
    command.envs(peers.variables()).env("LOG_LEVEL", "error").stdout(Stdio::null());
    let _process = RunningProcess(command.spawn().unwrap());
    serde_json::from_str(&runtime.invoke(&event.to_string()).unwrap()).unwrap()
}

fn get(path: &str, query: &str) -> Ask {
    let event = event("GET", path, query);
    Box::new(move |_| event.clone())
}

fn reported(rest: &str, run: &str) -> Value {
    let path = format!("/tests/results/{rest}");
    signed_report::report(&path, &path, run, run)
}

/// The folder of the smallest function, built with the same profile as the package.
fn smallest() -> PathBuf {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["build", "--profile", "lambda", "--quiet", "--manifest-path", manifest, "--example", "smallest"];
    assert!(Command::new(env!("CARGO")).args(arguments).status().unwrap().success());
    // This executable is target/release/deps/cold-….
    let release = env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let folder = release.join("smallest");
    fs::create_dir_all(&folder).unwrap();
    let built = release.with_file_name("lambda").join("examples/smallest");
    fs::copy(built, folder.join("bootstrap")).unwrap();
    folder
}

/// A copy of the package that asks `upstream` for NuGet's packages.
fn package(upstream: &str) -> PathBuf {
    let from = env::var_os("BADGESMITH_PACKAGE").expect("BADGESMITH_PACKAGE is the folder that deploy/package.sh zips");
    // Cargo runs a benchmark in the folder of its crate, and the variable may be relative to the workspace.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let from = root.join(from);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cold");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("plugins")).unwrap();
    for file in ["", "plugins"].iter().flat_map(|below| fs::read_dir(from.join(below)).unwrap()) {
        let file = file.unwrap().path();
        if file.is_file() {
            fs::copy(&file, folder.join(file.strip_prefix(&from).unwrap())).unwrap();
        }
    }
    let config = folder.join("plugins.toml");
    let text = fs::read_to_string(&config).unwrap();
    let ours = format!("origins = [{upstream:?}]\nsettings = {{ upstream = {upstream:?} }}");
    let (before, nuget) = text.split_once("id = \"nuget\"").unwrap();
    let origins = nuget.lines().find(|line| line.starts_with("origins = ")).unwrap();
    let text = format!("{before}id = \"nuget\"{}", nuget.replacen(origins, &ours, 1));
    fs::write(&config, &text).unwrap();
    // A packed form of another plugins.toml would not be used.
    let packed = plugins::write_packed(&Config::parse(&text, &config).unwrap(), &text).unwrap();
    fs::write(plugins::packed_beside(&config), packed).unwrap();
    folder
}

/// An upstream with one package, of one version.
fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let own = url.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let own = own.clone();
            thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                let mut lines = BufReader::new(&stream).lines();
                while let Some(Ok(first)) = lines.next() {
                    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                    let body = match first.contains("flatcontainer") {
                        true => r#"{"versions":["1.0.0","1.2.3"]}"#.to_owned(),
                        false => format!(r#"{{"catalogEntry":"{own}/x","listed":true}}"#),
                    };
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    (&stream).write_all((head + &body).as_bytes()).unwrap();
                }
            });
        }
    });
    url
}
