//! What one connection is doing, since when, and how long it may.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How long a connection may wait for its next request. A reverse proxy in front is to give up sooner: nginx keeps its
/// connections for 60 seconds.
const IDLE: Duration = Duration::from_secs(75);
/// How long a request's head may take to arrive, from its first byte to its last.
const HEAD: Duration = Duration::from_secs(15);
/// How long a body may take; what answers the request gives up sooner, and says so.
const BODY: Duration = Duration::from_secs(20);
/// How long a client may take nothing of an answer that is being written.
const STALL: Duration = Duration::from_secs(10);
/// How long a client may take for a whole answer.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a client that was told that a connection ends may take to end it, too.
const CLOSING: Duration = Duration::from_secs(2);
/// How long a client may keep a server waiting that was told to stop.
const STOPPING: Duration = Duration::from_secs(2);

/// What a connection is doing. All but [`Phase::Answering`] wait for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has no request, or none of which a byte arrived since the last answer.
    Idle,
    /// Some of a request's head has arrived.
    Head,
    /// The head is whole, and its body is not.
    Body,
    /// The request is being answered.
    Answering,
    /// The answer is being written.
    Writing,
    /// Everything is written and the connection is closed for writing; what still arrives is thrown away.
    Closing,
}

/// How many bytes all connections together hold in memory: of requests that are not answered yet, and of answers that
/// are not written yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    /// The number of bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state of one connection, which its socket, its requests and the table of connections share.
#[derive(Debug)]
pub(crate) struct Activity {
    state: Mutex<State>,
    all: Held,
    close: Notify,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When a byte moved last, or the phase began.
    moved: Instant,
    /// The bytes it holds in memory.
    held: usize,
}

impl Activity {
    /// A connection that was just accepted.
    pub(crate) fn new(all: Held, now: Instant) -> Self {
        let state = State { phase: Phase::Idle, since: now, moved: now, held: 0 };
        Self { state: Mutex::new(state), all, close: Notify::new() }
    }

