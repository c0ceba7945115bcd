//! Emulated AWS: DynamoDB by dynoxide and Secrets Manager by `FakeSecretsManager`, both in this process.
#![allow(dead_code, reason = "each test file uses its part")]

#[path = "../../../aws/tests/support/secrets_manager.rs"]
mod secrets_manager;

use std::{
    io::Write,
    net::TcpListener,
    process::{Output, Stdio},
    thread,
};

use crate::support::{Server, command, report::TOML};
use secrets_manager::FakeSecretsManager;

/// DynamoDB without tables, and Secrets Manager without secrets.
pub(crate) struct Cloud {
    dynamodb: String,
    /// DynamoDB Local has a database of its own for each key.
    key: String,
    pub(crate) keeper: FakeSecretsManager,
    /// Whether there is a table of events.
    has_events: bool,
}

impl Cloud {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let dynamodb = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let database = dynoxide::Database::memory().unwrap();
                dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await.unwrap();
            });
        });
        Self { dynamodb, key: "local".to_owned(), keeper: FakeSecretsManager::start(), has_events: false }
    }

    /// The same with a table of events.
    pub(crate) fn with_events(self) -> Self {
        Self { has_events: true, ..self }
    }

    /// A database of its own in AWS's DynamoDB Local, which `BADGESMITH_DYNAMODB` names, and Secrets Manager without
    /// secrets.
    pub(crate) fn of_peer(name: &str) -> Self {
        let dynamodb = std::env::var("BADGESMITH_DYNAMODB").expect("run this with .ci/peers");
        Self {
            dynamodb,
            key: format!("{name}{}", std::process::id()),
            keeper: FakeSecretsManager::start(),
            has_events: false,
        }
    }

    /// The environment variables by which a process finds the services.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let fixed =
            [("AWS_ACCESS_KEY_ID", &*self.key), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_REGION", "eu-west-1")];
        let mut environment = fixed.map(|(name, value)| (name, value.to_owned())).to_vec();
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.clone()));
        environment.push(("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.keeper.url()));
        if self.has_events {
            environment.push(("BADGESMITH_TABLE_EVENTS", "badge-events".to_owned()));
        }
        environment
    }

    /// Runs `badgesmith …` with this standard input; returns whether it succeeded, and its output.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> (bool, String) {
        let Output { status, stdout, stderr } = self.output(arguments, input);
        (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }

    pub(crate) fn output(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = command()
            .args(arguments)
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read standard input may have closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// A server whose results and secrets are stored here.
    pub(crate) fn serve(&self, name: &str) -> Server {
        self.serve_plugins(name, TOML)
    }

    /// A server with these plugins, whose results and secrets are stored here.
    pub(crate) fn serve_plugins(&self, name: &str, plugins: &str) -> Server {
        self.serve_with(name, "", plugins)
    }

    /// The same with more settings of the engine.
    pub(crate) fn serve_with(&self, name: &str, engine: &str, plugins: &str) -> Server {
        let toml = format!("[engine]\nstore = \"dynamodb\"\n{engine}\n{plugins}");
        let mut serve = command();
        serve.args(["serve", "--listen", "127.0.0.1:0"]).envs(self.environment());
        Server::start_by(name, &toml, serve)
    }
}
