//! The owners' secrets in `secrets.json`, which commands change while the server runs.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use badgesmith_engine::world::{MOST_SERVER_SECRETS, SERVER, Secret, Secrets, Unavailable, Unhealthy};
use futures_util::future::BoxFuture;

use super::{
    rules::{ListedSecret, MOST_VALUES, SecretRefusal, check, check_added, check_rotated, holder},
    secrets_file::{FileStamp, LoadedSecrets, SecretEntry, SecretsFault, SecretsFile, SecretsFileError},
};
use crate::{
    data_directory::{self, DataDirectoryError},
    seal::{SealError, Sealer},
};

/// The secrets of a data directory. The file is readable by its user only, replaced as a whole, and read again when it
/// has changed. If there is a key, the file is sealed.
#[derive(Debug)]
pub struct FileSecrets {
    file: SecretsFile,
    cache: Mutex<CachedFile>,
}

/// The file as it was read last.
#[derive(Debug, Default)]
struct CachedFile {
    stamp: Option<FileStamp>,
    entries: Vec<SecretEntry>,
}

/// What [`FileSecrets::reseal`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResealedSecrets {
    /// How many values of secrets the file has.
    pub values: usize,
    /// The name of the key with which they were sealed before; `None` if they were not.
    pub before: Option<String>,
    /// The name of the key with which they are sealed; `None` if they are not.
    pub after: Option<String>,
}

/// Why secrets cannot be read or changed.
#[derive(Debug)]
pub enum FileSecretsError {
    /// The value or the purpose breaks the rules for secrets.
    Refused(SecretRefusal),
    /// There is no secret to rotate.
    NothingToRotate,
    /// The data directory cannot be created.
    Directory(DataDirectoryError),
    /// The file cannot be read or written.
    File(SecretsFileError),
}

