//! `badgesmith backup` and `badgesmith restore`: the store and the secrets of a data directory in one file.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use badgesmith_host::{
    embedded,
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
    /// The file of the backup, which is replaced if it is there. With a key it is sealed.
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

/// Writes a backup, of a running server or of a directory that no server uses. The file is there once it is whole.
///
/// # Errors
/// The store or the secrets cannot be read, or the file cannot be written.
pub(crate) fn backup(options: &BackupOptions) -> Result<(), CommandError> {
    let sealer = options.keys.sealer()?;
    let folder = options.file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let at_file = || CommandError::file(&options.file);
    // It is its user's alone, and is removed if the backup fails.
    let file = NamedTempFile::new_in(folder).map_err(at_file())?;
    let mut out = BufWriter::new(file);
    if sealer.is_sealing() {
        block_on(async { sealer.fetch_new().await.map_err(CommandError::storage) })?;
        let mut sealed = SealedWriter::new(&sealer, Purpose::Backup, out).map_err(at_file())?;
        write(options, &mut sealed)?;
        out = sealed.finish().map_err(at_file())?;
    } else {
        write(options, &mut out)?;
    }
    out.flush().map_err(at_file())?;
    let file = out.into_inner().map_err(|error| at_file()(error.into_error()))?;
    file.as_file().sync_all().map_err(at_file())?;
    file.persist(&options.file).map_err(|error| at_file()(error.error))?;
    let sealed = if sealer.is_sealing() { ", sealed" } else { "; keep it as private as secrets.json" };
    print(&format!("{} has the store and the secrets{sealed}\n", options.file.display()))
}

fn write(options: &BackupOptions, out: &mut impl Write) -> Result<(), CommandError> {
    let directory = &options.data.directory;
    #[cfg(unix)]
    if let Some(stream) = crate::control::backup(directory)? {
        return embedded::copy_backup(stream, out).map_err(CommandError::storage);
    }
    embedded::backup(directory, out).map_err(CommandError::storage)
}

/// Makes a data directory of a backup. Nothing is replaced before all of the backup was checked.
///
/// # Errors
/// The directory is not empty or in use, or the backup is not whole.
pub(crate) fn restore(options: &RestoreOptions) -> Result<(), CommandError> {
    let file = File::open(&options.file).map_err(CommandError::file(&options.file))?;
    let mut input = BufReader::new(file);
    let mut first = Vec::new();
    std::io::Read::take(&mut input, LONGEST_HEADER)
        .read_until(b'\n', &mut first)
        .map_err(CommandError::file(&options.file))?;
    let restored = if is_sealed_stream(&first) {
        let sealer = options.keys.sealer()?;
        restore_sealed(options, &sealer, &first, input)
    } else {
        restore_plain(options, std::io::Read::chain(&*first, input))
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
