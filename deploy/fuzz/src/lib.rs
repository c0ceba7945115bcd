//! Code that the fuzz targets share: a world without network, requests written as text, and the checks of every
//! response.

pub mod http_request;
pub mod plugins;
pub mod reply;
pub mod response_check;
pub mod world;

/// The store and the secrets of the engine's tests.
#[allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "the targets use a part of it")]
#[path = "../../../engine/tests/support"]
mod memory {
    pub mod memory_rows;
    pub mod memory_states;
    pub mod memory_store;
}

pub use memory::memory_store::MemoryStore;

/// The code that reads tokens, without the HTTP client and the store of the same package, which take long to build.
#[allow(dead_code, missing_docs, reason = "the targets use a part of it")]
#[path = "../../host/src"]
mod host {
    pub mod oidc;
}

pub use host::oidc;

/// The parts of an input between the lines `---`.
pub fn parts(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    const MARK: &[u8] = b"\n---\n";
    let mut rest = Some(input);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(at) = text.windows(MARK.len()).position(|window| window == MARK) else { return Some(text) };
        rest = Some(&text[at + MARK.len()..]);
        Some(&text[..at])
    })
}

/// The value of `X-Hub-Signature-256` for a payload: `sha256=` and the HMAC-SHA256 in hexadecimal digits.
pub fn hub_signature(secret: &str, payload: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let digits = ring::hmac::sign(&key, payload).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256={digits}")
}

/// An engine with the providers that accept builds' reports.
///
/// # Panics
/// If they cannot be loaded.
pub fn reports(parts: &world::Parts) -> badgesmith_engine::Engine {
    let plugins = ["test-results", "coverage", "values"].map(|id| plugins::one(plugins::table(id))).into();
    badgesmith_engine::Engine::new(plugins, &world::settings(), parts.world()).expect("no conflict")
}
