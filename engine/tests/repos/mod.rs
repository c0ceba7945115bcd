//! A provider of repositories with an optional secret, and an upstream that counts the requests of each token.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use badgesmith_engine::{
    Origin, Plugin, PrivateName, Settings,
    plugins::BoundSecret,
    world::{Ask, Reply},
};
use badgesmith_provider::{Auth, Badge, Call, Failure, Manifest, Provider, Request, SentWith, Step};
use http::{HeaderMap, HeaderName};
use serde_json::json;

use super::support::{MemoryStore, NOON, TestServer};

/// The upstream, and another one that the provider may ask without a secret.
pub const UPSTREAM: &str = "https://api.example";
pub const OTHER: &str = "https://other.example";

/// Shows the stars of a repository, and whose secret the request carried. The badges `needed` and `posted` fail without
/// a secret, and `asks` asks the other upstream too.
#[derive(Debug)]
struct Repositories;

impl Provider for Repositories {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let (owner, repo) = (call.param("owner"), call.param("repo"));
        let auth = Auth::bearer("token", owner);
        let get = Request::get(UPSTREAM, "repos/{}/{}", [owner, repo]);
        let request = match &*call.name {
            "needed" => get.authorize(auth),
            "posted" => Request::post(UPSTREAM, "graphql", [""; 0], json!({ "repo": repo })).authorize(auth),
            "queried" => Request::post(UPSTREAM, "graphql", [""; 0], json!({ "owner": owner, "repo": repo }))
                .safe()
                .authorize(auth.optional()),
            _ => get.authorize(auth.optional()),
        };
        let answer = call.fetch(request)?;
        if answer.is_missing() {
            return Err(Failure::not_found("REPO_NOT_FOUND", "repo not found").about("repo").into());
        }
        if answer.status == 403 && answer.body.starts_with(b"limit") {
            // A limit that no header tells.
            let limited = Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited");
            return Err(Failure { retry_after: Some(40), ..limited }.into());
        }
        let mut told: serde_json::Value = answer.json()?;
        if let Some(repository) = told["data"]["repository"].as_object() {
            told = json!(repository);
        }
        let whose = match answer.sent_with {
            None => "anonymous",
            Some(SentWith::Owner) => "owner",
            Some(SentWith::Server) => "server",
        };
        if call.name == "asks" {
            call.fetch(Request::get(OTHER, "seen/{}", [repo]))?;
        }
        Ok(Badge::new(format!("{} {whose}", told["stars"])))
    }
}

/// A token at the upstream.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// How many requests are left, and until when.
    pub remaining: u64,
    pub reset: u64,
    pub is_revoked: bool,
    /// How many requests it was sent with.
    pub asked: usize,
    /// How many of them were sent although an earlier answer had told that none is left.
    pub asked_too_soon: usize,
    has_told: bool,
}

/// The upstream.
#[derive(Debug, Default)]
pub struct Forge {
    /// Seconds since 1970.
    pub now: u64,
    pub accounts: BTreeMap<String, Account>,
    /// How many requests anonymous callers have left.
    pub anonymous: u64,
    pub private: BTreeSet<String>,
    pub missing: BTreeSet<String>,
    /// Whether requests with a secret are refused with words alone, by this token.
    pub refused_in_words: Option<String>,
}

/// The shared state of the upstream.
pub type SharedForge = Arc<Mutex<Forge>>;

