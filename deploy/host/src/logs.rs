//! The log: one line per event on standard error, as text at a terminal and as JSON otherwise.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    cell::Cell,
    error::Error,
    io::{IsTerminal, stderr},
    panic::{self, PanicHookInfo},
    thread,
};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt, fmt::MakeWriter, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// The prefix of the crates that log at the configured level.
const OWN_CRATES: &str = "badgesmith";

/// The prefix of the crates that never log: the AWS SDK logs whole responses, also those that contain credentials. The
/// error of the failed call says what happened.
const SILENT_CRATES: &str = "aws_";

/// A log level that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(String);

impl std::fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the log level is {:?}; write error, warn, info, debug or trace", self.0)
    }
}

impl Error for UnknownLevel {}

/// Starts to log events of at least this level; `info` by default.
///
/// The levels are error, warn, info, debug and trace, in upper or lower case. Libraries log warnings and errors only,
/// and the AWS SDK nothing. Times are in UTC as RFC 3339. If a logger is installed already, it stays.
///
/// # Errors
/// The level is unknown.
pub fn init(level: Option<&str>) -> Result<(), UnknownLevel> {
    init_with_spans(level, None)
}

/// The target of the spans of requests and upstream calls. The log shows no spans.
pub const SPANS: &str = "spans";

/// A layer that receives spans, such as an exporter.
pub type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs as [`init`] does, and hands spans with the target [`SPANS`] to `span_layer`.
///
/// # Errors
/// The level is unknown.
pub fn init_with_spans(level: Option<&str>, span_layer: Option<SpanLayer>) -> Result<(), UnknownLevel> {
    let subscriber = subscriber(parse(level.unwrap_or("info"))?, stderr().is_terminal(), stderr, span_layer);
    // A second logger is not installed, which is no error.
    let _ = subscriber.try_init();
    Ok(())
}

/// Logs every panic from now on, in place of Rust's own output on standard error. To be called after [`init`].
///
/// `backtrace` returns the backtrace for the line: [`captured_backtrace`], or a function that returns `None` in a
/// program without debug symbols, which then needs no code to read symbols.
pub fn log_panics(backtrace: fn() -> Option<String>) {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // A panic while a panic is logged goes to the previous hook.
        if IS_LOGGING.replace(true) {
            return previous(panic);
        }
        log_panic(panic, backtrace());
        IS_LOGGING.set(false);
    }));
}

thread_local! {
    /// Whether this thread is logging a panic.
    static IS_LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// The backtrace of the caller, if RUST_BACKTRACE is set.
#[must_use]
pub fn captured_backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
}

fn log_panic(panic: &PanicHookInfo<'_>, backtrace: Option<String>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(
        target: "badgesmith",
        location = location.as_deref(),
        thread = thread::current().name(),
        backtrace = backtrace.as_deref(),
        "a panic: {}",
        panic.payload_as_str().unwrap_or("without words"),
    );
}

fn parse(level: &str) -> Result<LevelFilter, UnknownLevel> {
    match &*level.to_ascii_lowercase() {
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(UnknownLevel(level.to_owned())),
    }
}

fn subscriber<W>(
    level: LevelFilter,
    is_terminal: bool,
    writer: W,
    span_layer: Option<SpanLayer>,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // A line that cannot be written is lost. Reporting that on the same stream would panic.
    let lines = fmt::layer().log_internal_errors(false).with_ansi(false).with_writer(writer);
    let lines =
        if is_terminal { lines.boxed() } else { lines.json().flatten_event(true).with_span_list(false).boxed() };
    let spans = Targets::new().with_target(SPANS, LevelFilter::INFO);
    registry().with(span_layer.map(|layer| layer.with_filter(spans))).with(lines.with_filter(targets(level)))
}

/// Which events are logged at a level.
pub(crate) fn targets(level: LevelFilter) -> Targets {
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target(OWN_CRATES, level);
    targets.with_target(SILENT_CRATES, LevelFilter::OFF)
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
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, is_terminal: bool) -> String {
        let output = Output::default();
        let writer = output.clone();
        let subscriber = subscriber(parse(level).unwrap(), is_terminal, move || writer.clone(), None);
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
        let bytes = output.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_level_holds_for_our_crates_and_libraries_log_only_warnings_and_errors() {
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
    fn a_json_line_is_flat_and_has_a_utc_time() {
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
    fn the_log_shows_no_span_and_the_span_layer_gets_spans_and_nothing_else() {
        #[derive(Clone, Default)]
        struct Recorder(Arc<Mutex<Vec<&'static str>>>);
        impl Layer<Registry> for Recorder {
            fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, Registry>) {
                self.0.lock().unwrap().push(span.metadata().name());
            }

            fn on_event(&self, event: &Event<'_>, _: Context<'_, Registry>) {
                self.0.lock().unwrap().push(event.metadata().name());
            }
        }
        let (output, recorder) = (Output::default(), Recorder::default());
        let writer = output.clone();
        let layer: SpanLayer = Box::new(recorder.clone());
        let subscriber = subscriber(LevelFilter::INFO, false, move || writer.clone(), Some(layer));
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!(target: SPANS, "request", path = "/p");
            request.in_scope(|| tracing::info!(target: "badgesmith", "answered"));
            drop(tracing::info_span!(target: "badgesmith_engine", "another"));
        });
        assert_eq!(*recorder.0.lock().unwrap(), ["request"]);
        let logged = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert!(logged.lines().count() == 1 && logged.contains("answered") && !logged.contains("/p"), "{logged}");
    }

    #[test]
    fn a_line_at_a_terminal_is_no_json_and_has_no_escapes() {
        let logged = logged("info", true);
        assert!(
            logged.contains("WARN badgesmith: a \"quoted\"") && logged.contains("plugin=\"nuget\" tries=3"),
            "{logged}"
        );
        assert!(!logged.contains('{') && !logged.contains('\u{1b}'), "{logged}");
    }

    #[test]
    fn a_panic_is_one_line_of_json_with_its_message_and_location() {
        let output = Output::default();
        let writer = output.clone();
        let subscriber = subscriber(LevelFilter::ERROR, false, move || writer.clone(), None);
        log_panics(captured_backtrace);
        let panicking = thread::Builder::new().name("unlucky".to_owned()).spawn(|| {
            tracing::subscriber::with_default(subscriber, || panic!("on\npurpose: {}", 7));
        });
        assert!(panicking.unwrap().join().is_err());
        drop(panic::take_hook());
        let logged = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(logged.lines().count(), 1, "{logged}");
        let line: Value = serde_json::from_str(&logged).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"a panic: on\npurpose: 7".into()));
        assert_eq!(line["thread"], "unlucky");
        assert!(line["location"].as_str().unwrap().contains("logs.rs:"), "{line}");
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_remedy() {
        for level in ["verbose", "", "off", "3", "info,h2=trace"] {
            let fault = init(Some(level)).unwrap_err().to_string();
            assert!(fault.contains(&format!("{level:?}")) && fault.contains("write error, warn"), "{fault}");
        }
    }

    #[test]
    fn a_second_call_changes_nothing_and_is_no_error() {
        assert_eq!(init(None), Ok(()));
        assert_eq!(init(Some("Trace")), Ok(()));
    }
}
