//! `--watch`: reloads as soon as plugins.toml, or a file that it names, has changed. For development.
//!
//! The files are looked at twice a second. That needs no watcher of the system, of which each has its own idea of a
//! file that is replaced, and finds a file on any disk.

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

/// The pause between two looks. A change is taken when the next look finds the same, since a file that a compiler or an
/// editor still writes changes from look to look.
const PAUSE: Duration = Duration::from_millis(500);

/// What a file is at a moment; `None` if there is none.
type Stamp = Option<(SystemTime, u64)>;

/// The files and what they are.
type Seen = Vec<(PathBuf, Stamp)>;

/// Asks for a reload whenever files have changed, until the runtime ends.
pub(super) fn start(config: Option<PathBuf>, reloads: mpsc::Sender<ReloadRequest>) {
    tracing::warn!("--watch reloads what changes, copies libraries, and keeps all of them open: for development only");
    let mut files = ConfigFiles::new(config);
    let mut taken = look(&mut files);
    tokio::spawn(async move {
        let mut seen = taken.clone();
        loop {
            sleep(PAUSE).await;
            // Files may be on a slow disk.
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
            // The reload logs what came of it. What changes meanwhile differs from what was taken.
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
