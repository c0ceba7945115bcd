//! An issuer of tokens on this machine, as GitHub has one: a job asks it for tokens, and a server for its key.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use crate::support::{Server, Upstream, command, report::VALUES_TOML};

/// What the job may ask for tokens with.
const ASKING: &str = "asking-0123456789";
/// The commit, the run and the attempt of the tokens.
const COMMIT: &str = "2e1b1d9a1b1e4d7f8a7b6c5d4e3f2a1b0c9d8e7f";
const RUN: &str = "4711";

/// The issuer, with a key of its own. Its tokens are for a push to main of Acme/tools until it is told otherwise.
pub struct Issuer {
    http: Upstream,
    pair: Arc<EcdsaKeyPair>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Claims that replace the usual ones.
    replaced: Vec<(String, Value)>,
    issued: usize,
    /// How many of the next tokens have expired already.
    expired: usize,
    /// Whether the addresses of the keys fail.
    has_no_keys: bool,
}

impl Issuer {
    pub fn start() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        let (pair, state) = (Arc::new(pair), Arc::<Mutex<State>>::default());
        let (signing, told) = (Arc::clone(&pair), Arc::clone(&state));
        let http = Upstream::raw(move |head, stream| {
            let field = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(field, _)| field.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
            };
            let (path, issuer) = (head.split(' ').nth(1).unwrap(), format!("http://{}", field("host")));
            let mut state = told.lock().unwrap();
            let answer = match path.split('?').next().unwrap() {
                "/token" => {
                    assert_eq!(field("authorization"), format!("Bearer {ASKING}"));
                    let audience = path.split_once("&audience=").unwrap().1.replace("%3A", ":").replace("%2F", "/");
                    Some(json!({ "value": sign(&signing, &state.claims(&issuer, &audience)) }))
                }
                _ if state.has_no_keys => None,
                "/.well-known/openid-configuration" => {
                    Some(json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/jwks") }))
                }
                _ => Some(json!({ "keys": [public_key(&signing)] })),
            };
            let status = if answer.is_some() { "200 OK" } else { "503 Service Unavailable" };
            let body = answer.unwrap_or_default().to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_ok()
        });
        Self { http, pair, state }
    }

    /// Replaces these claims in all tokens that are issued from now on.
    pub fn issue_for(&self, claims: &Value) {
        let replaced = claims.as_object().unwrap().clone();
        self.state.lock().unwrap().replaced = replaced.into_iter().collect();
    }

    /// Has so many of the next tokens expire before they are issued.
    pub fn issue_expired(&self, tokens: usize) {
        self.state.lock().unwrap().expired = tokens;
    }

    /// Whether the keys can be read from now on.
    pub fn show_keys(&self, are_shown: bool) {
        self.state.lock().unwrap().has_no_keys = !are_shown;
    }

    /// What its tokens have as `iss`.
    pub fn url(&self) -> String {
        self.http.url()
    }

    /// How many tokens were issued.
    pub fn issued(&self) -> usize {
        self.state.lock().unwrap().issued
    }

    /// A token for this audience.
    pub fn token(&self, audience: &str) -> String {
        sign(&self.pair, &self.state.lock().unwrap().claims(&self.http.url(), audience))
    }

    /// The variables of a job that may ask for tokens.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let asked = format!("{}/token?api-version=2.0", self.http.url());
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "Acme/tools"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_SHA", COMMIT),
            ("GITHUB_RUN_ID", RUN),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("RUNNER_OS", "Linux"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &*asked),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ASKING),
        ];
        variables.map(|(name, value)| (name, value.to_owned())).into()
    }

    /// A server without data that trusts this issuer for `acme` and has its own address as the audience.
    pub fn server(&self, name: &str) -> Server {
        Self::folder(name);
        self.server_at(name, free_address(), &[], "")
    }

    /// The folder of a server, which is empty now.
    pub fn folder(name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The same at this address, with the data of the last server of that name, more variables and more lines of
    /// `[engine]`.
    pub fn server_at(&self, name: &str, address: SocketAddr, variables: &[(&str, String)], engine: &str) -> Server {
        let toml = format!(
            "[engine]\n{engine}allow-http = true\nallow-addresses = [\"{}\"]\n\
             trust = [{}]\n{VALUES_TOML}",
            self.http.address,
            self.trusted("github", "acme", address),
        );
        let mut serve = command();
        serve.args(["serve", "--listen", &address.to_string()]).envs(variables.iter().cloned());
        Server::start_by(name, &toml, serve)
    }

    /// This issuer as an entry of `trust`.
    pub fn trusted(&self, kind: &str, owner: &str, server: SocketAddr) -> String {
        let issuer = self.http.url();
        format!("{{ issuer = {issuer:?}, kind = {kind:?}, audience = \"http://{server}\", owners = [{owner:?}] }}")
    }

    /// Refuses a text that holds a token, or what is asked for one with.
    #[track_caller]
    pub fn is_not_in(text: &str) {
        // A token is three parts of base64, of which the first begins alike in all.
        let tokens = [ASKING, &*URL_SAFE_NO_PAD.encode("{\"alg\"")];
        assert!(!tokens.iter().any(|token| text.contains(token)), "{text}");
    }
}

/// An address that is in plugins.toml before a server has it, and that the next server has again. Its port is none of
/// those that Linux gives out by itself, so that no connection of another test takes it meanwhile.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ports = (0..10_000).map(|_| 20_000 + (std::process::id() * 16 + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000);
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap())));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

impl State {
    fn claims(&mut self, issuer: &str, audience: &str) -> Value {
        self.issued += 1;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let is_expired = self.expired > 0;
        self.expired = self.expired.saturating_sub(1);
        let workflow = "Acme/tools/.github/workflows/ci.yml@refs/heads/main";
        let mut claims = json!({
            "jti": format!("token-{}", self.issued), "iss": issuer, "aud": audience,
            "sub": "repo:Acme/tools:ref:refs/heads/main",
            "iat": now - 300, "nbf": now - 600, "exp": if is_expired { now - 100 } else { now + 300 },
            "repository": "Acme/tools", "repository_owner": "Acme", "repository_id": "74", "repository_owner_id": "65",
            "event_name": "push", "ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "false",
            "sha": COMMIT, "run_id": RUN, "run_attempt": "1",
            "workflow_ref": workflow, "job_workflow_ref": workflow,
        });
        for (name, value) in &self.replaced {
            claims[name] = value.clone();
        }
        claims
    }
}

fn public_key(pair: &EcdsaKeyPair) -> Value {
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": x, "y": y })
}

fn sign(pair: &EcdsaKeyPair, claims: &Value) -> String {
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "one" });
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
