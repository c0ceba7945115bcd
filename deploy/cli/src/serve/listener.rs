//! Accepts connections and gives each of them to a thread, until the server is told to stop.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::BoxFuture;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::AsyncWriteExt,
    sync::watch,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    activity::Ending,
    answer::{self, Connection, Server},
    client_address::ClientAddress,
    clock,
    connection_table::ConnectionTable,
    greeting,
    listen_address::ListenAddress,
    listening_socket::ListeningSocket,
    open_files,
    peer::Peer,
    poll_time,
    socket::Socket,
    workers::Workers,
};
use crate::command_error::CommandError;

/// The largest head that is read, in bytes. The engine has a lower limit, and answers requests between the two itself.
const LARGEST_HEAD: usize = 64 * 1024;
/// How often the timeouts of the connections are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after a connection could not be accepted, so that the others progress and the log is not flooded.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// How long requests in flight may take once the server is told to stop.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The answer to every request while the system clock shows a time that HTTP has no date for.
const CLOCK_IS_WRONG: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 32\r\n\
    Cache-Control: no-store\r\nConnection: close\r\n\r\nthe clock of the server is wrong";

/// Serves at this address until Ctrl-C or SIGTERM, then for `stop_delay` longer or until a second signal, and then
/// finishes the requests in flight. The workers serve the connections. A Unix socket's file gets this mode. After the
/// first signal `/health/ready` reports that the server is stopping.
///
/// # Errors
/// The address cannot be bound, or SIGTERM cannot be waited for.
pub(crate) async fn listen(
    address: ListenAddress,
    mode: u32,
    server: Server,
    connections: Arc<ConnectionTable>,
    workers: &Workers,
    stop_delay: Duration,
) -> Result<(), CommandError> {
    let listener = ListeningSocket::bind(&address, mode)
        .map_err(|cause| CommandError::Listen { address: address.to_string(), cause })?;
    let address = listener.address(address);
    let (signalled, engines) = (stop_signal()?, Arc::clone(&server.engines));
    let mut stop = pin!(async move {
        signalled.await;
        engines.begin_stop();
        // A second signal ends the delay.
        match stop_signal() {
            Ok(again) => drop(timeout(stop_delay, again).await),
            Err(_) => sleep(stop_delay).await,
        }
    });
    greeting::print(&address, &server);
    // Every task of a connection holds a receiver, so the sender sees when all tasks have ended. No value is sent.
    let (open, _) = watch::channel(());
    let listeners = Arc::clone(&server.listeners);
    let mut checks = interval(CHECK_INTERVAL);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = checks.tick() => enforce_timeouts(&connections, false),
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    // A trusted proxy connects for all of its clients.
                    let client = from.address().filter(|_| !server.network.trusted.contains(from));
                    let client = client.and_then(ClientAddress::at);
                    // What the clients of new connections have sent is read before one of these is closed to make room,
                    // and what threads are writing is written.
                    if connections.closes_early(client, Instant::now()) {
                        workers.turn_all().await;
                    }
                    let slot = connections.open(client, Instant::now());
                    let (server, is_open) = (server.clone(), open.subscribe());
                    let served = workers.serve(stream, move |stream| -> BoxFuture<'static, ()> {
                        // Boxed, it is compiled once for this thread and the others.
                        Box::pin(serve(Socket::new(stream, slot), from, server, is_open))
                    });
                    if let Err(fault) = served {
                        tracing::warn!(%fault, "a connection could not be handed to its thread");
                    }
                }
                Err(fault) => recover(&fault, &connections, workers).await,
            },
        }
    }
    tracing::info!(connections = connections.count(), "stopping: finishing what is in flight");
    drop(listener);
    listeners.stop();
    let _ = timeout(STOP_TIMEOUT, async {
        connections.finish();
        let mut stopped = pin!(open.closed());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                _ = checks.tick() => enforce_timeouts(&connections, true),
            }
        }
    })
    .await;
    Ok(())
}

/// Closes the connections that exceeded a timeout, and logs how many were closed to make room.
fn enforce_timeouts(connections: &ConnectionTable, stopping: bool) {
    let now = Instant::now();
    connections.close_overdue(now, stopping);
    if let Some(closed) = connections.take_closed_counts(now) {
        let [all, per_client, files, memory] = [closed.all, closed.per_client, closed.files, closed.memory];
        tracing::warn!(all, per_client, files, memory, "waiting connections were closed to make room for others");
    }
}

/// Recovers after a connection could not be accepted: if no file descriptor is left, closes waiting connections.
async fn recover(fault: &io::Error, connections: &ConnectionTable, workers: &Workers) {
    match fault.kind() {
        // The client closed the connection before it was accepted.
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted => return,
        _ if open_files::is_exhausted(fault) => {
            // The tasks of new connections read what has arrived before their connections can be closed, and the tasks
            // of closed connections end.
            workers.turn_all().await;
            if connections.shrink(Instant::now()) {
                return workers.turn_all().await;
            }
        }
        _ => {}
    }
    tracing::warn!(%fault, "a connection could not be accepted");
    sleep(ACCEPT_PAUSE).await;
}

/// Serves one connection to its end, with HTTP/1.1 keep-alive and pipelining: a request is answered when the answer to
/// the previous one is written. The server has stopped when no connection holds its `_is_open` any more.
async fn serve(socket: Socket, from: Peer, server: Server, _is_open: watch::Receiver<()>) {
    let activity = Arc::clone(socket.activity());
    if !clock::has_date(SystemTime::now()) {
        tokio::select! {
            () = activity.closed() => {}
            () = refuse_without_date(socket) => {}
        }
        return;
    }
    let answered = Arc::new(Connection { server, from, activity: Arc::clone(&activity) });
    let connection = http1::Builder::new()
        // The table of connections enforces the timeouts for heads and idle connections.
        .header_read_timeout(None)
        .half_close(true)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(
            TokioIo::new(socket),
            service_fn(move |request| answer::answer(Arc::clone(&answered), request)),
        );
    let mut connection = pin!(connection);
    let (mut task, mut is_finishing) = (None::<Waker>, false);
    poll_fn(|cx| {
        // A task usually has the same waker at every poll, so it is registered only once.
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            activity.wake_at_end(cx.waker());
            task = Some(cx.waker().clone());
        }
        match activity.ending() {
            Some(Ending::Close) => return Poll::Ready(()),
            Some(Ending::Finish) if !is_finishing => {
                is_finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            _ => {}
        }
        let date = SystemTime::now();
        if !clock::has_date(date) {
            return Poll::Ready(());
        }
        // A client that closes the connection early is not an error.
        poll_time::at_one_time(date, || connection.as_mut().poll(cx).map(drop))
    })
    .await;
}

/// Answers any request with [`CLOCK_IS_WRONG`].
async fn refuse_without_date(mut socket: Socket) {
    if socket.write_all(CLOCK_IS_WRONG).await.is_ok() {
        let _ = socket.shutdown().await;
    }
}

/// A future that ends with Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, CommandError> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map_err(CommandError::Signal)?
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