impl fmt::Display for FileSecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NothingToRotate => f.write_str("there is no secret to rotate; set one first"),
            Self::Directory(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl Error for FileSecretsError {}

impl FileSecrets {
    /// The secrets of a data directory, without keys, so that the file is not sealed. Nothing is read yet.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self::with_sealer(directory, Arc::default())
    }

    /// The secrets of a data directory. The first of these keys seals the file, and each of them opens it. Nothing is
    /// read yet.
    #[must_use]
    pub fn with_sealer(directory: &Path, sealer: Arc<Sealer>) -> Self {
        Self { file: SecretsFile::new(directory, sealer), cache: Mutex::default() }
    }

    /// Reads the file now and logs what is wrong with it. A file whose key must be fetched from a key service is read
    /// by the first request that needs it.
    pub fn log_problems(&self) {
        match self.entries() {
            Ok(_) | Err(SecretsFault::Seal(SealError::NotFetched(_))) => {}
            Err(error) => tracing::error!(fault = %self.file.error(error), "the secrets cannot be read"),
        }
    }

    /// Fetches the data keys for the next read and one change from the key service. Keys of this machine need no call.
    ///
    /// # Errors
    /// The file cannot be read, or the key service refuses or does not answer.
    pub async fn fetch_keys(&self) -> Result<(), FileSecretsError> {
        match self.file.load() {
            Err(SecretsFault::Seal(SealError::NotFetched(wrapped))) => {
                self.file.sealer().fetch(&wrapped).await.map_err(|error| self.file_error(error))?;
            }
            other => drop(other.map_err(|error| self.file_error(error))?),
        }
        self.file.sealer().fetch_new().await.map_err(|error| self.file_error(error))
    }

    /// Seals the file again with the key that seals, whichever key it was sealed with before.
    ///
    /// # Errors
    /// There is no key that seals; the file cannot be read or written.
    pub fn reseal(&self) -> Result<ResealedSecrets, FileSecretsError> {
        if !self.file.sealer().is_sealing() {
            return Err(self.file_error(SealError::NothingSeals));
        }
        self.rewrite(SecretsFile::replace)
    }

    /// Writes the file as plain text.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn unseal(&self) -> Result<ResealedSecrets, FileSecretsError> {
        self.rewrite(|file, entries| file.replace_plain(entries).map(|()| None))
    }

    /// Writes the entries again, and returns how many values they have.
    fn rewrite(
        &self,
        write: impl FnOnce(&SecretsFile, Vec<SecretEntry>) -> Result<Option<String>, SecretsFault>,
    ) -> Result<ResealedSecrets, FileSecretsError> {
        let directory = self.file.path().parent().unwrap_or(Path::new("."));
        data_directory::create(directory).map_err(FileSecretsError::Directory)?;
        let _lock = self.file.lock().map_err(|error| self.file_error(error))?;
        let LoadedSecrets { entries, key } = self.file.load().map_err(|error| self.file_error(error))?;
        let values = entries.iter().map(|entry| entry.values.len()).sum();
        let after = write(&self.file, entries).map_err(|error| self.file_error(error))?;
        Ok(ResealedSecrets { values, before: key, after })
    }

    /// Sets a secret, which replaces all that the holder had for that purpose.
    ///
    /// # Errors
    /// The value is refused; the file cannot be read or written.
    pub fn set(&self, holder: &str, purpose: &str, value: &str) -> Result<(), FileSecretsError> {
        check(holder, purpose, value).map_err(FileSecretsError::Refused)?;
        self.change(|entries| {
            entries.retain(|entry| !entry.is_for(holder, purpose));
            insert(entries, SecretEntry::new(holder, purpose, value));
            Ok(())
        })
    }

    /// Adds a secret to the server's own secrets, and returns its id. The server uses all of them in turn.
    ///
    /// # Errors
    /// The server has this secret, or as many as it may; the value is refused; the file cannot be read or written.
    pub fn add(&self, purpose: &str, value: &str) -> Result<String, FileSecretsError> {
        check(SERVER, purpose, value).map_err(FileSecretsError::Refused)?;
        let added = Secret::new(value);
        self.change(|entries| {
            match entries.iter_mut().find(|entry| entry.is_for(SERVER, purpose)) {
                Some(entry) => {
                    check_added(&added, &entry.secrets()).map_err(FileSecretsError::Refused)?;
                    entry.values.insert(0, value.to_owned());
                }
                None => insert(entries, SecretEntry::new(SERVER, purpose, value)),
            }
            Ok(())
        })?;
        Ok(added.id())
    }

    /// Removes the server's own secret of this id for that purpose, and returns whether there was one.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove_one(&self, purpose: &str, id: &str) -> Result<bool, FileSecretsError> {
        let mut is_removed = false;
        self.change(|entries| {
            for entry in entries.iter_mut().filter(|entry| entry.is_for(SERVER, purpose)) {
                let before = entry.values.len();
                entry.values.retain(|value| Secret::new(value).id() != id);
                is_removed = entry.values.len() < before;
            }
            entries.retain(|entry| !entry.values.is_empty());
            Ok(())
        })?;
        Ok(is_removed)
    }

    /// Adds a secret as the newest. The previous one stays valid until [`FileSecrets::finish`].
    ///
    /// # Errors
    /// There is no secret yet; the value is refused; the file cannot be read or written.
    pub fn rotate(&self, holder: &str, purpose: &str, value: &str) -> Result<(), FileSecretsError> {
        check(holder, purpose, value).map_err(FileSecretsError::Refused)?;
        self.change(|entries| {
            let entry = entries.iter_mut().find(|entry| entry.is_for(holder, purpose));
            let entry = entry.ok_or(FileSecretsError::NothingToRotate)?;
            check_rotated(entry.values.len()).map_err(FileSecretsError::Refused)?;
            entry.values.insert(0, value.to_owned());
            entry.values.truncate(MOST_VALUES);
            Ok(())
        })
    }

    /// Removes the secret before the newest one, and returns whether there was one.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn finish(&self, holder: &str, purpose: &str) -> Result<bool, FileSecretsError> {
        let mut is_finished = false;
        self.change(|entries| {
            for entry in entries.iter_mut().filter(|entry| entry.is_for(holder, purpose)) {
                check_rotated(entry.values.len()).map_err(FileSecretsError::Refused)?;
                is_finished = entry.values.len() > 1;
                entry.values.truncate(1);
            }
            Ok(())
        })?;
        Ok(is_finished)
    }

    /// Removes the holder's secrets for that purpose, and returns whether there were any.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn remove(&self, holder: &str, purpose: &str) -> Result<bool, FileSecretsError> {
        let mut is_removed = false;
        self.change(|entries| {
            let before = entries.len();
            entries.retain(|entry| !entry.is_for(holder, purpose));
            is_removed = entries.len() < before;
            Ok(())
        })?;
        Ok(is_removed)
    }

    /// Holder, purpose and number of values of every entry, and the ids of the server's own; never a value.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self) -> Result<Vec<ListedSecret>, FileSecretsError> {
        let entries = self.file.load().map_err(|error| self.file_error(error))?.entries;
        let listed = |entry: SecretEntry| {
            let own = if entry.owner == SERVER { entry.secrets() } else { Vec::new() };
            let ids = own.iter().map(Secret::id).collect();
            ListedSecret { holder: entry.owner, purpose: entry.purpose, values: entry.values.len(), ids }
        };
        Ok(entries.into_iter().map(listed).collect())
    }

    /// Reads, changes and replaces the file under a lock against other commands.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<SecretEntry>) -> Result<(), FileSecretsError>,
    ) -> Result<(), FileSecretsError> {
        let directory = self.file.path().parent().unwrap_or(Path::new("."));
        data_directory::create(directory).map_err(FileSecretsError::Directory)?;
        let _lock = self.file.lock().map_err(|error| self.file_error(error))?;
        let mut entries = self.file.load().map_err(|error| self.file_error(error))?.entries;
        change(&mut entries)?;
        self.file.replace(entries).map(drop).map_err(|error| self.file_error(error))
    }

    /// The entries, read again if the file has changed.
    fn entries(&self) -> Result<Vec<SecretEntry>, SecretsFault> {
        let stamp = self.file.stamp()?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp.is_none() && cache.stamp.is_some() {
            // No command removes the file, so its absence is an error. Without its secrets every signature would be
            // refused as wrong.
            let words = "it was there and is gone; put it back, or restart the server to go on without secrets";
            return Err(io::Error::new(ErrorKind::NotFound, words).into());
        }
        if stamp.is_none() || cache.stamp != stamp {
            if let Some(FileStamp { mode, .. }) = stamp
                && mode & 0o077 != 0
            {
                let (file, mode) = (self.file.path().display(), format!("{mode:04o}"));
                tracing::warn!(%file, mode, "others than its user may read or change the secrets; run chmod 600 on it");
            }
            *cache = CachedFile { entries: self.file.load()?.entries, stamp };
        }
        Ok(cache.entries.clone())
    }

    /// The entries. If a key service wrapped the file's data key, that key is fetched first.
    async fn fetched_entries(&self) -> Result<Vec<SecretEntry>, Unavailable> {
        let unavailable = |cause| Unavailable(self.file.error(cause).to_string());
        match self.entries() {
            Err(SecretsFault::Seal(SealError::NotFetched(wrapped))) => {
                self.file.sealer().fetch(&wrapped).await.map_err(|error| unavailable(error.into()))?;
                self.entries().map_err(unavailable)
            }
            other => other.map_err(unavailable),
        }
    }

    fn file_error(&self, cause: impl Into<SecretsFault>) -> FileSecretsError {
        FileSecretsError::File(self.file.error(cause))
    }
}

