//! The control socket of the server, which accepts requests for reloads and backups from the server's own user.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::Duration,
};

use badgesmith_host::embedded::EmbeddedStore;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, mpsc, oneshot},
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::reload::ReloadRequest;
use crate::{
    command_error::CommandError,
    control::{BACKUP, ControlAnswer, RELOAD, socket_path},
};

/// The longest request, in bytes.
const LONGEST_REQUEST: u64 = 256;
/// How long a request may take to arrive.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the receiver of a backup may read nothing before the connection is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How many requests are answered at once.
const MOST_AT_ONCE: usize = 8;
/// The pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The socket, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct ControlSocket {
    path: PathBuf,
    /// The file, which another server may have replaced.
    inode: Option<u64>,
}

impl ControlSocket {
    /// Listens in the data directory, if there is one, until the runtime ends. A socket that an earlier server left
    /// there is replaced. If the socket cannot be opened, the server runs without one and logs the reason.
    pub(super) fn open(
        data: &Path,
        reloads: &mpsc::Sender<ReloadRequest>,
        store: Option<Arc<EmbeddedStore>>,
    ) -> Option<Self> {
        if !data.is_dir() {
            return None;
        }
        let path = socket_path(data);
        match bind(&path) {
            Ok(listener) => {
                let responder = Responder { data: data.to_owned(), reloads: reloads.clone(), store };
                tokio::spawn(listen(listener, responder));
                let inode = inode(&path);
                Some(Self { path, inode })
            }
            Err(fault) => {
                let path = path.display();
                tracing::warn!(%path, %fault, "no control socket: send the process SIGHUP to have it read plugins.toml");
                None
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if self.inode.is_some() && inode(&self.path) == self.inode {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|found| found.ino())
}

/// Binds under a temporary name first and then renames it: so nobody else can connect before the mode is set, and an
/// existing socket is replaced atomically.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let new = path.with_extension(format!("{}.new", process::id()));
    let _ = fs::remove_file(&new);
    let listener = UnixListener::bind(&new)?;
    let placed = fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).and_then(|()| fs::rename(&new, path));
    if placed.is_err() {
        let _ = fs::remove_file(&new);
    }
    placed.map(|()| listener)
}

/// Answers requests.
#[derive(Clone)]
struct Responder {
    data: PathBuf,
    reloads: mpsc::Sender<ReloadRequest>,
    /// `None` where the store is elsewhere.
    store: Option<Arc<EmbeddedStore>>,
}

async fn listen(listener: UnixListener, responder: Responder) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let responder = responder.clone();
                tokio::spawn(async move {
                    // A client that disconnects before the answer does not need it.
                    let _ = responder.answer(stream).await;
                    drop(place);
                });
            }
            Err(fault) => {
                tracing::warn!(%fault, "a connection to the control socket could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Responder {
    async fn answer(self, stream: UnixStream) -> io::Result<()> {
        let mut request = String::new();
        let mut stream = BufReader::new(stream);
        timeout(REQUEST_TIMEOUT, (&mut stream).take(LONGEST_REQUEST).read_line(&mut request)).await??;
        let stream = stream.into_inner();
        match (request.trim_end(), self.store) {
            (RELOAD, _) => reply(stream, &reload(&self.reloads).await).await.map(drop),
            (BACKUP, Some(store)) => {
                let stream = reply(stream, &ControlAnswer::Backup).await?.into_std()?;
                spawn_blocking(move || back_up(&store, &self.data, stream)).await?
            }
            (BACKUP, None) => {
                let elsewhere = "the store is in DynamoDB, which makes backups itself; secrets are in Secrets Manager";
                reply(stream, &refused(elsewhere.to_owned())).await.map(drop)
            }
            (other, _) => {
                let words = format!("the server knows no request {other:?}; it is of another version than the command");
                reply(stream, &refused(words)).await.map(drop)
            }
        }
    }
}

async fn reply(mut stream: UnixStream, answer: &ControlAnswer) -> io::Result<UnixStream> {
    stream.write_all((serde_json::to_string(answer)? + "\n").as_bytes()).await?;
    Ok(stream)
}

/// Writes a backup to the client that requested it. If writing is interrupted, the last line is missing, which the
/// reader notices.
fn back_up(store: &EmbeddedStore, data: &Path, stream: std::os::unix::net::UnixStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    match store.backup(data, &mut io::BufWriter::new(stream)) {
        Ok(()) => tracing::info!("a backup was taken"),
        Err(fault) => tracing::error!(%fault, "a backup broke off"),
    }
    Ok(())
}

async fn reload(reloads: &mpsc::Sender<ReloadRequest>) -> ControlAnswer {
    let (sender, receiver) = oneshot::channel();
    if reloads.try_send(sender).is_err() {
        return refused("others wait for a reload already; ask again when they have their answers".to_owned());
    }
    receiver.await.unwrap_or_else(|_| refused("the server stops".to_owned()))
}

fn refused(mistake: String) -> ControlAnswer {
    ControlAnswer::Refused { mistakes: vec![mistake] }
}

/// Reloads with every SIGHUP, in the background.
///
/// # Errors
/// The signal cannot be waited for.
pub(super) fn reload_on_signal(reloads: mpsc::Sender<ReloadRequest>) -> Result<(), CommandError> {
    let mut hangups = signal(SignalKind::hangup()).map_err(CommandError::Signal)?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            // If the queue of reloads is full, one of the waiting reloads reads the same files.
            let _ = reloads.try_send(oneshot::channel().0);
        }
    });
    Ok(())
}
