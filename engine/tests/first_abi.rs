//! The first header of providers and a provider that was written with it, both as they were then: it loads for ever.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{path::Path, process::Command};

use support::TestServer;

#[tokio::test(start_paused = true)]
async fn a_provider_of_the_first_header_loads_asks_its_upstream_and_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/first_abi");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-abi.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-fvisibility=hidden", "-O1", "-I"]).arg(&folder).arg(folder.join("hello.c"));
    let built = compiler.arg("-o").arg(&library).output().expect("a C compiler is needed for the plugins of the tests");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let toml = format!("[[plugin]]\nid = \"hello\"\nlibrary = {library:?}\norigins = [\"https://example.com\"]\n");
    let server = TestServer::new(&toml);
    server.upstream.set("https://example.com/world.txt", 200, &[], "hi");
    server.upstream.set("https://example.com/nobody.txt", 404, &[], "");
    assert_eq!(server.words("/badges/hello/world.svg").await, "hello: hi");
    assert_eq!(server.words("/badges/hello/world.svg?loud").await, "hello: hi");
    let missing = server.get("/badges/hello/nobody").await;
    assert_eq!(missing.status, 404);
}
