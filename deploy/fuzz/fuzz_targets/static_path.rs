//! The static badge shows the label and the message of its path: both are escaped as shields escapes them, and must be
//! read back unchanged. An input is a label, a message, a colour and a query, each on its own line.
#![no_main]

use std::sync::LazyLock;

use badgesmith_engine::{Engine, Request};
use badgesmith_fuzz::{
    response_check,
    world::{Parts, respond, settings, wait},
};
use libfuzzer_sys::fuzz_target;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    wait(async { Engine::new(Vec::new(), &settings(), Parts::default().world()) }).expect("no conflict")
});

/// `-` is `--`, `_` is `__`, and everything but letters and digits is percent-encoded.
fn escape(text: &str) -> String {
    use std::fmt::Write;
    let doubled = text.replace('-', "--").replace('_', "__");
    let mut escaped = String::new();
    for byte in doubled.bytes() {
        let _ = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' => write!(escaped, "{}", byte as char),
            _ => write!(escaped, "%{byte:02X}"),
        };
    }
    escaped
}

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (label, message, color, query) = (line(), line(), line(), line());
    let query: String = query.chars().filter(|letter| letter.is_ascii_graphic() && *letter != '#').collect();
    // By shields' rule, a dash at the beginning or end of a part may belong to the separator.
    let is_clear = ![label, message].iter().any(|text| text.starts_with('-') || text.ends_with('-'));
    // An ending names a format, and `.` and `..` are special segments of a path.
    let color: String = color.chars().filter(char::is_ascii_alphanumeric).collect();
    let color = if color.is_empty() { "red" } else { &color };
    let path = format!("/badge/{}-{}-{color}", escape(label), escape(message));
    let mut json = Request::get(&format!("{path}.json"));
    let response = respond(&ENGINE, &json);
    response_check::check(&json, &response);
    assert!(response.status.as_u16() < 500, "{json:?}");
    // A percent sign that a client encodes as `%25` is decoded; text that it encoded twice stays encoded once.
    if is_clear && !label.is_empty() && !message.is_empty() && response.status == 200 {
        let shown: serde_json::Value = serde_json::from_slice(&response.body).expect("it is JSON");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let of = |name: &str| plain(shown[name].as_str().unwrap_or_default());
        let is_plain = [label, message].iter().all(|text| !text.chars().any(char::is_control) && text.len() < 200);
        if is_plain {
            assert_eq!((of("label"), of("message")), (plain(label), plain(message)), "{path}");
        }
    }
    json.path = format!("{path}.svg");
    json.query = query;
    let response = respond(&ENGINE, &json);
    response_check::check(&json, &response);
    assert!(response.status.as_u16() < 500, "{json:?}");
});
