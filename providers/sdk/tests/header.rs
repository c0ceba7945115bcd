//! The C header and the Rust declarations describe the same table, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    mem::{offset_of, size_of},
    path::{Path, PathBuf},
    process::Command,
};

use badgesmith_provider::{
    About, CallKind, Delivered, DeliveredRecord, FoundParts, FoundState, Manifest, PartRecords, PartsQuery, Request,
    State, StateQuery,
    abi::{ABI, Bytes, OK, PANICKED, Table, UNREADABLE},
    message::StepMessage,
};
use serde_json::Value;

/// Compiles a program against the header with all warnings as errors, runs it, and returns its output.
fn run_c(name: &str, compiler: &[&str], source: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, program) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&file, source).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let built = Command::new(compiler[0])
        .args(&compiler[1..])
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(&include)
        .arg(&file)
        .arg("-o")
        .arg(&program)
        .output()
        .expect("a C compiler is needed to compile the header");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    String::from_utf8(Command::new(&program).output().unwrap().stdout).unwrap()
}

const LAYOUT: &str = r#"
#include "badgesmith_provider.h"
#include <stdio.h>
int main(void) {
  printf("%u %d %d %d\n", BADGESMITH_ABI, BADGESMITH_OK, BADGESMITH_PANICKED, BADGESMITH_UNREADABLE);
  printf("%zu %zu %zu\n", sizeof(badgesmith_bytes), offsetof(badgesmith_bytes, ptr), offsetof(badgesmith_bytes, len));
  printf("%zu %zu %zu %zu %zu %zu\n", sizeof(badgesmith_provider), offsetof(badgesmith_provider, abi),
         offsetof(badgesmith_provider, size), offsetof(badgesmith_provider, manifest),
         offsetof(badgesmith_provider, step), offsetof(badgesmith_provider, release));
  return 0;
}
"#;

#[test]
fn every_offset_of_the_header_is_rusts() {
    let rust = format!(
        "{ABI} {OK} {PANICKED} {UNREADABLE}\n{} {} {}\n{} {} {} {} {} {}\n",
        size_of::<Bytes>(),
        offset_of!(Bytes, ptr),
        offset_of!(Bytes, len),
        size_of::<Table>(),
        offset_of!(Table, abi),
        offset_of!(Table, size),
        offset_of!(Table, manifest),
        offset_of!(Table, step),
        offset_of!(Table, release),
    );
    assert_eq!(run_c("layout", &["cc", "-std=c99"], LAYOUT), rust);
}

#[test]
fn the_first_version_is_never_changed() {
    // The sizes and offsets of version 1 on a 64-bit machine, which must never change.
    if cfg!(target_pointer_width = "64") {
        assert_eq!(run_c("frozen", &["cc", "-std=c99"], LAYOUT), "1 0 1 2\n16 0 8\n40 0 4 8 24 32\n");
    }
}

#[test]
fn the_headers_readers_read_what_the_host_writes() {
    let printed = run_c(
        "readers",
        &["cc", "-std=c99"],
        r#"
#include "badgesmith_provider.h"
#include <stdio.h>
int main(void) {
  const char *text = "{\"kind\":\"badge\",\"name\":\"x\",\"params\":{\"p\":\"no\",\"package\":\"a\\\"b\\\\c\\u00e9\\ud83d\\ude00,}]\"},"
                     "\"query\":{},\"settings\":{\"empty\":\"\"},\"now\":12,"
                     "\"answers\":[{\"status\":200,\"headers\":{\"link\":\"[{\"}},{\"status\":404,\"headers\":{}}]}";
  badgesmith_bytes call;
  char b[64];
  call.ptr = (const uint8_t *)text;
  call.len = strlen(text);
  printf("%ld %s\n", badgesmith_param(call, "package", b, sizeof b), b);
  printf("%ld %ld\n", badgesmith_param(call, "pack", b, sizeof b), badgesmith_query(call, "package", b, sizeof b));
  printf("%ld %ld\n", badgesmith_setting(call, "empty", b, sizeof b), badgesmith_param(call, "package", b, 8));
  printf("%d %d %d\n", badgesmith_status(call, 0), badgesmith_status(call, 1), badgesmith_status(call, 2));
  printf("%ld %s\n", badgesmith_quote("a\"\\\n\xc3\xa9", 6, b, sizeof b), b);
  printf("%ld\n", badgesmith_quote("aaaaaaaa", 8, b, 9));
  return 0;
}
"#,
    );
    assert_eq!(printed, "14 a\"b\\cé😀,}]\n-1 -1\n0 -1\n200 404 0\n15 \"a\\\"\\\\\\u000aé\"\n-1\n");
}

