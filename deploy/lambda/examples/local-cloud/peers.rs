//! Emulated AWS services: DynamoDB with the tables, and Secrets Manager with the secret of one owner.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use badgesmith_aws::{
    AwsClients, AwsSettings, provision,
    secret_admin::{SecretAdmin, SecretScope},
};
use badgesmith_host::client::Connections;
use serde_json::{Value, json};

/// Why a service could not start, or did not take its contents.
type StartError = Box<dyn Error + Send + Sync>;

/// The owner that has a secret, and its value.
pub const OWNER: &str = "acme";
pub const SECRET: &str = "It's a Secret to Everybody";

/// The addresses of the services, which run until the process ends.
pub struct Peers {
    dynamodb: String,
    secrets_manager: String,
}

impl Peers {
    /// Starts the services, creates the tables and stores the secret.
    ///
    /// # Errors
    /// A service cannot start, or does not take the tables or the secret.
    pub fn start() -> Result<Self, StartError> {
        let secrets_manager = match env::var("BADGESMITH_SECRETS_MANAGER") {
            Ok(address) => address,
            Err(_) => fake_secrets_manager()?,
        };
        let (ready, started) = mpsc::channel();
        thread::spawn(move || serve(&ready, secrets_manager));
        started.recv()?
    }

    /// The environment variables by which a function finds the services.
    pub fn variables(&self) -> [(&str, &str); 2] {
        [("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets_manager)]
    }
}

/// Runs DynamoDB in a runtime of its own until the process ends.
fn serve(ready: &mpsc::Sender<Result<Peers, StartError>>, secrets_manager: String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let prepared = async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            let database = dynoxide::Database::memory()?;
            tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
            let peers = Peers { dynamodb: format!("http://{address}"), secrets_manager };
            prepare(&peers).await?;
            Ok(peers)
        };
        // The receiver may be gone.
        let _ = ready.send(prepared.await);
        std::future::pending::<()>().await;
    });
}

async fn prepare(peers: &Peers) -> Result<(), StartError> {
    let settings = AwsSettings {
        dynamodb: Some(peers.dynamodb.clone()),
        secrets_manager: Some(peers.secrets_manager.clone()),
        ..AwsSettings::default()
    };
    let aws = Arc::new(AwsClients::new(settings, Connections::new()));
    for step in provision::plan(&aws).await.map_err(|error| error.to_string())?.steps {
        provision::apply(&aws, &step).await.map_err(|error| error.to_string())?;
    }
    let scope = SecretScope { owner: OWNER, repo: None, purpose: "TestData" };
    Ok(SecretAdmin::new(aws).set(scope, SECRET).await?)
}

/// The part of Secrets Manager that stores and returns secrets.
fn fake_secrets_manager() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let secrets = Arc::<Mutex<HashMap<String, String>>>::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let secrets = Arc::clone(&secrets);
            thread::spawn(move || while answer(&stream, &secrets).is_some() {});
        }
    });
    Ok(format!("http://{address}"))
}

fn answer(stream: &TcpStream, secrets: &Mutex<HashMap<String, String>>) -> Option<()> {
    let mut reader = BufReader::with_capacity(1, stream);
    let (mut length, mut target) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => value.clone_into(&mut target),
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let mut secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, response) = match target.rsplit('.').next() {
        Some("CreateSecret") => {
            secrets.insert(text("Name"), text("SecretString"));
            (200, json!({ "ARN": text("Name"), "Name": text("Name"), "VersionId": "1" }))
        }
        Some("GetSecretValue") => match secrets.get(&text("SecretId")) {
            Some(value) => (200, json!({ "Name": text("SecretId"), "SecretString": value, "VersionId": "1" })),
            None => (400, json!({ "__type": "ResourceNotFoundException", "Message": "there is no such secret" })),
        },
        _ => (400, json!({ "__type": "InvalidRequestException", "Message": "the fake does not support this" })),
    };
    let response = response.to_string();
    let head = "Content-Type: application/x-amz-json-1.1\r\n";
    let mut stream = stream;
    stream
        .write_all(
            format!("HTTP/1.1 {status} X\r\n{head}Content-Length: {}\r\n\r\n{response}", response.len()).as_bytes(),
        )
        .ok()
}
