//! `bootstrap`: the badge engine as an AWS Lambda function.
//!
//! One engine is built before the first event and answers all events. To keep cold starts short, the HTTP client, the
//! AWS clients and the plugins' libraries are opened only at their first use.

mod answer;
mod event;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
mod origin_secret;
mod queued_events;
mod queued_reports;
mod records;
mod sent_events;
mod told_rows;
mod world;

use std::{
    env,
    io::Write,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use badgesmith_aws::{AwsClients, Sns, SqsQueue};
use badgesmith_engine::{Engine, Ingest, Refusal, Request, Response, Settings, events::Courier};
#[cfg(unix)]
use badgesmith_host::exit_hook as exit;
use badgesmith_host::{
    access_log as access,
    config::{self, StartPlugins},
    courier::HttpCourier,
    logs,
    metrics::emf::Emf,
};
use futures_util::FutureExt;
use lambda_http::{
    Error,
    lambda_runtime::{self, LambdaEvent, service_fn},
};

use serde::Serialize;

use crate::{
    answer::EventAnswer,
    event::GatewayEvent,
    origin_secret::OriginSecrets,
    queued_reports::record_reports,
    records::{Batch, BatchAnswer, EventRecord},
    sent_events::send_events,
    told_rows::tell_rows,
};

/// How long before the deadline of an invocation its answer is sent.
const DEADLINE_MARGIN: Duration = Duration::from_millis(250);

fn main() -> ExitCode {
    #[cfg(unix)]
    exit::install();
    let logging = logs::init(env::var("LOG_LEVEL").ok().as_deref()).map_err(|error| error.to_string());
    let outcome = logging.and_then(|()| {
        // The deployed package has no debug symbols that a backtrace could show.
        logs::log_panics(|| None);
        run()
    });
    #[cfg(unix)]
    exit::disarm();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // A closed standard error leaves no way to report this.
            let _ = writeln!(std::io::stderr(), "bootstrap: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    // One thread: events come one at a time, and a warm invocation takes less time than switching threads.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| format!("the runtime cannot start: {fault}"))?;
    let (plugins, settings) = config::load_late(None).map_err(|error| error.to_string())?;
    let name = env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty());
    let emf = Arc::new(Emf::new(name.unwrap_or_else(|| "bootstrap".to_owned())));
    let (world, aws) = world::new(&settings, emf.clone());
    aws.check_events(&settings).map_err(|error| error.to_string())?;
    let engine = match plugins {
        StartPlugins::Loaded(plugins) => Engine::new(plugins, &settings, world).map_err(|error| error.to_string())?,
        StartPlugins::Late(plugins) => Engine::with_late_plugins(plugins, &settings, world),
    };
    let engine = with_queue(engine, &settings, &aws)?;
    if !settings.faces.is_empty() {
        tracing::warn!("[engine] faces: the function draws with the bundled font alone, and does not read them");
    }
    let origin_secrets = OriginSecrets::from_environment();
    let function = Arc::new(Function { engine, settings, aws, emf, origin_secrets, courier: OnceLock::new() });
    runtime
        .block_on(lambda_runtime::run(service_fn(move |event| respond(Arc::clone(&function), event))))
        .map_err(|fault| format!("the Lambda runtime ends: {fault}"))
}

/// The engine with the queue of reports, if plugins.toml requires it.
fn with_queue(engine: Engine, settings: &Settings, aws: &Arc<AwsClients>) -> Result<Engine, String> {
    if settings.ingest == Ingest::Direct {
        return Ok(engine);
    }
    let name = aws.queues().reports.as_deref();
    let name = name.ok_or("[engine] ingest = \"queue\" needs a FIFO queue of SQS; set BADGESMITH_QUEUE_REPORTS")?;
    let queue = SqsQueue::new(Arc::clone(aws), name).map_err(|error| error.to_string())?;
    Ok(engine.with_report_queue(Arc::new(queue)))
}

/// The answer to an event.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum FunctionAnswer {
    /// The answer to a request.
    Request(EventAnswer),
    /// The answer to the records of a queue or a stream.
    Batch(BatchAnswer),
}

