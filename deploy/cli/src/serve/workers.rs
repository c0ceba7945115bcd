//! The threads that serve connections, each with a runtime of its own.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    task::yield_now,
    time::timeout,
};

use super::client_stream::{ClientStream, UnregisteredStream};
use crate::{command_error::CommandError, runtime};

/// How long the acceptor waits for a thread to do what it was given. A thread takes less than a millisecond, unless the
/// machine has far more to do than it has processors: then it is better to accept later than to close a connection whose
/// request nobody has read.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);

/// The threads that serve connections. With one thread there are no workers: the acceptor's thread serves the
/// connections itself.
///
/// Dropping this ends the threads, with all that still runs on them.
#[derive(Debug)]
pub(crate) struct Workers {
    workers: Vec<Worker>,
    /// Nothing is sent: each thread ends when this sender is dropped.
    _running: watch::Sender<()>,
}

#[derive(Debug)]
struct Worker {
    handle: Handle,
    /// How many connections this worker serves.
    connections: Arc<AtomicUsize>,
}

/// One connection in a worker's count. Dropping it lowers the count.
struct Counted(Arc<AtomicUsize>);

impl Workers {
    /// Starts this many threads; with one, the acceptor's thread serves the connections.
    ///
    /// # Errors
    /// A runtime or a thread could not be started.
    pub(crate) fn start(threads: usize) -> Result<Self, CommandError> {
        let (running, _) = watch::channel(());
        let count = if threads > 1 { threads } else { 0 };
        let workers = (0..count).map(|number| Worker::start(number, running.subscribe()));
        Ok(Self { workers: workers.collect::<Result<_, _>>()?, _running: running })
    }

    /// Serves a connection, which this thread accepted, on the thread with the fewest connections. Returns that
    /// thread's number.
    ///
    /// # Errors
    /// The connection cannot be taken from this thread's runtime.
    pub(crate) fn serve<S>(
        &self,
        stream: ClientStream,
        serve: impl FnOnce(ClientStream) -> S + Send + 'static,
    ) -> io::Result<usize>
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let load = |(_, worker): &(usize, &Worker)| worker.connections.load(Ordering::Relaxed);
        let Some((number, worker)) = self.workers.iter().enumerate().min_by_key(load) else {
            tokio::spawn(serve(stream));
            return Ok(0);
        };
        let stream = UnregisteredStream::of(stream)?;
        let counted = Counted::one_more(&worker.connections);
        worker.handle.spawn(async move {
            let _counted = counted;
            match stream.register() {
                Ok(stream) => serve(stream).await,
                Err(fault) => tracing::warn!(%fault, "a connection could not be served"),
            }
        });
        Ok(number)
    }

    /// Waits until all threads have started the tasks that they were given before, and have read what the clients of
    /// their new connections had sent. The wait for a busy thread is limited by [`TURN_TIMEOUT`].
    pub(crate) async fn turn_all(&self) {
        if self.workers.is_empty() {
            let _ = tokio::spawn(yield_now()).await;
            return;
        }
        join_all(self.workers.iter().map(Worker::turn)).await;
    }
}

impl Worker {
    fn start(number: usize, mut running: watch::Receiver<()>) -> Result<Self, CommandError> {
        let runtime = runtime::single_threaded()?;
        let handle = runtime.handle().clone();
        let run = move || {
            // The sender sends nothing, so this ends when it is dropped.
            let _ = runtime.block_on(running.changed());
            // A provider's step that never returns must not keep the process from ending.
            runtime.shutdown_background();
        };
        thread::Builder::new().name(format!("serve-{number}")).spawn(run).map_err(CommandError::Runtime)?;
        Ok(Self { handle, connections: Arc::default() })
    }

    async fn turn(&self) {
        let (sender, receiver) = oneshot::channel();
        self.handle.spawn(async move {
            // The runtime polls its sockets before it continues here.
            yield_now().await;
            let _ = sender.send(());
        });
        let _ = timeout(TURN_TIMEOUT, receiver).await;
    }
}

impl Counted {
    fn one_more(connections: &Arc<AtomicUsize>) -> Self {
        connections.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connections))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// Both ends of a connection.
    async fn connection() -> (TcpStream, ClientStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, ClientStream::Tcp(listener.accept().await.unwrap().0))
    }

    async fn echo(mut stream: ClientStream) {
        let mut byte = [0];
        if stream.read_exact(&mut byte).await.is_ok() {
            let _ = stream.write_all(&byte).await;
        }
    }

    #[tokio::test]
    async fn a_thread_that_is_busy_does_not_hold_up_the_connections_of_another() {
        let workers = Workers::start(2).unwrap();
        let (mut slow, server) = connection().await;
        let (release, released) = mpsc::channel::<()>();
        let busy = |stream| async move {
            // Blocks the whole thread.
            let _ = released.recv();
            echo(stream).await;
        };
        assert_eq!(workers.serve(server, busy).unwrap(), 0);
        let (mut quick, server) = connection().await;
        assert_eq!(workers.serve(server, echo).unwrap(), 1);
        quick.write_all(b"q").await.unwrap();
        assert_eq!(quick.read_u8().await.unwrap(), b'q');
        // The call does not wait until a busy thread is done.
        workers.turn_all().await;
        release.send(()).unwrap();
        slow.write_all(b"s").await.unwrap();
        assert_eq!(slow.read_u8().await.unwrap(), b's');
    }

    #[tokio::test]
    async fn connections_are_spread_evenly_and_one_thread_serves_on_the_acceptors() {
        let names = Arc::new(Mutex::new(Vec::new()));
        for (threads, expected) in [(1, vec!["here"; 4]), (2, vec!["serve-0", "serve-1", "serve-0", "serve-1"])] {
            let (workers, mut clients) = (Workers::start(threads).unwrap(), Vec::new());
            for _ in 0..4 {
                let (client, server) = connection().await;
                let (names, here) = (Arc::clone(&names), thread::current().id());
                let note = move |stream| async move {
                    let now = thread::current();
                    let name = if now.id() == here { "here" } else { now.name().unwrap_or_default() };
                    names.lock().unwrap().push(name.to_owned());
                    echo(stream).await;
                };
                workers.serve(server, note).unwrap();
                workers.turn_all().await;
                clients.push(client);
            }
            assert_eq!(std::mem::take(&mut *names.lock().unwrap()), expected, "{threads}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_ended_makes_room_on_its_thread_and_the_end_closes_all() {
        let workers = Workers::start(2).unwrap();
        let (mut first, server) = connection().await;
        assert_eq!(workers.serve(server, echo).unwrap(), 0);
        let (mut second, server) = connection().await;
        assert_eq!(workers.serve(server, echo).unwrap(), 1);
        first.write_all(b"1").await.unwrap();
        let mut all = Vec::new();
        first.read_to_end(&mut all).await.unwrap();
        // The socket is closed just before the count is lowered.
        workers.turn_all().await;
        let (_third, server) = connection().await;
        assert_eq!(workers.serve(server, echo).unwrap(), 0);
        drop(workers);
        assert_eq!(second.read(&mut [0]).await.unwrap(), 0, "its thread has ended");
    }
}
