//! Watches a server while a test attacks it: `/health` is asked all the time, and its memory is read.

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

/// The most memory an attacked server may ever have had, in MiB.
const MOST_MEMORY: u64 = 200;
/// How long one `/health` is waited for before the server counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// What a watched server was like. No time is asserted: it is printed.
#[derive(Debug)]
pub struct Watched {
    /// How often `/health` was answered.
    pub answered: u32,
    /// The longest wait for one of these answers, connecting included.
    pub slowest: Duration,
    /// The most memory the process ever had, in MiB.
    pub memory: u64,
}

/// A watch that has begun.
pub struct Watch {
    process: u32,
    over: Arc<AtomicBool>,
    asking: JoinHandle<Result<(u32, Duration), String>>,
}

impl Watch {
    /// Begins to ask `/health`, each time over a connection of its own.
    pub fn begin(server: &Server) -> Self {
        let address = server.address;
        let over = Arc::<AtomicBool>::default();
        let ended = Arc::clone(&over);
        let asking = thread::spawn(move || {
            let (mut answered, mut slowest) = (0, Duration::ZERO);
            while !ended.load(Ordering::SeqCst) {
                let began = Instant::now();
                ask(address)
                    .map_err(|fault| format!("/health after {answered} answers and {:?}: {fault}", began.elapsed()))?;
                answered += 1;
                slowest = slowest.max(began.elapsed());
                thread::sleep(PAUSE);
            }
            Ok((answered, slowest))
        });
        Self { process: server.process(), over, asking }
    }

    /// Ends the watch: the server is alive, answered every question, and stayed within its memory.
    pub fn end(self, attack: &str) -> Watched {
        self.over.store(true, Ordering::SeqCst);
        let (answered, slowest) = self.asking.join().unwrap().unwrap();
        let watched = Watched { answered, slowest, memory: most_memory(self.process) };
        println!(
            "{attack}: {} answers of /health, the slowest {:.1} ms; {} MiB at most",
            watched.answered,
            watched.slowest.as_secs_f64() * 1000.0,
            watched.memory
        );
        assert!(watched.answered > 0, "{attack}: /health was never asked");
        assert!(watched.memory < MOST_MEMORY, "{attack}: {watched:?}");
        watched
    }
}

/// Asks once.
fn ask(address: SocketAddr) -> Result<(), String> {
    let mut text = String::new();
    let asked = TcpStream::connect_timeout(&address, PATIENCE).and_then(|mut stream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        stream.read_to_string(&mut text)
    });
    asked.map_err(|fault| fault.to_string())?;
    if text.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(format!("it says {text:?}")) }
}

/// The most memory a process ever had, in MiB, as Linux counts it; it must be alive.
pub fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a dead process has no memory");
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
