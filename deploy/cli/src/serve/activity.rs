//! The state of one connection: what it is doing, since when, and the timeouts that apply.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How long a connection may wait for its next request. A reverse proxy should close idle connections sooner: nginx
/// does so after 60 seconds.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a request's head may take to arrive, from its first byte to its last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a body may take. The code that answers the request has a shorter timeout and sends an error then.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a client may read nothing of an answer that is being written.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to read a whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take to close a connection that the server has closed for writing.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a client may move no byte while the server is stopping.
const STOPPING_TIMEOUT: Duration = Duration::from_secs(2);

/// What a connection is doing. In every phase but [`Phase::Answering`] and, while there is nothing to tell,
/// [`Phase::Listening`] it waits for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No byte of a request has arrived since the connection was opened or the last answer was written.
    Idle,
    /// A part of a request's head has arrived.
    Head,
    /// The head is complete, and the body is not.
    Body,
    /// The request is being answered.
    Answering,
    /// The answer is being written.
    Writing,
    /// The answer is a stream of events, which is written as they come.
    Listening,
    /// The connection is closed for writing; what still arrives is discarded.
    Closing,
}

/// The number of bytes that all connections together hold in memory: requests that are not answered yet, and answers
/// that are not written yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldBytes(Arc<AtomicUsize>);

impl HeldBytes {
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state of one connection, shared by its socket, its requests and the table of connections.
#[derive(Debug)]
pub(crate) struct Activity {
    state: Mutex<ActivityState>,
    all: HeldBytes,
    close: Notify,
}

#[derive(Debug)]
struct ActivityState {
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// When the last byte was received or sent, or the phase began.
    moved: Instant,
    /// The bytes that the connection holds in memory.
    held: usize,
}

impl Activity {
    /// The state of a connection that was just accepted.
    pub(crate) fn new(all: HeldBytes, now: Instant) -> Self {
        let state = ActivityState { phase: Phase::Idle, since: now, moved: now, held: 0 };
        Self { state: Mutex::new(state), all, close: Notify::new() }
    }

