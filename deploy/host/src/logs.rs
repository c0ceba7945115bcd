//! The log: one line an event on standard error, for a person at a terminal and as JSON for everything else.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    cell::Cell,
    io::{IsTerminal, stderr},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt, fmt::MakeWriter, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// The crates whose lines obey the level, by the beginning of their names.
const OURS: &str = "badgesmith";

/// The crates that say nothing: the SDK's lines show whole answers, of those who hand out credentials too. What they
/// would tell is in the words of the call that failed.
const SILENT: &str = "aws_";

/// Logs from now on what is at least as severe as `level`; without one, `info`.
///
/// The levels are error, warn, info, debug and trace, in any case. What the libraries below have to say is logged only
/// if it is a warning or worse, and what the AWS SDK has to say not at all. Times are UTC, RFC 3339. If somebody logs already, that stays as it is.
///
/// # Errors
/// A sentence with the remedy where the level is unknown.
pub fn init(level: Option<&str>) -> Result<(), String> {
    init_beside(level, None)
}

/// The target of the spans of requests and of upstream calls. The log shows no spans; what listens beside it may.
pub const SPANS: &str = "spans";

/// What listens to spans beside the log.
pub type Beside = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs as [`init`] does, and tells `beside` the spans whose target is [`SPANS`].
///
/// # Errors
/// A sentence with the remedy where the level is unknown.
pub fn init_beside(level: Option<&str>, beside: Option<Beside>) -> Result<(), String> {
    let subscriber = subscriber(parse(level.unwrap_or("info"))?, stderr().is_terminal(), stderr, beside);
    // The first one stays; a second is no reason to end.
    let _ = subscriber.try_init();
    Ok(())
}

/// Logs every panic from now on, instead of Rust's lines of text on standard error. To be called after [`init`].
pub fn log_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // A panic within logging a panic goes to the hook before.
        if IS_TELLING.replace(true) {
            return before(panic);
        }
        log_panic(panic);
        IS_TELLING.set(false);
    }));
}

thread_local! {
    /// Whether this thread is logging a panic.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    // It is there if RUST_BACKTRACE asks for it.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        target: "badgesmith",
        location = location.as_deref(),
        thread = thread::current().name(),
        backtrace = backtrace.as_deref(),
        "a panic: {}",
        panic.payload_as_str().unwrap_or("without words"),
    );
}

fn parse(level: &str) -> Result<LevelFilter, String> {
    match &*level.to_ascii_lowercase() {
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(format!("the log level is {level:?}; write error, warn, info, debug or trace")),
    }
}

