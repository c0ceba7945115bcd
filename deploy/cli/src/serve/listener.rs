//! Accepts connections and serves each of them, until the server is told to stop.

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::TokioIo,
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpSocket},
    task::yield_now,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    announce,
    answer::{self, Server},
    client_address::Client,
    clock,
    connection_table::Connections,
    open_files,
    socket::Socket,
};

/// The largest head that is read at all, in bytes. The engine says itself what is too large as long as a head fits.
const LARGEST_HEAD: usize = 64 * 1024;
/// How many bytes the system keeps for a connection in each direction, before it counts its own needs: what a client
/// does not read lies there, and an ordinary answer fits.
const SYSTEM_BUFFER: u32 = 64 * 1024;
/// How many connections wait in the system until they are accepted.
const BACKLOG: u32 = 1024;
/// How often the connections are looked at whose clients keep them waiting.
const LOOK: Duration = Duration::from_secs(1);
/// The pause where no connection can be accepted, so that the others get on and the log is not flooded.
const PAUSE: Duration = Duration::from_secs(1);
/// How long what is in flight may take once the server is told to stop.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// What every request is told while the machine's clock has no date.
const NO_DATE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 32\r\n\
    Cache-Control: no-store\r\nConnection: close\r\n\r\nthe clock of the server is wrong";

/// Serves at this address until Ctrl-C or SIGTERM, and then finishes what is in flight.
///
/// # Errors
/// The sentence for whatever keeps it from listening.
pub(crate) async fn listen(address: SocketAddr, server: Server, connections: Arc<Connections>) -> Result<(), String> {
    let listener = bind(address)
        .map_err(|fault| format!("cannot listen at {address}: {fault}; choose another address with --listen"))?;
    let address = listener.local_addr().unwrap_or(address);
    let mut stop = pin!(stop_signal()?);
    announce(address, &server);
    let graceful = GracefulShutdown::new();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = looks.tick() => look(&connections, false),
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    let place = connections.open(Client::at(from.ip()), Instant::now());
                    tokio::spawn(serve(Socket::new(stream, place), from, server.clone(), graceful.watcher()));
                    if connections.is_full(Instant::now()) {
                        // What it has sent already is read before it can be the one that makes room.
                        yield_now().await;
                    }
                }
                Err(fault) => refused(&fault, &connections).await,
            },
        }
    }
    tracing::info!(connections = connections.count(), "stopping: finishing what is in flight");
    drop(listener);
    let _ = timeout(STOP_PATIENCE, async {
        let mut stopped = pin!(graceful.shutdown());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                _ = looks.tick() => look(&connections, true),
            }
        }
    })
    .await;
    Ok(())
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address.ip() {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Windows it would mean that others may listen there, too.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Every connection that is accepted has the same; without them the system's own numbers hold.
    let _ = socket.set_send_buffer_size(SYSTEM_BUFFER);
    let _ = socket.set_recv_buffer_size(SYSTEM_BUFFER);
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Closes the connections that are overdue, and says in the log what was closed to make room.
fn look(connections: &Connections, stopping: bool) {
    let now = Instant::now();
    connections.close_overdue(now, stopping);
    if let Some(closed) = connections.news(now) {
        let [all, per_client, files, memory] = [closed.all, closed.per_client, closed.files, closed.memory];
        tracing::warn!(all, per_client, files, memory, "waiting connections were closed to make room for others");
    }
}

/// A connection could not be accepted. Where no file is left for it, some that wait are closed.
async fn refused(fault: &io::Error, connections: &Connections) {
    match fault.kind() {
        // It was gone before it was accepted.
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted => return,
        _ if open_files::has_none_left(fault) => {
            // What was accepted last is read before it can be among them, and they end when their tasks run.
            yield_now().await;
            if connections.shrink(Instant::now()) {
                return yield_now().await;
            }
        }
        _ => {}
    }
    tracing::warn!(%fault, "a connection could not be accepted");
    sleep(PAUSE).await;
}

/// Serves one connection to its end, with HTTP/1.1 keep-alive and pipelining: one request after the other, each when
/// the answer before it was written.
async fn serve(socket: Socket, from: SocketAddr, server: Server, watcher: Watcher) {
    let activity = Arc::clone(socket.activity());
    let closed = activity.closed();
    if !clock::has_date(SystemTime::now()) {
        tokio::select! {
            () = closed => {}
            () = refuse(socket) => {}
        }
        return;
    }
    let answers = Arc::clone(&activity);
    let connection = http1::Builder::new()
        // The table of connections has its own limits for heads and for idling.
        .header_read_timeout(None)
        .half_close(true)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(
            TokioIo::new(socket),
            service_fn(move |request| answer::answer(server.clone(), from, Arc::clone(&answers), request)),
        );
    let mut connection = pin!(watcher.watch(connection));
    let served = poll_fn(|cx| {
        if !clock::has_date(SystemTime::now()) {
            return Poll::Ready(());
        }
        // A client that goes away in the middle is no event.
        connection.as_mut().poll(cx).map(drop)
    });
    tokio::select! {
        biased;
        () = closed => {}
        () = served => {}
    }
}

/// Answers whatever is asked without a date.
async fn refuse(mut socket: Socket) {
    if socket.write_all(NO_DATE).await.is_ok() {
        let _ = socket.shutdown().await;
    }
}

/// Ends with Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map_err(|fault| format!("cannot listen for SIGTERM: {fault}"))?
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
