//! SIGHUP and `badgesmith reload`: plugins.toml is read again while the server answers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use support::{Server, command, word_library};

/// A provider whose badge says what its file says, without asking anybody.
fn provider(folder: &Path, id: &str, message: &str) {
    let text = format!(
        "id = {id:?}\nversion = \"1.0.0\"\nmount = \"/badges/{id}\"\n\
         settings = {{ upstream = \"https://example.com\" }}\n\
         [[badge]]\nname = \"word\"\nroute = \"{{name}}\"\nlabel = {message:?}\nsummary = \"A word.\"\nexample = \"x\"\n\
         get = \"{{upstream}}/{{name}}.json\"\nvalue = \"/version\"\n"
    );
    std::fs::write(folder.join(format!("{id}.toml")), text).unwrap();
}

fn entry(id: &str) -> String {
    format!("[[plugin]]\nid = {id:?}\ndeclarative = \"{id}.toml\"\norigins = [\"https://example.com\"]\n")
}

/// The folder of a server of this name, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs `badgesmith reload`; returns whether it succeeded, and its output.
fn reload(server: &Server) -> (bool, String) {
    let output = command().arg("reload").arg("--data").arg(&server.data).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn hang_up(server: &Server) {
    assert!(Command::new("kill").args(["-HUP", &server.process().to_string()]).status().unwrap().success());
}

/// The ids of the plugins.
fn plugins(server: &Server) -> Vec<String> {
    let health: serde_json::Value = serde_json::from_str(&server.get("/health?deep=1").body).unwrap();
    let ids = health["plugins"].as_array().unwrap().iter().map(|plugin| plugin["id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// Sends requests over one connection until it is told to stop, and returns how many were answered with 200.
fn ask_again_and_again(address: SocketAddr, path: &str, stop: &AtomicBool, failed: &AtomicUsize) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let sent = stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
        let is_good = sent.is_ok() && read_answer(&mut reader) == Some(200);
        answered += usize::from(is_good);
        if !is_good {
            failed.fetch_add(1, Ordering::Relaxed);
            return answered;
        }
    }
    answered
}

/// The status of an answer whose body is read, too.
fn read_answer(reader: &mut impl BufRead) -> Option<u16> {
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    status
}

#[test]
fn ten_seconds_of_requests_all_succeed_while_plugins_are_reloaded_and_a_broken_file_changes_nothing() {
    let folder = folder("reload-load");
    provider(&folder, "one", "one");
    let server = Server::start_with("reload-load", &entry("one"), &[]);
    let (stop, failed) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let paths: [&'static str; 4] =
        ["/badge/hello-world-brightgreen", "/badge/a-b-red.svg?logo=rust", "/openapi.json", "/health/ready"];
    let clients = (0..8).map(|at| {
        let path = paths[at % 4];
        let (stop, failed, address) = (Arc::clone(&stop), Arc::clone(&failed), server.address);
        thread::spawn(move || ask_again_and_again(address, path, &stop, &failed))
    });
    let clients: Vec<_> = clients.collect();
    let began = Instant::now();
    let mut reloads = 0;
    while began.elapsed() < Duration::from_secs(10) {
        let id = format!("more{reloads}");
        provider(&folder, &id, &id);
        std::fs::write(folder.join("plugins.toml"), entry("one") + &entry(&id)).unwrap();
        hang_up(&server);
        // Only the new engine knows it, and it is soon there.
        let soon = Instant::now() + Duration::from_secs(10);
        while plugins(&server) != ["one", &*id] {
            assert!(Instant::now() < soon, "{}", server.log());
        }
        std::fs::write(folder.join("plugins.toml"), "[[plugin]]\nid = 5\nlibary = \"x\"\n[[plugin]]\nid = \"y\"\n")
            .unwrap();
        let (is_taken, said) = reload(&server);
        assert!(!is_taken, "{said}");
        for mistake in ["nothing changed", "plugins.toml:2: ", "plugins.toml:3: ", "`libary`", "plugins.toml:5: "] {
            assert!(said.contains(mistake), "{mistake}: {said}");
        }
        assert_eq!(plugins(&server), ["one", &*id]);
        reloads += 1;
    }
    stop.store(true, Ordering::Relaxed);
    let answered: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    println!("{answered} requests were answered during {reloads} reloads and as many refused ones");
    assert_eq!(failed.load(Ordering::Relaxed), 0);
    assert!(reloads > 2 && answered > 100, "{answered} {reloads}");
    let log = server.log();
    assert!(log.contains("plugins.toml was read again") && log.contains("plugins.toml is not taken"), "{log}");
    assert!(log.contains("plugins.toml:3: "), "{log}");
}

#[test]
fn the_control_socket_is_its_users_alone_and_goes_with_the_server_and_a_stale_one_is_replaced() {
    let folder = folder("reload-socket");
    std::fs::create_dir_all(folder.join("data")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.join("data/control.sock")).unwrap());
    let mut server = Server::start_with("reload-socket", "", &[]);
    let socket = server.data.join("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    stream.write_all(b"nonsense\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#""status":"refused""#) && answer.contains("nonsense"), "{answer}");
    assert!(reload(&server).0);
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    assert!(!socket.exists());
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("no server answers in"), "{said}");
}

#[test]
fn what_needs_a_restart_is_said_and_is_as_before() {
    let folder = folder("reload-restart");
    let server = Server::start_with("reload-restart", "", &[]);
    std::fs::write(folder.join("plugins.toml"), "[engine]\ncache-mib = 32\nendpoint = false\n").unwrap();
    let (is_taken, said) = reload(&server);
    assert!(is_taken && said.contains("needs a restart: cache-mib"), "{said}");
    assert_eq!(server.get("/endpoint?url=https://example.com/x.json&format=json").status, 403);
    std::fs::remove_file(folder.join("plugins.toml")).unwrap();
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("plugins.toml"), "{said}");
}

#[test]
fn listeners_go_on_and_are_told_to_read_everything_anew_unless_the_live_page_changes() {
    let folder = folder("reload-live");
    let live = "[engine]\nlive = [\"acme\"]\n";
    let server = Server::start_with("reload-live", live, &[]);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut until = |wanted: &str| {
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 {
            if line.contains(wanted) {
                return true;
            }
            line.clear();
        }
        false
    };
    assert!(until("event: ready"));
    assert!(reload(&server).0);
    assert!(until("event: reset"));
    std::fs::write(folder.join("plugins.toml"), live.replace("acme", "other")).unwrap();
    assert!(reload(&server).0);
    assert!(!until("event: reset"), "the stream goes on");
    assert_eq!(server.get("/api/repos").status, 200);
}

#[test]
fn a_library_that_was_replaced_answers_after_a_reload() {
    let folder = folder("reload-library");
    let build = |word: &str| {
        std::fs::rename(word_library::build(&folder, word), folder.join("c.so")).unwrap();
    };
    build("first");
    let toml = "[[plugin]]\nid = \"c\"\nlibrary = \"./c.so\"\n";
    let server = Server::start_with("reload-library", toml, &[]);
    for word in ["first", "second", "third"] {
        build(word);
        assert!(reload(&server).0, "{}", server.log());
        let body = server.get("/badges/c/w?format=json").body;
        assert!(body.contains(&format!("\"message\":\"{word}\"")), "{word}: {body}");
    }
    // One that ends the process that opens it, as one that was cut while it was copied does.
    std::fs::write(folder.join("trap.c"), "__attribute__((constructor)) static void trap(void) { __builtin_trap(); }")
        .unwrap();
    let (file, library) = (folder.join("trap.c"), folder.join("trap.so"));
    let mut compiler = Command::new("cc");
    assert!(compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&file).status().unwrap().success());
    std::fs::rename(library, folder.join("c.so")).unwrap();
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("a library ends the process that loads it"), "{said}");
    assert!(server.get("/badges/c/w?format=json").body.contains("third"), "{}", server.log());
}