impl Secrets for FileSecrets {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let entries = self.fetched_entries().await?;
            let of = |repo| {
                let holder = holder(owner, repo);
                entries.iter().find(|entry| entry.is_for(&holder, purpose) && owner != SERVER)
            };
            let entry = repo.and_then(|repo| of(Some(repo))).or_else(|| of(None));
            let values = entry.map(|entry| entry.values.iter().take(MOST_VALUES).map(Secret::new).collect());
            Ok(values.unwrap_or_default())
        })
    }

    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        Box::pin(async move {
            let entries = self.fetched_entries().await?;
            let mut own = entries.iter().find(|entry| entry.is_for(SERVER, purpose)).map(SecretEntry::secrets);
            own.iter_mut().for_each(|own| own.truncate(MOST_SERVER_SECRETS));
            Ok(own.unwrap_or_default())
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        // A file that never existed is one without secrets.
        Box::pin(async move { Ok(self.fetched_entries().await.map(drop)?) })
    }
}

/// Adds an entry in the order of the file.
fn insert(entries: &mut Vec<SecretEntry>, entry: SecretEntry) {
    entries.push(entry);
    entries.sort_by(|one, other| (&one.owner, &one.purpose).cmp(&(&other.owner, &other.purpose)));
}

#[cfg(test)]
mod tests;
