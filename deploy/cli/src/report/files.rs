//! Finds and reads the files of a report.
//!
//! A name is a file, a directory, a pattern such as `**/TEST-*.xml`, or `-` for standard input. A named file must be a
//! report. A directory or a pattern may contain other files: complete files that are not reports are skipped there and
//! listed, broken ones are refused.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use badgesmith_formats::{CoverageReport, LARGEST_FILE, ReportRefusal, TestReport};

/// How deep directories are searched.
const DEEPEST: usize = 32;
/// The most files that are read.
const MOST_FILES: usize = 10_000;
/// Directories that are not searched, because their files are other people's.
const FOREIGN_DIRECTORIES: [&str; 2] = [".git", "node_modules"];

/// A kind of reports: the names of its files, and how they are read.
pub(super) struct ReportKind<R> {
    /// The file extensions. Other files in a directory are not read.
    extensions: &'static [&'static str],
    read: fn(&[u8]) -> Result<R, ReportRefusal>,
}

/// Reports of tests.
pub(super) const TESTS: ReportKind<TestReport> = ReportKind {
    extensions: &["xml", "trx", "tap", "json", "jsonl", "ndjson", "gojson", "ctrf"],
    read: badgesmith_formats::read,
};

/// Reports of coverage.
pub(super) const COVERAGE: ReportKind<CoverageReport> = ReportKind {
    extensions: &["xml", "coveragexml", "json", "info", "lcov", "out"],
    read: badgesmith_formats::read_coverage,
};

/// The outcome of reading all files.
#[derive(Debug)]
pub(super) struct ReadFiles<R> {
    pub(super) reports: Vec<NamedReport<R>>,
    pub(super) refusals: Vec<FileRefusal>,
    /// The names of files that are not reports.
    pub(super) others: Vec<String>,
}

/// A report and the name of its file.
#[derive(Debug)]
pub(super) struct NamedReport<R = TestReport> {
    pub(super) file: String,
    pub(super) report: R,
}

/// Why no report was read for a file or a name.
#[derive(Debug)]
pub(super) struct FileRefusal {
    name: String,
    fault: FileFault,
}

impl fmt::Display for FileRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.fault)
    }
}

#[derive(Debug)]
enum FileFault {
    Missing,
    EmptyDirectory(&'static [&'static str]),
    NoMatch,
    Pattern(glob::PatternError),
    TooMany,
    Unreadable(io::Error),
    Refused(ReportRefusal),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::EmptyDirectory(extensions) => {
                write!(f, "no file in it is called like a report ({})", extensions.join(", "))
            }
            Self::NoMatch => f.write_str("no file fits; did the tests run?"),
            Self::Pattern(fault) => fault.fmt(f),
            Self::TooMany => write!(f, "more than {MOST_FILES} files; name fewer"),
            Self::Unreadable(fault) => fault.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// Finds and reads all reports, each file once however often it is named. Named files must be reports, unless
/// `skips_others` is set.
pub(super) fn read<R>(names: &[PathBuf], kind: &ReportKind<R>, skips_others: bool) -> ReadFiles<R> {
    let mut files = ReadFiles { reports: Vec::new(), refusals: Vec::new(), others: Vec::new() };
    let mut seen = BTreeSet::new();
    for name in names {
        match find(name, kind.extensions) {
            Ok(candidates) => candidates.into_iter().for_each(|mut candidate| {
                candidate.may_be_other |= skips_others;
                files.add(candidate, kind, &mut seen);
            }),
            Err(fault) => files.refusals.push(FileRefusal { name: name.display().to_string(), fault }),
        }
    }
    files
}

/// A file to read.
struct Candidate {
    path: PathBuf,
    /// Whether it may be something other than a report.
    may_be_other: bool,
}

impl<R> ReadFiles<R> {
    fn add(&mut self, candidate: Candidate, kind: &ReportKind<R>, seen: &mut BTreeSet<PathBuf>) {
        let Candidate { path, may_be_other } = candidate;
        let name = path.display().to_string();
        if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            return;
        }
        if seen.len() > MOST_FILES {
            if seen.len() == MOST_FILES + 1 {
                self.refusals.push(FileRefusal { name, fault: FileFault::TooMany });
            }
            return;
        }
        let bytes = match read_bytes(&path) {
            Ok(bytes) => bytes,
            Err(fault) => return self.refusals.push(FileRefusal { name, fault: FileFault::Unreadable(fault) }),
        };
        match (kind.read)(&bytes) {
            Ok(report) => self.reports.push(NamedReport { file: name, report }),
            Err(refusal) if may_be_other && refusal.is_other() => self.others.push(name),
            Err(refusal) => self.refusals.push(FileRefusal { name, fault: FileFault::Refused(refusal) }),
        }
    }
}

/// The files that a name stands for.
fn find(name: &Path, extensions: &'static [&'static str]) -> Result<Vec<Candidate>, FileFault> {
    let named = |path: &Path| vec![Candidate { path: path.to_owned(), may_be_other: false }];
    let found =
        |files: Vec<PathBuf>| files.into_iter().map(|path| Candidate { path, may_be_other: true }).collect::<Vec<_>>();
    if name == Path::new("-") {
        return Ok(named(name));
    }
    if name.is_dir() {
        let mut files = Vec::new();
        search(name, extensions, DEEPEST, &mut files).map_err(FileFault::Unreadable)?;
        files.sort();
        return if files.is_empty() { Err(FileFault::EmptyDirectory(extensions)) } else { Ok(found(files)) };
    }
    if name.exists() {
        return Ok(named(name));
    }
    let pattern = name.to_str().filter(|name| name.contains(['*', '?', '['])).ok_or(FileFault::Missing)?;
    let paths = glob::glob(pattern).map_err(FileFault::Pattern)?;
    let is_searched = |path: &PathBuf| path.is_file() && !is_foreign(pattern, path);
    // One file more than may be read, so that having too many is noticed.
    let files: Vec<_> = paths.filter_map(Result::ok).filter(is_searched).take(MOST_FILES + 1).collect();
    if files.is_empty() { Err(FileFault::NoMatch) } else { Ok(found(files)) }
}

/// Whether a `**` matched a foreign directory that the pattern does not name.
fn is_foreign(pattern: &str, path: &Path) -> bool {
    let is_matched = |name: &&str| !pattern.contains(*name) && path.iter().any(|part| part == *name);
    pattern.contains("**") && FOREIGN_DIRECTORIES.iter().any(is_matched)
}

fn search(directory: &Path, extensions: &[&str], depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // The type of the entry itself: links to directories are not followed, because they may form a cycle.
        let file_type = entry.file_type()?;
        let path = entry.path();
        let extension = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if file_type.is_dir() {
            if depth > 1 && !FOREIGN_DIRECTORIES.iter().any(|name| entry.file_name() == *name) {
                search(&path, extensions, depth - 1, files)?;
            }
        } else if extensions.contains(&&*extension) && path.is_file() && files.len() <= MOST_FILES {
            files.push(path);
        }
    }
    Ok(())
}

/// The bytes of a file, up to one byte more than the largest report.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    if path == Path::new("-") {
        io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
