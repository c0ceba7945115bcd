//! An owner's token: it can be set while the server runs, is sent to its origin only, and appears nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    fs,
    io::Write,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use support::{Server, Upstream, github_toml, secret};

const TOKEN: &str = "ghp-hush-hush-0123456789";

#[test]
fn a_token_counts_without_a_restart_and_appears_nowhere_but_in_the_request_to_its_origin() {
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let broken = Arc::<AtomicBool>::default();
    let (seen, breaking) = (Arc::clone(&heads), Arc::clone(&broken));
    let upstream = Upstream::raw(move |head, stream| {
        seen.lock().unwrap().push(head.to_owned());
        let (status, body) = match head.contains(&format!("Bearer {TOKEN}\r\n")) {
            _ if breaking.load(Ordering::SeqCst) => (500, String::new()),
            // The answer of an upstream may repeat the token, which must not be passed on.
            false => (401, format!("{{\"message\":\"Bad credentials: {head:?}\"}}")),
            true => (200, r#"[{"id":1,"name":"2.0.0-rc1"},{"id":2,"name":"1.5.0"}]"#.to_owned()),
        };
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).is_ok()
    });
    let toml = github_toml(&upstream.url()) + "fresh-seconds = 1\n";
    let server = Server::start("token", &toml);
    let badge = "/badges/packages/github/Acme/Acme.Core";
    let said = Mutex::new(String::new());
    let get = |path: &str| {
        let response = server.get(path);
        said.lock().unwrap().push_str(&format!("{response:?}"));
        (response.status, response.body)
    };
    let (status, body) = get(badge);
    assert!(status == 401 && body.contains("SECRET_NOT_CONFIGURED"), "{body}");
    assert!(get("/badges/packages/github/Acme/Acme.Core.svg").1.contains("github: token not configured"));
    assert_eq!(upstream.calls(), 0, "nobody is asked without a token");

    let named = ["--owner", "ACME", "--purpose", "Package"];
    let (success, words) = secret(&server.data, &[&["set"], &named[..]].concat(), &format!("{TOKEN}\n"));
    assert!(success, "{words}");
    said_nothing(&words);
    assert!(get(badge).1.contains(r#""message":"1.5.0","color":"green""#));
    assert!(get(&format!("{badge}?prerelease=true")).1.contains(r#""message":"2.0.0-rc1","color":"orange""#));
    assert_eq!(upstream.calls(), 1, "both badges read one list");

    broken.store(true, Ordering::SeqCst);
    thread::sleep(Duration::from_millis(1100));
    assert!(get(badge).1.contains("1.5.0"), "the last good badge");
    get("/badges/packages/github/acme/other");
    get("/health?deep=1");
    get("/?format=json");
    let (_, words) = secret(&server.data, &["list"], "");
    assert_eq!(words, "acme Package\n");
    said_nothing(&said.lock().unwrap());
    said_nothing(&server.log());
    said_nothing(&server.arguments());
    // The control socket is no file.
    let paths = fs::read_dir(&server.data).unwrap().map(|entry| entry.unwrap().path());
    for file in paths.filter(|path| path.is_file()) {
        let is_secrets = file.file_name().unwrap() == "secrets.json";
        let bytes = fs::read(&file).unwrap();
        let holds = bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
        assert_eq!(holds, is_secrets, "{}", file.display());
    }
    assert!(heads.lock().unwrap().iter().all(|head| head.contains(TOKEN)), "it is sent with every request");

    let (success, _) = secret(&server.data, &[&["remove"], &named[..]].concat(), "");
    assert!(success);
    assert!(get("/badges/packages/github/acme/third").1.contains("SECRET_NOT_CONFIGURED"));
    let (success, words) = secret(&server.data, &[&["remove"], &named[..]].concat(), "");
    assert!(!success && words.contains("Package of ACME has no secret"), "{words}");
}

#[test]
fn an_invalid_secret_is_refused() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-secret");
    for (input, words) in [("", "the secret is empty"), ("\n", "the secret is empty"), ("a b", "has blanks")] {
        let (success, said) = secret(&data, &["set", "--owner", "a", "--purpose", "Package"], input);
        assert!(!success && said.contains(words), "{said}");
    }
}

#[test]
fn the_server_has_several_tokens_of_its_own_which_are_listed_and_removed_by_their_ids() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("own-tokens-{}", std::process::id()));
    let run = |arguments: &[&str], input: &str| secret(&data, arguments, input);
    let own = ["--owner", "*", "--purpose", "GitHub"];
    // The first eight digits of the SHA-256 of `one-token` and `two-token`.
    let ids = ["4c135fb1", "f030a8ac"];
    for (token, id) in ["one-token", "two-token"].into_iter().zip(ids) {
        let (success, said) = run(&[&["add"], &own[..]].concat(), &format!("{token}\n"));
        assert!(success && said == format!("GitHub of *: {id} is added\n"), "{said}");
    }
    assert_eq!(run(&["list"], "").1, format!("* GitHub {}\n* GitHub {}\n", ids[1], ids[0]));
    let refused = [
        (vec!["add", "--owner", "acme", "--purpose", "GitHub"], "`secret rotate` changes"),
        (vec!["add", "--owner", "*", "--repo", "tools", "--purpose", "GitHub"], "leave out --repo"),
        (vec!["set", "--owner", "*", "--repo", "tools", "--purpose", "GitHub"], "leave out --repo"),
        (vec!["add", "--owner", "*", "--purpose", "GitHub"], "already, as 4c135fb1"),
        (vec!["remove", "--owner", "acme", "--purpose", "GitHub", "--id", ids[0]], "only the server's own"),
        (vec!["remove", "--owner", "*", "--purpose", "GitHub", "--id", "00000000"], "00000000 among GitHub of *"),
    ];
    for (arguments, words) in refused {
        let (success, said) = run(&arguments, "one-token");
        assert!(!success && said.contains(words), "{arguments:?}: {said}");
    }
    let (success, said) = run(&["remove", "--owner", "*", "--purpose", "GitHub", "--id", ids[1]], "");
    assert!(success && said == "GitHub of *: f030a8ac is removed\n", "{said}");
    assert_eq!(run(&["list"], "").1, format!("* GitHub {}\n", ids[0]));
    fs::remove_dir_all(data).unwrap();
}

#[track_caller]
fn said_nothing(text: &str) {
    assert!(!text.contains(TOKEN) && !text.contains("hush"), "{text}");
}
