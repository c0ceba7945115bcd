//! The owners' secrets in a file of their own, which commands change while the server runs.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::world::{Ill, Secret, Secrets, Unavailable};
use badgesmith_provider::fold;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::data;

mod rules;

pub use rules::{LARGEST_SECRET, Listed, MOST_VALUES, check, check_purpose, holder};

/// The file's name in the data directory.
const NAME: &str = "secrets.json";
/// The largest file that is read, in bytes: some ten thousand secrets. It is read on the thread that serves.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// `secrets.json` in the data directory: readable by its user alone, replaced as a whole, read again when it changed.
#[derive(Debug)]
pub struct FileSecrets {
    file: PathBuf,
    read: Mutex<Read>,
}

/// What was read last, and what the file looked like then.
#[derive(Debug, Default)]
struct Read {
    seen: Option<Seen>,
    entries: Vec<Entry>,
}

/// What changes when the file does.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    modified: SystemTime,
    size: u64,
    /// Who may do what with it, as Unix writes it; 0 elsewhere.
    mode: u32,
}

#[derive(Deserialize, Serialize)]
struct Contents {
    secrets: Vec<Entry>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Entry {
    /// The holder: an owner, or `owner/repo`.
    owner: String,
    purpose: String,
    /// The newest first.
    values: Vec<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.purpose, self.owner)
    }
}

impl FileSecrets {
    /// The secrets of a data directory, nothing read yet.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self { file: directory.join(NAME), read: Mutex::default() }
    }

    /// Reads the file now, if there is one, so that the log says at once what is wrong with it.
    pub fn look(&self) {
        if let Err(fault) = self.current() {
            tracing::error!(fault = self.named(&fault), "the secrets cannot be read");
        }
    }

    /// Puts a secret in the place of all that the holder had for that purpose.
    ///
    /// # Errors
    /// The value is no secret; the file cannot be read or written.
    pub fn set(&self, holder: &str, purpose: &str, value: &str) -> Result<(), String> {
        check(purpose, value)?;
        self.change(|entries| {
            entries.retain(|entry| !entry.is(holder, purpose));
            let (owner, purpose) = (fold(holder), purpose.to_owned());
            entries.push(Entry { owner, purpose, values: vec![value.to_owned()] });
            entries.sort_by(|one, other| (&one.owner, &one.purpose).cmp(&(&other.owner, &other.purpose)));
            Ok(())
        })
    }

    /// Puts a secret before the holder's newest one, which stays valid until [`FileSecrets::finish`].
    ///
    /// # Errors
    /// There is none yet; the value is no secret; the file cannot be read or written.
    pub fn rotate(&self, holder: &str, purpose: &str, value: &str) -> Result<(), String> {
        check(purpose, value)?;
        self.change(|entries| {
            let entry = entries.iter_mut().find(|entry| entry.is(holder, purpose));
            let entry = entry.ok_or("there is no secret to rotate; set one first")?;
            entry.values.insert(0, value.to_owned());
            entry.values.truncate(MOST_VALUES);
            Ok(())
        })
    }

    /// Forgets the secret before the newest one, and returns whether there was one.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn finish(&self, holder: &str, purpose: &str) -> Result<bool, String> {
        let mut finished = false;
        self.change(|entries| {
            for entry in entries.iter_mut().filter(|entry| entry.is(holder, purpose)) {
                finished = entry.values.len() > 1;
                entry.values.truncate(1);
            }
            Ok(())
        })?;
        Ok(finished)
    }

    /// Forgets the holder's secrets for that purpose, and returns whether there were any.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove(&self, holder: &str, purpose: &str) -> Result<bool, String> {
        let mut removed = false;
        self.change(|entries| {
            let before = entries.len();
            entries.retain(|entry| !entry.is(holder, purpose));
            removed = entries.len() < before;
            Ok(())
        })?;
        Ok(removed)
    }

    /// Holder, purpose and number of values of every entry; never a value.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, String> {
        let entries = self.load().map_err(|fault| self.named(&fault))?;
        let listed = |entry: Entry| Listed { holder: entry.owner, purpose: entry.purpose, values: entry.values.len() };
        Ok(entries.into_iter().map(listed).collect())
    }

    /// Reads, changes and replaces the file while no other command does.
    fn change(&self, change: impl FnOnce(&mut Vec<Entry>) -> Result<(), String>) -> Result<(), String> {
        data::open(self.file.parent().unwrap_or(Path::new(".")))?;
        let lock = data::file(&self.file.with_extension("lock")).map_err(|fault| self.named(&fault))?;
        lock.lock().map_err(|fault| self.named(&fault))?;
        let mut entries = self.load().map_err(|fault| self.named(&fault))?;
        change(&mut entries)?;
        let mut text = serde_json::to_vec_pretty(&Contents { secrets: entries }).map_err(|fault| self.named(&fault))?;
        let _ = text.write_all(b"\n");
        if text.len() as u64 > LARGEST_FILE {
            return Err(self.named(&too_large()));
        }
        data::replace(&self.file, &text).map_err(|fault| self.named(&fault))
    }

    /// The file's entries; none if there is no file.
    fn load(&self) -> io::Result<Vec<Entry>> {
        match fs::metadata(&self.file) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            // Looked at before it is opened: whoever opens a pipe waits for its other end.
            metadata => Seen::of(&metadata?)?,
        };
        let mut text = Vec::new();
        File::open(&self.file)?.take(LARGEST_FILE + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(too_large());
        }
        // The parser's own words might quote a value.
        let contents: Contents = serde_json::from_slice(&text).map_err(|fault| {
            let words = format!("not the secrets' JSON at line {} column {}", fault.line(), fault.column());
            io::Error::new(ErrorKind::InvalidData, words)
        })?;
        Ok(contents.secrets)
    }

    /// The entries, read again if the file changed.
    fn current(&self) -> io::Result<Vec<Entry>> {
        let seen = match fs::metadata(&self.file) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => None,
            metadata => Some(Seen::of(&metadata?)?),
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none() && read.seen.is_some() {
            // No command takes the file away. Without it every signature would be wrong, for good in a client's eyes.
            let words = "it was there and is gone; put it back, or restart the server to go on without secrets";
            return Err(io::Error::new(ErrorKind::NotFound, words));
        }
        if seen.is_none() || read.seen != seen {
            if let Some(Seen { mode, .. }) = seen
                && mode & 0o077 != 0
            {
                let (file, mode) = (self.file.display(), format!("{mode:04o}"));
                tracing::warn!(%file, mode, "others than its user may read or change the secrets; run chmod 600 on it");
            }
            *read = Read { entries: self.load()?, seen };
        }
        Ok(read.entries.clone())
    }

    fn named(&self, fault: &dyn std::fmt::Display) -> String {
        format!("{}: {fault}", self.file.display())
    }
}

