//! The loop: step, answer, step, until a badge is finished or a limit is reached.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{
    Answer, Asked, Badge, Call, CallKind, Failure, FailureKind, Record, is_web_address, message,
};
use bytes::Bytes;
use futures_util::future::{Either, join, join_all, select};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use tokio::sync::oneshot;
use url::Url;

use crate::{
    Inner,
    cache::{Done, Finished},
    door::{self, Deadline},
    limits::LONGEST_HOLD,
    meter::Event,
    plugins::Plugin,
    records,
    route::Parameters,
    store::LONGEST_RUN,
    upstream::{self, Answered, Mode, Shelf, Unanswered},
    world::Executor,
};

/// How many turns a call has.
const TURNS: usize = 8;
/// How many requests a call has, all turns together.
const FETCHES: usize = 64;
/// How long a step may take, in pieces: of a time in which the process stood still, as a function does between two
/// events, one piece counts at the most.
const STEP_PATIENCE: Duration = Duration::from_secs(2);
const STEP_PIECES: u32 = 10;
/// How long a step waits for the steps before it: until one that does not come back is known to be overdue.
const PERMIT_PATIENCE: Duration = Duration::from_millis(2500);
/// How long all upstreams together may keep one badge waiting.
const CALL_PATIENCE: Duration = Duration::from_secs(3);
/// The longest text of a badge, in bytes.
const LONGEST_TEXT: usize = 1024;

/// What a provider is asked: all of a call but its answers and settings.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) kind: CallKind,
    /// The name of the badge, report or redirect in the manifest.
    pub(crate) name: String,
    pub(crate) params: Parameters,
    pub(crate) query: Parameters,
    /// The body of a report; empty for anything else.
    pub(crate) body: Bytes,
}

/// What a plugin did wrong. Its badge says `provider failed`; the log says this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It panicked, returned rubbish, or asked for what it may not have.
    Lied(String),
    /// A step did not come back in time.
    Overdue,
    /// It is out of service.
    Out,
    /// Too many steps came before this one.
    Busy,
}

/// Runs a call to its end, and once more on kept answers alone if upstreams spoiled it.
pub(crate) async fn drive(
    inner: &Arc<Inner>,
    plugin: &Arc<Plugin>,
    question: &Question,
    shelf: Shelf,
    now: SystemTime,
) -> Result<Finished, Broken> {
    let deadline = door::deadline(&*inner.world.executor, CALL_PATIENCE);
    let (mut finished, answers) = turns(inner, plugin, question, shelf, now, Mode::Ask, deadline.clone()).await?;
    let Err(Failure { kind: FailureKind::InvalidResponse | FailureKind::Inaccessible, .. }) = finished.outcome else {
        return Ok(finished);
    };
    if finished.outcome.as_ref().is_err_and(|failure| failure.code == records::STORE_UNAVAILABLE) {
        // Nothing is kept of what our own store says, and asking it twice would take twice as long.
        return Ok(finished);
    }
    let new = answers.iter().filter(|answered| !answered.is_recorded() && answered.kept.asked == now);
    match &mut finished.outcome {
        // A provider may know limits that no header tells. Nobody is told to wait for longer than a hold can last.
        Err(Failure { code, retry_after: Some(seconds), .. }) if code == "UPSTREAM_RATE_LIMITED" => {
            *seconds = (*seconds).min(u32::try_from(LONGEST_HOLD.as_secs()).unwrap_or(u32::MAX));
            for answered in new.filter(|answered| matches!(answered.kept.status, 403 | 429)) {
                inner.upstreams.holds.limit(&answered.token, *seconds, now);
            }
        }
        Err(Failure { kind: FailureKind::InvalidResponse, .. }) => {
            new.for_each(|answered| upstream::distrust(inner, answered, now));
        }
        _ => {}
    }
    match turns(inner, plugin, question, shelf, now, Mode::KeptOnly, deadline).await {
        Ok((last_good, _)) if last_good.outcome.is_ok() => Ok(last_good),
        _ => Ok(finished),
    }
}

