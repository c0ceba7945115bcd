//! Runs the bootstrap as a process, and makes events for it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses its part"
)]

#[path = "../../examples/local-cloud/runtime.rs"]
pub mod runtime;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};

use runtime::{RunningProcess, RuntimeApi};

/// A running function and its Runtime API.
pub struct Function {
    pub runtime: RuntimeApi,
    pub process: RunningProcess,
}

impl Function {
    /// Starts the bootstrap of this build in a folder of its own.
    pub fn start(name: &str, plugins_toml: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("plugins.toml"), plugins_toml).unwrap();
        Self::run(&PathBuf::from(env!("CARGO_BIN_EXE_bootstrap")), &folder, variables)
    }

    /// Starts a bootstrap at any path.
    pub fn run(bootstrap: &Path, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let runtime = RuntimeApi::start().unwrap();
        let mut command = runtime.command(bootstrap, folder);
        command.env("LOG_LEVEL", "error").envs(variables.iter().copied()).stderr(Stdio::inherit());
        let process = RunningProcess(command.spawn().unwrap());
        Self { runtime, process }
    }

    /// The peak resident memory, in KiB.
    pub fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub fn ask(&self, event: &Value) -> Value {
        let said = self.runtime.invoke(&event.to_string()).unwrap_or_else(|fault| panic!("{fault}: {event}"));
        serde_json::from_str(&said).unwrap()
    }

    pub fn get(&self, path: &str, query: &str) -> Value {
        self.ask(&event("GET", path, query))
    }
}

/// The folder that deploy/package.sh zips.
///
/// # Panics
/// `BADGESMITH_PACKAGE` does not name a folder with a bootstrap.
pub fn package() -> PathBuf {
    let folder =
        env::var_os("BADGESMITH_PACKAGE").map(PathBuf::from).filter(|folder| folder.join("bootstrap").is_file());
    folder.expect(
        "this test needs BADGESMITH_PACKAGE, the folder that deploy/package.sh zips: run deploy/package.sh and set \
         BADGESMITH_PACKAGE to the absolute path of target/package/zip",
    )
}

/// An event of an HTTP API or of a function URL, in payload format 2.0.
pub fn event(method: &str, path: &str, query: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "cookies": ["a=b", "c=d"], "headers": { "Host": "x", "X-Correlation-ID": "build-7" },
        "requestContext": { "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7" } },
        "isBase64Encoded": false
    })
}

/// The body of an answer, not decoded.
pub fn body(answer: &Value) -> String {
    answer["body"].as_str().unwrap().to_owned()
}
