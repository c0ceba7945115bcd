//! Tracefiles of lcov and of the many tools that write them. The totals that a record states (`LF`, `LH` and so on)
//! count only if it has no lines.

use std::collections::HashMap;

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        report::CoverageReport,
        source_file::{SourceFile, mark_of, short_mark},
        text::damaged::damaged,
    },
    refusal::ReportRefusal,
    report::ReportFormat,
};

const NAME: ReportFormat = ReportFormat::named("lcov");
/// How many lines may come before the first record.
const LONGEST_HEAD: usize = 20;

/// Whether a record begins within the first lines of the text.
pub(super) fn is_tracefile(text: &str) -> bool {
    let is_mark = |line: &str| line.starts_with("SF:") || line.starts_with("TN:");
    text.lines().take(LONGEST_HEAD).any(is_mark)
}

/// Reads a tracefile.
pub(super) fn read(text: &str) -> Result<CoverageReport, ReportRefusal> {
    let mut report = CoverageReport::new(NAME);
    let mut record: Option<Record<'_>> = None;
    let mut last = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_ascii();
        last = number;
        if line == "end_of_record" {
            if let Some(record) = record.take() {
                record.write(&mut report);
            }
        } else if let Some(path) = line.strip_prefix("SF:") {
            if record.is_some() {
                return Err(damaged(number, "a record begins within another"));
            }
            record = Some(Record::new(path));
        } else if let (Some(record), Some((key, value))) = (&mut record, line.split_once(':')) {
            record.read(key, value).ok_or_else(|| damaged(number, &format!("{key} is not followed by its numbers")))?;
        }
    }
    match record {
        Some(_) => Err(damaged(last, "it ends within a record, so it is cut off")),
        None => Ok(report),
    }
}

/// The record that is being read: one source file.
struct Record<'a> {
    path: &'a str,
    file: SourceFile,
    /// The names of functions by the index that lcov 2.2 gives them.
    functions: HashMap<&'a str, u64>,
    stated: HashMap<&'a str, u64>,
}

impl<'a> Record<'a> {
    fn new(path: &'a str) -> Self {
        Self { path, file: SourceFile::new(NAME), functions: HashMap::new(), stated: HashMap::new() }
    }

    /// Reads one line. `None` if its value does not fit its key.
    fn read(&mut self, key: &'a str, value: &'a str) -> Option<()> {
        match key {
            "DA" => {
                let mut parts = value.split(',');
                let line = parts.next()?.trim().parse().ok()?;
                self.file.line(line, is_positive(parts.next()?)?);
            }
            "BRDA" => {
                let mut parts = value.splitn(3, ',');
                let line = parts.next()?.trim().parse().ok()?;
                let block = parts.next()?;
                let (branch, taken) = parts.next()?.rsplit_once(',')?;
                let is_covered = taken.trim() != "-" && is_positive(taken)?;
                self.file.branch(line, short_mark([block.as_bytes(), branch.as_bytes()]), is_covered);
            }
            // The name may contain commas, and lcov 2 has the last line before it.
            "FN" => {
                let (_, name) = value.split_once(',')?;
                let name = match name.split_once(',') {
                    Some((end, name)) if !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()) => name,
                    _ => name,
                };
                self.file.function(mark_of([name.as_bytes()]), false);
            }
            "FNDA" => {
                let (count, name) = value.split_once(',')?;
                self.file.function(mark_of([name.as_bytes()]), is_positive(count)?);
            }
            "FNL" => {
                let (index, lines) = value.split_once(',')?;
                let mark = mark_of([lines.as_bytes()]);
                self.functions.insert(index, mark);
                self.file.function(mark, false);
            }
            // All names of a function are one function.
            "FNA" => {
                let (index, rest) = value.split_once(',')?;
                let count = rest.split(',').next()?;
                let mark = *self.functions.get(index)?;
                self.file.function(mark, is_positive(count)?);
            }
            "LF" | "LH" | "BRF" | "BRH" | "FNF" | "FNH" => {
                self.stated.insert(key, value.trim().parse().ok()?);
            }
            _ => {}
        }
        Some(())
    }

    fn write(mut self, report: &mut CoverageReport) {
        if !self.file.has_lines() {
            let stated = |key| self.stated.get(key).copied().unwrap_or_default();
            let count = |covered, total| CoverageCount::new(stated(covered), stated(total));
            let lines = count("LH", "LF");
            if lines.total > 0 {
                let other = |covered, total| Some(count(covered, total)).filter(|count| count.total > 0);
                let (branches, functions) = (other("BRH", "BRF"), other("FNH", "FNF"));
                self.file.state(CoverageTotals { lines, branches, functions });
            }
        }
        report.file(self.path).merge_part(self.file);
    }
}

/// Whether a count of hits is more than zero. Some tools write negative numbers, and numbers with exponents.
fn is_positive(text: &str) -> Option<bool> {
    text.trim().parse::<f64>().ok().filter(|count| count.is_finite()).map(|count| count > 0.0)
}
