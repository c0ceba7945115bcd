//! URLs that callers name: no private address can be reached in any way, and only checked addresses are connected to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use badgesmith_engine::{
    AllowedAddress, Settings,
    world::{Ask, Fault, Reply, Upstream},
};
use badgesmith_host::web::{HttpWeb, Resolver};
use flate2::{Compression, write::GzEncoder};
use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

const LARGEST: usize = 64 * 1024;

/// A resolver with fixed answers. Each lookup takes a name's next answer; the last one is repeated.
#[derive(Default)]
struct FixedResolver {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    lookups: AtomicUsize,
}

impl FixedResolver {
    fn set(&self, name: &str, answers: &[&[&str]]) {
        let parsed = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect()).collect();
        self.answers.lock().unwrap().insert(name.to_owned(), parsed);
    }
}

impl Resolver for FixedResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap();
        let found = match answers.get_mut(name) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        Box::pin(async move { found })
    }
}

fn ask(url: &str) -> Ask {
    Ask::get(Url::parse(url).unwrap(), LARGEST, Duration::from_secs(20))
}

fn web(allow: &[&str], names: &Arc<FixedResolver>) -> HttpWeb {
    let allow_addresses = allow.iter().map(|text| AllowedAddress::try_from((*text).to_owned()).unwrap()).collect();
    let settings = Settings { allow_addresses, ..Settings::default() };
    HttpWeb::with_resolver(&settings, Arc::clone(names) as Arc<dyn Resolver>)
}

/// Answers every request with `answer` of its path. Returns the server's address and its number of connections.
async fn server(host: &str, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            // The client may close the connection before it has read everything.
            let _ = stream.write_all(&answer(&path)).await;
        }
    });
    (address, came)
}

fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn text(outcome: Result<Reply, Fault>) -> String {
    String::from_utf8(outcome.unwrap().body.to_vec()).unwrap()
}

