//! `badgesmith backup` and `badgesmith restore`: the store and the secrets of a data directory in one file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use badgesmith_host::{
    data_directory,
    embedded::{self, NoBackup},
    seal::{Purpose, SealedWriter, Sealer, UnsealedReader, is_sealed_stream},
};
use clap::Args;
use tempfile::NamedTempFile;

use crate::{arguments::DataOption, command_error::CommandError, output::print, runtime::block_on, seal::SealOption};

/// The longest first line of a sealed backup, in bytes.
const LONGEST_HEADER: u64 = 16 * 1024;

/// What is written, and where.
#[derive(Args, Debug)]
pub(crate) struct BackupOptions {
    /// The file of the backup, outside the data directory; a regular file is replaced. With a key it is sealed.
    file: PathBuf,
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    keys: SealOption,
}

/// What is restored, and where.
#[derive(Args, Debug)]
pub(crate) struct RestoreOptions {
    /// The file of the backup.
    file: PathBuf,
    /// Replaces the store and the secrets of a directory that is not empty.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    data: DataOption,
    #[command(flatten)]
    keys: SealOption,
}

/// Writes a backup of a running server, or of a directory that no server uses. The file appears only once it is
/// complete.
///
/// # Errors
/// The store or the secrets cannot be read, or the file cannot be written.
pub(crate) fn backup(options: &BackupOptions) -> Result<(), CommandError> {
    let target = target(&options.file, &options.data.directory)?;
    let sealer = options.keys.sealer()?;
    let at_file = || CommandError::file(&options.file);
    // Only its user may read the temporary file, which is removed if the backup fails. This error's message contains
    // its random name.
    let file = NamedTempFile::new_in(target.parent().unwrap_or(Path::new(".")))
        .map_err(|cause| at_file()(cause.kind().into()))?;
    let mut out = BufWriter::new(BackupFile { file: file.as_file(), name: &options.file });
    let has_secrets = if sealer.is_sealing() {
        block_on(async { sealer.fetch_new().await.map_err(CommandError::storage) })?;
        let mut sealed = SealedWriter::new(&sealer, Purpose::Backup, out).map_err(CommandError::storage)?;
        let has_secrets = write(options, &mut sealed)?;
        out = sealed.finish().map_err(CommandError::storage)?;
        has_secrets
    } else {
        write(options, &mut out)?
    };
    out.flush().map_err(CommandError::storage)?;
    drop(out);
    file.as_file().sync_all().map_err(at_file())?;
    file.persist(&target).map_err(|error| at_file()(error.error))?;
    data_directory::sync_parent(&target).map_err(at_file())?;
    let secrets = if has_secrets { "the secrets" } else { "no secrets" };
    let privacy = if sealer.is_sealing() { ", sealed" } else { "; keep it as private as the data directory" };
    print(&format!("{} has the store and {secrets}{privacy}\n", options.file.display()))
}

/// The absolute path of a backup's file, if it may be written there: the path must be outside the data directory, and
/// must not exist yet or be a regular file.
fn target(file: &Path, data: &Path) -> Result<PathBuf, CommandError> {
    let other = || CommandError::BackupOverOther(file.to_owned());
    let name = file.file_name().ok_or_else(other)?;
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(CommandError::file(file))?;
    // If the data directory does not exist, making the backup fails later with its own error.
    if data.canonicalize().is_ok_and(|data| folder.starts_with(data)) {
        return Err(CommandError::BackupInData { file: file.to_owned(), data: data.to_owned() });
    }
    let target = folder.join(name);
    // A symbolic link is refused too: its target might be anywhere.
    match target.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(target),
        Err(error) => Err(CommandError::file(file)(error)),
        Ok(found) if found.is_file() => Ok(target),
        Ok(_) => Err(other()),
    }
}

/// The file while it is written. Its errors name the file's final path.
struct BackupFile<'a> {
    file: &'a File,
    name: &'a Path,
}

impl Write for BackupFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file;
        file.write(bytes).map_err(|cause| io::Error::new(cause.kind(), format!("{}: {cause}", self.name.display())))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the contents of the backup, and returns whether they include secrets.
fn write(options: &BackupOptions, out: &mut impl Write) -> Result<bool, CommandError> {
    let directory = &options.data.directory;
    #[cfg(unix)]
    if let Some(stream) = crate::control::backup(directory)? {
        return embedded::copy_backup(stream, out).map_err(CommandError::storage);
    }
    embedded::backup(directory, out).map_err(|error| match error {
        NoBackup::File(refusal) if refusal.is_locked() => CommandError::UnreachableServer { data: directory.clone() },
        error => CommandError::storage(error),
    })
}

/// Makes a data directory from a backup. Nothing is replaced before the whole backup was checked.
///
/// # Errors
/// The directory is not empty or in use, or the backup is not whole.
pub(crate) fn restore(options: &RestoreOptions) -> Result<(), CommandError> {
    let file = File::open(&options.file).map_err(CommandError::file(&options.file))?;
    let mut input = BufReader::new(file);
    let mut first = Vec::new();
    io::Read::take(&mut input, LONGEST_HEADER)
        .read_until(b'\n', &mut first)
        .map_err(CommandError::file(&options.file))?;
    let restored = if is_sealed_stream(&first) {
        let sealer = options.keys.sealer()?;
        restore_sealed(options, &sealer, &first, input)
    } else {
        restore_plain(options, io::Read::chain(&*first, input))
    }?;
    let embedded::Restored { rows, damaged, has_secrets } = restored;
    let secrets = if has_secrets { "the secrets" } else { "no secrets" };
    let left_out = if damaged > 0 { format!("; {damaged} rows were damaged and are left out") } else { String::new() };
    print(&format!("{} has {rows} rows and {secrets}{left_out}\n", options.data.directory.display()))
}

fn restore_plain(options: &RestoreOptions, input: impl BufRead) -> Result<embedded::Restored, CommandError> {
    embedded::restore(input, &options.data.directory, options.force).map_err(CommandError::storage)
}

fn restore_sealed(
    options: &RestoreOptions,
    sealer: &Sealer,
    first: &[u8],
    input: impl BufRead,
) -> Result<embedded::Restored, CommandError> {
    let opened = block_on(async {
        UnsealedReader::open(sealer, Purpose::Backup, first, input).await.map_err(CommandError::storage)
    })?;
    restore_plain(options, BufReader::new(opened))
}
