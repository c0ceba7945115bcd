//! Finds and reads the documents: named files, and those in directories.
//!
//! Symbolic links are not followed: in a build of a fork a stranger may have made them, and they may lead anywhere.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::markup::Markup;

/// How deep directories are searched.
const DEEPEST: usize = 16;
/// The most documents that are read.
const MOST_FILES: usize = 2_000;
/// The most entries of directories that are looked at.
const MOST_ENTRIES: usize = 200_000;
/// The largest document that is read, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;
/// Directories that are not searched, because their files are other people's.
const FOREIGN_DIRECTORIES: [&str; 5] = [".git", ".hg", ".svn", "node_modules", "vendor"];

/// A document as it was read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) markup: Markup,
    pub(super) bytes: Vec<u8>,
}

/// A name for which no document was read, or not all documents.
#[derive(Debug)]
pub(super) struct FileRefusal {
    pub(super) path: PathBuf,
    pub(super) fault: FileFault,
}

/// Why a file is not read.
#[derive(Debug)]
pub(super) enum FileFault {
    Unreadable(io::Error),
    Link,
    NoFile,
    TooLarge,
    TooMany,
    EmptyDirectory,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(fault) => fault.fmt(f),
            Self::Link => f.write_str("a symbolic link, which is not followed; name the file that it leads to"),
            Self::NoFile => f.write_str("neither a file nor a directory"),
            Self::TooLarge => write!(f, "larger than {LARGEST_FILE} bytes"),
            Self::TooMany => write!(f, "more than {MOST_FILES} documents; name fewer"),
            Self::EmptyDirectory => f.write_str("no document of Markdown, HTML, reStructuredText or AsciiDoc in it"),
        }
    }
}

/// The outcome of reading all names.
#[derive(Debug, Default)]
pub(super) struct ReadFiles {
    pub(super) documents: Vec<Document>,
    pub(super) refusals: Vec<FileRefusal>,
    seen: BTreeSet<PathBuf>,
    entries: usize,
}

/// Reads all documents, each once however often it is named.
pub(super) fn read(names: &[PathBuf]) -> ReadFiles {
    let mut files = ReadFiles::default();
    for name in names {
        if let Err(fault) = files.add_name(name) {
            files.refuse(name, fault);
        }
    }
    files
}

impl ReadFiles {
    fn refuse(&mut self, path: &Path, fault: FileFault) {
        self.refusals.push(FileRefusal { path: path.to_owned(), fault });
    }

    fn add_name(&mut self, name: &Path) -> Result<(), FileFault> {
        // A directory may be named by a link, since the user named it; links inside it are not followed.
        if name.is_dir() {
            let before = self.seen.len();
            self.add_directory(name, DEEPEST)?;
            return if self.seen.len() > before { Ok(()) } else { Err(FileFault::EmptyDirectory) };
        }
        self.add_file(name, Markup::of(name).unwrap_or(Markup::Markdown))
    }

    fn add_directory(&mut self, directory: &Path, depth: usize) -> Result<(), FileFault> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory).map_err(FileFault::Unreadable)? {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return Err(FileFault::TooMany);
            }
            entries.push(entry.map_err(FileFault::Unreadable)?);
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (kind, path) = (entry.file_type().map_err(FileFault::Unreadable)?, entry.path());
            if kind.is_dir() {
                if depth > 1 && !FOREIGN_DIRECTORIES.iter().any(|name| entry.file_name() == *name) {
                    self.add_directory(&path, depth - 1)?;
                }
            } else if let Some(markup) = Markup::of(&path).filter(|_| kind.is_file()) {
                match self.add_file(&path, markup) {
                    Err(FileFault::TooMany) => return Err(FileFault::TooMany),
                    Err(fault) => self.refuse(&path, fault),
                    Ok(()) => {}
                }
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path, markup: Markup) -> Result<(), FileFault> {
        let metadata = fs::symlink_metadata(path).map_err(FileFault::Unreadable)?;
        if metadata.is_symlink() {
            return Err(FileFault::Link);
        }
        // Opening a pipe would wait for its writer.
        if !metadata.is_file() {
            return Err(FileFault::NoFile);
        }
        if !self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())) {
            return Ok(());
        }
        if self.seen.len() > MOST_FILES {
            return Err(FileFault::TooMany);
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(FileFault::Unreadable)?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(FileFault::Unreadable)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(FileFault::TooLarge);
        }
        self.documents.push(Document { path: path.to_owned(), markup, bytes });
        Ok(())
    }
}
