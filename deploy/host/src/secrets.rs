//! The owners' secrets in a file of their own, which commands change while the server runs.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use badgesmith_engine::world::{Secret, Secrets, Unavailable};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::data;

/// The largest secret, in bytes.
pub const LARGEST_SECRET: usize = 8 * 1024;
/// The purpose of secrets that sign reports: they are never sent, so they may be any text.
const SIGNING: &str = "TestData";
/// The file's name in the data directory.
const NAME: &str = "secrets.json";

/// `secrets.json` in the data directory: readable by its user alone, replaced as a whole, read again when it changed.
#[derive(Debug)]
pub struct FileSecrets {
    file: PathBuf,
    read: Mutex<Read>,
}

/// What was read last, and what the file looked like then.
#[derive(Debug, Default)]
struct Read {
    seen: Option<(SystemTime, u64)>,
    entries: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
struct Contents {
    secrets: Vec<Entry>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Entry {
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

    /// Puts a secret in the place of the owner's for that purpose.
    ///
    /// # Errors
    /// The value is empty, too long or cannot be sent in a header; the file cannot be read or written.
    pub fn set(&self, owner: &str, purpose: &str, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err("the secret is empty; send it to standard input".to_owned());
        }
        if value.len() > LARGEST_SECRET {
            return Err(format!("the secret has {} bytes of at most {LARGEST_SECRET}", value.len()));
        }
        let is_sent = purpose != SIGNING;
        if is_sent && !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the secret has blanks or characters that cannot be sent in a header".to_owned());
        }
        if value.contains(char::is_control) {
            return Err("the secret has a line end or another control character inside".to_owned());
        }
        self.change(|entries| {
            entries.retain(|entry| !entry.is(owner, purpose));
            let (owner, purpose) = (owner.to_lowercase(), purpose.to_owned());
            entries.push(Entry { owner, purpose, values: vec![value.to_owned()] });
            entries.sort_by(|one, other| (&one.owner, &one.purpose).cmp(&(&other.owner, &other.purpose)));
        })
    }

    /// Forgets the owner's secrets for that purpose, and returns whether there were any.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove(&self, owner: &str, purpose: &str) -> Result<bool, String> {
        let mut removed = false;
        self.change(|entries| {
            let before = entries.len();
            entries.retain(|entry| !entry.is(owner, purpose));
            removed = entries.len() < before;
        })?;
        Ok(removed)
    }

    /// Owner, purpose and number of values of every entry; never a value.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self) -> Result<Vec<(String, String, usize)>, String> {
        let entries = self.load().map_err(|fault| self.named(&fault))?;
        Ok(entries.into_iter().map(|entry| (entry.owner, entry.purpose, entry.values.len())).collect())
    }

    /// Reads, changes and replaces the file while no other command does.
    fn change(&self, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), String> {
        data::open(self.file.parent().unwrap_or(Path::new(".")))?;
        let lock = data::file(&self.file.with_extension("lock")).map_err(|fault| self.named(&fault))?;
        lock.lock().map_err(|fault| self.named(&fault))?;
        let mut entries = self.load().map_err(|fault| self.named(&fault))?;
        change(&mut entries);
        let mut text = serde_json::to_vec_pretty(&Contents { secrets: entries }).map_err(|fault| self.named(&fault))?;
        let _ = text.write_all(b"\n");
        data::replace(&self.file, &text).map_err(|fault| self.named(&fault))
    }

    /// The file's entries; none if there is no file.
    fn load(&self) -> io::Result<Vec<Entry>> {
        let text = match fs::read(&self.file) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        // The parser's own words might quote a value.
        let contents: Contents = serde_json::from_slice(&text).map_err(|fault| {
            let words = format!("not the secrets' JSON at line {} column {}", fault.line(), fault.column());
            io::Error::new(io::ErrorKind::InvalidData, words)
        })?;
        Ok(contents.secrets)
    }

    /// The entries, read again if the file changed.
    fn current(&self) -> io::Result<Vec<Entry>> {
        let seen = match fs::metadata(&self.file) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => None,
            metadata => {
                let metadata = metadata?;
                Some((metadata.modified()?, metadata.len()))
            }
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none() || read.seen != seen {
            *read = Read { entries: self.load()?, seen };
        }
        Ok(read.entries.clone())
    }

    fn named(&self, fault: &dyn std::fmt::Display) -> String {
        format!("{}: {fault}", self.file.display())
    }
}

impl Secrets for FileSecrets {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        let found = self.current().map_err(|fault| Unavailable(self.named(&fault))).map(|entries| {
            let repository = repo.map(|repo| format!("{owner}/{repo}"));
            let of = |holder: &str| entries.iter().find(|entry| entry.is(holder, purpose)).cloned();
            let entry = repository.and_then(|repository| of(&repository)).or_else(|| of(owner));
            entry.map(|entry| entry.values.into_iter().map(Secret::new).collect()).unwrap_or_default()
        });
        Box::pin(async move { found })
    }
}

impl Entry {
    fn is(&self, owner: &str, purpose: &str) -> bool {
        self.owner == owner.to_lowercase() && self.purpose == purpose
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
        assert_eq!(command.list().unwrap(), [("acme".to_owned(), "Package".to_owned(), 1)]);
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