#[test]
fn a_library_that_never_ends_loading_is_given_up_and_one_that_leaves_a_process_behind_is_taken() {
    let folder = folder("reload-hang");
    let begin = |code: &str| {
        // Only in the process that loads it first, which logs nothing but errors.
        let trap = format!(
            "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n__attribute__((constructor)) static void \
             begin(void) {{ const char *level = getenv(\"LOG_LEVEL\"); if (level && !strcmp(level, \"error\")) {{ {code} }} }}\n"
        );
        let library = word_library::build(&folder, "word");
        std::fs::write(folder.join("begin.c"), trap + &std::fs::read_to_string(folder.join("c.c")).unwrap()).unwrap();
        let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers/sdk/include");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-I"]).arg(include).arg("-o").arg(&library).arg(folder.join("begin.c"));
        assert!(compiler.status().unwrap().success());
        std::fs::rename(library, folder.join("c.so")).unwrap();
    };
    begin("");
    let server = Server::start_with("reload-hang", "[[plugin]]\nid = \"c\"\nlibrary = \"./c.so\"\n", &[]);
    begin("for (;;) pause();");
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("no library waits for something when it is loaded"), "{said}");
    // The process that is left behind keeps the pipe open to which errors are written.
    begin("if (fork() == 0) { sleep(30); _exit(0); }");
    let began = Instant::now();
    let (is_taken, said) = reload(&server);
    assert!(is_taken && began.elapsed() < Duration::from_secs(20), "{:?} {said}", began.elapsed());
    assert!(server.get("/badges/c/w?format=json").body.contains("word"), "{}", server.log());
}

#[test]
fn a_plugins_toml_that_does_not_end_is_given_up_and_a_later_one_is_taken() {
    let folder = folder("reload-pipe");
    let server = Server::start_with("reload-pipe", "", &[]);
    let file = folder.join("plugins.toml");
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("see that they are regular files"), "{said}");
    let (is_taken, said) = reload(&server);
    assert!(!is_taken && said.contains("see that they are regular files"), "{said}");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "").unwrap();
    // What waited for the pipe was ended.
    let (is_taken, said) = reload(&server);
    assert!(is_taken, "{said}");
    assert_eq!(server.get("/badge/a-b-red").status, 200);
}

#[test]
fn a_server_that_stops_is_not_ready_and_takes_requests_for_as_long_as_it_was_told() {
    let _ = folder("reload-stop");
    let mut server = Server::start_with("reload-stop", "", &["--stop-delay", "2"]);
    assert_eq!(server.get("/health/ready").status, 200);
    assert_eq!(server.get("/health/live").status, 200);
    server.terminate();
    let soon = Instant::now() + Duration::from_millis(1500);
    while server.get("/health/ready").status == 200 {
        assert!(Instant::now() < soon);
    }
    let ready = server.get("/health/ready");
    assert_eq!((ready.status, &*ready.body), (503, r#"{"status":"Stopping"}"#));
    assert_eq!(server.get("/health/live").status, 200);
    assert_eq!(server.get("/badge/a-b-red").status, 200);
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_second_signal_ends_the_delay_of_a_stop() {
    let _ = folder("reload-stop-twice");
    let mut server = Server::start_with("reload-stop-twice", "", &["--stop-delay", "60"]);
    server.terminate();
    while server.get("/health/ready").status == 200 {}
    let started = Instant::now();
    server.terminate();
    assert_eq!(server.wait(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(30));
}
