//! The state of one connection: its phase, the start of the phase, and the timeouts that apply.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
    time::{Duration, Instant},
};

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
/// How long a client may take to close its side of a connection after the server has closed it for writing.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a client may neither send nor receive a byte while the server is stopping.
const STOPPING_TIMEOUT: Duration = Duration::from_secs(2);

/// How many bits of [`Activity::phase`] are the phase; the others are the time when it began.
const PHASE_BITS: u32 = 3;

/// The phase of a connection. In every phase but [`Phase::New`], [`Phase::Answering`] and, while there is no event to
/// send, [`Phase::Listening`], it waits for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The connection was accepted, and its thread has not read from it yet. A request may have arrived.
    New,
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

impl Phase {
    /// Every phase, in the order of its number.
    const ALL: [Self; 8] =
        [Self::New, Self::Idle, Self::Head, Self::Body, Self::Answering, Self::Writing, Self::Listening, Self::Closing];

    /// Whether the connection waits for the server and not for the client.
    pub(crate) fn waits_for_server(self) -> bool {
        matches!(self, Self::New | Self::Answering)
    }
}

/// Why the task of a connection has to end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The server is stopping: the request in flight is the last one.
    Finish,
    /// The connection is closed at once.
    Close,
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
///
/// The task of the connection changes it several times for each request, and the table reads it once a second, so it is
/// made of atomic numbers instead of a mutex. A reader may see a half-made change; the order of the writes ensures that
/// a connection then never appears to have waited longer than it has.
#[derive(Debug)]
pub(crate) struct Activity {
    /// When the connection was opened. All other times are nanoseconds since then.
    opened: Instant,
    /// The phase, and when it began.
    phase: AtomicU64,
    /// When the last byte was received or sent, or the phase began.
    moved: AtomicU64,
    /// The bytes that the connection holds in memory.
    held: AtomicUsize,
    all: HeldBytes,
    /// 0, or the number of the [`Ending`] and one more.
    ending: AtomicU8,
    /// The waker of the connection's task, which ends the connection. It is kept after waking the task: a connection
    /// that is told to finish may have to be closed before it has finished.
    task: Mutex<Option<Waker>>,
}

impl Activity {
    /// The state of a connection that was just accepted.
    pub(crate) fn new(all: HeldBytes, now: Instant) -> Self {
        Self {
            opened: now,
            phase: AtomicU64::new(Phase::New as u64),
            moved: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            all,
            ending: AtomicU8::new(0),
            task: Mutex::default(),
        }
    }

    /// Notes that everything that the client has sent was read.
    pub(crate) fn nothing_received(&self, now: Instant) {
        if self.phase().0 == Phase::New {
            self.enter(Phase::Idle, now);
        }
    }

