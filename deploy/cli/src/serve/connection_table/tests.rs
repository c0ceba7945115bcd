//! Limits, and which connection is closed for another one.

use std::net::IpAddr;

use super::*;

fn connections(all: usize, per_client: usize) -> Arc<ConnectionTable> {
    ConnectionTable::new(ConnectionLimits { all, per_client })
}

fn client(last: u8) -> Option<ClientAddress> {
    ClientAddress::at(IpAddr::from([192, 0, 2, last]))
}

/// A new connection whose client has sent nothing yet.
fn waiting(connections: &Arc<ConnectionTable>, client: Option<ClientAddress>, now: Instant) -> ConnectionSlot {
    let slot = connections.open(client, now);
    slot.activity.nothing_received(now);
    slot
}

fn is_closed(slot: &ConnectionSlot) -> bool {
    // A closed connection is reported only once.
    slot.activity.take_close()
}

fn closed(slots: &[ConnectionSlot]) -> Vec<usize> {
    (0..slots.len()).filter(|index| is_closed(&slots[*index])).collect()
}

#[test]
fn at_the_limit_the_connection_that_has_waited_longest_is_closed_and_never_one_that_is_being_answered() {
    let (connections, start) = (connections(4, 4), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut slots: Vec<_> = (0..4).map(|index| waiting(&connections, None, at(index))).collect();
    // The first connection is being answered since before the others were opened; the second was the last to begin
    // reading an answer.
    slots[0].activity.begin_request(false, start);
    slots[1].activity.begin_answer(10, at(9));
    slots[2].activity.received(10, at(8));
    slots.push(waiting(&connections, None, at(10)));
    assert_eq!(closed(&slots), [3], "it has been idle since the third second");
    slots.push(waiting(&connections, None, at(11)));
    assert_eq!(closed(&slots), [2], "a head that is not whole");
    slots.push(waiting(&connections, None, at(12)));
    assert_eq!(closed(&slots), [1], "an answer that is not read");
    assert_eq!(connections.count(), 4);
    for slot in &slots {
        slot.activity.begin_request(false, at(13));
    }
    slots[5].activity.begin_request(false, at(12));
    slots[0].activity.begin_request(false, at(14));
    slots.push(waiting(&connections, None, at(15)));
    assert_eq!(closed(&slots), [5], "all are being answered: the one that takes longest");
    drop(slots);
    assert_eq!(connections.count(), 0);
}

#[test]
fn at_a_clients_limit_its_own_longest_idle_connection_is_closed_and_no_other_clients() {
    let (connections, start) = (connections(100, 2), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let whose = [client(1), client(2), client(2), None, None, None];
    let mut slots: Vec<_> =
        whose.into_iter().zip(0..).map(|(client, second)| waiting(&connections, client, at(second))).collect();
    assert_eq!(closed(&slots), [0_usize; 0], "only this machine, which has no limit, has more than two");
    slots.push(waiting(&connections, client(2), at(6)));
    assert_eq!(closed(&slots), [1]);
    slots.push(waiting(&connections, client(1), at(7)));
    assert_eq!(closed(&slots), [0_usize; 0]);
    slots.push(waiting(&connections, client(1), at(8)));
    assert_eq!(closed(&slots), [0]);
    // A slot that was dropped is not counted.
    drop(slots.remove(2));
    slots.push(waiting(&connections, client(2), at(9)));
    assert_eq!(closed(&slots), [0_usize; 0]);
    assert_eq!(connections.take_closed_counts(at(9)), Some(ClosedCounts { per_client: 2, ..ClosedCounts::default() }));
}

#[test]
fn listeners_have_places_of_their_own_and_are_not_closed_to_make_room() {
    let (connections, start) = (connections(3, 2), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut slots: Vec<_> = (0..5)
        .map(|index| {
            let slot = waiting(&connections, client(1), at(index));
            slot.activity.begin_listening(at(index));
            slot
        })
        .collect();
    slots.extend((5..7).map(|index| waiting(&connections, client(1), at(index))));
    slots.push(waiting(&connections, None, at(7)));
    assert_eq!(closed(&slots), [0_usize; 0]);
    slots.push(waiting(&connections, client(1), at(8)));
    assert_eq!(closed(&slots), [5], "of its client's, the longest idle one");
    slots.push(waiting(&connections, None, at(9)));
    assert_eq!(closed(&slots), [6], "of all, the longest idle one");
    assert_eq!(connections.count(), 8);
}

#[test]
fn bytes_in_memory_are_bounded_and_the_longest_waiting_connection_is_closed_first() {
    let (connections, start) = (connections(1000, 1000), Instant::now());
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    let slots: Vec<_> = (0..1000).map(|_| waiting(&connections, None, start)).collect();
    for (slot, index) in slots.iter().zip(0..) {
        for _ in 0..8 {
            slot.received(8 * 1024, at(index));
            assert!(connections.held.bytes() <= MAX_HELD_BYTES);
        }
    }
    assert_eq!(closed(&slots), (0..488).collect::<Vec<_>>(), "512 connections with 64 KiB each are at the limit");
    assert_eq!(connections.take_closed_counts(at(1000)).map(|closed| closed.memory), Some(488));
    drop(slots);
    assert_eq!((connections.held.bytes(), connections.count()), (0, 0));
}

#[test]
fn whatever_clients_do_no_entry_is_lost_and_no_limit_is_exceeded() {
    let (connections, start) = (connections(40, 10), Instant::now());
    let (mut random, mut slots) = (fastrand::Rng::with_seed(7), Vec::new());
    for millisecond in 0..20_000 {
        let now = start + Duration::from_millis(millisecond * 20);
        let client = client(random.u8(0..8)).filter(|_| random.bool());
        match (random.u8(0..10), slots.is_empty()) {
            (0..4, _) | (_, true) => slots.push(connections.open(client, now)),
            (4, _) => drop(slots.swap_remove(random.usize(0..slots.len()))),
            (5, _) => connections.close_overdue(now, random.u8(..) == 0),
            (action, _) => {
                let activity = &slots[random.usize(0..slots.len())].activity;
                match action {
                    6 => activity.received(random.usize(0..9000), now),
                    7 => {
                        let _ = activity.begin_request(random.bool(), now);
                    }
                    8 => activity.begin_answer(random.usize(0..90_000), now),
                    9 => activity.nothing_received(now),
                    _ => activity.flushed(now),
                }
            }
        }
        if slots.len() > 100 {
            slots.clear();
            assert_eq!(connections.count(), 0);
        }
        let table = connections.lock();
        assert!(table.entries.len() <= 40 && table.clients.values().all(|open| (1..=10).contains(open)));
    }
    drop(slots);
    assert!(connections.lock().clients.is_empty());
    assert_eq!((connections.count(), connections.held.bytes()), (0, 0));
}

#[test]
fn without_file_descriptors_fewer_connections_may_be_open_for_a_while() {
    let (connections, start) = (connections(100, 100), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    assert!(!connections.shrink(start), "no connection is open");
    let mut slots: Vec<_> = (0..80).map(|_| waiting(&connections, None, at(31))).collect();
    assert!(connections.shrink(at(31)) && connections.lock().is_full(100, at(31)));
    assert_eq!(closed(&slots), (0..10).collect::<Vec<_>>());
    slots.extend((0..20).map(|_| waiting(&connections, None, at(60))));
    assert_eq!(connections.count(), 70);
    slots.extend((0..40).map(|_| waiting(&connections, None, at(61))));
    assert_eq!(connections.count(), 100);
}

#[test]
fn the_log_says_at_most_every_ten_seconds_that_connections_were_closed() {
    let (connections, start) = (connections(1, 1), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let _first = waiting(&connections, None, start);
    assert_eq!(connections.take_closed_counts(start), None);
    let _second = waiting(&connections, None, start);
    assert_eq!(connections.take_closed_counts(start).map(|closed| closed.all), Some(1));
    let _third = waiting(&connections, None, at(1));
    assert!(connections.shrink(at(1)));
    assert_eq!(connections.take_closed_counts(at(9)), None);
    assert_eq!(
        connections.take_closed_counts(at(10)),
        Some(ClosedCounts { all: 1, files: 1, ..ClosedCounts::default() })
    );
    assert_eq!(connections.take_closed_counts(at(30)), None);
}

#[test]
fn a_connection_that_is_not_read_yet_is_closed_for_another_one_only_if_all_are_so() {
    let (connections, start) = (connections(3, 2), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut slots: Vec<_> = (0..2).map(|second| connections.open(client(1), at(second))).collect();
    assert!(connections.closes_early(client(1), at(2)), "that client has as many as it may");
    assert!(!connections.closes_early(client(2), at(2)), "there is room for another one");
    slots.push(waiting(&connections, None, at(2)));
    assert!(!connections.closes_early(None, at(3)), "one waits for its client");
    slots.push(connections.open(None, at(3)));
    assert_eq!(closed(&slots), [2]);
    assert!(connections.closes_early(None, at(4)));
    slots[1].received(1, at(5));
    assert!(!connections.closes_early(None, at(6)) && !connections.closes_early(client(1), at(6)));
    slots.push(connections.open(None, at(6)));
    assert_eq!(closed(&slots), [1]);
}

#[test]
fn a_connection_that_has_waited_for_its_client_only_just_is_closed_for_another_one_after_a_further_look() {
    let (connections, start) = (connections(1, 1), Instant::now());
    let slot = waiting(&connections, None, start);
    assert!(connections.closes_early(None, start + LEAST_WAIT / 2));
    assert!(!connections.closes_early(None, start + LEAST_WAIT));
    drop(slot);
    assert!(!connections.closes_early(None, start));
}