    /// So many bytes arrived.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head, now);
        }
        state.moved = now;
        let held = state.held + bytes;
        self.hold(&mut state, held);
    }

    /// A request's head is whole; its body is to arrive, or there is none. Returns whether the request was there before
    /// the answer to the last one was written.
    pub(crate) fn asked(&self, has_body: bool, now: Instant) -> bool {
        let mut state = self.state();
        let was_waiting = state.phase == Phase::Idle;
        state.enter(if has_body { Phase::Body } else { Phase::Answering }, now);
        self.hold(&mut state, 0);
        was_waiting
    }

    /// The body has arrived, or never will.
    pub(crate) fn answering(&self, now: Instant) {
        self.state().enter(Phase::Answering, now);
    }

    /// There is an answer, which holds so many bytes.
    pub(crate) fn answered(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        state.enter(Phase::Writing, now);
        self.hold(&mut state, bytes);
    }

    /// Some of the answer was taken.
    pub(crate) fn sent(&self, now: Instant) {
        self.state().moved = now;
    }

    /// All that was to be written is written.
    pub(crate) fn flushed(&self, now: Instant) {
        let mut state = self.state();
        if state.phase == Phase::Writing {
            state.enter(Phase::Idle, now);
            self.hold(&mut state, 0);
        }
    }

    /// Nothing more will be written.
    pub(crate) fn closing(&self, now: Instant) {
        let mut state = self.state();
        state.enter(Phase::Closing, now);
        self.hold(&mut state, 0);
    }

    /// What it is doing, and since when.
    pub(crate) fn phase(&self) -> (Phase, Instant) {
        let state = self.state();
        (state.phase, state.since)
    }

    /// The bytes it holds in memory.
    pub(crate) fn held(&self) -> usize {
        self.state().held
    }

    /// Whether its client has kept it waiting for too long; a server that is stopping waits less.
    pub(crate) fn is_overdue(&self, now: Instant, stopping: bool) -> bool {
        let State { phase, since, moved, .. } = *self.state();
        let (whole, still) = (now.saturating_duration_since(since), now.saturating_duration_since(moved));
        let is_late = match phase {
            Phase::Idle => whole >= IDLE,
            Phase::Head => whole >= HEAD,
            Phase::Body => whole >= BODY,
            Phase::Answering => return false,
            Phase::Writing => still >= STALL || whole >= ANSWER,
            Phase::Closing => whole >= CLOSING,
        };
        is_late || (stopping && still >= STOPPING)
    }

    /// Ends the connection, whatever it is doing.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        self.hold(&mut state, 0);
        self.close.notify_one();
    }

    /// Waits until somebody ends the connection.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    fn hold(&self, state: &mut State, bytes: usize) {
        self.all.0.fetch_add(bytes, Ordering::Relaxed);
        self.all.0.fetch_sub(state.held, Ordering::Relaxed);
        state.held = bytes;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase, now: Instant) {
        (self.phase, self.since, self.moved) = (phase, now, now);
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        let mut state = self.state();
        self.hold(&mut state, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many whole seconds of one kind of waiting a connection is overdue.
    fn patience(begin: impl Fn(&Activity, Instant), each_second: impl Fn(&Activity, Instant), stopping: bool) -> u64 {
        let start = Instant::now();
        let activity = Activity::new(Held::default(), start);
        begin(&activity, start);
        (0..)
            .find(|second| {
                let now = start + Duration::from_secs(*second);
                let is_overdue = activity.is_overdue(now, stopping);
                each_second(&activity, now);
                is_overdue || *second > 1000
            })
            .unwrap()
    }

    #[test]
    fn every_wait_for_a_client_ends_and_an_answer_is_waited_for() {
        let nothing = |_: &Activity, _| {};
        let drips = |activity: &Activity, now| activity.received(1, now);
        let sips = |activity: &Activity, now| activity.sent(now);
        let writing = |activity: &Activity, now| activity.answered(9, now);
        assert_eq!(patience(nothing, nothing, false), 75, "a connection without a request");
        assert_eq!(patience(drips, drips, false), 15, "a head that drips");
        assert_eq!(
            patience(
                |activity, now| {
                    let _ = activity.asked(true, now);
                },
                drips,
                false
            ),
            20,
            "a body that drips"
        );
        assert_eq!(patience(writing, nothing, false), 10, "a client that reads nothing");
        assert_eq!(patience(writing, sips, false), 60, "a client that reads a byte a second");
        assert_eq!(patience(|activity, now| activity.closing(now), drips, false), 2, "a client that does not close");
        assert_eq!(
            patience(
                |activity, now| {
                    let _ = activity.asked(false, now);
                },
                nothing,
                false
            ),
            1001,
            "an answer"
        );
        assert_eq!(patience(writing, nothing, true), 2, "a client that reads nothing from a server that stops");
        assert_eq!(
            patience(
                |activity, now| {
                    let _ = activity.asked(false, now);
                },
                nothing,
                true
            ),
            1001,
            "its last answer"
        );
    }

    #[test]
    fn what_is_held_is_given_back_by_an_answer_that_is_written_by_closing_and_by_the_end() {
        let (all, now) = (Held::default(), Instant::now());
        let [one, other] = [(); 2].map(|()| Activity::new(all.clone(), now));
        one.received(100, now);
        other.received(10, now);
        other.received(1, now);
        assert_eq!((all.bytes(), one.held(), other.held()), (111, 100, 11));
        one.asked(true, now);
        one.received(50, now);
        assert_eq!(all.bytes(), 61);
        one.answered(1000, now);
        assert_eq!(all.bytes(), 1011);
        one.flushed(now);
        assert_eq!((all.bytes(), one.phase().0), (11, Phase::Idle));
        other.close();
        assert_eq!(all.bytes(), 0);
        one.received(7, now);
        drop((one, other));
        assert_eq!(all.bytes(), 0);
    }
}
