//! Wraps the code of a plugin and shows each step.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use badgesmith_engine::{
    is_secret_name,
    plugins::{PluginCode, StepError},
};
use badgesmith_provider::message;

use super::{
    step_lines::step_lines,
    trace::{LineSink, Trace},
};

/// How a step is named.
#[derive(Debug)]
pub(crate) enum StepNames {
    /// By its number, where there is only one call.
    Numbers(StepNumbers),
    /// By the plugin's id and the call, where several calls run at the same time.
    Calls(String),
}

impl StepNames {
    /// The names of the steps of one call.
    pub(crate) fn numbers() -> Self {
        Self::Numbers(StepNumbers::default())
    }
}

/// The numbers of the steps of one call, which may be run more than once.
#[derive(Debug, Default)]
pub(crate) struct StepNumbers {
    /// How often the call began.
    begins: AtomicUsize,
    /// How many steps there were since it last began.
    steps: AtomicUsize,
}

/// Runs the steps of other code, and adds each to a trace.
pub(crate) struct TracedCode<S> {
    code: Arc<dyn PluginCode>,
    trace: Trace<S>,
    names: StepNames,
}

impl<S: LineSink> TracedCode<S> {
    /// The code with a trace of its steps.
    pub(crate) const fn new(code: Arc<dyn PluginCode>, trace: Trace<S>, names: StepNames) -> Self {
        Self { code, trace, names }
    }

    /// The name of the step that begins, and the beginning of its line.
    fn begin(&self, call: &[u8], bodies: &[&[u8]]) -> (String, String) {
        match &self.names {
            StepNames::Numbers(numbers) => {
                if bodies.is_empty() {
                    numbers.steps.store(0, Ordering::Relaxed);
                    if numbers.begins.fetch_add(1, Ordering::Relaxed) > 0 {
                        let words = "the call is run again, with answers that are there already or with another token";
                        self.trace.add("again", vec![words.to_owned()]);
                    }
                }
                (format!("step {}", numbers.steps.fetch_add(1, Ordering::Relaxed) + 1), String::new())
            }
            StepNames::Calls(plugin) => {
                let called = message::read_call(call, bodies).map(|call| {
                    let params = call.params.iter().chain(&call.query).map(|(name, value)| {
                        let shown = if is_secret_name(name) { "…" } else { value.as_str() };
                        format!(" {name}={shown:?}")
                    });
                    format!("{:?}{}", call.name, params.collect::<String>())
                });
                let answers = if bodies.len() == 1 { "answer" } else { "answers" };
                let first = format!("{} with {} {answers}: ", called.unwrap_or_default(), bodies.len());
                (format!("step of {plugin}"), first)
            }
        }
    }
}

impl<S> fmt::Debug for TracedCode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedCode")
    }
}

impl<S: LineSink> PluginCode for TracedCode<S> {
    fn step(&self, call: &[u8], bodies: &[&[u8]]) -> Result<Vec<u8>, StepError> {
        let (about, first) = self.begin(call, bodies);
        let began = Instant::now();
        let stepped = self.code.step(call, bodies);
        let took = began.elapsed().as_millis();
        let mut lines = match &stepped {
            Ok(step) => match message::read_step(step) {
                Ok(step) => step_lines(&step, bodies.len(), self.trace.of_store()),
                Err(fault) => vec![format!("breaks: {fault}")],
            },
            Err(fault) => vec![format!("breaks: {fault}")],
        };
        if let Some(line) = lines.first_mut() {
            *line = format!("{first}{line} ({took} ms)");
        }
        self.trace.add(&about, lines);
        stepped
    }

    fn needs_opening(&self) -> bool {
        self.code.needs_opening()
    }

    fn open(&self) {
        self.code.open();
    }
}