impl Seen {
    /// What a file looks like, if it is one that can be read within bounds.
    fn of(metadata: &fs::Metadata) -> io::Result<Self> {
        if !metadata.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file, but a directory, a pipe or a device"));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(too_large());
        }
        #[cfg(unix)]
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        #[cfg(not(unix))]
        let mode = 0;
        Ok(Self { modified: metadata.modified()?, size: metadata.len(), mode })
    }
}

fn too_large() -> io::Error {
    let words = format!("it has more than the {LARGEST_FILE} bytes that are read; remove secrets that nobody needs");
    io::Error::new(ErrorKind::InvalidData, words)
}

impl Secrets for FileSecrets {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        let found = self.current().map_err(|fault| Unavailable(self.named(&fault))).map(|entries| {
            let of = |repo| {
                let holder = holder(owner, repo);
                entries.iter().find(|entry| entry.is(&holder, purpose))
            };
            let entry = repo.and_then(|repo| of(Some(repo))).or_else(|| of(None));
            let values = entry.map(|entry| entry.values.iter().take(MOST_VALUES).map(Secret::new).collect());
            values.unwrap_or_default()
        });
        Box::pin(async move { found })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        // A file that was never there is one without secrets.
        let read = self.current().map(drop).map_err(|fault| Unavailable(self.named(&fault)).into());
        Box::pin(async move { read })
    }
}

