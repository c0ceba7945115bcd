//! The table of open connections: it enforces the limits, and decides which connection is closed for a new one.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    activity::{Activity, HeldBytes, Phase},
    client_address::ClientAddress,
};

/// How many bytes of requests and answers all connections together may hold in memory. An ordinary request holds a few
/// hundred bytes for less than a millisecond; this is a thousand heads of 32 KiB.
const MAX_HELD_BYTES: usize = 32 * 1024 * 1024;
/// The least time between two log lines about connections that were closed to make room.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// How long a connection may wait for its client before it may be closed for another one without a further look. Its
/// client may have sent a request, or its thread may be writing an answer at this moment.
const LEAST_WAIT: Duration = Duration::from_millis(100);
/// How long fewer connections may be open after the process ran out of file descriptors.
const SHRINK_DURATION: Duration = Duration::from_secs(30);

/// How many connections may be open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// The connections of all clients together.
    pub(crate) all: usize,
    /// The connections of one client.
    pub(crate) per_client: usize,
}

/// The open connections and their limits.
#[derive(Debug)]
pub(crate) struct ConnectionTable {
    limits: ConnectionLimits,
    held: HeldBytes,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    entries: HashMap<u64, ConnectionEntry>,
    /// How many of them each client has.
    clients: HashMap<ClientAddress, usize>,
    /// The number of the next connection.
    next: u64,
    /// The connections that were closed to make room since the last log line about it, and the time of that line.
    closed: ClosedCounts,
    logged: Option<Instant>,
    /// The lower limit after the process ran out of file descriptors, and when it ends.
    shrunk: Option<(usize, Instant)>,
}

#[derive(Debug)]
struct ConnectionEntry {
    client: Option<ClientAddress>,
    activity: Arc<Activity>,
}

/// The number of a connection, its phase, and when the phase began.
type Waiting = (u64, (Phase, Instant));

/// How many connections were closed to make room, by the limit that was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClosedCounts {
    /// Connections of all clients.
    pub(crate) all: u64,
    /// Connections of one client.
    pub(crate) per_client: u64,
    /// Open files.
    pub(crate) files: u64,
    /// Bytes in memory.
    pub(crate) memory: u64,
}

/// The entry of one connection in the table. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    number: u64,
    activity: Arc<Activity>,
    table: Arc<ConnectionTable>,
}