impl Forge {
    /// The answer to a request.
    fn answer(&mut self, ask: &Ask) -> Reply {
        if ask.url.origin().ascii_serialization() == OTHER {
            return reply(200, &[], "{}");
        }
        let now = self.now;
        let token = ask
            .credential
            .as_ref()
            .map(|credential| credential.value.reveal().strip_prefix("Bearer ").expect("a bearer token").to_owned());
        let limit = match &token {
            None if self.anonymous == 0 => return reply(403, &[("x-ratelimit-remaining", "0")], ""),
            None => {
                self.anonymous -= 1;
                (self.anonymous, now + 600)
            }
            Some(token) => {
                let Some(account) = self.accounts.get_mut(token) else { return reply(401, &[], "{}") };
                account.asked += 1;
                if account.is_revoked {
                    return reply(401, &[], "{\"message\":\"Bad credentials\"}");
                }
                if now >= account.reset {
                    (account.remaining, account.reset, account.has_told) = (5000, now + 3600, false);
                }
                account.asked_too_soon += usize::from(account.has_told);
                account.has_told = account.remaining <= 1;
                let limit = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &*account.reset.to_string())];
                if account.remaining == 0 {
                    return reply(403, &limit, "{\"message\":\"API rate limit exceeded\"}");
                }
                account.remaining -= 1;
                (account.remaining, account.reset)
            }
        };
        if token.is_some() && token == self.refused_in_words {
            return reply(403, &[], "limit");
        }
        let name = match &ask.body {
            Some(body) => {
                let body: serde_json::Value = serde_json::from_slice(body).unwrap();
                format!("{}/{}", body["owner"].as_str().unwrap_or_default(), body["repo"].as_str().unwrap())
            }
            None => ask.url.path().trim_start_matches("/repos/").to_owned(),
        };
        let name = name.to_lowercase();
        let (left, reset) = (limit.0.to_string(), limit.1.to_string());
        let headers = [("x-ratelimit-remaining", &*left), ("x-ratelimit-reset", &*reset)];
        let is_private = self.private.contains(&name);
        if self.missing.contains(&name) || (is_private && token.is_none()) {
            return reply(404, &headers, "{\"message\":\"Not Found\"}");
        }
        let etag = format!("\"{name}\"");
        if ask.etag.as_deref() == Some(&*etag) {
            return reply(304, &[&headers[..], &[("etag", &*etag)]].concat(), "");
        }
        let headers = [&headers[..], &[("etag", &*etag), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")]].concat();
        let body = match ask.body {
            Some(_) => {
                json!({ "data": { "repository": { "nameWithOwner": name, "isPrivate": is_private, "stars": 7 } } })
            }
            None => json!({ "full_name": name, "private": is_private, "stars": 7 }),
        };
        reply(200, &headers, &body.to_string())
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap()));
    Reply { status, headers: headers.collect::<HeaderMap>(), body: body.to_owned().into() }
}

/// A server with the provider over the upstream.
pub fn server(private: &[&str], store: Arc<MemoryStore>) -> (TestServer, SharedForge) {
    let badge = |name: &str| {
        json!({ "name": name, "route": format!("{name}/{{owner}}/{{repo}}"), "label": "stars",
                                     "summary": "Shows stars.", "example": format!("{name}/acme/shop") })
    };
    let badges = ["stars", "needed", "posted", "queried", "asks"].map(badge);
    let manifest = json!({
        "id": "repos", "version": "1.0.0", "mount": "/badges/repos",
        "badges": badges,
        "requires": ["secrets", "post"], "secrets": ["token"],
    });
    let origin = |text| Origin::parse(text).unwrap();
    let bound = BoundSecret { purpose: "Forge".to_owned(), origin: origin(UPSTREAM) };
    let plugin = Plugin::new("repos", Manifest::parse(&manifest.to_string()).unwrap(), Arc::new(Repositories)).unwrap();
    let plugin = plugin
        .with_origins(vec![origin(UPSTREAM), origin(OTHER)])
        .with_secrets(BTreeMap::from([("token".to_owned(), bound)]));
    let private = private.iter().map(|name| PrivateName::try_from((*name).to_owned()).unwrap()).collect();
    let settings = Settings { private, ..Settings::default() };
    let server = TestServer::with_plugins(vec![plugin], &settings, store).unwrap();
    let forge = SharedForge::default();
    forge.lock().unwrap().now = NOON.as_secs();
    forge.lock().unwrap().anonymous = 60;
    let model = Arc::clone(&forge);
    let is_new = server.upstream.model.set(Box::new(move |ask| model.lock().unwrap().answer(ask))).is_ok();
    assert!(is_new);
    (server, forge)
}

/// Gives an owner, or with `*` the server, these tokens, with so many requests left to each.
pub fn give(server: &TestServer, forge: &SharedForge, owner: &str, tokens: &[(&str, u64)]) {
    let mut forge = forge.lock().unwrap();
    let reset = forge.now + 900;
    for (token, remaining) in tokens {
        let account = Account { remaining: *remaining, reset, ..Account::default() };
        forge.accounts.insert((*token).to_owned(), account);
    }
    let values = tokens.iter().map(|(token, _)| (*token).to_owned()).collect();
    server.store.secrets.lock().unwrap().insert((owner.to_owned(), "Forge".to_owned()), values);
}

/// Moves the clocks of the server and of the upstream forward.
pub fn advance(server: &TestServer, forge: &SharedForge, seconds: u64) {
    server.advance(seconds);
    let now = server.now.lock().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    forge.lock().unwrap().now = now.as_secs();
}

/// How often the upstream was asked with a token.
pub fn asked(forge: &SharedForge, token: &str) -> usize {
    forge.lock().unwrap().accounts[token].asked
}
