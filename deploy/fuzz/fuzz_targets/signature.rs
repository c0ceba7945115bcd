//! A report is accepted exactly if its signature was made with the owner's secret for the request that is sent. An
//! input is a header `X-Signature`, a nonce, a branch, and the change of the request after it was signed, each on its
//! own line; then the body.
#![no_main]

use badgesmith_engine::{Engine, Request, signature};
use badgesmith_fuzz::{
    plugins, response_check,
    world::{Parts, answer, settings, wait},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, uri::PathAndQuery};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "a secret";

fn report(path: &str, body: &[u8], headers: [(&'static str, &str); 3]) -> Option<Request> {
    let body = Bytes::copy_from_slice(body);
    let mut request = Request { method: Method::POST, body, ..Request::get(path) };
    for (name, value) in headers {
        request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(5, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let [given, nonce, branch, change] = [line(), line(), line(), line()].map(String::from_utf8_lossy);
    let body = lines.next().unwrap_or_default();
    let path = format!("/values/results/size/acme/tools/{branch}");
    if !PathAndQuery::try_from(&*path).is_ok_and(|read| read.path() == path) {
        return;
    }
    let time = "2026-11-21T12:00:00Z";
    let of = |secret: &str| signature::sign(secret, time, &nonce, "POST", &path, body);
    let (sound, other) = (of(SECRET), of("another secret"));
    let world = Parts::default();
    let place = ("acme".to_owned(), "TestData".to_owned());
    world.store.secrets.lock().expect("nobody panicked").insert(place, vec![SECRET.to_owned()]);
    let entries = || world.store.entries.lock().expect("nobody panicked").len();
    wait(async {
        let engine = Engine::new(vec![plugins::one(plugins::table("values"))], &settings(), world.world())
            .expect("it has no conflict");
        let changed = [body, change.as_bytes()].concat();
        let is_given = given == sound || given.eq_ignore_ascii_case(&sound);
        for (signature, body, is_signed) in [
            (&*given, body, is_given),
            (&*other, body, false),
            (&*sound, &*changed, change.is_empty()),
            (&*sound, body, true),
        ] {
            let headers = [("x-signature", signature), ("x-timestamp", time), ("x-nonce", &*nonce)];
            let Some(request) = report(&path, body, headers) else { return };
            let before = entries();
            let response = answer(&engine, &request).await;
            response_check::check(&request, &response);
            let status = response.status.as_u16();
            assert!(status < 500, "{status} {request:?}");
            assert!(is_signed || (status != 201 && entries() == before), "{status} {request:?}");
            assert!(!is_signed || status != 401, "{status} {request:?}");
        }
    });
});
