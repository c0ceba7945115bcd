//! An open loop: requests are sent at a fixed rate, as by many independent clients. The latency of a request that is
//! sent late because earlier answers were slow counts from when it was due.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Target, answer, latencies};

/// Sends `rate` requests per second on this many connections, each of which has a thread and at most one request in
/// flight.
pub(crate) fn run(target: &Target, rate: f64, connections: usize, time: Duration) -> Value {
    // Linux wakes a thread up to 50 µs late unless it asks for less; the threads below inherit this.
    let _ = fs::write("/proc/self/timerslack_ns", "1");
    // Every connection is open before the first request is due.
    let started = Instant::now() + Duration::from_millis(50);
    let between = Duration::from_secs_f64(connections as f64 / rate);
    let latencies = thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|connection| {
                let first = started + between.mul_f64(connection as f64 / connections as f64);
                scope.spawn(move || on_this_thread(target, first, between, started + time))
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    latencies::figures(latencies, started.elapsed())
}

fn on_this_thread(target: &Target, mut due: Instant, between: Duration, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(target.server).unwrap();
    stream.set_nodelay(true).unwrap();
    let (request, mut buffer, mut latencies) = (target.request(0), vec![0; 64 * 1024], Vec::new());
    let mut known = None;
    while due < end {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(&request).unwrap();
        let mut read = 0;
        while known.is_none_or(|whole| read < whole) {
            let more = stream.read(&mut buffer[read..]).unwrap();
            assert!(more > 0, "the server closed the connection");
            read += more;
            known = known.or_else(|| answer::length(&buffer[..read]));
        }
        latencies.push(due.elapsed());
        due += between;
    }
    latencies
}