    /// Counts bytes that arrived.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head, now);
        }
        state.moved = now;
        let held = state.held + bytes;
        self.hold(&mut state, held);
    }

    /// Begins a request whose head is complete. Returns whether the request was pipelined: whether it had arrived
    /// before the answer to the last one was written.
    pub(crate) fn begin_request(&self, has_body: bool, now: Instant) -> bool {
        let mut state = self.state();
        let was_waiting = state.phase == Phase::Idle;
        state.enter(if has_body { Phase::Body } else { Phase::Answering }, now);
        self.hold(&mut state, 0);
        was_waiting
    }

    /// The body has arrived, or was given up.
    pub(crate) fn body_done(&self, now: Instant) {
        self.state().enter(Phase::Answering, now);
    }

    /// Begins to write an answer that holds so many bytes.
    pub(crate) fn begin_answer(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        state.enter(Phase::Writing, now);
        self.hold(&mut state, bytes);
    }

    /// Begins an answer that is a stream of events.
    pub(crate) fn begin_listening(&self, now: Instant) {
        let mut state = self.state();
        state.enter(Phase::Listening, now);
        self.hold(&mut state, 0);
    }

    /// So many bytes of events are to be written.
    pub(crate) fn tell(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        if state.held == 0 {
            (state.since, state.moved) = (now, now);
        }
        let held = state.held + bytes;
        self.hold(&mut state, held);
    }

    /// Whether the answer is a stream of events.
    pub(crate) fn is_listening(&self) -> bool {
        self.state().phase == Phase::Listening
    }

    /// A part of the answer was sent.
    pub(crate) fn sent(&self, now: Instant) {
        self.state().moved = now;
    }

    /// Everything that was to be written is written.
    pub(crate) fn flushed(&self, now: Instant) {
        let mut state = self.state();
        match state.phase {
            Phase::Writing => state.enter(Phase::Idle, now),
            Phase::Listening => {}
            _ => return,
        }
        self.hold(&mut state, 0);
    }

    /// The connection is closed for writing.
    pub(crate) fn closing(&self, now: Instant) {
        let mut state = self.state();
        state.enter(Phase::Closing, now);
        self.hold(&mut state, 0);
    }

    /// The phase, and when it began.
    pub(crate) fn phase(&self) -> (Phase, Instant) {
        let state = self.state();
        (state.phase, state.since)
    }

    /// The bytes that the connection holds in memory.
    pub(crate) fn held(&self) -> usize {
        self.state().held
    }

    /// Whether the client exceeded a timeout; while the server is stopping, timeouts are shorter.
    pub(crate) fn is_overdue(&self, now: Instant, stopping: bool) -> bool {
        let ActivityState { phase, since, moved, held } = *self.state();
        let (in_phase, unmoved) = (now.saturating_duration_since(since), now.saturating_duration_since(moved));
        let is_late = match phase {
            Phase::Idle => in_phase >= IDLE_TIMEOUT,
            Phase::Head => in_phase >= HEAD_TIMEOUT,
            Phase::Body => in_phase >= BODY_TIMEOUT,
            Phase::Answering => return false,
            Phase::Writing => unmoved >= STALL_TIMEOUT || in_phase >= ANSWER_TIMEOUT,
            // A listener that takes long to read a few events falls behind; it may come back.
            Phase::Listening => return held > 0 && in_phase >= STALL_TIMEOUT,
            Phase::Closing => in_phase >= CLOSING_TIMEOUT,
        };
        is_late || (stopping && unmoved >= STOPPING_TIMEOUT)
    }

    /// Ends the connection in any phase.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        self.hold(&mut state, 0);
        self.close.notify_one();
    }

    /// Waits until [`Activity::close`] is called.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    fn hold(&self, state: &mut ActivityState, bytes: usize) {
        self.all.0.fetch_add(bytes, Ordering::Relaxed);
        self.all.0.fetch_sub(state.held, Ordering::Relaxed);
        state.held = bytes;
    }

    fn state(&self) -> MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActivityState {
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

    /// After how many whole seconds a connection is overdue: `begin` sets its phase, `each_second` happens then on.
    fn seconds_until_overdue(
        begin: impl Fn(&Activity, Instant),
        each_second: impl Fn(&Activity, Instant),
        stopping: bool,
    ) -> u64 {
        let start = Instant::now();
        let activity = Activity::new(HeldBytes::default(), start);
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
    fn every_wait_for_a_client_has_a_timeout_and_answering_has_none() {
        let nothing = |_: &Activity, _| {};
        let drips = |activity: &Activity, now| activity.received(1, now);
        let sips = |activity: &Activity, now| activity.sent(now);
        let writing = |activity: &Activity, now| activity.begin_answer(9, now);
        assert_eq!(seconds_until_overdue(nothing, nothing, false), 75, "a connection without a request");
        assert_eq!(seconds_until_overdue(drips, drips, false), 15, "a head that drips");
        assert_eq!(
            seconds_until_overdue(
                |activity, now| {
                    let _ = activity.begin_request(true, now);
                },
                drips,
                false
            ),
            20,
            "a body that drips"
        );
        assert_eq!(seconds_until_overdue(writing, nothing, false), 10, "a client that reads nothing");
        assert_eq!(seconds_until_overdue(writing, sips, false), 60, "a client that reads a byte a second");
        assert_eq!(
            seconds_until_overdue(|activity, now| activity.closing(now), drips, false),
            2,
            "a client that does not close"
        );
        assert_eq!(
            seconds_until_overdue(
                |activity, now| {
                    let _ = activity.begin_request(false, now);
                },
                nothing,
                false
            ),
            1001,
            "an answer"
        );
        assert_eq!(
            seconds_until_overdue(writing, nothing, true),
            2,
            "a client that reads nothing from a server that stops"
        );
        assert_eq!(
            seconds_until_overdue(
                |activity, now| {
                    let _ = activity.begin_request(false, now);
                },
                nothing,
                true
            ),
            1001,
            "an answer of a server that stops"
        );
    }

    #[test]
    fn a_listener_is_never_idle_and_one_that_does_not_read_is_slow() {
        let listens = |activity: &Activity, now| activity.begin_listening(now);
        let nothing = |_: &Activity, _| {};
        assert_eq!(seconds_until_overdue(listens, nothing, false), 1001, "a listener without events");
        let reads = |activity: &Activity, now| {
            activity.tell(100, now);
            activity.flushed(now);
        };
        assert_eq!(seconds_until_overdue(listens, reads, false), 1001, "a listener that reads");
        let tells = |activity: &Activity, now| activity.tell(100, now);
        assert_eq!(seconds_until_overdue(listens, tells, false), 10, "a listener that reads nothing");
        let sips = |activity: &Activity, now| {
            activity.tell(100, now);
            activity.sent(now);
        };
        assert_eq!(seconds_until_overdue(listens, sips, false), 10, "a listener that reads too slowly");
    }

    #[test]
    fn held_bytes_are_released_when_an_answer_is_written_when_the_connection_closes_and_when_it_is_dropped() {
        let (all, now) = (HeldBytes::default(), Instant::now());
        let [one, other] = [(); 2].map(|()| Activity::new(all.clone(), now));
        one.received(100, now);
        other.received(10, now);
        other.received(1, now);
        assert_eq!((all.bytes(), one.held(), other.held()), (111, 100, 11));
        one.begin_request(true, now);
        one.received(50, now);
        assert_eq!(all.bytes(), 61);
        one.begin_answer(1000, now);
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