impl Entry {
    fn is(&self, holder: &str, purpose: &str) -> bool {
        self.owner == fold(holder) && self.purpose == purpose
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("badgesmith-secrets-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn find(secrets: &FileSecrets, owner: &str) -> Vec<String> {
        let found = secrets.find(owner, None, "Package").now_or_never().unwrap().unwrap();
        found.iter().map(|secret| secret.reveal().to_owned()).collect()
    }

    fn listed(holder: &str, purpose: &str, values: usize) -> Listed {
        Listed { holder: holder.to_owned(), purpose: purpose.to_owned(), values }
    }

    #[test]
    fn two_secrets_are_valid_while_one_is_rotated_and_never_three() {
        let directory = directory("rotate");
        let secrets = FileSecrets::new(&directory);
        assert!(secrets.rotate("acme", "Package", "one").unwrap_err().contains("set one first"));
        secrets.set("acme", "Package", "one").unwrap();
        assert_eq!(secrets.finish("acme", "Package"), Ok(false));
        secrets.rotate("Acme", "Package", "two").unwrap();
        assert_eq!(find(&secrets, "acme"), ["two", "one"]);
        secrets.rotate("acme", "Package", "three").unwrap();
        assert_eq!(find(&secrets, "acme"), ["three", "two"]);
        assert_eq!(secrets.list().unwrap(), [listed("acme", "Package", 2)]);
        assert_eq!(secrets.finish("acme", "Package"), Ok(true));
        assert_eq!(find(&secrets, "acme"), ["three"]);
        secrets.rotate("acme", "Package", "four").unwrap();
        secrets.set("acme", "Package", "five").unwrap();
        assert_eq!(find(&secrets, "acme"), ["five"], "a new one instead of all");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_repository_has_its_own_secrets_or_its_owners_and_no_name_passes_for_two() {
        let directory = directory("repo");
        let secrets = FileSecrets::new(&directory);
        secrets.set("acme", "Package", "owners").unwrap();
        secrets.set(&holder("Acme", Some("Tools")), "Package", "repositorys").unwrap();
        let found = |owner, repo| {
            let found = secrets.find(owner, repo, "Package").now_or_never().unwrap().unwrap();
            found.first().map(|secret| secret.reveal().to_owned())
        };
        assert_eq!(found("acme", Some("tools")).as_deref(), Some("repositorys"));
        assert_eq!(found("acme", Some("other")).as_deref(), Some("owners"));
        assert_eq!(found("acme", None).as_deref(), Some("owners"));
        assert_eq!(found("acme/tools", Some("x")), None, "an owner with a slash in its name");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_secret_that_another_process_sets_is_found_without_a_restart() {
        let directory = directory("set");
        let (server, command) = (FileSecrets::new(&directory), FileSecrets::new(&directory));
        assert!(find(&server, "acme").is_empty());
        command.set("Acme", "Package", "one").unwrap();
        assert_eq!(find(&server, "acme"), ["one"]);
        command.set("acme", "Package", "other").unwrap();
        assert_eq!(find(&server, "ACME"), ["other"]);
        assert!(find(&server, "nobody").is_empty());
        assert_eq!(command.list().unwrap(), [listed("acme", "Package", 1)]);
        assert_eq!(command.remove("acme", "Package"), Ok(true));
        assert_eq!(command.remove("acme", "Package"), Ok(false));
        assert!(find(&server, "acme").is_empty());
        fs::remove_dir_all(directory).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = directory("mode");
        FileSecrets::new(&directory).set("acme", "Package", "one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&directory.join(NAME))), (0o700, 0o600));
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn no_error_and_no_debug_output_shows_a_value() {
        let directory = directory("debug");
        let secrets = FileSecrets::new(&directory);
        secrets.set("acme", "Package", "hush").unwrap();
        find(&secrets, "acme");
        assert!(!format!("{secrets:?}").contains("hush"));
        fs::write(directory.join(NAME), r#"{"secrets": [{"owner": "acme", "purpose": "Package", "values": "hush"}]}"#)
            .unwrap();
        let fault = secrets.find("acme", None, "Package").now_or_never().unwrap().unwrap_err();
        assert!(fault.0.contains("line 1") && !fault.0.contains("hush"), "{fault:?}");
        for value in ["", "two words", "new\nline", &"x".repeat(LARGEST_SECRET + 1)] {
            assert!(secrets.set("acme", "Package", value).is_err());
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_one_that_is_not_there_is_none() {
        let directory = directory("check");
        let secrets = FileSecrets::new(&directory);
        let check = || secrets.check().now_or_never().unwrap();
        assert_eq!(check(), Ok(()));
        secrets.set("acme", "Package", "hush").unwrap();
        assert_eq!(check(), Ok(()));
        fs::write(directory.join(NAME), "{\"secrets\": [hush").unwrap();
        let ill = check().unwrap_err();
        assert!(ill.fault.contains(NAME) && !ill.fault.contains("hush"), "{ill:?}");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_file_that_was_there_and_is_gone_is_a_fault_and_not_a_file_without_secrets() {
        let directory = directory("gone");
        let secrets = FileSecrets::new(&directory);
        secrets.set("acme", "Package", "hush").unwrap();
        assert_eq!(find(&secrets, "acme"), ["hush"]);
        let (file, away) = (directory.join(NAME), directory.join("away"));
        fs::rename(&file, &away).unwrap();
        let fault = secrets.find("acme", None, "Package").now_or_never().unwrap().unwrap_err();
        assert!(fault.0.contains("put it back"), "{fault:?}");
        assert!(secrets.check().now_or_never().unwrap().is_err());
        fs::rename(&away, &file).unwrap();
        assert_eq!(find(&secrets, "acme"), ["hush"]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_or_without_end_is_refused_before_it_is_read() {
        let directory = directory("odd");
        let secrets = FileSecrets::new(&directory);
        secrets.set("acme", "Package", "hush").unwrap();
        let file = directory.join(NAME);
        let faulty = |words: &str| {
            for fault in [secrets.check().now_or_never().unwrap().unwrap_err().fault, secrets.list().unwrap_err()] {
                assert!(fault.contains(NAME) && fault.contains(words), "{fault}");
            }
            fs::remove_file(&file).or_else(|_| fs::remove_dir(&file)).unwrap();
        };
        File::options().write(true).open(&file).unwrap().set_len(LARGEST_FILE + 1).unwrap();
        faulty("bytes that are read");
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        faulty("it is no file");
        fs::create_dir(&file).unwrap();
        faulty("it is no file");
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        faulty("it is no file");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn two_commands_at_once_lose_nothing() {
        let directory = directory("race");
        std::thread::scope(|scope| {
            for owner in 0..16 {
                let directory = &directory;
                scope.spawn(move || FileSecrets::new(directory).set(&owner.to_string(), "Package", "x").unwrap());
            }
        });
        assert_eq!(FileSecrets::new(&directory).list().unwrap().len(), 16);
        fs::remove_dir_all(directory).unwrap();
    }
}
