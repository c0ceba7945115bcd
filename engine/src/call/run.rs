//! The call loop: step, answers, step, until a call has its end or a limit is reached.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{
    Asked, CallKind, Failure, FailureKind, Query,
    message::{self, StepMessage},
};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{Either, join, join_all, select};
use tokio::sync::oneshot;

use super::{
    badge_cache::CALLER_PATIENCE,
    broken::{Broken, Unanswered},
    caller::Caller,
    end::{CallEnd, End, end},
    outcome::{Outcome, ReadRecords},
    part_records,
    provider_call::ProviderCall,
    records, upstream,
    upstream_failure::is_infrastructure,
};
use crate::{
    code::Code,
    error::late,
    fetch::{fetcher::Fetched, limits::LONGEST_HOLD, upstream_request::Pass},
    meter::{Event, StepOutcome},
    plugins::{Plugin, series_of},
    store::Subject,
    world::Executor,
};

/// How many turns a call has.
const TURNS: usize = 8;
/// How many requests a call has, all turns together.
const FETCHES: usize = 64;
/// How many of these requests may go to hosts that a caller named, so that a caller cannot multiply requests to another
/// host.
const WEB_FETCHES: usize = 8;
/// How much of a failure's reason is written to the log, in characters.
const LONGEST_REASON: usize = 500;
/// How often a call is run again because a provider reached the rate limit of one of the server's own tokens.
const MORE_TOKENS: usize = 3;
/// How long a step may take. It is measured in short sleeps: while the process is suspended, as a Lambda function is
/// between two events, at most one of them elapses.
const STEP_PATIENCE: Duration = Duration::from_secs(2);
const STEP_SLEEPS: u32 = 10;
/// How long a step waits for the steps before it. This is longer than [`STEP_PATIENCE`], so that a step that hangs is
/// known to be overdue by then.
const PERMIT_PATIENCE: Duration = Duration::from_millis(2500);
/// How long one badge waits for all its upstreams together.
const CALL_PATIENCE: Duration = Duration::from_secs(3);

/// The outcome of one pass of a call, with the answers that it depends on.
struct Passed {
    outcome: Outcome<CallEnd>,
    answers: Vec<Fetched>,
}

impl Caller {
    /// Runs a call to its end, with a timeout of [`CALLER_PATIENCE`].
    pub(crate) async fn run_in_time<T: End>(&self, call: &ProviderCall, now: SystemTime) -> Result<Outcome<T>, Broken> {
        let running = self.run_to_end(call, now).boxed();
        match select(running, self.world.executor.sleep(CALLER_PATIENCE)).await {
            Either::Left((outcome, _)) => outcome?.try_map(end_of),
            Either::Right(_) => Ok(Outcome::late(late(), CALLER_PATIENCE)),
        }
    }

    /// Runs a call to its end, however long a caller waits.
    pub(crate) async fn run<T: End>(&self, call: &ProviderCall, now: SystemTime) -> Result<Outcome<T>, Broken> {
        self.run_to_end(call, now).boxed().await?.try_map(end_of)
    }

    /// Runs a call to its end. If the call failed because of an upstream, it is run once more, with cached answers
    /// only.
    async fn run_to_end(&self, call: &ProviderCall, now: SystemTime) -> Result<Outcome<CallEnd>, Broken> {
        let pass = Pass::new(now, &*self.world.executor, CALL_PATIENCE);
        let mut passed = self.turns(call, &pass).await?;
        for _ in 0..MORE_TOKENS {
            if !self.tokens_rest(&passed, now) {
                break;
            }
            passed = self.turns(call, &pass).await?;
        }
        let Passed { mut outcome, answers } = passed;
        let Err(failure) = &mut outcome.result else { return Ok(outcome) };
        log_reason(call, failure);
        if !is_infrastructure(failure) {
            return Ok(outcome);
        }
        let code = Code::parse(&failure.code);
        if code == Some(Code::StoreUnavailable) {
            // Records are never cached, and asking the store twice would take twice as long.
            return Ok(outcome);
        }
        let new = answers.iter().filter(|fetched| !fetched.is_recorded() && fetched.answer.asked == now);
        match failure {
            // A provider may find a rate limit in a body instead of a header. The caller's `Retry-After` is at most the
            // longest hold.
            Failure { retry_after: Some(seconds), .. } if code == Some(Code::UpstreamRateLimited) => {
                *seconds = (*seconds).min(u32::try_from(LONGEST_HOLD.as_secs()).unwrap_or(u32::MAX));
                for fetched in new.filter(|fetched| matches!(fetched.answer.status, 403 | 429)) {
                    self.fetcher_of(fetched).limit(fetched, *seconds, now);
                }
            }
            Failure { kind: FailureKind::InvalidResponse, .. } => {
                new.for_each(|fetched| self.fetcher_of(fetched).restore_previous(fetched, now));
            }
            _ => {}
        }
        match self.turns(call, &pass.cached_only()).await {
            Ok(Passed { outcome: last_good, .. }) if last_good.result.is_ok() => Ok(last_good),
            _ => Ok(outcome),
        }
    }

