//! `--watch`: reloads as soon as plugins.toml, or a file that it names, has changed. For development.
//!
//! The files are polled twice a second. So no file watcher of the operating system is needed: these differ in how they
//! report a replaced file, and do not work on every disk.

use std::{
    fs, mem,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use badgesmith_host::config_files::ConfigFiles;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::sleep,
};

use super::reload::ReloadRequest;

/// The pause between two polls. A change counts once two polls in a row find the same state, since a file that a
/// compiler or an editor is still writing differs from poll to poll.
const PAUSE: Duration = Duration::from_millis(500);

/// The modification time and the size of a file; `None` if it does not exist.
type Stamp = Option<(SystemTime, u64)>;

/// The files with their stamps.
type Seen = Vec<(PathBuf, Stamp)>;

/// Requests a reload whenever files have changed, until the runtime ends.
pub(super) fn start(config: Option<PathBuf>, reloads: mpsc::Sender<ReloadRequest>) {
    tracing::warn!("--watch reloads what changes, copies libraries, and keeps all of them open: for development only");
    let mut files = ConfigFiles::new(config);
    let mut taken = look(&mut files);
    tokio::spawn(async move {
        let mut seen = taken.clone();
        loop {
            sleep(PAUSE).await;
            // On another thread, since files may be on a slow disk.
            let Ok((same_files, now)) = spawn_blocking(move || {
                let now = look(&mut files);
                (files, now)
            })
            .await
            else {
                return;
            };
            files = same_files;
            let is_settled = mem::replace(&mut seen, now) == seen;
            if !is_settled || seen == taken {
                continue;
            }
            taken.clone_from(&seen);
            let (sender, receiver) = oneshot::channel();
            if reloads.send(sender).await.is_err() {
                return;
            }
            // The reload logs its outcome. Files that change meanwhile differ from the stamps and cause another reload.
            let _ = receiver.await;
        }
    });
}

fn look(files: &mut ConfigFiles) -> Seen {
    let stamp = |path: &PathBuf| {
        let found = fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    files.list().into_iter().map(|path| (path.clone(), stamp(&path))).collect()
}