    /// Counts bytes that arrived.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        if matches!(self.phase().0, Phase::New | Phase::Idle) {
            self.enter(Phase::Head, now);
        } else {
            self.moved.store(self.since_opened(now), Ordering::Relaxed);
        }
        self.hold(self.held() + bytes);
    }

    /// Begins a request whose head is complete. Returns whether the request was pipelined: whether it had arrived
    /// before the answer to the last one was written.
    pub(crate) fn begin_request(&self, has_body: bool, now: Instant) -> bool {
        let was_waiting = self.phase().0 == Phase::Idle;
        self.enter(if has_body { Phase::Body } else { Phase::Answering }, now);
        self.hold(0);
        was_waiting
    }

    /// Notes that the body has arrived, or is no longer waited for.
    pub(crate) fn body_done(&self, now: Instant) {
        self.enter(Phase::Answering, now);
    }

    /// Begins to write an answer that holds this many bytes in memory.
    pub(crate) fn begin_answer(&self, bytes: usize, now: Instant) {
        self.enter(Phase::Writing, now);
        self.hold(bytes);
    }

    /// Begins an answer that is a stream of events.
    pub(crate) fn begin_listening(&self, now: Instant) {
        self.enter(Phase::Listening, now);
        self.hold(0);
    }

    /// Notes that this many bytes of events are to be written.
    pub(crate) fn tell(&self, bytes: usize, now: Instant) {
        let held = self.held();
        if held == 0 {
            self.enter(self.phase().0, now);
        }
        self.hold(held + bytes);
    }

    /// Whether the answer is a stream of events.
    pub(crate) fn is_listening(&self) -> bool {
        self.phase().0 == Phase::Listening
    }

    /// Notes that a part of the answer was sent.
    pub(crate) fn sent(&self, now: Instant) {
        self.moved.store(self.since_opened(now), Ordering::Relaxed);
    }

    /// Notes that everything that was to be written is written.
    pub(crate) fn flushed(&self, now: Instant) {
        match self.phase().0 {
            Phase::Writing => self.enter(Phase::Idle, now),
            Phase::Listening => {}
            _ => return,
        }
        self.hold(0);
    }

    /// The connection is closed for writing.
    pub(crate) fn closing(&self, now: Instant) {
        self.enter(Phase::Closing, now);
        self.hold(0);
    }

    /// The phase, and when it began.
    pub(crate) fn phase(&self) -> (Phase, Instant) {
        let (phase, since) = self.phase_since();
        (phase, self.opened + since)
    }

    /// The bytes that the connection holds in memory.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Acquire)
    }

    /// Whether the client exceeded a timeout; while the server is stopping, timeouts are shorter.
    pub(crate) fn is_overdue(&self, now: Instant, stopping: bool) -> bool {
        let now = now.saturating_duration_since(self.opened);
        // In this order: a reader that sees the bytes also sees when they were written.
        let held = self.held();
        let (phase, since) = self.phase_since();
        let moved = Duration::from_nanos(self.moved.load(Ordering::Relaxed));
        let (in_phase, unmoved) = (now.saturating_sub(since), now.saturating_sub(moved));
        let is_late = match phase {
            Phase::New | Phase::Idle => in_phase >= IDLE_TIMEOUT,
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
        self.hold(0);
        self.end(Ending::Close);
    }

    /// Ends the connection after the request in flight.
    pub(crate) fn finish(&self) {
        self.end(Ending::Finish);
    }

    /// How the connection has to end, if it has to.
    pub(crate) fn ending(&self) -> Option<Ending> {
        match self.ending.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Ending::Finish),
            _ => Some(Ending::Close),
        }
    }

    /// Whether the connection was closed since the last call.
    #[cfg(test)]
    pub(crate) fn take_close(&self) -> bool {
        self.ending.swap(0, Ordering::AcqRel) == Ending::Close as u8 + 1
    }

    /// Registers a task to be woken when the connection has to end. The caller checks whether it has to already.
    pub(crate) fn wake_at_end(&self, task: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
    }

    /// Waits until [`Activity::close`] is called.
    pub(crate) async fn closed(&self) {
        poll_fn(|cx| {
            self.wake_at_end(cx.waker());
            if self.ending() == Some(Ending::Close) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn end(&self, ending: Ending) {
        self.ending.fetch_max(ending as u8 + 1, Ordering::AcqRel);
        if let Some(task) = &*self.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.wake_by_ref();
        }
    }

    fn enter(&self, phase: Phase, now: Instant) {
        let now = self.since_opened(now);
        self.moved.store(now, Ordering::Relaxed);
        self.phase.store(now << PHASE_BITS | phase as u64, Ordering::Release);
    }

    fn hold(&self, bytes: usize) {
        // All threads share this number, so it is not written if nothing changes.
        if self.held.load(Ordering::Relaxed) != bytes {
            let before = self.held.swap(bytes, Ordering::AcqRel);
            // If the number decreases, the difference wraps around.
            self.all.0.fetch_add(bytes.wrapping_sub(before), Ordering::Relaxed);
        }
    }

    fn phase_since(&self) -> (Phase, Duration) {
        let bits = self.phase.load(Ordering::Acquire);
        let number = usize::try_from(bits & ((1 << PHASE_BITS) - 1)).unwrap_or_default();
        // Every stored number is the number of a phase.
        let phase = Phase::ALL.get(number).copied().unwrap_or(Phase::Closing);
        (phase, Duration::from_nanos(bits >> PHASE_BITS))
    }

    /// Nanoseconds from the opening of the connection to this time: it would take 73 years to need more bits.
    fn since_opened(&self, now: Instant) -> u64 {
        let nanoseconds = now.saturating_duration_since(self.opened).as_nanos();
        u64::try_from(nanoseconds).unwrap_or(u64::MAX) & (u64::MAX >> PHASE_BITS)
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many whole seconds a connection is overdue: `begin` sets its phase, and `each_second` is called every
    /// second after that.
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

    #[test]
    fn a_connection_that_is_closed_while_the_server_stops_is_not_finished_first() {
        let activity = Activity::new(HeldBytes::default(), Instant::now());
        assert_eq!(activity.ending(), None);
        activity.finish();
        assert_eq!(activity.ending(), Some(Ending::Finish));
        activity.close();
        activity.finish();
        assert_eq!(activity.ending(), Some(Ending::Close));
    }

    #[tokio::test]
    async fn a_connection_that_finishes_is_still_woken_when_it_is_closed() {
        let activity = Arc::new(Activity::new(HeldBytes::default(), Instant::now()));
        let closed = tokio::spawn({
            let activity = Arc::clone(&activity);
            let mut woken = 0;
            poll_fn(move |cx| {
                woken += 1;
                if woken == 1 {
                    activity.wake_at_end(cx.waker());
                }
                if activity.ending() == Some(Ending::Close) { Poll::Ready(woken) } else { Poll::Pending }
            })
        });
        for end in [Activity::finish, Activity::close] {
            tokio::task::yield_now().await;
            end(&activity);
        }
        assert_eq!(tokio::time::timeout(Duration::from_secs(10), closed).await.unwrap().unwrap(), 3);
    }

    #[test]
    fn every_phase_has_its_number_and_its_time_is_exact() {
        let opened = Instant::now();
        let activity = Activity::new(HeldBytes::default(), opened);
        for phase in Phase::ALL {
            let now = opened + Duration::from_nanos(1_234_567_891_234_567);
            activity.enter(phase, now);
            assert_eq!(activity.phase(), (phase, now));
        }
        activity.enter(Phase::Idle, opened - Duration::from_secs(1));
        assert_eq!(activity.phase(), (Phase::Idle, opened), "a time before the connection was opened");
    }
}