/// The engine and the parts around it, built once for all events.
struct Function {
    engine: Engine,
    settings: Settings,
    aws: Arc<AwsClients>,
    emf: Arc<Emf>,
    origin_secrets: OriginSecrets,
    /// The courier that sends events, made when the first one is sent.
    courier: OnceLock<Arc<dyn Courier>>,
}

impl Function {
    fn courier(&self) -> &Arc<dyn Courier> {
        self.courier.get_or_init(|| {
            let topics = Arc::new(Sns::new(Arc::clone(&self.aws)));
            Arc::new(HttpCourier::new(&self.settings).with_topics(topics))
        })
    }
}

/// Whether an ARN is that of the queue that a setting names by its name, its URL or its ARN.
fn is_queue(setting: Option<&str>, arn: &str) -> bool {
    let name = |text: &str| text.rsplit(['/', ':']).next().map(str::to_owned);
    setting.is_some_and(|setting| name(setting) == name(arn))
}

/// Answers one event before its deadline, and writes its line of the access log and its metrics.
async fn respond(function: Arc<Function>, event: LambdaEvent<GatewayEvent>) -> Result<FunctionAnswer, Error> {
    let Function { engine, emf, origin_secrets, .. } = &*function;
    let (started, now) = (Instant::now(), SystemTime::now());
    let LambdaEvent { mut payload, context } = event;
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(context.deadline);
    let timeout = deadline.duration_since(now).unwrap_or_default().saturating_sub(DEADLINE_MARGIN);
    if let Some(records) = payload.take_records() {
        let answer = work_on_batch(&function, records, timeout).await;
        flush(emf);
        return answer.map(FunctionAnswer::Batch);
    }
    let (request, headers_form) = payload.into_request();
    let response = if origin_secrets.admit(&request) {
        answer(engine, &request, now, timeout).await
    } else {
        Engine::refuse(&request, Refusal::ProxyBypassed)
    };
    let trace_id = context.xray_trace_id.as_deref().and_then(access::root_trace_id);
    let trace_id = trace_id.or_else(|| access::trace_id(&request.headers));
    let line = (response.status, &response.line);
    access::record(&**emf, request.asked(), &request.correlation_id, line, started.elapsed(), trace_id);
    flush(emf);
    Ok(FunctionAnswer::Request(EventAnswer::new(response, &request.correlation_id, headers_form)))
}

/// Writes the metrics.
fn flush(emf: &Emf) {
    if let Some(line) = emf.flush(SystemTime::now()) {
        // If standard output is closed, the metrics are lost.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Processes the records of a queue, or of the stream of the table of events. Messages of any queue but the queue of
/// events are processed as reports. Records of any other source are an error, so that they do not count as processed.
async fn work_on_batch(
    function: &Function,
    records: Vec<EventRecord>,
    timeout: Duration,
) -> Result<BatchAnswer, Error> {
    let Function { engine, aws, .. } = function;
    match Batch::read(records) {
        Batch::Queue { arn, messages } if is_queue(aws.queues().events.as_deref(), &arn) => {
            Ok(send_events(engine, function.courier(), aws, &arn, &messages, timeout).await)
        }
        Batch::Queue { arn, messages } => Ok(record_reports(engine, aws, &arn, &messages, timeout).await),
        Batch::Stream(rows) => {
            let name = aws.queues().events.as_deref();
            let name = name.ok_or("a stream of DynamoDB needs the queue of events; set BADGESMITH_QUEUE_EVENTS")?;
            Ok(tell_rows(engine, &SqsQueue::new(Arc::clone(aws), name)?, &rows).await?)
        }
        Batch::Unknown(source) => Err(format!("records of {source:?}, which this function does not work on").into()),
    }
}

/// The engine's response, or an error if it panics or takes longer than the timeout.
async fn answer(engine: &Engine, request: &Request, now: SystemTime, timeout: Duration) -> Response {
    // A panic in the engine is answered with an error instead of ending the invocation.
    let answering = AssertUnwindSafe(engine.respond(request, now)).catch_unwind();
    match tokio::time::timeout(timeout, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Engine::refuse(request, Refusal::Failed),
        Err(_) => engine.respond_late(request),
    }
}
