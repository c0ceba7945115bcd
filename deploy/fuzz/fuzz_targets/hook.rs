//! Deliveries of webhooks to the GitHub provider: a delivery is accepted exactly if it is signed with its owner's
//! secret, and the same delivery again changes nothing. The first line of an input is the event, the second one the
//! header `X-Hub-Signature-256`; the payload follows.
#![no_main]

use badgesmith_engine::{Engine, Request};
use badgesmith_fuzz::{
    hub_signature, plugins, response_check,
    world::{Parts, answer, settings, wait},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "a secret";

fn delivery(event: &str, signature: &str, payload: &[u8]) -> Option<Request> {
    let mut request =
        Request { method: Method::POST, body: Bytes::copy_from_slice(payload), ..Request::get("/webhooks/github") };
    for (name, value) in [
        ("x-github-event", event),
        ("x-github-delivery", "1"),
        ("x-hub-signature-256", signature),
        (
            "content-type",
            if payload.starts_with(b"payload=") { "application/x-www-form-urlencoded" } else { "application/json" },
        ),
    ] {
        request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}

fuzz_target!(
    init: {
        drop(plugins::one(plugins::table("github")));
    },
    |input: &[u8]| {
        let mut lines = input.splitn(3, |byte| *byte == b'\n');
        let mut line = || lines.next().unwrap_or_default();
        let [event, given] = [line(), line()].map(String::from_utf8_lossy);
        let payload = lines.next().unwrap_or_default();
        let sound = hub_signature(SECRET, payload);
        let world = Parts::default();
        let place = ("*".to_owned(), "Webhook".to_owned());
        world.store.secrets.lock().expect("nobody panicked").insert(place, vec![SECRET.to_owned()]);
        let count = || (world.store.entries.lock().expect("nobody panicked").len(), world.store.states.names());
        wait(async {
            let engine = Engine::new(vec![plugins::one(plugins::table("github"))], &settings(), world.world());
            let engine = engine.expect("it has no conflict");
            let forged = hub_signature("another secret", payload);
            for signature in [&*given, &*forged, &*sound, &*sound] {
                let is_signed = signature.eq_ignore_ascii_case(&sound);
                let Some(request) = delivery(&event, signature, payload) else { return };
                let before = count();
                let response = answer(&engine, &request).await;
                response_check::check(&request, &response);
                let status = response.status.as_u16();
                assert!(status < 500, "{response:?}");
                assert!(is_signed || (400..500).contains(&status), "{response:?}");
                assert!(!is_signed || status != 401, "{response:?}");
                assert!(is_signed || count() == before, "{response:?}");
            }
            let before = count();
            if let Some(request) = delivery(&event, &sound, payload) {
                let _ = answer(&engine, &request).await;
            }
            assert_eq!(count(), before, "the same delivery again");
        });
    }
);