async fn turns(
    inner: &Arc<Inner>,
    plugin: &Arc<Plugin>,
    question: &Question,
    shelf: Shelf,
    now: SystemTime,
    mode: Mode,
    deadline: Deadline,
) -> Result<(Finished, Vec<Answered>), Broken> {
    let mut asked: Vec<Asked> = Vec::new();
    let mut answers: Vec<Answered> = Vec::new();
    let mut waited = Duration::ZERO;
    for _ in 0..TURNS {
        let step = step(inner, plugin, question, &answers, now);
        let step = if asked.is_empty() && !plugin.collections.is_empty() {
            // A first step opens its library, on another thread.
            join(step, inner.world.store.prepare()).await.0
        } else {
            step.await
        };
        let step = message::read_step(&step?).map_err(|fault| Broken::Lied(fault.to_string()))?;
        let is_last = step.ends() > 0;
        // The list may be left out at the end.
        let repeats = step.fetch.starts_with(&asked) || (is_last && step.fetch.is_empty());
        if !repeats {
            return Err(lied("it asks differently the second time"));
        }
        if step.ends() > 1 {
            return Err(lied("it has two ends at once"));
        }
        if let Some(failure) = step.fail {
            return Ok((finish(Err(worded(failure)?), &answers, waited, now), answers));
        }
        let done = match (step.done, step.redirect, step.record) {
            (Some(badge), ..) => Some((CallKind::Badge, Done::Badge(checked(badge)?))),
            (_, Some(url), _) => Some((CallKind::Redirect, Done::Redirect(absolute(url)?))),
            (.., Some(record)) => Some((CallKind::Report, Done::Record(recordable(record)?))),
            (None, None, None) => None,
        };
        match done {
            Some((kind, done)) if kind == question.kind => {
                return Ok((finish(Ok(done), &answers, waited, now), answers));
            }
            Some((kind, _)) => {
                return Err(Broken::Lied(format!("asked for a {:?}, it ends with a {kind:?}", question.kind)));
            }
            None if question.kind == CallKind::Report => return Err(lied("it asks something of a report")),
            None => {}
        }
        let new = &step.fetch[asked.len()..];
        if new.is_empty() {
            return Err(lied("it asks nothing that is not answered already"));
        }
        if step.fetch.len() > FETCHES {
            return Err(Broken::Lied(format!("it asks {} things of at most {FETCHES}", step.fetch.len())));
        }
        let asking = new.iter().map(async |asked| match asked {
            Asked::Fetch(request) => upstream::answer(inner, plugin, request, shelf, now, mode, deadline.clone()).await,
            Asked::Latest(query) => records::answer(inner, plugin, query, now).await,
        });
        let asked_at = inner.world.executor.clock();
        let all_answered = join_all(asking).await;
        if new.iter().any(|asked| matches!(asked, Asked::Fetch(_))) {
            waited += inner.world.executor.clock().saturating_sub(asked_at);
        }
        for answered in all_answered {
            match answered {
                Ok(answered) => answers.push(answered),
                Err(Unanswered::Broken(broken)) => return Err(broken),
                Err(Unanswered::Failed(failure)) => {
                    return Ok((finish(Err(failure), &answers, waited, now), answers));
                }
            }
        }
        asked = step.fetch;
    }
    Err(Broken::Lied(format!("it is not done after {TURNS} turns")))
}

/// One turn, on a thread that may be given up.
async fn step(
    inner: &Arc<Inner>,
    plugin: &Arc<Plugin>,
    question: &Question,
    answers: &[Answered],
    now: SystemTime,
) -> Result<Bytes, Broken> {
    if plugin.is_out() {
        return Err(Broken::Out);
    }
    let executor = &inner.world.executor;
    let patience = executor.sleep(PERMIT_PATIENCE);
    let bytes = answers.iter().map(|answered| answered.kept.body.len()).sum();
    let place = match select(pin!(plugin.place(bytes)), patience).await {
        Either::Left((Ok(place), _)) => place,
        _ => return Err(if plugin.is_out() { Broken::Out } else { Broken::Busy }),
    };
    let call = written(plugin, question, answers, now);
    let report = (question.kind == CallKind::Report).then(|| question.body.clone());
    let bodies: Vec<Bytes> = answers.iter().map(|answered| answered.kept.body.clone()).chain(report).collect();
    let (sender, receiver) = oneshot::channel();
    let code = plugin.code.clone();
    let began = executor.clock();
    executor.run(Box::new(move || {
        let bodies: Vec<&[u8]> = bodies.iter().map(|body| &**body).collect();
        let outcome = code.step(&call, &bodies);
        drop(place);
        // The caller may have given up.
        let _ = sender.send(outcome);
    }));
    let stepped = match select(receiver, pin!(step_patience(&**executor))).await {
        Either::Left((Ok(Ok(message)), _)) => Ok(message.into()),
        Either::Left((Ok(Err(fault)), _)) => Err(Broken::Lied(fault)),
        Either::Left((Err(_), _)) => Err(lied("its step broke off")),
        Either::Right(_) => {
            if plugin.strike() {
                tracing::error!(plugin = plugin.id, "taken out of service: its steps do not come back");
            }
            Err(Broken::Overdue)
        }
    };
    let outcome = match stepped {
        Ok(_) => "done",
        Err(Broken::Overdue) => "overdue",
        Err(Broken::Lied(_) | Broken::Out | Broken::Busy) => "broken",
    };
    let took = executor.clock().saturating_sub(began);
    inner.world.meter.note(&Event::Stepped { plugin: &plugin.id, outcome, took });
    stepped
}

/// Ends when a step has taken too long.
async fn step_patience(executor: &dyn Executor) {
    for _ in 0..STEP_PIECES {
        executor.sleep(STEP_PATIENCE / STEP_PIECES).await;
    }
}

