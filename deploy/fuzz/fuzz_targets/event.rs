//! Messages of queues, rows of the outbox, and the bodies that are sent for them: no input causes a panic, a value that
//! was read and written again is read with the same result, and each body that is sent is JSON. The first line of an
//! input says what follows: `queued`, an event of a subscription's queue; `report`, a message of the queue of reports;
//! `outbox`, a row of the outbox; `secret`, a webhook's secret; `address`, its address.
#![no_main]

use badgesmith_engine::{
    Config, Engine,
    events::{Courier, Form, Outgoing, QueuedEvent, ResolvedTarget, WebhookSecret, outgoing, parse_address},
    store::{Row, Store},
    world::{Fault, Reply, SERVER, Secret},
};
use badgesmith_fuzz::world::{Parts, noon, wait};
use futures_util::future::{BoxFuture, FutureExt, ready};
use libfuzzer_sys::fuzz_target;

const CONFIG: &str = r#"
[[subscription]]
name = "fuzz"
events = ["badge.changed", "result.recorded", "workflow.completed", "repository.changed"]
url = "https://example.com/hook"
secret = "Hook"
"#;

/// Receives whatever is sent.
struct Receiver;

impl Courier for Receiver {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Reply, Fault>> {
        check(&outgoing);
        ready(Ok(Reply { status: 200, ..Reply::default() })).boxed()
    }
}

fn check(outgoing: &Outgoing) {
    let body = match outgoing {
        Outgoing::Webhook { body, .. } => body,
        Outgoing::Topic { message, .. } => message.as_bytes(),
    };
    if let Err(fault) = serde_json::from_slice::<serde_json::Value>(body) {
        panic!("{fault}: {}", String::from_utf8_lossy(body));
    }
    assert!(!format!("{outgoing:?}").contains("/hook"), "an address is shown");
}

fn queued(text: &str) {
    let Some(event) = QueuedEvent::read(text) else { return };
    assert_eq!(QueuedEvent::read(&event.write()).as_ref(), Some(&event));
    let url = parse_address("https://example.com/hook").expect("it is one");
    let secrets = vec![WebhookSecret::of_key(&[7; 32]).expect("it is one")];
    let webhook = ResolvedTarget::Webhook { url, secrets };
    for form in [Form::Json, Form::Slack, Form::Discord] {
        check(&outgoing(&event.event, form, &webhook, noon()));
    }
    for arn in ["arn:aws:sns:eu-west-1:1:a", "arn:aws:sns:eu-west-1:1:a.fifo"] {
        let outgoing = outgoing(&event.event, Form::Json, &ResolvedTarget::Topic(arn.to_owned()), noon());
        if let Outgoing::Topic { message, .. } = &outgoing {
            assert!(message.len() <= 256 * 1024);
        }
        check(&outgoing);
    }
}

fn told(text: &str) {
    let world = Parts::default();
    let config = Config::parse(CONFIG, "plugins.toml".as_ref()).expect("it is right");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
    let place = (SERVER.to_owned(), "Hook".to_owned());
    world.store.secrets.lock().expect("nobody panicked").insert(place, vec![secret]);
    wait(async {
        let engine = Engine::new(Vec::new(), &config.engine, world.world()).expect("it has no conflict");
        let row = Row {
            partition: "OUTBOX#00".to_owned(),
            key: "2026-11-21T12:00:00.000Z#evt_1".to_owned(),
            value: text.to_owned(),
            expires: noon(),
        };
        engine.tell_row(&row, noon()).await.expect("the store answers");
        let waiting = world.store.rows("QUEUE#fuzz", "", 10, noon()).await.expect("the store answers");
        for row in waiting {
            let event = QueuedEvent::read(&row.value).expect("it was written just now");
            assert_eq!(QueuedEvent::read(&event.write()), Some(event));
            let _ = engine.send_event("fuzz", &row.key, &Receiver, noon()).await.expect("the store answers");
        }
    });
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some((kind, text)) = text.split_once('\n') else { return };
    match kind {
        "queued" => queued(text),
        "report" => wait(async {
            let engine = badgesmith_fuzz::reports(&Parts::default());
            let (first, again) = (engine.record_queued(text, noon()).await, engine.record_queued(text, noon()).await);
            assert_eq!(first.is_ok(), again.is_ok(), "{first:?} {again:?}");
        }),
        "outbox" => told(text),
        "secret" => {
            if let Ok(secret) = WebhookSecret::parse(&Secret::new(text)) {
                assert_eq!(WebhookSecret::parse(&secret.to_secret()), Ok(secret));
            }
        }
        "address" => {
            if let Ok(url) = parse_address(text) {
                assert_eq!(parse_address(url.as_str()).ok(), Some(url));
            }
        }
        _ => {}
    }
});