#[tokio::test]
async fn every_private_address_is_refused_however_it_is_spelled() {
    let names = Arc::<FixedResolver>::default();
    let (mut refused, mut none) = (0, 0);
    for line in include_str!("inside.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        // The addresses of the name follow after a blank.
        let (url, leads_to) = match line.split_once(' ') {
            Some((url, rest)) if rest.starts_with(|first: char| first.is_ascii_digit() || first == ':') => (url, rest),
            _ => (line, ""),
        };
        let Ok(parsed) = Url::parse(url) else {
            none += 1;
            continue;
        };
        if let (Some(name), false) = (parsed.host_str(), leads_to.is_empty()) {
            names.set(name, &[&leads_to.split(' ').collect::<Vec<_>>()]);
        }
        let outcome = web(&[], &names).fetch(ask(url)).await;
        assert!(matches!(outcome, Err(Fault::NotAllowed(_))), "{line}: {outcome:?}");
        refused += 1;
    }
    println!("{refused} spellings refused, {none} more are no addresses");
    assert!(refused >= 60, "only {refused} spellings were refused");
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_only_the_checked_address_is_connected_to() {
    let (good, came) = server("127.0.0.1", |_| whole("200 OK", "", b"good")).await;
    let port = good.rsplit_once(':').unwrap().1;
    // The same port of another loopback address, which is not allowed.
    let evil = TcpListener::bind(format!("127.0.0.2:{port}")).await.unwrap();
    let names = Arc::<FixedResolver>::default();
    names.set("rebinds.localhost", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let web = web(&[&good, &format!("127.0.0.3:{port}")], &names);
    let url = format!("https://rebinds.localhost:{port}/");
    // The server has no TLS, so the fetch fails after connecting.
    assert!(matches!(web.fetch(ask(&url)).await, Err(Fault::Unreachable(_) | Fault::Nonsense(_))));
    assert_eq!((names.lookups.load(Ordering::Relaxed), came.load(Ordering::Relaxed)), (1, 1));
    assert_eq!(web.fetch(ask(&url)).await.unwrap_err(), Fault::NotAllowed("url not allowed"));
    assert_eq!((names.lookups.load(Ordering::Relaxed), came.load(Ordering::Relaxed)), (2, 1));
    let nobody = tokio::time::timeout(Duration::from_millis(100), evil.accept()).await;
    assert!(nobody.is_err(), "an address was connected to that was not checked");
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_url() {
    let (inside, came) = server("127.0.0.1", |_| whole("200 OK", "", b"secret")).await;
    let elsewhere = inside.clone();
    let (good, _) = server("127.0.0.1", move |path| {
        let location = match path {
            "/there" => return whole("200 OK", "", b"there"),
            "/inside" => format!("http://{elsewhere}/"),
            "/numbers" => "https://2130706433/".to_owned(),
            "/metadata" => "http://169.254.169.254/latest/meta-data/".to_owned(),
            "/name" => "https://inside.example/".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            "/nothing" => "https://".to_owned(),
            "/circle" => "/circle".to_owned(),
            _ => "/there".to_owned(),
        };
        whole("302 Found", &format!("Location: {location}\r\n"), b"")
    })
    .await;
    let names = Arc::<FixedResolver>::default();
    names.set("inside.example", &[&["127.0.0.1"]]);
    let web = web(&[&good], &names);
    assert_eq!(text(web.fetch(ask(&format!("http://{good}/"))).await), "there");
    for (path, expected) in [
        ("/inside", Fault::NotAllowed("please use https")),
        ("/numbers", Fault::NotAllowed("url not allowed")),
        ("/metadata", Fault::NotAllowed("please use https")),
        ("/name", Fault::NotAllowed("url not allowed")),
        ("/file", Fault::NotAllowed("url not allowed")),
        ("/nothing", Fault::Nonsense("it redirects to what is no address".to_owned())),
        ("/circle", Fault::Nonsense("it redirects more than 5 times".to_owned())),
    ] {
        assert_eq!(web.fetch(ask(&format!("http://{good}{path}"))).await.unwrap_err(), expected, "{path}");
    }
    assert_eq!(came.load(Ordering::Relaxed), 0, "a private address was connected to");
}

#[tokio::test]
async fn an_allowed_host_is_fetched_by_its_address_and_by_its_name() {
    let (address, _) = server("127.0.0.1", |path| whole("200 OK", "ETag: \"1\"\r\n", path.as_bytes())).await;
    let port = address.rsplit_once(':').unwrap().1;
    let names = Arc::<FixedResolver>::default();
    names.set("localhost", &[&["127.0.0.1"]]);
    let web = web(&[&address], &names);
    assert_eq!(text(web.fetch(ask(&format!("http://{address}/a?b=c#d"))).await), "/a?b=c");
    assert_eq!(text(web.fetch(ask(&format!("http://localhost:{port}/e"))).await), "/e");
    let unknown = web.fetch(ask("https://nowhere.example/")).await;
    assert!(matches!(unknown, Err(Fault::Unreachable(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_body_is_bounded_by_its_limit_and_an_exchange_by_its_time_limit() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    io::Write::write_all(&mut bomb, &vec![b' '; 64 * 1024 * 1024]).unwrap();
    let bomb = whole("200 OK", "Content-Encoding: gzip\r\n", &bomb.finish().unwrap());
    let large = vec![b' '; LARGEST + 1];
    let (address, _) = server("127.0.0.1", move |path| match path {
        "/bomb" => bomb.clone(),
        "/large" => whole("200 OK", "", &large),
        "/chunks" => {
            let chunk = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(), &chunk].concat()
        }
        _ => b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n".to_vec(),
    })
    .await;
    let web = web(&[&address], &Arc::default());
    for path in ["/bomb", "/large", "/chunks"] {
        let outcome = web.fetch(ask(&format!("http://{address}{path}"))).await;
        assert_eq!(outcome.unwrap_err(), Fault::TooLarge, "{path}");
    }
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let web = self::web(&[&address], &Arc::default());
    let short = Ask { patience: Duration::from_millis(50), ..ask(&format!("http://{address}/")) };
    assert_eq!(web.fetch(short).await.unwrap_err(), Fault::Timeout);
}

/// A server that answers each request after this time. Returns its address and its highest number of concurrent
/// requests.
async fn slow(host: &str, wait: Duration) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((host, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let most = Arc::<AtomicUsize>::default();
    let (here, seen) = (Arc::<AtomicUsize>::default(), Arc::clone(&most));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (here, seen) = (Arc::clone(&here), Arc::clone(&seen));
            tokio::spawn(async move {
                seen.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                tokio::time::sleep(wait).await;
                here.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&whole("200 OK", "", b"late")).await;
            });
        }
    });
    (address, most)
}

#[tokio::test]
async fn four_requests_go_to_one_host_at_once_and_64_in_all() {
    let mut servers = Vec::new();
    for at in 1..=20 {
        servers.push(slow(&format!("127.0.0.{at}"), Duration::from_millis(400)).await);
    }
    let allow: Vec<&str> = servers.iter().map(|(address, _)| &**address).collect();
    let web = web(&allow, &Arc::default());
    let asks = (0..100).map(|at| web.fetch(ask(&format!("http://{}/{at}", allow[at % 20]))));
    let began = tokio::time::Instant::now();
    let outcomes = futures_util::future::join_all(asks).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(began.elapsed() >= Duration::from_millis(800), "100 requests take at least two rounds of 64");
    let most: Vec<usize> = servers.iter().map(|(_, most)| most.load(Ordering::SeqCst)).collect();
    assert!(most.iter().all(|most| *most <= 4), "{most:?}");
}

#[tokio::test]
async fn a_host_that_stalls_is_soon_too_busy_and_takes_no_permits_from_others() {
    let (stalling, most) = slow("127.0.0.1", Duration::from_secs(60)).await;
    let (good, _) = server("127.0.0.2", |_| whole("200 OK", "", b"good")).await;
    let (from, _) = server("127.0.0.3", {
        let stalling = stalling.clone();
        move |_| whole("302 Found", &format!("Location: http://{stalling}/\r\n"), b"")
    })
    .await;
    let web = Arc::new(web(&[&stalling, &good, &from], &Arc::default()));
    let short = |url: String| Ask { patience: Duration::from_millis(2500), ..ask(&url) };
    // Half of them come by a redirect from another host, which must not evade the limit.
    let asks: Vec<_> = (0..100)
        .map(|at| {
            let (web, host) = (Arc::clone(&web), if at % 2 == 0 { &stalling } else { &from });
            let ask = short(format!("http://{host}/{at}"));
            tokio::spawn(async move { web.fetch(ask).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = tokio::time::Instant::now();
    assert_eq!(text(web.fetch(ask(&format!("http://{good}/"))).await), "good");
    println!("a request to another host took {:?} meanwhile", began.elapsed());
    let (mut busy, mut late) = (0, 0);
    for asking in asks {
        match asking.await.unwrap() {
            Err(Fault::Busy) => busy += 1,
            Err(Fault::Timeout) => late += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((busy, late, most.load(Ordering::SeqCst)), (96, 4, 4));
}

#[tokio::test]
async fn lookups_that_never_end_keep_their_permits_and_take_none_from_other_names() {
    /// A resolver whose lookups of one domain never end.
    struct StuckResolver;
    impl Resolver for StuckResolver {
        fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
            Box::pin(async move {
                if name.ends_with(".evil.example") {
                    std::future::pending::<()>().await;
                }
                Ok(vec!["127.0.0.1".parse().unwrap()])
            })
        }
    }
    let settings = Settings { allow_http: true, ..Settings::default() };
    let web = Arc::new(HttpWeb::with_resolver(&settings, Arc::new(StuckResolver)));
    let short = |url: String| Ask { patience: Duration::from_millis(100), ..ask(&url) };
    let asks = (0..40).map(|at| web.fetch(short(format!("http://{at}.evil.example/"))));
    let outcomes = futures_util::future::join_all(asks).await;
    let count = |fault: &Fault| outcomes.iter().filter(|outcome| outcome.as_ref().err() == Some(fault)).count();
    assert_eq!((count(&Fault::Timeout), count(&Fault::Busy)), (8, 32));
    let good = web.fetch(short("http://good.example/".to_owned())).await;
    assert_eq!(good.unwrap_err(), Fault::NotAllowed("url not allowed"), "it was looked up, and its address is private");
}