impl ConnectionTable {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, held: HeldBytes::default(), open: Mutex::default() })
    }

    /// Adds a new connection at once. If the limit of its client or of all clients is reached, one of the limited
    /// connections is closed: the one that has waited longest for its client.
    pub(crate) fn open(self: &Arc<Self>, client: Option<ClientAddress>, now: Instant) -> ConnectionSlot {
        let mut open = self.lock();
        if let Some((number, _)) = open.of_full_client(client, self.limits.per_client) {
            open.close(number);
            open.closed.per_client += 1;
        }
        while let Some((number, _)) = open.of_full_table(self.limits.all, now) {
            open.close(number);
            open.closed.all += 1;
        }
        let activity = Arc::new(Activity::new(self.held.clone(), now));
        let number = open.next;
        open.next += 1;
        open.entries.insert(number, ConnectionEntry { client, activity: Arc::clone(&activity) });
        if let Some(client) = client {
            *open.clients.entry(client).or_default() += 1;
        }
        ConnectionSlot { number, activity, table: Arc::clone(self) }
    }

    /// Closes an eighth of the connections because no file descriptor is left, and lowers the limit for a while, so
    /// that upstream requests and the store can open files as well. Returns whether any connection was closed.
    pub(crate) fn shrink(&self, now: Instant) -> bool {
        let mut open = self.lock();
        let fewer = open.entries.len() * 7 / 8;
        open.shrunk = Some((fewer.max(1), now + SHRINK_DURATION));
        let mut any = false;
        while open.entries.len() > fewer && open.close_longest_waiting(|_| true) {
            open.closed.files += 1;
            any = true;
        }
        any
    }

    /// Closes connections while all together hold too many bytes: among those that hold any, the one that has waited
    /// longest for its client goes first.
    fn enforce_memory_limit(&self) {
        while self.held.bytes() > MAX_HELD_BYTES {
            let mut open = self.lock();
            let waits =
                |entry: &ConnectionEntry| entry.activity.held() > 0 && !entry.activity.phase().0.waits_for_server();
            if !open.close_longest_waiting(waits) {
                break;
            }
            open.closed.memory += 1;
        }
    }

    /// Closes the connections whose clients exceeded a timeout; while the server stops, timeouts are shorter.
    pub(crate) fn close_overdue(&self, now: Instant, stopping: bool) {
        let mut open = self.lock();
        let overdue = open.entries.iter().filter(|(_, entry)| entry.activity.is_overdue(now, stopping));
        let overdue: Vec<u64> = overdue.map(|(number, _)| *number).collect();
        overdue.into_iter().for_each(|number| open.close(number));
    }

    /// Ends all connections, each after the request in flight.
    pub(crate) fn finish(&self) {
        self.lock().entries.values().for_each(|entry| entry.activity.finish());
    }

    /// The counts for the next log line; `None` if nothing was closed since the last line or that line is recent.
    pub(crate) fn take_closed_counts(&self, now: Instant) -> Option<ClosedCounts> {
        let mut open = self.lock();
        let is_quiet = open.logged.is_some_and(|logged| now.saturating_duration_since(logged) < LOG_INTERVAL);
        if is_quiet || open.closed == ClosedCounts::default() {
            return None;
        }
        open.logged = Some(now);
        Some(mem::take(&mut open.closed))
    }

    /// Whether the next connection of this client closes one too early, because there is no better one: its thread has
    /// not read from it yet, or it has waited for its client for less than [`LEAST_WAIT`].
    pub(crate) fn closes_early(&self, client: Option<ClientAddress>, now: Instant) -> bool {
        let open = self.lock();
        let is_early = |(_, (phase, since))| phase == Phase::New || now.saturating_duration_since(since) < LEAST_WAIT;
        open.of_full_client(client, self.limits.per_client).is_some_and(is_early)
            || open.of_full_table(self.limits.all, now).is_some_and(is_early)
    }

    /// How many connections are open.
    pub(crate) fn count(&self) -> usize {
        self.lock().entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    /// The present limit, given the configured limit `all`.
    fn room(&self, all: usize, now: Instant) -> usize {
        self.shrunk.filter(|(_, until)| now < *until).map_or(all, |(fewer, _)| fewer.min(all))
    }

    /// Whether there is no room for one more connection, given the configured limit `all`. Listeners have a limit of
    /// their own.
    fn is_full(&self, all: usize, now: Instant) -> bool {
        let room = self.room(all, now);
        self.entries.len() >= room && self.count(|_| true) >= room
    }

    /// How many matching connections there are, not counting listeners.
    fn count(&self, matches: impl Fn(&ConnectionEntry) -> bool) -> usize {
        self.entries.values().filter(|entry| matches(entry) && !entry.is_listening()).count()
    }

    /// The connection to close for this client's next one, if the client has reached its limit.
    fn of_full_client(&self, client: Option<ClientAddress>, most: usize) -> Option<Waiting> {
        let is_its = |entry: &ConnectionEntry| entry.client == client;
        // Listeners have a limit of their own. They are subtracted only if the client seems to be full, since counting
        // takes time.
        let is_full = self.clients.get(&client?).is_some_and(|open| *open >= most) && self.count(is_its) >= most;
        if is_full { self.longest_waiting(|entry| is_its(entry) && !entry.is_listening()) } else { None }
    }

    /// The connection to close for the next one, if there is no room for it.
    fn of_full_table(&self, all: usize, now: Instant) -> Option<Waiting> {
        if self.is_full(all, now) { self.longest_waiting(|entry| !entry.is_listening()) } else { None }
    }

    /// Closes the matching connection that has waited longest for its client. A connection that waits for the server is
    /// closed only if all matching ones do. Returns whether any connection matched.
    fn close_longest_waiting(&mut self, matches: impl Fn(&ConnectionEntry) -> bool) -> bool {
        self.longest_waiting(matches).inspect(|(number, _)| self.close(*number)).is_some()
    }

    /// The connection that [`Self::close_longest_waiting`] closes.
    fn longest_waiting(&self, matches: impl Fn(&ConnectionEntry) -> bool) -> Option<Waiting> {
        let these = self.entries.iter().filter(|(_, entry)| matches(entry));
        let these = these.map(|(number, entry)| (*number, entry.activity.phase()));
        these.min_by_key(|(number, (phase, since))| (phase.waits_for_server(), *since, *number))
    }

    /// Ends a connection. Its entry is free at once; its socket is closed when its task runs next.
    fn close(&mut self, number: u64) {
        if let Some(activity) = self.remove(number) {
            activity.close();
        }
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Activity>> {
        let ConnectionEntry { client, activity } = self.entries.remove(&number)?;
        if let Some(client) = client
            && let Some(open) = self.clients.get_mut(&client)
        {
            *open -= 1;
            if *open == 0 {
                self.clients.remove(&client);
            }
        }
        Some(activity)
    }
}

impl ConnectionEntry {
    fn is_listening(&self) -> bool {
        self.activity.is_listening()
    }
}

impl ConnectionSlot {
    /// The state of the connection.
    pub(crate) const fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Counts bytes that arrived, and enforces the limit of bytes in memory.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        self.activity.received(bytes, now);
        self.table.enforce_memory_limit();
    }

    /// Enforces the limit of bytes in memory. Called when an answer cannot be written at once.
    pub(crate) fn enforce_memory_limit(&self) {
        self.table.enforce_memory_limit();
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.table.lock().remove(self.number);
    }
}

#[cfg(test)]
mod tests;
