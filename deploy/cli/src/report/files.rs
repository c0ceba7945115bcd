//! Which files are meant, and what stands in them.
//!
//! A name is a file, a directory, a pattern such as `**/TEST-*.xml`, or `-` for standard input. A file is meant as it
//! stands, so it must be a report. A directory is searched, and a pattern may fit other files too: what is whole and no
//! report is passed over there, and named; what is broken is refused.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use badgesmith_formats::{LARGEST_FILE, TestReport};

/// Directories are searched this deep.
const DEEPEST: usize = 32;
/// More files than this are not read.
const MOST_FILES: usize = 10_000;
/// What reports are called by their tools; only such files of a directory are read.
const ENDINGS: [&str; 8] = ["xml", "trx", "tap", "json", "jsonl", "ndjson", "gojson", "ctrf"];
/// Directories of others' files.
const PASSED_OVER: [&str; 2] = [".git", "node_modules"];

/// What was read, and what could not be, each with the name of its file.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) reports: Vec<(String, TestReport)>,
    pub(super) refusals: Vec<String>,
    /// The files that lie among the reports and are none.
    pub(super) others: Vec<String>,
}

/// Finds and reads all reports, each file once however often it is named. What was named must be a report, unless
/// others are to be skipped.
pub(super) fn read(names: &[PathBuf], skips_others: bool) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for name in names {
        match find(name) {
            Ok(files) => files.into_iter().for_each(|mut file| {
                file.may_be_other |= skips_others;
                found.add(file, &mut seen);
            }),
            Err(words) => found.refusals.push(words),
        }
    }
    found
}

/// A file, and whether it may turn out to be none of ours.
struct Candidate {
    path: PathBuf,
    may_be_other: bool,
}

impl Found {
    fn add(&mut self, candidate: Candidate, seen: &mut BTreeSet<PathBuf>) {
        let Candidate { path, may_be_other } = candidate;
        let name = path.display().to_string();
        if !seen.insert(fs::canonicalize(&path).unwrap_or_else(|_| path.clone())) {
            return;
        }
        if seen.len() > MOST_FILES {
            if seen.len() == MOST_FILES + 1 {
                self.refusals.push(format!("{name}: more than {MOST_FILES} files; name fewer"));
            }
            return;
        }
        let bytes = match bytes(&path) {
            Ok(bytes) => bytes,
            Err(fault) => return self.refusals.push(format!("{name}: {fault}")),
        };
        match badgesmith_formats::read(&bytes) {
            Ok(report) => self.reports.push((name, report)),
            Err(refusal) if may_be_other && refusal.is_other() => self.others.push(name),
            Err(refusal) => self.refusals.push(format!("{name}: {refusal}")),
        }
    }
}

/// The files that a name means.
fn find(name: &Path) -> Result<Vec<Candidate>, String> {
    let shown = name.display();
    let exact = |path: PathBuf| Candidate { path, may_be_other: false };
    if name == Path::new("-") {
        return Ok(vec![exact(name.to_owned())]);
    }
    if name.is_dir() {
        let mut files = Vec::new();
        search(name, DEEPEST, &mut files).map_err(|fault| format!("{shown}: {fault}"))?;
        files.sort();
        if files.is_empty() {
            return Err(format!("{shown}: no file in it is called like a report ({})", ENDINGS.join(", ")));
        }
        return Ok(files.into_iter().map(|path| Candidate { path, may_be_other: true }).collect());
    }
    if name.exists() {
        return Ok(vec![exact(name.to_owned())]);
    }
    let pattern = name.to_str().ok_or_else(|| format!("{shown}: there is no such file"))?;
    if !pattern.contains(['*', '?', '[']) {
        return Err(format!("{shown}: there is no such file"));
    }
    let paths = glob::glob(pattern).map_err(|fault| format!("{shown}: {fault}"))?;
    let is_ours = |path: &PathBuf| path.is_file() && !leads_to_others(pattern, path);
    // One more than are read, so that the one too many is told of.
    let files: Vec<_> = paths.filter_map(Result::ok).filter(is_ours).take(MOST_FILES + 1).collect();
    if files.is_empty() {
        return Err(format!("{shown}: no file fits; did the tests run?"));
    }
    Ok(files.into_iter().map(|path| Candidate { path, may_be_other: true }).collect())
}

/// Whether a `**` led to a directory of others' files, which the pattern does not name.
fn leads_to_others(pattern: &str, path: &Path) -> bool {
    let is_passed_over = |name: &&str| !pattern.contains(*name) && path.iter().any(|part| part == *name);
    pattern.contains("**") && PASSED_OVER.iter().any(is_passed_over)
}

fn search(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Of the entry itself: links to directories are not followed, they may lead in circles.
        let kind = entry.file_type()?;
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        if kind.is_dir() {
            if depth > 1 && !PASSED_OVER.iter().any(|name| entry.file_name() == *name) {
                search(&path, depth - 1, files)?;
            }
        } else if ENDINGS.contains(&&*ending) && path.is_file() && files.len() <= MOST_FILES {
            files.push(path);
        }
    }
    Ok(())
}

/// A file's bytes, or one byte more than are read.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    if path == Path::new("-") {
        io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