    /// If the provider reports a rate limit, lets the server's own tokens rest that its requests were sent with.
    /// Returns whether there were any: the call is then run again with other tokens.
    fn tokens_rest(&self, passed: &Passed, now: SystemTime) -> bool {
        let Err(failure) = &passed.outcome.result else { return false };
        let (code, seconds) = (Code::parse(&failure.code), failure.retry_after);
        let Some(seconds) = seconds.filter(|_| code == Some(Code::UpstreamRateLimited)) else { return false };
        let is_limited = |fetched: &&Fetched| {
            // GraphQL reports an exhausted limit in an answer with status 200.
            let is_exhausted =
                fetched.answer.headers.get("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
            let is_new = fetched.answer.token.is_some() && fetched.answer.asked == now;
            is_new && (is_exhausted || matches!(fetched.answer.status, 403 | 429))
        };
        let mut rest = false;
        for fetched in passed.answers.iter().filter(is_limited) {
            self.upstreams.limit(fetched, seconds, now);
            if fetched.answer.status < 300 {
                self.upstreams.restore_previous(fetched, now);
            }
            rest = true;
        }
        rest
    }

    async fn turns(&self, call: &ProviderCall, pass: &Pass) -> Result<Passed, Broken> {
        let mut asked: Vec<Asked> = Vec::new();
        let mut answers: Vec<Fetched> = Vec::new();
        let mut waited = Duration::ZERO;
        for _ in 0..TURNS {
            let step = self.step(call, &answers, pass.now);
            let step = if asked.is_empty() && call.reads_store() {
                // The first step opens the plugin's library on another thread, so the store can be prepared at the same
                // time.
                join(step, self.world.store.prepare()).await.0
            } else {
                step.await
            };
            let step = message::read_step(&step?).map_err(Broken::violation)?;
            if !repeats(&step, &asked) {
                return Err(Broken::violation("it asks differently the second time"));
            }
            if let Some(result) = end(&step, call.kind)? {
                let outcome =
                    Outcome { read: read_records(call, &asked), ..outcome(result, &answers, waited, pass.now) };
                return Ok(Passed { outcome, answers });
            }
            let new = new_requests(&step, asked.len())?;
            let asking = new.iter().map(async |asked| match asked {
                Asked::Fetch(request) => upstream::answer(self, call, request, pass).await,
                Asked::States(query) => records::states(self, call, query, pass.now).await,
                Asked::Parts(query) => part_records::answer(self, call, query, pass.now).await,
                Asked::Latest(query) => records::answer(self, call, query, pass.now).await,
            });
            let asked_at = self.world.executor.clock();
            let all_answered = join_all(asking).await;
            if new.iter().any(|asked| matches!(asked, Asked::Fetch(_))) {
                waited += self.world.executor.clock().saturating_sub(asked_at);
            }
            for answered in all_answered {
                match answered {
                    Ok(answered) => answers.push(answered),
                    Err(Unanswered::Broken(broken)) => return Err(broken),
                    Err(Unanswered::Failed(failure)) => {
                        let outcome = outcome(Err(failure), &answers, waited, pass.now);
                        return Ok(Passed { outcome, answers });
                    }
                }
            }
            asked = step.fetch;
        }
        Err(Broken::Violation(format!("it is not done after {TURNS} turns")))
    }

    /// Opens the plugin's file on a worker thread if the first step would have to, while the caller waits for something
    /// else.
    pub(crate) fn open_ahead(&self, plugin: &Plugin) {
        if plugin.code.needs_opening() {
            let code = plugin.code.clone();
            // A panic is ignored here, because the first step reports it.
            self.world.executor.run(Box::new(move || drop(catch_unwind(AssertUnwindSafe(|| code.open())))));
        }
    }

    /// Runs one step on a worker thread, with a timeout.
    async fn step(&self, call: &ProviderCall, answers: &[Fetched], now: SystemTime) -> Result<Bytes, Broken> {
        let (plugin, executor) = (&call.plugin, &self.world.executor);
        if plugin.is_out() {
            return Err(Broken::OutOfService);
        }
        let patience = executor.sleep(PERMIT_PATIENCE);
        let bytes = answers.iter().map(|fetched| fetched.answer.body.len()).sum::<usize>() + call.body.len();
        let permit = match select(pin!(plugin.permit(bytes)), patience).await {
            Either::Left((Ok(permit), _)) => permit,
            _ => return Err(if plugin.is_out() { Broken::OutOfService } else { Broken::Busy }),
        };
        let message = call.written(answers, now);
        let report = matches!(call.kind, CallKind::Report | CallKind::Hook).then(|| call.body.clone());
        let bodies: Vec<Bytes> = answers.iter().map(|fetched| fetched.answer.body.clone()).chain(report).collect();
        let (sender, receiver) = oneshot::channel();
        let code = plugin.code.clone();
        let began = executor.clock();
        executor.run(Box::new(move || {
            let bodies: Vec<&[u8]> = bodies.iter().map(|body| &**body).collect();
            let stepped = catch_unwind(AssertUnwindSafe(|| code.step(&message, &bodies)));
            drop(permit);
            // The caller may have left.
            let _ = sender.send(stepped);
        }));
        let stepped = match select(receiver, pin!(step_patience(&**executor))).await {
            Either::Left((Ok(Ok(Ok(message))), _)) => Ok(message.into()),
            Either::Left((Ok(Ok(Err(fault))), _)) => Err(Broken::violation(fault)),
            Either::Left((Ok(Err(_)), _)) => Err(Broken::violation("its step panicked")),
            Either::Left((Err(_), _)) => Err(Broken::Engine("a step was not run")),
            Either::Right(_) => {
                if plugin.strike(executor.clock()) {
                    tracing::error!(plugin = plugin.id, "taken out of service: its steps do not come back");
                }
                Err(Broken::Overdue)
            }
        };
        let outcome = match stepped {
            Ok(_) => StepOutcome::Done,
            Err(Broken::Overdue) => StepOutcome::Overdue,
            Err(_) => StepOutcome::Broken,
        };
        let took = executor.clock().saturating_sub(began);
        self.world.meter.note(&Event::Stepped { plugin: &plugin.id, outcome, took });
        stepped
    }
}

/// The end as the type that the caller expects; the loop has checked that it is of this kind.
fn end_of<T: End>(end: CallEnd) -> Result<T, Broken> {
    T::of(end).ok_or(Broken::Engine("a call has the end of another kind"))
}

/// Completes when a step has timed out.
async fn step_patience(executor: &dyn Executor) {
    for _ in 0..STEP_SLEEPS {
        executor.sleep(STEP_PATIENCE / STEP_SLEEPS).await;
    }
}

/// Whether a step repeats the requests of the steps before it. The last step may leave out the list.
fn repeats(step: &StepMessage, asked: &[Asked]) -> bool {
    step.fetch.starts_with(asked) || (step.ends() > 0 && step.fetch.is_empty())
}

/// The requests of a step that have no answer yet.
fn new_requests(step: &StepMessage, answered: usize) -> Result<&[Asked], Broken> {
    let new = step.fetch.get(answered..).unwrap_or_default();
    if new.is_empty() {
        return Err(Broken::violation("it asks nothing that is not answered already"));
    }
    if step.fetch.len() > FETCHES {
        return Err(Broken::Violation(format!("it asks {} things of at most {FETCHES}", step.fetch.len())));
    }
    let is_web = |asked: &&Asked| matches!(asked, Asked::Fetch(request) if request.is_web());
    let web = step.fetch.iter().filter(is_web).count();
    if web > WEB_FETCHES {
        return Err(Broken::Violation(format!(
            "it asks hosts that a caller named {web} things of at most {WEB_FETCHES}"
        )));
    }
    Ok(new)
}

/// Writes the reason of a failure to the log, and removes it: no caller sees it. The reason may contain text from an
/// upstream.
fn log_reason(call: &ProviderCall, failure: &mut Failure) {
    let taken = failure.reason.take();
    let reason = match &taken {
        Some(reason) => reason.as_ref(),
        None if failure.kind == FailureKind::InvalidResponse => "its provider gives no reason",
        None => return,
    };
    let cleaned = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut letters = reason.chars().map(cleaned);
    let mut reason: String = letters.by_ref().take(LONGEST_REASON).collect();
    if letters.next().is_some() {
        reason.push('…');
    }
    let (badge, code) = (&*call.name, &*failure.code);
    tracing::warn!(plugin = call.plugin.id, badge, code, reason, "a call failed");
}

fn outcome(
    result: Result<CallEnd, Failure>,
    answers: &[Fetched],
    waited: Duration,
    now: SystemTime,
) -> Outcome<CallEnd> {
    let is_infrastructure = result.as_ref().is_err_and(is_infrastructure);
    let stale = answers.iter().filter(|fetched| fetched.is_stale);
    let fresh_until = answers.iter().map(|fetched| fetched.answer.fresh_until).min();
    Outcome {
        valid_until: fresh_until.filter(|until| *until > now && !is_infrastructure),
        last_modified: answers.iter().filter_map(|fetched| fetched.answer.last_modified()).max(),
        asked_upstream: answers.iter().any(|fetched| !fetched.is_recorded()),
        stale_seconds: stale.map(|fetched| fetched.answer.age(now).as_secs()).max(),
        sources: answers.iter().filter_map(Fetched::source).collect(),
        waited,
        result,
        read: None,
    }
}

/// The call's last query for records of a collection that has a series.
fn read_records(call: &ProviderCall, asked: &[Asked]) -> Option<Box<ReadRecords>> {
    let query = asked.iter().rev().find_map(|asked| match asked {
        Asked::Latest(query) if series_of(&call.plugin, &query.collection).is_some() => Some(query),
        _ => None,
    })?;
    let Query { collection, owner, repo, platform, branch, .. } = query;
    let subject = Subject::new(owner, repo, platform, branch).ok()?;
    Some(Box::new(ReadRecords { collection: collection.clone(), subject }))
}
