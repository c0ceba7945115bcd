//! Webhooks to receivers: through the address guard, without redirects, and ten at once to one receiver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
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
    events::{Courier, Outgoing},
    plugins::Config,
    world::{Fault, Reply, Secret, Secrets, Unavailable, Unhealthy},
};
use badgesmith_host::{
    courier::{HttpCourier, TopicPublisher},
    subscription_check::check_subscriptions,
    web::Resolver,
};
use futures_util::future::{BoxFuture, FutureExt, join_all, ready};
use http::{HeaderMap, HeaderValue, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A resolver that gives one answer after another, for any name.
struct Rebinding(Mutex<Vec<&'static str>>);

impl Resolver for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let address = self.0.lock().unwrap().remove(0).parse().unwrap();
        ready(Ok(vec![address])).boxed()
    }
}

fn settings(allow: &[&str]) -> Settings {
    let allow_addresses = allow.iter().map(|text| AllowedAddress::try_from((*text).to_owned()).unwrap()).collect();
    Settings { allow_addresses, ..Settings::default() }
}

fn webhook(url: &str) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_static("evt_1"));
    Outgoing::Webhook { url: url.parse().unwrap(), headers, body: "{\"a\":1}".into() }
}

/// What a receiver saw.
#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A receiver that answers every webhook after `wait`.
async fn receiver(answer: Vec<u8>, wait: Duration) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::<Seen>::default();
    let (answer, noted) = (Arc::new(answer), Arc::clone(&seen));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, seen) = (Arc::clone(&answer), Arc::clone(&noted));
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"{\"a\":1}") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    request.push(byte);
                }
                seen.most.fetch_max(seen.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                seen.requests.lock().unwrap().push(String::from_utf8(request).unwrap());
                tokio::time::sleep(wait).await;
                seen.now.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (address, seen)
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_webhook_is_one_post_and_every_status_is_the_answer_also_a_redirect_and_a_large_one() {
    for (status, headers, body, read) in [
        ("204 No Content", "", 0, 0),
        ("307 Temporary Redirect", "Location: /elsewhere\r\n", 0, 0),
        ("302 Found", "Location: http://169.254.169.254/\r\n", 5, 5),
        ("429 Too Many Requests", "Retry-After: 7\r\n", 10, 10),
        ("200 OK", "", 16 * 1024, 16 * 1024),
        ("200 OK", "", 16 * 1024 + 1, 0),
        ("410 Gone", "Content-Encoding: br\r\n", 3, 0),
    ] {
        let (address, seen) = receiver(answer(status, headers, &vec![b'x'; body]), Duration::ZERO).await;
        let courier = HttpCourier::new(&settings(&[&address]));
        let reply = courier.send(webhook(&format!("http://{address}/in?a=b"))).await.unwrap();
        assert_eq!((reply.status.to_string(), reply.body.len()), (status[..3].to_owned(), read), "{status}");
        assert_eq!(reply.headers.contains_key("retry-after"), status.starts_with("429"));
        let requests = seen.requests.lock().unwrap().clone();
        let [request] = &*requests else { panic!("{requests:?}") };
        assert!(request.starts_with("POST /in?a=b HTTP/1.1\r\n"), "{request}");
        let lower = request.to_ascii_lowercase();
        assert_eq!(lower.matches("content-type: application/json\r\n").count(), 1, "{request}");
        assert!(lower.contains("webhook-id: evt_1\r\n") && lower.contains("user-agent: badgesmith/"), "{request}");
    }
}

#[tokio::test]
async fn ten_webhooks_at_once_go_to_one_receiver_and_others_do_not_wait_for_it() {
    let (slow, seen) = receiver(answer("200 OK", "", b""), Duration::from_millis(300)).await;
    let (fast, _) = receiver(answer("200 OK", "", b""), Duration::ZERO).await;
    let courier = HttpCourier::new(&settings(&[&slow, &fast]));
    let many = join_all((0..30).map(|_| courier.send(webhook(&format!("http://{slow}/")))));
    let other = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let began = std::time::Instant::now();
        assert_eq!(courier.send(webhook(&format!("http://{fast}/"))).await.unwrap().status, 200);
        began.elapsed()
    };
    let (replies, took) = tokio::join!(many, other);
    assert!(replies.iter().all(|reply| reply.as_ref().unwrap().status == 200));
    assert_eq!(seen.most.load(Ordering::SeqCst), 10);
    assert!(took < Duration::from_millis(300), "the other receiver waited {took:?}");
}

