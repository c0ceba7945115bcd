//! Other libraries, and the code of docs/events.md, accept our webhooks and refuse them with one byte changed; and
//! events are valid by the JSON Schema that is served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use badgesmith_engine::events::{Event, Form, Outgoing, ResolvedTarget, SCHEMA, WebhookSecret, outgoing};
use serde_json::{Value, json};

/// Each reads a list of webhooks on standard input, and prints a list of whether they are accepted.
const STANDARD_JS: &str = r#"
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
const accepts = ({ secret, headers, body }) => {
  try { new Webhook(secret).verify(body, headers); return true; } catch { return false; }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(accepts)));
"#;
const DOCUMENTED_JS: &str = r#"
import { readFileSync } from "node:fs";
const accepts = ({ secret, headers, body }) => isOurs(secret, headers, Buffer.from(body));
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(accepts)));
"#;
const STANDARD_PY: &str = r#"
import json, sys
from standardwebhooks.webhooks import Webhook
def accepts(sent):
    try:
        Webhook(sent["secret"]).verify(sent["body"], sent["headers"])
        return True
    except Exception:
        return False
print(json.dumps([accepts(sent) for sent in json.load(sys.stdin)]))
"#;
const DOCUMENTED_PY: &str = r#"
import json, sys
accepts = lambda sent: is_ours(sent["secret"], sent["headers"], sent["body"].encode())
print(json.dumps([accepts(sent) for sent in json.load(sys.stdin)]))
"#;
/// Reads the schema and a list of documents, and prints whether each is valid.
const VALIDATE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
read = json.load(sys.stdin)
Draft202012Validator.check_schema(read["schema"])
validator = Draft202012Validator(read["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER)
print(json.dumps([validator.is_valid(document) for document in read["documents"]]))
"#;

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md")).unwrap()
}

/// The code blocks of docs/events.md in a language.
fn blocks(language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    document().split(&*open).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The events that docs/events.md shows.
fn events() -> Vec<Event> {
    blocks("json").iter().map(|block| serde_json::from_str(block).unwrap()).collect()
}

#[test]
fn the_document_shows_every_event_as_it_is_sent() {
    let shown: Vec<Value> = blocks("json").iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    let sent: Vec<Value> = events().iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    assert_eq!(shown, sent);
    let names: Vec<_> = events().iter().map(|event| event.name).collect();
    assert!(badgesmith_engine::events::EventName::ALL.iter().all(|name| names.contains(name)), "{names:?}");
}

fn run(program: &Path, arguments: &[&str], input: &Value, folder: &Path) -> Vec<bool> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program:?} {arguments:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A webhook of an event, for the libraries to verify.
fn webhook(event: &Event, secrets: &[&WebhookSecret]) -> Value {
    let url = "https://hooks.example.com/in".parse().unwrap();
    let target = ResolvedTarget::Webhook { url, secrets: secrets.iter().map(|secret| (*secret).clone()).collect() };
    let Outgoing::Webhook { headers, body, .. } = outgoing(event, Form::Json, &target, SystemTime::now()) else {
        panic!("no webhook")
    };
    let headers: Value =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    json!({"secret": secrets[0].to_secret().reveal(), "headers": headers, "body": String::from_utf8(body.to_vec()).unwrap()})
}

/// Webhooks, and whether they have to be accepted.
fn webhooks() -> (Vec<Value>, Vec<bool>) {
    let [newest, older, other] =
        [[7; 24].as_slice(), &[250; 64], &[9; 32]].map(|key| WebhookSecret::of_key(key).unwrap());
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    for event in events() {
        for secrets in [[&newest, &older], [&older, &newest]] {
            let good = webhook(&event, &secrets);
            let mut changes = vec![good.clone()];
            for (pointer, from, to) in [
                ("/body", "acme", "acmf"),
                ("/headers/webhook-id", "evt_", "evu_"),
                ("/headers/webhook-timestamp", "1", "2"),
                ("/secret", secrets[0].to_secret().reveal(), other.to_secret().reveal()),
            ] {
                let mut changed = good.clone();
                let value = changed.pointer_mut(pointer).unwrap();
                let text = value.as_str().unwrap().replacen(from, to, 1);
                assert_ne!(value.as_str().unwrap(), text);
                *value = text.into();
                changes.push(changed);
            }
            let mut forged = good.clone();
            let signature = older.sign("x", 0, b"x");
            forged["headers"]["webhook-signature"] = signature.into();
            changes.push(forged);
            expected.extend((0..changes.len()).map(|index| index == 0));
            sent.extend(changes);
        }
    }
    (sent, expected)
}

#[test]
#[ignore = "needs BADGESMITH_SIGNERS, which .ci/peers installs"]
fn standardwebhooks_svix_and_the_documented_code_accept_ours_and_refuse_it_with_one_byte_changed() {
    let signers = PathBuf::from(env::var_os("BADGESMITH_SIGNERS").expect("BADGESMITH_SIGNERS is set"));
    let (sent, expected) = webhooks();
    let sent = json!(sent);
    let [js] = &*blocks("js") else { panic!("docs/events.md has one block of JavaScript") };
    let [python] = &*blocks("python") else { panic!("docs/events.md has one block of Python") };
    for code in [
        STANDARD_JS.to_owned(),
        STANDARD_JS.replace("\"standardwebhooks\"", "\"svix\""),
        format!("{js}{DOCUMENTED_JS}"),
    ] {
        let accepted = run(Path::new("node"), &["--input-type=module", "-e", &code], &sent, &signers);
        assert_eq!(accepted, expected, "{code}");
    }
    for code in [
        STANDARD_PY.to_owned(),
        STANDARD_PY.replace("standardwebhooks.webhooks", "svix.webhooks"),
        format!("{python}{DOCUMENTED_PY}"),
    ] {
        let accepted = run(&signers.join("venv/bin/python"), &["-c", &code], &sent, &signers);
        assert_eq!(accepted, expected, "{code}");
    }
}

#[test]
#[ignore = "needs BADGESMITH_SIGNERS, which .ci/peers installs"]
fn every_event_is_valid_by_the_schema_and_one_with_a_mistake_is_not() {
    let signers = PathBuf::from(env::var_os("BADGESMITH_SIGNERS").expect("BADGESMITH_SIGNERS is set"));
    let mut documents: Vec<Value> = events().iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let mut expected = vec![true; documents.len()];
    for (pointer, value) in [
        ("/id", json!("")),
        ("/type", json!("result.lost")),
        ("/timestamp", json!(1_796_040_000_250_u64)),
        ("/timestamp", json!("2026-11-29 12:00")),
        ("/sequence", json!(0)),
        ("/subject/branch", json!(null)),
        ("/before/color", json!(7)),
        ("/data", json!([])),
    ] {
        let mut wrong = documents[0].clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        documents.push(wrong);
        expected.push(false);
    }
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let input = json!({"schema": schema, "documents": documents});
    assert_eq!(run(&signers.join("venv/bin/python"), &["-c", VALIDATE], &input, &signers), expected);
    let names = badgesmith_engine::events::EventName::ALL.map(|name| json!(name.name()));
    assert_eq!(schema["properties"]["type"]["enum"], json!(names));
}
