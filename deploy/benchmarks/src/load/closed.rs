//! A closed loop: a connection sends its next request when the answer to the previous one has arrived. It measures how
//! many answers a server gives per second.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
};

use super::{Target, answer, latencies};

/// When the load ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Time(Duration),
    Requests(u64),
}

/// Loads the server with this many connections, which are distributed over threads.
pub(crate) fn run(target: &Target, connections: usize, threads: usize, until: Until) -> Value {
    let next = AtomicU64::new(0);
    let threads = threads.clamp(1, connections);
    let started = Instant::now();
    let latencies = thread::scope(|scope| {
        let clients: Vec<_> = (0..threads)
            .map(|thread| {
                let share = connections / threads + usize::from(thread < connections % threads);
                let next = &next;
                scope.spawn(move || on_this_thread(target, share, started, until, next))
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    latencies::figures(latencies, started.elapsed())
}

fn on_this_thread(
    target: &Target,
    connections: usize,
    started: Instant,
    until: Until,
    next: &AtomicU64,
) -> Vec<Duration> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let all = (0..connections).map(|_| connection(target, started, until, next));
    runtime.block_on(join_all(all)).into_iter().flatten().collect()
}

async fn connection(target: &Target, started: Instant, until: Until, next: &AtomicU64) -> Vec<Duration> {
    let mut stream = TcpStream::connect(target.server).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut buffer, mut latencies) = (vec![0; 64 * 1024], Vec::new());
    let mut request = target.request(0);
    // All answers of one address have the same length, which the first one shows.
    let mut known = None;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let is_over = match until {
            Until::Time(time) => started.elapsed() >= time,
            Until::Requests(requests) => number >= requests,
        };
        if is_over {
            return latencies;
        }
        if target.is_numbered() {
            request = target.request(number);
        }
        let sent = Instant::now();
        stream.write_all(&request).await.unwrap();
        let mut read = 0;
        while known.is_none_or(|whole| read < whole) {
            let more = stream.read(&mut buffer[read..]).await.unwrap();
            assert!(more > 0, "the server closed the connection");
            read += more;
            known = known.or_else(|| answer::length(&buffer[..read]));
        }
        latencies.push(sent.elapsed());
        known = known.filter(|_| !target.is_numbered());
    }
}