fn subscriber<W>(
    level: LevelFilter,
    is_for_people: bool,
    writer: W,
    beside: Option<Beside>,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // A line that cannot be written is lost; complaining about it on the same stream would panic.
    let lines = fmt::layer().log_internal_errors(false).with_ansi(false).with_writer(writer);
    let lines =
        if is_for_people { lines.boxed() } else { lines.json().flatten_event(true).with_span_list(false).boxed() };
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target(OURS, level);
    let targets = targets.with_target(SILENT, LevelFilter::OFF);
    let spans = Targets::new().with_target(SPANS, LevelFilter::INFO);
    registry().with(beside.map(|beside| beside.with_filter(spans))).with(lines.with_filter(targets))
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::Value;
    use tracing::{
        Event,
        span::{Attributes, Id},
    };
    use tracing_subscriber::layer::Context;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, is_for_people: bool) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(parse(level).unwrap(), is_for_people, move || writer.clone(), None);
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "badgesmith_engine", "e1");
            tracing::warn!(target: "badgesmith", plugin = "nuget", tries = 3, "a \"quoted\"\nword");
            tracing::info!(target: "badgesmith_host::upstream", "i1");
            tracing::debug!(target: "badgesmith_engine::cache", "d1");
            tracing::trace!(target: "badgesmith_engine::cache", "t1");
            tracing::warn!(target: "h2", "w2");
            tracing::info!(target: "hyper_util::client", "i2");
            tracing::trace!(target: "h2::codec", "t2");
            tracing::error!(target: "aws_config::meta::credentials", "a whole answer");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_level_holds_for_us_and_libraries_speak_only_to_warn() {
        let rows = [
            ("error", vec!["e1"]),
            ("warn", vec!["e1", "a \"quoted\"\nword", "w2"]),
            ("info", vec!["e1", "a \"quoted\"\nword", "i1", "w2"]),
            ("DEBUG", vec!["e1", "a \"quoted\"\nword", "i1", "d1", "w2"]),
            ("trace", vec!["e1", "a \"quoted\"\nword", "i1", "d1", "t1", "w2"]),
        ];
        for (level, messages) in rows {
            let logged = logged(level, false);
            let lines: Vec<Value> = logged.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let shown: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
            assert_eq!(shown, messages, "{level}");
        }
    }

    #[test]
    fn a_line_for_machines_is_flat_json_with_a_utc_time() {
        let logged = logged("warn", false);
        let line: Value = serde_json::from_str(logged.lines().nth(1).unwrap()).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["target"], "badgesmith");
        assert_eq!(line["plugin"], "nuget");
        assert_eq!(line["tries"], 3);
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.starts_with("20") && time.contains('T') && time.contains('.') && time.ends_with('Z'), "{time}");
    }

    #[test]
    fn the_log_shows_no_span_and_what_listens_beside_it_hears_those_and_nothing_else() {
        #[derive(Clone, Default)]
        struct Ear(Arc<Mutex<Vec<&'static str>>>);
        impl Layer<Registry> for Ear {
            fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, Registry>) {
                self.0.lock().unwrap().push(span.metadata().name());
            }

            fn on_event(&self, event: &Event<'_>, _: Context<'_, Registry>) {
                self.0.lock().unwrap().push(event.metadata().name());
            }
        }
        let (page, ear) = (Page::default(), Ear::default());
        let writer = page.clone();
        let beside: Beside = Box::new(ear.clone());
        let subscriber = subscriber(LevelFilter::INFO, false, move || writer.clone(), Some(beside));
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!(target: SPANS, "request", path = "/p");
            request.in_scope(|| tracing::info!(target: "badgesmith", "answered"));
            drop(tracing::info_span!(target: "badgesmith_engine", "another"));
        });
        assert_eq!(*ear.0.lock().unwrap(), ["request"]);
        let logged = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert!(logged.lines().count() == 1 && logged.contains("answered") && !logged.contains("/p"), "{logged}");
    }

    #[test]
    fn a_line_for_people_is_no_json_and_has_no_escapes() {
        let logged = logged("info", true);
        assert!(
            logged.contains("WARN badgesmith: a \"quoted\"") && logged.contains("plugin=\"nuget\" tries=3"),
            "{logged}"
        );
        assert!(!logged.contains('{') && !logged.contains('\u{1b}'), "{logged}");
    }

    #[test]
    fn a_panic_is_one_line_of_json_with_its_words_and_its_place() {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(LevelFilter::ERROR, false, move || writer.clone(), None);
        log_panics();
        let panicking = thread::Builder::new().name("unlucky".to_owned()).spawn(|| {
            tracing::subscriber::with_default(subscriber, || panic!("on\npurpose: {}", 7));
        });
        assert!(panicking.unwrap().join().is_err());
        drop(panic::take_hook());
        let logged = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert_eq!(logged.lines().count(), 1, "{logged}");
        let line: Value = serde_json::from_str(&logged).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"a panic: on\npurpose: 7".into()));
        assert_eq!(line["thread"], "unlucky");
        assert!(line["location"].as_str().unwrap().contains("logs.rs:"), "{line}");
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_remedy() {
        for level in ["verbose", "", "off", "3", "info,h2=trace"] {
            let fault = init(Some(level)).unwrap_err();
            assert!(fault.contains(&format!("{level:?}")) && fault.contains("write error, warn"), "{fault}");
        }
    }

    #[test]
    fn a_second_start_changes_nothing_and_ends_nothing() {
        assert_eq!(init(None), Ok(()));
        assert_eq!(init(Some("Trace")), Ok(()));
    }
}