/// A call before any answer.
pub(crate) fn call(plugin: &Plugin, question: &Question, now: SystemTime) -> Call<'static> {
    let mut call = Call::new(question.name.clone());
    call.kind = question.kind;
    call.params = question.params.clone();
    call.query = question.query.clone();
    call.settings = plugin.settings.clone();
    call.now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    call
}

/// The call as it is handed over; the bodies go beside it.
fn written(plugin: &Plugin, question: &Question, answers: &[Answered], now: SystemTime) -> Vec<u8> {
    let mut call = call(plugin, question, now);
    let kept = answers.iter().map(|answered| &answered.kept);
    call.answers = kept.map(|kept| Answer { status: kept.status, headers: kept.headers.clone(), body: &[] }).collect();
    message::write_call(&call)
}

fn finish(outcome: Result<Done, Failure>, answers: &[Answered], waited: Duration, now: SystemTime) -> Finished {
    let modified = |answered: &Answered| {
        let header = answered.kept.headers.get("last-modified")?;
        httpdate::parse_http_date(header).ok()
    };
    let stale = answers.iter().filter(|answered| answered.is_stale);
    let infrastructure = matches!(&outcome, Err(failure) if matches!(failure.kind, FailureKind::InvalidResponse | FailureKind::Inaccessible));
    let fresh_until = answers.iter().map(|answered| answered.kept.fresh_until).min();
    Finished {
        until: fresh_until.filter(|until| *until > now && !infrastructure),
        last_modified: answers.iter().filter_map(modified).max(),
        asked: answers.iter().any(|answered| !answered.is_recorded()),
        stale_seconds: stale.map(|answered| answered.kept.age(now).as_secs()).max(),
        waited,
        outcome,
    }
}

fn lied(words: &str) -> Broken {
    Broken::Lied(words.to_owned())
}

/// A badge whose texts are short enough to be drawn.
fn checked(badge: Badge) -> Result<Badge, Broken> {
    let texts = [&badge.label, &badge.color, &badge.label_color, &badge.named_logo];
    let longest = texts.iter().filter_map(|text| text.as_ref()).chain([&badge.message]).map(String::len).max();
    match longest {
        Some(length) if length > LONGEST_TEXT => {
            Err(Broken::Lied(format!("its badge has a text of {length} bytes, at most {LONGEST_TEXT}")))
        }
        _ => Ok(badge),
    }
}

/// An address that a redirect can lead to, by the rule that providers have, too.
fn absolute(url: String) -> Result<String, Broken> {
    if url.len() > LONGEST_TEXT * 2 || !is_web_address(&url) {
        return Err(Broken::Lied(format!("it leads to {url:?}, which is no http or https address")));
    }
    // In its normal form it is ASCII. A host's name in other letters may have none; a browser says so of it.
    Ok(Url::parse(&url).map_or_else(|_| utf8_percent_encode(&url, CONTROLS).to_string(), String::from))
}

/// A record that a store can keep.
fn recordable(record: Record) -> Result<Record, Broken> {
    if record.run_id.is_empty() || record.run_id.len() > LONGEST_RUN {
        return Err(Broken::Lied(format!("its record's run_id is not 1 to {LONGEST_RUN} bytes")));
    }
    if !(1..=9999).contains(&record.run_attempt) {
        return Err(lied("its record's run_attempt is not 1 to 9999"));
    }
    Ok(record)
}

/// A failure whose code and words can be shown.
fn worded(failure: Failure) -> Result<Failure, Broken> {
    let code = &failure.code;
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if code.is_empty() || code.len() > 64 || !code.bytes().all(is_code) {
        return Err(Broken::Lied(format!("its failure's code {code:?} is not upper-case letters, digits and _")));
    }
    if failure.words.trim().is_empty() || failure.words.len() > LONGEST_TEXT {
        return Err(lied("its failure has no words, or too many"));
    }
    Ok(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_address_in_ascii_that_providers_take_is_one_to_a_browser(
            host in "[a-c0-9xX.\\[\\]:%@_-]{0,12}", rest in "[ -~]{0,12}",
        ) {
            let text = format!("https://{host}{rest}");
            // Whether a name in other letters exists is a question of IDNA's tables.
            if is_web_address(&text) && !text.to_ascii_lowercase().contains("xn--") {
                proptest::prop_assert!(Url::parse(&text).is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn a_redirect_to_a_name_in_any_letters_is_a_header_in_ascii() {
        for (url, expected) in [
            ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
            ("https://a.example/b?c#d", "https://a.example/b?c#d"),
            ("https://xn--a/", "https://xn--a/"),
        ] {
            assert_eq!(absolute(url.to_owned()).as_deref(), Ok(expected));
        }
        assert!(absolute("https://[::1/".to_owned()).is_err());
    }
}
