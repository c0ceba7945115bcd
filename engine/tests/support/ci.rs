//! A provider of webhooks whose payloads say themselves what they tell, and deliveries to it.

use std::sync::Arc;

use badgesmith_engine::{Plugin, Request};
use badgesmith_provider::{Badge, Call, Delivered, Failure, Manifest, Provider, Query, StateQuery, Step};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, Method};
use serde_json::{Value, json};
use sha2::Sha256;

/// The manifest of [`Ci`].
pub const MANIFEST: &str = r#"{"id": "ci", "version": "1.0.0", "mount": "/badges/ci",
    "requires": ["hooks", "states"], "collections": ["runs", "jobs", "notes"],
    "badges": [
        {"name": "run", "route": "{owner}/{repo}/{platform}/{branch…}", "label": "run", "reads": ["runs", "jobs"],
         "summary": "A run.", "example": "acme/shop/ci.yml/main"}],
    "hooks": [
        {"name": "all", "route": "/webhooks/github", "scheme": "github", "purpose": "Webhook",
         "collections": ["runs", "jobs"], "summary": "Deliveries.", "example": "/webhooks/github"},
        {"name": "own", "route": "/webhooks/github/{owner}", "scheme": "github", "purpose": "Webhook",
         "collections": ["runs", "jobs"], "summary": "Deliveries of an owner.", "example": "/webhooks/github/acme"}]}"#;

/// Makes of a delivery what its member `told` says, and fails if it has `fail`.
#[derive(Debug)]
pub struct Ci;

impl Provider for Ci {
    /// The newest run and, behind it, the states of its jobs.
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let records = call.records(Query::latest("runs", call))?;
        let states = call.states(StateQuery::of("jobs", call.param("owner"), call.param("repo")))?;
        let Some(record) = records.first() else { return Err(Failure::not_found("NO_RUN", "no run").into()) };
        let jobs =
            states.iter().map(|state| format!(" {}={}", state.branch, state.fields["status"])).collect::<String>();
        Ok(Badge::new(format!("{}{}", record.run_id, jobs.replace('"', ""))))
    }

    fn deliver(&self, call: &Call, payload: &[u8]) -> Result<Delivered, Step> {
        let payload: Value = serde_json::from_slice(payload).unwrap();
        let full_name = payload["repository"]["full_name"].as_str().unwrap_or("/");
        assert_eq!(format!("{}/{}", call.param("owner"), call.param("repo")), full_name);
        if call.param("event") == "unread" {
            return Ok(Delivered::ignored());
        }
        if payload.get("fail").is_some() {
            return Err(Failure::invalid_parameter("RUN_INVALID", "run", "invalid run").into());
        }
        Ok(payload.get("told").map_or_else(Delivered::default, |told| serde_json::from_value(told.clone()).unwrap()))
    }
}

/// The plugin `ci`.
pub fn plugin() -> Plugin {
    Plugin::new("ci", Manifest::parse(MANIFEST).unwrap(), Arc::new(Ci)).unwrap()
}

/// A payload of a public repository that tells of this run and its job.
pub fn payload(full_name: &str, run: u64, status: &str) -> Value {
    let (owner, repo) = full_name.split_once('/').unwrap();
    let names = json!({ "owner": owner, "repo": repo });
    let mut record = names.clone();
    record["collection"] = "runs".into();
    record["platform"] = "ci.yml".into();
    record["branch"] = "main".into();
    record["record"] = json!({ "timestamp_ms": 1_795_262_400_000_u64 + run, "run_id": run.to_string(), "run_attempt": 1, "fields": {} });
    let mut state = names;
    state["collection"] = "jobs".into();
    state["platform"] = "ci.yml".into();
    state["branch"] = "build".into();
    state["sequence"] = json!([run, u64::from(status == "done")]);
    state["fields"] = json!({ "status": status });
    json!({
        "repository": {
            "full_name": full_name, "owner": { "login": owner }, "private": false, "visibility": "public",
            "updated_at": "2026-11-21T11:00:00Z",
        },
        "told": { "records": [record], "states": [state] },
    })
}

/// The header of the HMAC-SHA256 of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A POST with these headers.
pub fn post(path: &str, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Request {
    let mut request = Request { method: Method::POST, body: body.into(), ..Request::get(path) };
    request.correlation_id = "c0ffee".to_owned();
    for (name, value) in headers {
        request.headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

/// A delivery of the event `run`, signed with a secret.
pub fn delivery(secret: &str, path: &str, id: &str, body: impl Into<Bytes>) -> Request {
    let body = body.into();
    let signature = signature(secret, &body);
    let headers = [("x-github-event", "run"), ("x-github-delivery", id), ("x-hub-signature-256", &signature)];
    post(path, body, &headers)
}