#[tokio::test]
async fn a_private_address_is_refused_also_if_the_name_leads_to_it_only_later() {
    let (address, seen) = receiver(answer("200 OK", "", b""), Duration::ZERO).await;
    let port = address.rsplit_once(':').unwrap().1;
    let courier = HttpCourier::new(&settings(&[]));
    for url in [format!("http://{address}/"), "https://10.0.0.1/".to_owned(), "https://[::1]/".to_owned()] {
        assert!(matches!(courier.send(webhook(&url)).await, Err(Fault::NotAllowed(_))), "{url}");
    }
    // The name leads to the allowed address once and then to another one of this machine.
    let names = Rebinding(Mutex::new(vec!["127.0.0.1", "127.0.0.2", "169.254.169.254"]));
    let courier = HttpCourier::with_resolver(&settings(&[&address]), Arc::new(names));
    let url = format!("http://hooks.localhost:{port}/");
    // Plain http to a name that is not this machine's is refused before it is looked up, so https is used: the receiver
    // has no TLS, and the attempt fails after connecting.
    assert!(matches!(courier.send(webhook(&url)).await, Err(Fault::NotAllowed(_))));
    let url = url.replace("http:", "https:");
    assert!(!matches!(courier.send(webhook(&url)).await, Ok(_) | Err(Fault::NotAllowed(_))));
    for _ in 0..2 {
        assert_eq!(courier.send(webhook(&url)).await.unwrap_err(), Fault::NotAllowed("url not allowed"));
    }
    assert!(seen.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_is_given_up_after_ten_seconds() {
    let (address, _) = receiver(Vec::new(), Duration::from_secs(3600)).await;
    let courier = HttpCourier::new(&settings(&[&address]));
    let began = tokio::time::Instant::now();
    assert_eq!(courier.send(webhook(&format!("http://{address}/"))).await.unwrap_err(), Fault::Timeout);
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_message_for_a_topic_goes_to_the_publisher_and_without_one_nowhere() {
    struct Publisher;
    impl TopicPublisher for Publisher {
        fn publish(&self, topic: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>> {
            let Outgoing::Topic { message, .. } = topic else { panic!("no topic") };
            ready(Ok(Reply { status: 200, body: message.into(), ..Reply::default() })).boxed()
        }
    }
    let topic = || Outgoing::Topic {
        arn: "arn:aws:sns:eu-central-1:123456789012:a".to_owned(),
        message: "{}".to_owned(),
        attributes: Default::default(),
        group: None,
        deduplication: None,
    };
    let courier = HttpCourier::new(&settings(&[]));
    assert!(matches!(courier.send(topic()).await, Err(Fault::NotAllowed(_))));
    assert_eq!(courier.with_topics(Arc::new(Publisher)).send(topic()).await.unwrap().body, "{}");
}

/// Secrets of the server's own.
struct Own(Vec<(&'static str, Vec<&'static str>)>);

impl Secrets for Own {
    fn find<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        let found = self.0.iter().find(|(name, _)| *name == purpose);
        let found = found.map(|(_, values)| values.iter().map(|value| Secret::new(*value)).collect());
        ready(Ok(found.unwrap_or_default())).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        ready(Ok(())).boxed()
    }
}

#[tokio::test]
async fn the_start_says_for_every_subscription_that_could_not_be_sent_what_to_write() {
    let table = |name: &str, url: &str, rest: &str| {
        format!("[[subscription]]\nname = \"{name}\"\nurl = {url}\nevents = [\"badge.changed\"]\n{rest}\n")
    };
    let json = |name: &str, url: &str, purpose: &str| table(name, url, &format!("secret = \"{purpose}\""));
    let slack = |name: &str, purpose: &str| {
        let url = format!("{{ secret = \"{purpose}\", origin = \"https://hooks.slack.com\" }}");
        table(name, &url, "form = \"slack\"")
    };
    let rows = [
        (json("good", "\"https://hooks.example.com/in\"", "Good"), None),
        (json("granted", "\"http://127.0.0.1:9000/in\"", "Good"), None),
        (slack("chat", "Slack"), None),
        (
            json("private", "\"https://10.0.0.1/hidden\"", "Good"),
            Some(
                "https://10.0.0.1/… is refused: url not allowed; write a public address, or allow-addresses = [\"10.0.0.1:443\"]",
            ),
        ),
        (
            json("unset", "\"https://hooks.example.com/in\"", "Unset"),
            Some("`badgesmith secret set --owner '*' --purpose Unset --generate=webhook`"),
        ),
        (
            json("hex", "\"https://hooks.example.com/in\"", "Hex"),
            Some("the secret Hex of '*' cannot sign: it does not begin with whsec_"),
        ),
        (slack("nowhere", "Nowhere"), Some("its address is not stored; send the address to the standard input of")),
        (slack("plain", "Plain"), Some("http://hooks.slack.com is plain http")),
        (slack("other", "Other"), Some("is an address that does not lead to https://hooks.slack.com; store another")),
    ];
    let secrets = Own(vec![
        ("Good", vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]),
        ("Hex", vec!["hidden0123"]),
        ("Slack", vec!["https://hooks.slack.com/services/hidden"]),
        ("Plain", vec!["http://hooks.slack.com/services/hidden"]),
        ("Other", vec!["https://hooks.slack.example/services/hidden"]),
    ]);
    let tables: String = rows.iter().map(|(table, _)| &**table).collect();
    let text = format!("[engine]\nallow-addresses = [\"127.0.0.1:9000\"]\n{tables}");
    let config = Config::parse(&text, std::path::Path::new("plugins.toml")).unwrap();
    let problems: Vec<_> =
        check_subscriptions(&config.engine, &secrets).await.iter().map(ToString::to_string).collect();
    let expected: Vec<_> = rows.iter().filter_map(|(_, words)| *words).collect();
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, words) in problems.iter().zip(expected) {
        assert!(problem.contains(words) && !problem.contains("hidden"), "{problem}");
    }
}
