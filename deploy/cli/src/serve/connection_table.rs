//! The connections that are open: how many there may be, and which one is closed for a new one.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    activity::{Activity, Held, Phase},
    client_address::Client,
};

/// How many bytes of requests and answers all connections together may hold in memory. An ordinary request holds a few
/// hundred bytes for less than a millisecond; this is a thousand heads of 32 KiB.
const MOST_HELD: usize = 32 * 1024 * 1024;
/// How long the log says nothing more of connections that were closed to make room.
const QUIET: Duration = Duration::from_secs(10);
/// How long there are fewer connections after the process ran out of files.
const SHRUNK: Duration = Duration::from_secs(30);

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of all clients together.
    pub(crate) all: usize,
    /// Of one client.
    pub(crate) per_client: usize,
}

/// All open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    bounds: Bounds,
    held: Held,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<u64, Entry>,
    /// How many of them each client has.
    clients: HashMap<Client, usize>,
    /// The number of the next connection.
    next: u64,
    /// How many were closed to make room since the log said so, and when it did.
    closed: Closed,
    told: Option<Instant>,
    /// How many there may be until when, since there were no files for more.
    shrunk: Option<(usize, Instant)>,
}

#[derive(Debug)]
struct Entry {
    client: Option<Client>,
    activity: Arc<Activity>,
}

/// How many connections were closed to make room, by what there was no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    /// One more connection.
    pub(crate) all: u64,
    /// One more connection of the same client.
    pub(crate) per_client: u64,
    /// One more open file.
    pub(crate) files: u64,
    /// More bytes in memory.
    pub(crate) memory: u64,
}

/// One connection's place among the open ones. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    number: u64,
    activity: Arc<Activity>,
    connections: Arc<Connections>,
}

