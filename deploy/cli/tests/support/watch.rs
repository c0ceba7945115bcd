//! Watches a server during an attack: requests `/health` all the time, and reads the peak memory.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::Server;

/// The limit of the peak memory of an attacked server with one thread, in MiB.
const MOST_MEMORY: u64 = 200;
/// What each further thread adds to it: the allocator keeps memory for each.
const MEMORY_OF_THREAD: u64 = 24;
/// How long an answer to `/health` may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(10);

/// The measurements of a watched server. The times are printed; of them only the median is worth an assertion, since
/// a machine that tests share may hold up any one request.
#[derive(Debug)]
pub struct Watched {
    /// How often `/health` was answered.
    pub answered: usize,
    /// The median of the times until an answer, connecting included.
    pub median: Duration,
    /// The longest of them.
    pub slowest: Duration,
    /// The peak memory of the process, in MiB.
    pub memory: u64,
}

/// A watch in progress.
pub struct Watch {
    process: u32,
    over: Arc<AtomicBool>,
    asking: JoinHandle<Result<Vec<Duration>, String>>,
}

impl Watch {
    /// Begins to request `/health`, each time on a new connection.
    pub fn begin(server: &Server) -> Self {
        let address = server.address;
        let over = Arc::<AtomicBool>::default();
        let ended = Arc::clone(&over);
        let asking = thread::spawn(move || {
            let mut times = Vec::new();
            while !ended.load(Ordering::SeqCst) {
                let began = Instant::now();
                ask(address).map_err(|fault| {
                    format!("/health after {} answers and {:?}: {fault}", times.len(), began.elapsed())
                })?;
                times.push(began.elapsed());
                thread::sleep(PAUSE);
            }
            Ok(times)
        });
        Self { process: server.process(), over, asking }
    }

    /// Ends the watch; asserts that the server runs, has answered every request, and stayed within the memory limit.
    pub fn end(self, attack: &str) -> Watched {
        self.over.store(true, Ordering::SeqCst);
        let mut times = self.asking.join().unwrap().unwrap();
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
        let (median, slowest) = (at(50), at(100));
        let watched = Watched { answered: times.len(), median, slowest, memory: most_memory(self.process) };
        println!(
            "{attack}: {} answers of /health, the median {:.1} ms, the 99th percentile {:.1} and the slowest {:.1}; \
             {} MiB at most",
            watched.answered,
            median.as_secs_f64() * 1000.0,
            at(99).as_secs_f64() * 1000.0,
            slowest.as_secs_f64() * 1000.0,
            watched.memory
        );
        assert!(watched.answered > 0, "{attack}: /health was never asked");
        // A server has as many threads as there are processors.
        let further = thread::available_parallelism().map_or(0, |threads| threads.get() as u64 - 1);
        assert!(watched.memory < MOST_MEMORY + further * MEMORY_OF_THREAD, "{attack}: {watched:?}");
        watched
    }
}

/// Requests `/health` once.
fn ask(address: SocketAddr) -> Result<(), String> {
    let mut text = String::new();
    let asked = TcpStream::connect_timeout(&address, TIMEOUT).and_then(|mut stream| {
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        stream.read_to_string(&mut text)
    });
    asked.map_err(|fault| fault.to_string())?;
    if text.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(format!("it says {text:?}")) }
}

/// The peak resident memory of a running process, in MiB, from Linux' /proc.
pub fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a dead process has no memory");
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