/// The names in quotation marks before a colon, and those in lists of `requires`, in the header's comment.
fn names_in_header() -> Vec<String> {
    let header = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/badgesmith_provider.h"));
    let header = header.unwrap();
    let comment = header.split("*/").next().unwrap().to_owned();
    let mut pieces = comment.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    pieces.extend(comment.split_whitespace().map(str::to_owned));
    pieces
}

#[test]
fn the_header_names_every_member_of_a_manifest_a_request_a_query_and_what_a_delivery_becomes() {
    let manifest = r#"{"id": "a", "version": "1", "mount": "/a", "badges": [{"name": "a", "route": "a", "label": "",
        "summary": "", "example": "a", "reads": ["x"], "query": ["x"], "prefix": "v"}], "hooks": [{"name": "h", "route": "r",
        "scheme": "github", "purpose": "p", "collections": ["x"], "summary": "s", "example": "e"}], "series": [{
        "collection": "x", "name": "n", "unit": "u", "passed": "p", "failed": "f", "skipped": "s", "value": "v",
        "outcome": "o", "good": ["g"], "bad": ["b"], "duration": "d", "link": "l"}], "charts": [{"route": "r",
        "collection": "x", "platform": "p", "branch": "b", "value": "v", "label": "l", "summary": "s", "example": "e"}]}"#;
    let manifest = serde_json::to_value(Manifest::parse(manifest).unwrap()).unwrap();
    let about = || About::new("acme", "tools");
    let request = Request::get("https://h", "{}", ["a"]).optional().fresh_for(7).about(about());
    let state = State { life_seconds: Some(7), ..State::default() };
    let record = DeliveredRecord::default();
    let delivered = Delivered { records: vec![record], states: vec![state], stale: vec![about()], ignored: true };
    let found = FoundState::default();
    let query = StateQuery::of("x", "acme", "tools").platform("p").branch("b");
    let written = [
        manifest,
        serde_json::to_value(request).unwrap(),
        serde_json::to_value(StepMessage { delivered: Some(delivered), ..StepMessage::default() }).unwrap(),
        serde_json::to_value(query).unwrap(),
        serde_json::to_value(found).unwrap(),
        serde_json::to_value(PartsQuery::default()).unwrap(),
        serde_json::to_value(FoundParts { found: vec![PartRecords::default()], omitted: 0 }).unwrap(),
        serde_json::to_value(CallKind::Hook).unwrap(),
    ];
    let named = names_in_header();
    let mut missing = Vec::new();
    written.iter().for_each(|value| {
        members(value, &mut |name| {
            if !named.iter().any(|known| known == name) {
                missing.push(name.to_owned());
            }
        })
    });
    assert!(missing.is_empty(), "{missing:?}");
    for capability in ["hooks", "states", "optional-requests", "fresh-requests", "about", "parts"] {
        assert!(named.iter().any(|known| known == capability), "{capability}");
    }
}

/// Every member's name, however deep.
fn members(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| {
            see(name);
            members(value, see);
        }),
        Value::Array(list) => list.iter().for_each(|value| members(value, see)),
        _ => {}
    }
}
