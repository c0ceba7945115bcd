//! Ten tokens of the server's own over an upstream on loopback that counts the requests of each: three are exhausted
//! and one is revoked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use support::{Server, Upstream, command, secret};

/// The tokens begin like this.
const TOKEN: &str = "hush-hush-";
const EXHAUSTED: [&str; 3] = ["hush-hush-2", "hush-hush-5", "hush-hush-9"];
const REVOKED: &str = "hush-hush-4";

/// A provider in TOML with an optional secret.
const PROVIDER: &str = r#"
id = "forge"
version = "1.0.0"
summary = "Shows the stars of a repository"
mount = "/badges/forge"
settings = { upstream = "https://forge.example" }

[[badge]]
name = "stars"
route = "{owner}/{repo}"
label = "stars"
summary = "How many stars a repository has"
example = "acme/shop"
get = "{upstream}/repos/{owner}/{repo}"
secret = { name = "token", owner = "{owner}", optional = true }
value = "/stars"
format = "metric"
statuses = { 404 = "repo not found" }
"#;

/// How often each token was sent.
type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// The upstream, and the text of a plugins.toml for a server over it.
fn forge(name: &str, asked: &Counts) -> (Upstream, String) {
    let counted = Arc::clone(asked);
    let upstream = Upstream::raw(move |head, stream| {
        let token = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.strip_prefix("Bearer ").unwrap().to_owned())
        });
        let token = token.unwrap_or_default();
        let count = *counted.lock().unwrap().entry(token.clone()).and_modify(|count| *count += 1).or_insert(1);
        let remaining = if EXHAUSTED.contains(&&*token) { 0 } else { 5000 - count };
        let (status, body) = match head.split(' ').nth(1).unwrap() {
            _ if token == REVOKED => (401, r#"{"message":"Bad credentials"}"#.to_owned()),
            _ if remaining == 0 => (403, r#"{"message":"API rate limit exceeded"}"#.to_owned()),
            "/repos/acme/gone" => (404, r#"{"message":"Not Found"}"#.to_owned()),
            path => {
                let is_private = path.ends_with("/private");
                (200, format!(r#"{{"full_name":"{}","private":{is_private},"stars":1234}}"#, &path[7..]))
            }
        };
        let limit = format!("X-RateLimit-Remaining: {remaining}\r\nX-RateLimit-Reset: 4000000000\r\n");
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{limit}");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).is_ok()
    });
    let provider = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-forge.toml"));
    fs::write(&provider, PROVIDER).unwrap();
    let toml = format!(
        "[engine]\nprivate = [\"acme\"]\n[[plugin]]\nid = \"forge\"\ndeclarative = {provider:?}\norigins = [{0:?}]\n\
         settings = {{ upstream = {0:?} }}\nsecrets = {{ token = {{ purpose = \"Forge\", origin = {0:?} }} }}\n",
        upstream.url()
    );
    (upstream, toml)
}

#[test]
fn ten_tokens_take_turns_and_none_of_them_is_seen_elsewhere() {
    let asked = Counts::default();
    let (_upstream, toml) = forge("server-tokens", &asked);
    let server = Server::start("server-tokens", &toml);
    let mut revoked_id = String::new();
    for index in 0..10 {
        let token = format!("{TOKEN}{index}");
        let (success, said) = secret(&server.data, &["add", "--owner", "*", "--purpose", "Forge"], &token);
        assert!(success && !said.contains("hush"), "{said}");
        if token == REVOKED {
            revoked_id = said.strip_prefix("Forge of *: ").unwrap().strip_suffix(" is added\n").unwrap().to_owned();
        }
    }
    let mut said = String::new();
    for repo in 0..40 {
        let response = server.get(&format!("/badges/forge/owner-{repo}/shop"));
        assert!(response.status == 200 && response.body.contains(r#""message":"1.2k""#), "{}", response.body);
        said += &format!("{response:?}");
    }
    let counts = asked.lock().unwrap().clone();
    assert!(EXHAUSTED.iter().chain([&REVOKED]).all(|token| counts[*token] == 1), "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), 44, "{counts:?}");
    // The others take turns.
    assert!(counts.iter().all(|(token, count)| EXHAUSTED.contains(&&**token) || *token == REVOKED || *count >= 6));

    // What a token of the server could see of a private repository is what everybody sees of a missing one.
    let seen = |repo: &str| {
        let response = server.get(&format!("/badges/forge/acme/{repo}"));
        let head: Vec<_> = response.head.lines().filter(|line| !line.starts_with("x-correlation-id")).collect();
        format!("{} {}", head.join("\n").replace(repo, ""), response.body.replace(repo, ""))
    };
    let without_ids = |text: String| text.split("correlation_id").next().unwrap().to_owned();
    let (private, missing) = (without_ids(seen("private")), without_ids(seen("gone")));
    assert!(private.contains("repo not found"), "{private}");
    let lines =
        |text: &str| text.lines().filter(|line| !line.starts_with("date")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&private), lines(&missing));

    said += &server.get("/health?deep=1").body;
    said += &server.get("/metrics").body;
    assert!(said.contains("seconds_left") && !said.contains("hush"), "{said}");
    let log = server.log();
    assert_eq!(log.lines().filter(|line| line.contains(&revoked_id)).count(), 1, "{log}");
    assert!(!log.contains("hush"), "{log}");
    // The control socket is no file.
    let paths = fs::read_dir(&server.data).unwrap().map(|entry| entry.unwrap().path());
    for file in paths.filter(|path| path.is_file()) {
        let bytes = fs::read(&file).unwrap();
        let holds = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
        assert_eq!(holds, file.file_name().unwrap() == "secrets.json", "{}", file.display());
    }
}

#[test]
fn a_recorded_call_has_nothing_that_the_server_would_hide() {
    let (_upstream, toml) = forge("recorded-forge", &Counts::default());
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorded-forge-{}", std::process::id()));
    let (config, data) = (place.join("plugins.toml"), place.join("data"));
    fs::create_dir_all(&place).unwrap();
    fs::write(&config, toml).unwrap();
    let (success, said) = secret(&data, &["add", "--owner", "*", "--purpose", "Forge"], &format!("{TOKEN}0"));
    assert!(success, "{said}");
    let record = |address: &str| {
        let mut command = command();
        command.args(["plugin", "record", address, "--config"]).arg(&config).arg("--data").arg(&data);
        let output = command.output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!said.contains("hush"), "{said}");
        (output.status.success(), said)
    };
    let (success, said) = record("/badges/forge/acme/shop");
    assert!(success && said.contains(r#""sent-with": "server""#) && said.contains("1.2k"), "{said}");
    let (success, said) = record("/badges/forge/acme/private");
    assert!(!success && said.contains("`private` in [engine] of plugins.toml grants it"), "{said}");
    fs::remove_dir_all(place).unwrap();
}
