//! The steps that a plugin returns: whatever they are, the response is well-formed and never an internal error of the
//! engine. The first line of an input says what is called (`badge`, `report`, `redirect` or `hook`); the steps follow
//! after lines `---`. After the last step they are returned again from the first one.
#![no_main]

use std::sync::Arc;

use badgesmith_engine::{
    Engine, Origin, Plugin, Request, World,
    plugins::{PluginCode, StepError},
    signature,
    world::Reply,
};
use badgesmith_fuzz::{
    hub_signature, parts, response_check,
    world::{Parts, answer, settings, wait},
};
use badgesmith_provider::{Manifest, message};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = r#"{"id": "fuzz", "version": "1.0.0", "mount": "/badges/fuzz",
    "requires": ["hooks", "states", "post", "headers", "web", "secrets", "routes", "labels", "optional-requests",
        "fresh-requests", "about"],
    "headers": ["x-fuzz"], "collections": ["runs", "notes"], "origins": ["https://example.com"],
    "badges": [{"name": "badge", "route": "{owner}/{repo}/{platform}/{branch…}", "label": "fuzz", "summary": "A badge.",
        "reads": ["runs", "notes"], "example": "acme/tools/linux/main"}],
    "reports": [{"name": "report", "route": "/reports/fuzz/{platform}/{owner}/{repo}/{branch…}", "collection": "runs",
        "purpose": "TestData", "summary": "A report.", "example": "/reports/fuzz/linux/acme/tools/main"}],
    "redirects": [{"name": "redirect", "route": "/redirect/fuzz/{owner}/{repo}", "summary": "A redirect.",
        "example": "/redirect/fuzz/acme/tools"}],
    "hooks": [{"name": "hook", "route": "/webhooks/fuzz/{owner}", "scheme": "github", "purpose": "Webhook",
        "collections": ["notes"], "summary": "A delivery.", "example": "/webhooks/fuzz/acme"}]}"#;
const SECRET: &str = "a secret";
const DELIVERY: &[u8] =
    br#"{"repository":{"full_name":"acme/tools","name":"tools","owner":{"login":"acme"},"private":false,"id":7}}"#;

/// Returns the step that belongs to the number of answers in the call.
#[derive(Debug)]
struct Steps(Vec<Vec<u8>>);

impl PluginCode for Steps {
    fn step(&self, _call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        Ok(self.0[bodies.len() % self.0.len()].clone())
    }
}

fn post(path: &str, headers: &[(&'static str, String)], body: &'static [u8]) -> Request {
    let mut request = Request { method: Method::POST, body: Bytes::from_static(body), ..Request::get(path) };
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("a header");
        request.headers.insert(HeaderName::from_static(name), value);
    }
    request
}

fn request(kind: &[u8]) -> Option<Request> {
    Some(match kind {
        b"badge" => Request::get("/badges/fuzz/acme/tools/linux/main.svg"),
        b"redirect" => Request::get("/redirect/fuzz/acme/tools"),
        b"report" => {
            let (path, time) = ("/reports/fuzz/linux/acme/tools/main", "2026-11-21T12:00:00Z".to_owned());
            let signature = signature::sign(SECRET, &time, "n", "POST", path, b"{}");
            let headers = [("x-timestamp", time), ("x-nonce", "n".to_owned()), ("x-signature", signature)];
            post(path, &headers, b"{}")
        }
        b"hook" => {
            let headers = [
                ("x-hub-signature-256", hub_signature(SECRET, DELIVERY)),
                ("x-github-event", "workflow_run".to_owned()),
                ("x-github-delivery", "1".to_owned()),
                ("content-type", "application/json".to_owned()),
            ];
            post("/webhooks/fuzz/acme", &headers, DELIVERY)
        }
        _ => return None,
    })
}

fn engine(steps: Vec<Vec<u8>>, world: World) -> Engine {
    let manifest = Manifest::parse(MANIFEST).expect("it is a manifest");
    let plugin = Plugin::new("fuzz", manifest, Arc::new(Steps(steps))).expect("it can be served");
    let plugin = plugin.with_origins(vec![Origin::parse("https://example.com").expect("an origin")]);
    Engine::new(vec![plugin], &settings(), world).expect("it has no conflict")
}

fuzz_target!(|input: &[u8]| {
    let mut parts = parts(input);
    let Some(request) = parts.next().and_then(request) else { return };
    let steps: Vec<Vec<u8>> = parts.map(<[u8]>::to_vec).collect();
    if steps.is_empty() {
        return;
    }
    for step in &steps {
        let Ok(step) = message::read_step(step) else { continue };
        let written = serde_json::to_vec(&step).expect("it can be written");
        assert_eq!(message::read_step(&written).expect("it can be read"), step);
    }
    let world = Parts::default();
    let reply = Reply { status: 200, body: Bytes::from_static(b"{\"a\":1}"), ..Reply::default() };
    world.upstream.set([reply.clone()]);
    world.web.set([reply]);
    for purpose in ["TestData", "Webhook"] {
        let place = ("acme".to_owned(), purpose.to_owned());
        world.store.secrets.lock().expect("nobody panicked").insert(place, vec![SECRET.to_owned()]);
    }
    wait(async {
        let engine = engine(steps, world.world());
        let response = answer(&engine, &request).await;
        response_check::check(&request, &response);
        assert_ne!(response.line.code, "ENGINE_FAILED");
        assert_ne!(response.status.as_u16(), 401, "{response:?}");
    });
});
