//! Signed reports: the order of the checks, the claims of nonces and runs, and what responses tell an attacker.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::{fs, path::Path, sync::atomic::Ordering};

use badgesmith_engine::{Request, Response, signature};
use bytes::Bytes;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, Method};
use serde_json::Value;
use sha2::Sha256;
use support::{TestServer, build};

const PATH: &str = "/runs/linux/acme/tools/main";
const BADGE: &str = "/badges/runs/linux/acme/tools/main";
const NOON: &str = "2026-11-21T12:00:00Z";

/// A server whose owner `acme` has the secret `hush`.
fn server(engine: &str) -> TestServer {
    let library = build("reporter.c", "reporter", &[]);
    let toml = format!("{engine}\n[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\ncollections = [\"runs\"]\n");
    let server = TestServer::new(&toml);
    let secrets = vec!["hush".to_owned()];
    server.store.secrets.lock().unwrap().insert(("acme".to_owned(), "TestData".to_owned()), secrets);
    server
}

fn body(run: &str, timestamp_ms: i64) -> String {
    format!(r#"{{"run_id":"{run}","timestamp_ms":{timestamp_ms},"url":"https://example.com/{run}"}}"#)
}

fn post(path: &str, body: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(path);
    request.method = Method::POST;
    request.body = Bytes::from(body.to_owned());
    request.correlation_id = "c0ffee".to_owned();
    for (name, value) in headers {
        request.headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

fn signed(secret: &str, path: &str, body: &str, timestamp: &str, nonce: &str) -> Request {
    let signature = signature::sign(secret, timestamp, nonce, "POST", path, body.as_bytes());
    post(path, body, &[("x-signature", &signature), ("x-timestamp", timestamp), ("x-nonce", nonce)])
}

fn code(response: &Response) -> (u16, String) {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let code = body["error_details"][0]["error_code"].as_str().unwrap_or_default();
    (response.status.as_u16(), code.to_owned())
}

async fn answer(server: &TestServer, request: &Request) -> (u16, String) {
    code(&server.send(request).await)
}

#[tokio::test]
async fn a_report_is_shown_by_the_next_badge_and_the_next_redirect() {
    let server = server("");
    assert_eq!(server.words(&format!("{BADGE}.svg")).await, "run: no results");
    let response = server.send(&signed("hush", PATH, &body("7", 5), NOON, "n1")).await;
    assert_eq!(response.status, 201);
    assert_eq!(response.headers["cache-control"], "no-store");
    let said = String::from_utf8(response.body.to_vec()).unwrap();
    let timestamp = "1970-01-01T00:00:00.005Z";
    assert_eq!(
        said,
        format!(r#"{{"test_result_id":"7","repository":"acme/tools/linux/main","timestamp":"{timestamp}"}}"#)
    );
    let badge = server.get(BADGE).await;
    assert!(String::from_utf8_lossy(&badge.body).contains(r#""message":"7""#));
    assert_eq!(badge.headers["cache-control"], "public, max-age=30, s-maxage=30, stale-while-revalidate=60");
    assert_eq!(badge.headers["last-modified"], "Thu, 01 Jan 1970 00:00:00 GMT");
    let redirect = server.get("/redirect/runs/linux/ACME/tools/main").await;
    assert_eq!(
        (redirect.status.as_u16(), &redirect.headers["location"]),
        (302, &"https://example.com/7".parse().unwrap())
    );
    // An older run that arrives later is not the newest; a newer one is.
    assert_eq!(server.send(&signed("hush", PATH, &body("6", 4), NOON, "n2")).await.status, 201);
    assert_eq!(server.words(&format!("{BADGE}.svg")).await, "run: 7");
    assert_eq!(server.send(&signed("hush", PATH, &body("8", 6), NOON, "n3")).await.status, 201);
    assert_eq!(server.words(&format!("{BADGE}.svg")).await, "run: 8");
    // Each report is one event, with its outcome.
    assert_eq!(server.send(&signed("hush", PATH, &body("9", 7), NOON, "n3")).await.status, 400);
    assert_eq!(server.send(&signed("guess", PATH, &body("9", 7), NOON, "n4")).await.status, 401);
    let told: Vec<_> = server.events.take().into_iter().filter(|entry| entry.contains(" report ")).collect();
    let words = ["ACCEPTED", "ACCEPTED", "ACCEPTED", "NONCE_ALREADY_USED", "INVALID_SIGNATURE"];
    assert_eq!(told, words.map(|word| format!("reporter report {word}")));
}

#[tokio::test]
async fn a_record_with_the_first_or_last_timestamp_is_stored_and_one_beyond_is_an_error_of_the_plugin() {
    let server = server("");
    let rows = [
        (0, Some("1970-01-01T00:00:00.000Z")),
        (253_402_300_799_999, Some("9999-12-31T23:59:59.999Z")),
        (-1, None),
        (253_402_300_800_000, None),
    ];
    for (ms, text) in rows {
        let response = server.send(&signed("hush", PATH, &body(&ms.to_string(), ms), NOON, &format!("n{ms}"))).await;
        let answered: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(response.status, if text.is_some() { 201 } else { 500 }, "{ms}");
        assert_eq!(answered["timestamp"].as_str(), text, "{ms}");
    }
}

#[tokio::test]
async fn the_first_check_that_fails_in_a_fixed_order_decides_the_error() {
    let server = server("");
    let good = |path: &str, body: &str| signed("hush", path, body, NOON, "n1");
    let without = |name: &str| {
        let mut request = good(PATH, "");
        request.headers.remove(name);
        request
    };
    let large = "x".repeat(256 * 1024 + 1);
    let long = format!("/runs/linux/{}/tools/main", "o".repeat(101));
    let rows = [
        ("too large, and not signed", post(PATH, &large, &[]), (413, "TOO_LARGE")),
        ("an owner too long for a key, and not signed", post(&long, "", &[]), (400, "PARAMETER_INVALID")),
        ("no headers", post(PATH, "", &[]), (400, "MISSING_AUTH_HEADERS")),
        ("no signature", without("x-signature"), (400, "MISSING_AUTH_HEADERS")),
        ("no timestamp", without("x-timestamp"), (400, "MISSING_AUTH_HEADERS")),
        ("no nonce", without("x-nonce"), (400, "MISSING_AUTH_HEADERS")),
        (
            "a nonce with a blank, and a wrong secret",
            signed("guess", PATH, "", NOON, "a b"),
            (400, "MISSING_AUTH_HEADERS"),
        ),
        ("a long nonce", signed("hush", PATH, "", NOON, &"x".repeat(129)), (400, "MISSING_AUTH_HEADERS")),
        ("no time, and a wrong secret", signed("guess", PATH, "", "noon", "n1"), (400, "INVALID_TIMESTAMP")),
        ("six minutes ago", signed("guess", PATH, "", "2026-11-21T11:54:59Z", "n1"), (400, "INVALID_TIMESTAMP")),
        ("two minutes ahead", signed("guess", PATH, "", "2026-11-21T12:01:01Z", "n1"), (400, "INVALID_TIMESTAMP")),
        ("a wrong secret, and no payload", signed("guess", PATH, "", NOON, "n1"), (401, "INVALID_SIGNATURE")),
        (
            "nobody's owner, and no payload",
            signed("hush", "/runs/linux/nobody/tools/main", "", NOON, "n1"),
            (401, "INVALID_SIGNATURE"),
        ),
        (
            "no hexadecimal digits",
            post(PATH, "", &[("x-signature", "v2=xyz"), ("x-timestamp", NOON), ("x-nonce", "n1")]),
            (401, "INVALID_SIGNATURE"),
        ),
        ("no payload", good(PATH, ""), (400, "INVALID_TEST_PAYLOAD")),
    ];
    for (what, request, (status, word)) in rows {
        assert_eq!(answer(&server, &request).await, (status, word.to_owned()), "{what}");
    }
    assert_eq!(server.store.writes.load(Ordering::Relaxed), 0, "nothing was claimed");
    // The limits of the clock are inclusive.
    for (timestamp, run) in [("2026-11-21T11:55:00Z", "1"), ("2026-11-21T13:01:00+01:00", "2")] {
        let request = signed("hush", PATH, &body(run, 1), timestamp, &format!("edge-{run}"));
        assert_eq!(answer(&server, &request).await.0, 201, "{timestamp}");
    }
}

#[tokio::test]
async fn a_replay_and_a_second_report_of_a_run_are_refused() {
    let server = server("");
    let request = signed("hush", PATH, &body("1", 1), NOON, "n1");
    assert_eq!(answer(&server, &request).await.0, 201);
    assert_eq!(answer(&server, &request).await, (400, "NONCE_ALREADY_USED".to_owned()));
    let again = signed("hush", PATH, &body("1", 2), NOON, "n2");
    assert_eq!(answer(&server, &again).await, (409, "DUPLICATE_TEST_RESULT".to_owned()));
}

#[tokio::test]
async fn a_body_signed_for_one_branch_is_refused_on_another() {
    let server = server("");
    let request = signed("hush", PATH, &body("1", 1), NOON, "n1");
    for path in ["/runs/linux/acme/tools/other", "/runs/windows/acme/tools/main", "/runs/linux/acme/other/main"] {
        let moved = Request { path: path.to_owned(), ..request.clone() };
        assert_eq!(answer(&server, &moved).await, (401, "INVALID_SIGNATURE".to_owned()), "{path}");
    }
    let encoded = Request { path: "/runs/linux/acme/tools/ma%2569n".to_owned(), ..request };
    assert_eq!(answer(&server, &encoded).await.0, 201, "additional levels of encoding do not change the signature");
}

/// Percent-encodes each character of a text, with the number of levels that `levels` gives for it in turn.
fn encoded(text: &str, levels: &[usize]) -> String {
    let mut levels = levels.iter().cycle();
    text.chars().fold(String::new(), |path, letter| {
        let level = *levels.next().unwrap();
        // `?`, `#` and non-ASCII characters are encoded at least once, as in every URL.
        if level == 0 && letter.is_ascii() && !matches!(letter, '?' | '#') {
            return path + &letter.to_string();
        }
        let more = "25".repeat(level.max(1) - 1);
        letter.to_string().bytes().fold(path, |path, byte| path + &format!("%{more}{byte:02x}"))
    })
}

#[tokio::test]
async fn one_signature_is_valid_for_one_subject_in_every_encoding_of_its_path() {
    let server = server("");
    let whole = "linux/acme/tools/feature/x";
    let request = signed("hush", &format!("/runs/{whole}"), &body("1", 1), NOON, "n1");
    let slashes: Vec<usize> = whole.match_indices('/').map(|(at, _)| at).collect();
    // Every combination of plain, once encoded and twice encoded for the four slashes.
    let mut seen = 0;
    for way in 0..3_usize.pow(4) {
        let ways: Vec<usize> = (0..4).map(|at| way / 3_usize.pow(at) % 3).collect();
        let level = |at| slashes.iter().position(|slash| *slash == at).map_or(0, |slash| ways[slash]);
        let path: String = whole.char_indices().map(|(at, one)| encoded(&one.to_string(), &[level(at)])).collect();
        let moved = Request { path: format!("/runs/{path}"), ..request.clone() };
        let (status, code) = answer(&server, &moved).await;
        // Only the branch may contain an encoded slash. Elsewhere it is ambiguous, or the route does not match.
        let is_plain = ways[..3].iter().all(|way| *way == 0);
        match (status, &*code) {
            (201, _) => assert!(is_plain && way == 0, "{path}"),
            (400, "NONCE_ALREADY_USED") => assert!(is_plain, "{path}"),
            (400, "PARAMETER_INVALID") | (404 | 405, _) => assert!(!is_plain, "{path}: {status} {code}"),
            other => panic!("{path}: {other:?}"),
        }
        seen += 1;
    }
    assert_eq!((seen, server.store.entries.lock().unwrap().len()), (81, 1));
}

#[tokio::test]
async fn an_ambiguous_address_is_refused_with_the_name_of_the_parameter() {
    let server = server("");
    for (path, property) in [
        ("linux/acme/tools%2Ffeature/x", "repo"),
        ("linux/acme/too%256Cs/main", "repo"),
        ("linux/ac%252Fme/tools/main", "owner"),
        ("li%2Fnux/acme/tools/main", "platform"),
        ("li%252525nux/acme/tools/main", ""),
        ("linux/acme/tools/main%2F", "branch"),
        ("linux/acme/tools/main/%252F", "branch"),
    ] {
        let path = format!("/runs/{path}");
        let response = server.send(&signed("hush", &path, &body("1", 1), NOON, "n1")).await;
        let said = String::from_utf8(response.body.to_vec()).unwrap();
        let property = if property.is_empty() { "platform" } else { property };
        assert_eq!(code(&response), (400, "PARAMETER_INVALID".to_owned()), "{path}: {said}");
        assert!(
            said.contains(&format!("\"property_name\":\"{property}\"")) && said.contains("encode it once"),
            "{said}"
        );
    }
    assert_eq!(server.store.lookups.load(Ordering::Relaxed), 0, "no secret is looked up");
    // Unusual names are accepted if each part is encoded once; the branch may be encoded more often.
    for (run, path) in [
        "linux/acme/tools/feature/x",
        "linux/acme/tools/feature%2Fx%252Fy",
        "linux%20x64/acme/c%2B%2B/fix%2342",
        "linux/acme/a%23b%3Fc%25/100%25",
        "linux/acme/%C3%A9%5C.b/main/",
        "linux/acme/tools/main.svg",
    ]
    .into_iter()
    .enumerate()
    {
        let request = signed("hush", &format!("/runs/{path}"), &body(&run.to_string(), 1), NOON, &format!("n{run}"));
        assert_eq!(answer(&server, &request).await.0, 201, "{path}");
    }
}

#[test]
fn two_requests_with_the_same_signed_string_have_the_same_subject() {
    use proptest::{collection::vec, test_runner::TestRunner};

    let server = server("");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = proptest::test_runner::Config { cases: 2000, failure_persistence: None, ..Default::default() };
    let rest = "/[al]{1,2}/acme/[t%2]{1,3}/[x%/25F.~?#é]{1,6}|/[al%2/F5é?#]{1,3}/(acme|ac/me)/[t/]{1,3}/[x/]{1,4}";
    let levels = || vec(proptest::sample::select([vec![0_usize; 30], vec![1, 2, 3]].concat()), 1..40);
    let (accepted, refused) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let number = std::cell::Cell::new(0);
    let tested = TestRunner::new(config).run(&(rest, levels(), levels()), |(rest, one, other)| {
        number.set(number.get() + 1);
        let paths = [one, other]
            .map(|levels| format!("/runs{}", rest.split_at(1).0.to_owned() + &encoded(&rest[1..], &levels)));
        let nonce = format!("n{}", number.get());
        let strings = paths.each_ref().map(|path| signature::string_to_sign(NOON, &nonce, "POST", path, b""));
        proptest::prop_assert_eq!(&strings[0], &strings[1]);
        let first = signed("hush", &paths[0], &body(&nonce, 1), NOON, &nonce);
        let second = Request { path: paths[1].clone(), ..first.clone() };
        let (first, second) =
            runtime.block_on(async { (answer(&server, &first).await, answer(&server, &second).await) });
        let tally = if first.0 == 201 && second.1 == "NONCE_ALREADY_USED" { &accepted } else { &refused };
        tally.set(tally.get() + 1);
        proptest::prop_assert!(first.0 != 201 || second.0 != 201, "one signature was valid twice: {:?}", paths);
        Ok(())
    });
    tested.unwrap();
    println!(
        "{} pairs with one subject, {} pairs of which at least one request was refused",
        accepted.get(),
        refused.get()
    );
    assert!(accepted.get() > 20 && refused.get() > 20);
}

#[tokio::test]
async fn of_64_identical_requests_one_is_recorded() {
    let server = server("");
    let request = signed("hush", PATH, &body("1", 1), NOON, "n1");
    let all = join_all((0..64).map(|_| answer(&server, &request))).await;
    assert_eq!(all.iter().filter(|(status, _)| *status == 201).count(), 1);
    assert_eq!(all.iter().filter(|(_, code)| code == "NONCE_ALREADY_USED").count(), 63);
}

#[tokio::test]
async fn an_unknown_owner_cannot_be_told_from_a_wrong_signature() {
    let server = server("");
    let mut costs = Vec::new();
    for path in [PATH, "/runs/linux/nobody/tools/main"] {
        let before = server.store.lookups.load(Ordering::Relaxed);
        let response = server.send(&signed("guess", path, &body("1", 1), NOON, "n1")).await;
        let body = String::from_utf8(response.body.to_vec()).unwrap();
        costs.push((server.store.lookups.load(Ordering::Relaxed) - before, response.status, body));
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(costs[0].0, 1);
    assert_eq!(server.store.writes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_servers_own_secrets_sign_no_report() {
    let server = server("");
    let own = vec!["hush".to_owned()];
    server.store.secrets.lock().unwrap().insert(("*".to_owned(), "TestData".to_owned()), own);
    for owner in ["*", "%2A", "nobody"] {
        let path = format!("/runs/linux/{owner}/tools/main");
        let refused = (401, "INVALID_SIGNATURE".to_owned());
        assert_eq!(answer(&server, &signed("hush", &path, &body("1", 1), NOON, owner)).await, refused, "{owner}");
    }
    assert_eq!(server.store.writes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn secrets_of_the_repository_replace_those_of_the_owner_and_two_are_valid_during_a_rotation() {
    let server = server("");
    let set = |holder: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        server.store.secrets.lock().unwrap().insert((holder.to_owned(), "TestData".to_owned()), values);
    };
    set("acme/tools", &["own", "old"]);
    let status =
        async |secret: &str, run: &str| answer(&server, &signed(secret, PATH, &body(run, 1), NOON, run)).await.0;
    assert_eq!([status("own", "1").await, status("old", "2").await, status("hush", "3").await], [201, 201, 401]);
    set("acme/tools", &["new", "own"]);
    assert_eq!([status("new", "4").await, status("own", "5").await, status("old", "6").await], [201, 201, 401]);
    let other = signed("hush", "/runs/linux/acme/other/main", &body("1", 1), NOON, "n1");
    assert_eq!(answer(&server, &other).await.0, 201, "the owner's secret is valid for all other repositories");
}

#[tokio::test]
async fn a_signature_over_the_body_alone_needs_the_setting() {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hush").unwrap();
    mac.update(body("1", 1).as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    let headers = [("x-signature", &*format!("sha256={digits}")), ("x-timestamp", NOON), ("x-nonce", "n1")];
    let request = post(PATH, &body("1", 1), &headers);
    assert_eq!(answer(&server(""), &request).await, (401, "INVALID_SIGNATURE".to_owned()));
    let lenient = server("[engine]\naccept-body-only-signatures = true");
    assert_eq!(answer(&lenient, &request).await.0, 201);
}

#[tokio::test]
async fn names_are_case_insensitive_and_may_contain_any_character() {
    let rows = [
        ("linux", "Acme", "Tools", "Feature/X"),
        ("Linux%20x64", "acme", "a%23b", "100%2525"),
        ("linux", "acme", "%F0%9F%9A%80", "fix%2342/%C3%84"),
        ("linux", "acme", "tools", "logo.svg"),
    ];
    for (index, (platform, owner, repo, branch)) in rows.into_iter().enumerate() {
        let server = server("");
        let rest = format!("{platform}/{owner}/{repo}/{branch}");
        let run = index.to_string();
        let written = signed("hush", &format!("/runs/{rest}"), &body(&run, 1), NOON, "n1");
        assert_eq!(answer(&server, &written).await.0, 201, "{rest}");
        for spelling in [rest.clone(), format!("{platform}/{}/{repo}/{branch}", owner.to_uppercase())] {
            assert_eq!(server.words(&format!("/badges/runs/{spelling}?format=svg")).await, format!("run: {run}"));
            assert_eq!(server.get(&format!("/redirect/runs/{spelling}")).await.status, 302, "{spelling}");
        }
    }
}

#[tokio::test]
async fn an_unavailable_store_is_an_error_of_its_own() {
    let server = server("");
    server.store.is_down.store(true, Ordering::Relaxed);
    let response = server.send(&signed("hush", PATH, &body("1", 1), NOON, "n1")).await;
    assert_eq!(code(&response), (503, "STORE_UNAVAILABLE".to_owned()));
    assert_eq!(response.headers["retry-after"], "5");
    let badge = server.get(BADGE).await;
    assert_eq!(code(&badge), (503, "STORE_UNAVAILABLE".to_owned()));
    assert_eq!(badge.headers["retry-after"], "5");
    assert_eq!(server.words(&format!("{BADGE}.svg")).await, "run: store unavailable");
    assert!(
        server.get("/health").await.body.starts_with(br#"{"status":"Healthy","#),
        "without `deep` nothing is checked"
    );
}

#[tokio::test]
async fn an_address_for_reports_allows_post_only() {
    let server = server("");
    let response = server.get(PATH).await;
    assert_eq!(code(&response), (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert_eq!(response.headers["allow"], "POST, OPTIONS");
    let mut preflight = Request::get(PATH);
    preflight.method = Method::OPTIONS;
    let wanted = "Content-Type, X-SIGNATURE, x-nonce, x-timestamp, authorization";
    preflight.headers.insert("access-control-request-headers", wanted.parse().unwrap());
    let response = server.send(&preflight).await;
    assert_eq!(response.headers["access-control-allow-methods"], "POST, OPTIONS");
    let allowed = "content-type, x-signature, x-nonce, x-timestamp, authorization";
    assert_eq!(response.headers["access-control-allow-headers"], allowed);
    // No other address reads a token.
    let elsewhere = server.send(&Request { path: BADGE.to_owned(), ..preflight }).await;
    let allowed = "content-type, x-signature, x-nonce, x-timestamp";
    assert_eq!(elsewhere.headers["access-control-allow-headers"], allowed);
    assert_eq!(answer(&server, &post(BADGE, "", &[])).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
}

#[tokio::test]
async fn the_test_vectors_of_the_report_clients_have_these_signatures() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/report/vectors.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 10);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let [timestamp, nonce, method, path] = ["timestamp", "nonce", "method", "path"].map(text);
        let body = text("body").as_bytes();
        let string = signature::string_to_sign(timestamp, nonce, method, path, body);
        assert_eq!(string, text("string_to_sign"), "{}", text("name"));
        let signature = signature::sign(text("secret"), timestamp, nonce, method, path, body);
        assert_eq!(signature, text("signature"), "{}", text("name"));
    }
}

/// The recorded signatures over the body alone, by GitHub and by BadgeSmith's own clients.
#[tokio::test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
async fn recorded_signatures_are_valid_or_invalid_as_recorded() {
    let folder = std::env::var_os("BADGESMITH_RECORDED")
        .expect("this test needs BADGESMITH_RECORDED, the folder of recorded inputs");
    let folder = Path::new(&folder);
    let file: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("hmac/hmac_vectors.json")).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let secret = text(&file["webhook_files"]["secret"]);
    let signed = file["vectors"].as_array().unwrap().iter().map(|vector| {
        (text(&vector["secret"]), text(&vector["body"]), text(&vector["signature"]), vector["valid"] == true)
    });
    let files = file["webhook_files"]["files"].as_array().unwrap().iter().map(|vector| {
        let body = fs::read_to_string(folder.join(text(&vector["file"]))).unwrap();
        (secret.clone(), body, text(&vector["signature"]), true)
    });
    let mut seen = 0;
    for (secret, body, signature, valid) in signed.chain(files) {
        let server = server("[engine]\naccept-body-only-signatures = true");
        server.store.secrets.lock().unwrap().insert(("acme".to_owned(), "TestData".to_owned()), vec![secret]);
        let headers = [("x-signature", &*signature), ("x-timestamp", NOON), ("x-nonce", "n1")];
        let (status, code) = answer(&server, &post(PATH, &body, &headers)).await;
        // The plugin refuses the authentic bodies, because they are not runs.
        let expected = if valid { "INVALID_TEST_PAYLOAD" } else { "INVALID_SIGNATURE" };
        assert!(code == expected || (valid && status == 201), "{signature}: {status} {code}");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test]
async fn a_plugin_without_its_collection_is_refused_with_what_to_write() {
    let library = build("reporter.c", "reporter", &[]);
    let refusal =
        TestServer::try_new(&format!("[[plugin]]\nid = \"reporter\"\nlibrary = {library:?}\n")).err().unwrap();
    assert!(refusal.contains("collections = [\"runs\"]"), "{refusal}");
}