impl Connections {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self { bounds, held: Held::default(), table: Mutex::default() })
    }

    /// Gives a new connection its place at once. Where there are too many, of its client or in all, the one of these
    /// that has waited longest for its client is closed.
    pub(crate) fn open(self: &Arc<Self>, client: Option<Client>, now: Instant) -> Place {
        let mut table = self.table();
        if let Some(client) = client
            && table.clients.get(&client).is_some_and(|open| *open >= self.bounds.per_client)
        {
            table.closed.per_client += u64::from(table.close_one(|entry| entry.client == Some(client)));
        }
        while table.open.len() >= table.room(self.bounds.all, now) && table.close_one(|_| true) {
            table.closed.all += 1;
        }
        let activity = Arc::new(Activity::new(self.held.clone(), now));
        let number = table.next;
        table.next += 1;
        table.open.insert(number, Entry { client, activity: Arc::clone(&activity) });
        if let Some(client) = client {
            *table.clients.entry(client).or_default() += 1;
        }
        Place { number, activity, connections: Arc::clone(self) }
    }

    /// There is no file for one more: for a while there are fewer connections, so that what else opens files finds
    /// some, too. Returns whether any was closed.
    pub(crate) fn shrink(&self, now: Instant) -> bool {
        let mut table = self.table();
        let fewer = table.open.len() * 7 / 8;
        table.shrunk = Some((fewer.max(1), now + SHRUNK));
        let mut any = false;
        while table.open.len() > fewer && table.close_one(|_| true) {
            table.closed.files += 1;
            any = true;
        }
        any
    }

    /// Closes connections while all together hold too many bytes: of those that hold some, the one that has waited
    /// longest for its client.
    fn relieve(&self) {
        while self.held.bytes() > MOST_HELD {
            let mut table = self.table();
            let waits = |entry: &Entry| entry.activity.held() > 0 && entry.activity.phase().0 != Phase::Answering;
            if !table.close_one(waits) {
                break;
            }
            table.closed.memory += 1;
        }
    }

    /// Closes the connections whose clients have kept them waiting for too long; a server that stops waits less.
    pub(crate) fn close_overdue(&self, now: Instant, stopping: bool) {
        let mut table = self.table();
        let overdue = table.open.iter().filter(|(_, entry)| entry.activity.is_overdue(now, stopping));
        let overdue: Vec<u64> = overdue.map(|(number, _)| *number).collect();
        overdue.into_iter().for_each(|number| table.close(number));
    }

    /// How many connections were closed to make room, if that is new and the log has been quiet about it for a while.
    pub(crate) fn news(&self, now: Instant) -> Option<Closed> {
        let mut table = self.table();
        let is_quiet = table.told.is_some_and(|told| now.saturating_duration_since(told) < QUIET);
        if is_quiet || table.closed == Closed::default() {
            return None;
        }
        table.told = Some(now);
        Some(mem::take(&mut table.closed))
    }

    /// Whether the next one makes another one end.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        let table = self.table();
        table.open.len() >= table.room(self.bounds.all, now)
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.table().open.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// How many there may be now, of so many in general.
    fn room(&self, all: usize, now: Instant) -> usize {
        self.shrunk.filter(|(_, until)| now < *until).map_or(all, |(fewer, _)| fewer.min(all))
    }

    /// Closes the one of these connections that has waited longest for its client; one that is being answered only if
    /// all of them are. Returns whether there was any.
    fn close_one(&mut self, of: impl Fn(&Entry) -> bool) -> bool {
        let these = self.open.iter().filter(|(_, entry)| of(entry));
        let first = these.min_by_key(|(number, entry)| {
            let (phase, since) = entry.activity.phase();
            (phase == Phase::Answering, since, **number)
        });
        let first = first.map(|(number, _)| *number);
        first.inspect(|number| self.close(*number)).is_some()
    }

    /// Ends a connection. Its place is free at once, and its socket is closed when its task runs next.
    fn close(&mut self, number: u64) {
        if let Some(activity) = self.remove(number) {
            activity.close();
        }
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Activity>> {
        let Entry { client, activity } = self.open.remove(&number)?;
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

impl Place {
    /// What the connection is doing.
    pub(crate) const fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// So many bytes arrived, which may be more than there is room for.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        self.activity.received(bytes, now);
        self.connections.relieve();
    }

    /// Some of an answer cannot be written now, and there may be no room for it.
    pub(crate) fn relieve(&self) {
        self.connections.relieve();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures_util::FutureExt;

    use super::*;

    fn connections(all: usize, per_client: usize) -> Arc<Connections> {
        Connections::new(Bounds { all, per_client })
    }

    fn client(last: u8) -> Option<Client> {
        Client::at(IpAddr::from([192, 0, 2, last]))
    }

    fn is_closed(place: &Place) -> bool {
        // Asking takes the news away, so a closed connection is asked once.
        place.activity.closed().now_or_never().is_some()
    }

    fn closed(places: &[Place]) -> Vec<usize> {
        (0..places.len()).filter(|index| is_closed(&places[*index])).collect()
    }

    #[test]
    fn when_places_run_out_the_one_that_has_waited_longest_is_closed_and_never_one_that_is_answered() {
        let (connections, start) = (connections(4, 4), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut places: Vec<_> = (0..4).map(|index| connections.open(None, at(index))).collect();
        // The first is answered since before the others came; the second began to read an answer last.
        places[0].activity.asked(false, start);
        places[1].activity.answered(10, at(9));
        places[2].activity.received(10, at(8));
        places.push(connections.open(None, at(10)));
        assert_eq!(closed(&places), [3], "it has been idle since the third second");
        places.push(connections.open(None, at(11)));
        assert_eq!(closed(&places), [2], "a head that is not whole");
        places.push(connections.open(None, at(12)));
        assert_eq!(closed(&places), [1], "an answer that is not read");
        assert_eq!(connections.count(), 4);
        for place in &places {
            place.activity.asked(false, at(13));
        }
        places[5].activity.asked(false, at(12));
        places[0].activity.asked(false, at(14));
        places.push(connections.open(None, at(15)));
        assert_eq!(closed(&places), [5], "all are answered: the one that takes longest");
        drop(places);
        assert_eq!(connections.count(), 0);
    }

    #[test]
    fn past_a_clients_bound_its_own_longest_idle_connection_is_closed_and_nobody_elses() {
        let (connections, start) = (connections(100, 2), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let whose = [client(1), client(2), client(2), None, None, None];
        let mut places: Vec<_> =
            whose.into_iter().zip(0..).map(|(client, second)| connections.open(client, at(second))).collect();
        assert_eq!(closed(&places), [0_usize; 0], "nobody has more than two but this machine");
        places.push(connections.open(client(2), at(6)));
        assert_eq!(closed(&places), [1]);
        places.push(connections.open(client(1), at(7)));
        assert_eq!(closed(&places), [0_usize; 0]);
        places.push(connections.open(client(1), at(8)));
        assert_eq!(closed(&places), [0]);
        // A place that is given back counts no more.
        drop(places.remove(2));
        places.push(connections.open(client(2), at(9)));
        assert_eq!(closed(&places), [0_usize; 0]);
        assert_eq!(connections.news(at(9)), Some(Closed { per_client: 2, ..Closed::default() }));
    }

    #[test]
    fn bytes_that_clients_make_it_hold_are_bounded_and_the_longest_wait_goes_first() {
        let (connections, start) = (connections(1000, 1000), Instant::now());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let places: Vec<_> = (0..1000).map(|_| connections.open(None, start)).collect();
        for (place, index) in places.iter().zip(0..) {
            for _ in 0..8 {
                place.received(8 * 1024, at(index));
                assert!(connections.held.bytes() <= MOST_HELD);
            }
        }
        assert_eq!(closed(&places), (0..488).collect::<Vec<_>>(), "512 of 64 KiB are as many as there may be");
        assert_eq!(connections.news(at(1000)).map(|closed| closed.memory), Some(488));
        drop(places);
        assert_eq!((connections.held.bytes(), connections.count()), (0, 0));
    }

    #[test]
    fn whatever_clients_do_no_place_is_lost_and_no_bound_is_passed() {
        let (connections, start) = (connections(40, 10), Instant::now());
        let (mut random, mut places) = (fastrand::Rng::with_seed(7), Vec::new());
        for millisecond in 0..20_000 {
            let now = start + Duration::from_millis(millisecond * 20);
            let client = client(random.u8(0..8)).filter(|_| random.bool());
            match (random.u8(0..10), places.is_empty()) {
                (0..4, _) | (_, true) => places.push(connections.open(client, now)),
                (4, _) => drop(places.swap_remove(random.usize(0..places.len()))),
                (5, _) => connections.close_overdue(now, random.u8(..) == 0),
                (action, _) => {
                    let activity = &places[random.usize(0..places.len())].activity;
                    match action {
                        6 => activity.received(random.usize(0..9000), now),
                        7 => {
                            let _ = activity.asked(random.bool(), now);
                        }
                        8 => activity.answered(random.usize(0..90_000), now),
                        _ => activity.flushed(now),
                    }
                }
            }
            if places.len() > 100 {
                places.clear();
                assert_eq!(connections.count(), 0);
            }
            let table = connections.table();
            assert!(table.open.len() <= 40 && table.clients.values().all(|open| (1..=10).contains(open)));
        }
        drop(places);
        assert!(connections.table().clients.is_empty());
        assert_eq!((connections.count(), connections.held.bytes()), (0, 0));
    }

    #[test]
    fn without_files_there_are_fewer_connections_for_a_while() {
        let (connections, start) = (connections(100, 100), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!connections.shrink(start), "there is none to be closed");
        let mut places: Vec<_> = (0..80).map(|_| connections.open(None, at(31))).collect();
        assert!(connections.shrink(at(31)) && connections.is_full(at(31)));
        assert_eq!(closed(&places), (0..10).collect::<Vec<_>>());
        places.extend((0..20).map(|_| connections.open(None, at(60))));
        assert_eq!(connections.count(), 70);
        places.extend((0..40).map(|_| connections.open(None, at(61))));
        assert_eq!(connections.count(), 100);
    }

    #[test]
    fn the_log_says_at_most_every_ten_seconds_that_room_was_made() {
        let (connections, start) = (connections(1, 1), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let _first = connections.open(None, start);
        assert_eq!(connections.news(start), None);
        let _second = connections.open(None, start);
        assert_eq!(connections.news(start).map(|closed| closed.all), Some(1));
        let _third = connections.open(None, at(1));
        assert!(connections.shrink(at(1)));
        assert_eq!(connections.news(at(9)), None);
        assert_eq!(connections.news(at(10)), Some(Closed { all: 1, files: 1, ..Closed::default() }));
        assert_eq!(connections.news(at(30)), None);
    }
}
