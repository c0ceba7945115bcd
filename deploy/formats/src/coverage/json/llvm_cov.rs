//! `llvm-cov export`, as cargo-llvm-cov and others write it.
//!
//! Lines are found from the segments by the rules of `llvm-cov show`. The tool's own totals count a line once for each
//! function that contains it. These totals are used for a file that only one report contains; merged files are counted
//! by line.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        json::{
            format::{JsonFault, JsonFormat},
            hits::Hits,
        },
        line_budget::LineBudget,
        report::CoverageReport,
        source_file::{SourceFile, mark_of, short_mark},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["llvm.coverage.json.export", "\"segments\"", "\"expansions\""],
    is_format_of: |outline| outline.get("data").is_list_of("totals") && outline.get("type").is_present(),
    read,
};

const NAME: ReportFormat = ReportFormat::named("llvm-cov JSON");

#[derive(Deserialize)]
struct Document {
    data: Vec<Export>,
}

#[derive(Deserialize)]
struct Export {
    #[serde(default)]
    files: Vec<File>,
    #[serde(default)]
    functions: Vec<Function>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    #[serde(default)]
    segments: Vec<Segment>,
    #[serde(default)]
    branches: Vec<Vec<Number>>,
    summary: Summary,
}

/// A position from which on a count applies: line, column, count, whether it has a count, whether a region begins here,
/// and whether that region is a gap.
#[derive(Deserialize)]
struct Segment(u32, IgnoredAny, Hits, Hits, Hits, #[serde(default)] Hits);

/// A number. Old versions write some numbers as `true` and `false`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(f64),
    Flag(bool),
}

#[derive(Deserialize)]
struct Function {
    name: String,
    count: Hits,
    #[serde(default)]
    filenames: Vec<String>,
}

#[derive(Deserialize)]
struct Summary {
    lines: Counts,
    functions: Option<Counts>,
    branches: Option<Counts>,
}

#[derive(Deserialize)]
struct Counts {
    count: u64,
    covered: u64,
}

impl Counts {
    fn some(&self) -> Option<CoverageCount> {
        Some(CoverageCount::new(self.covered, self.count)).filter(|count| count.total > 0)
    }
}

impl Segment {
    fn has_count(&self) -> bool {
        self.3.is_covered()
    }

    fn is_start(&self) -> bool {
        !self.5.is_covered() && self.has_count() && self.4.is_covered()
    }
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let document: Document = serde_json::from_str(text)?;
    let (mut report, mut budget) = (CoverageReport::new(NAME), LineBudget::default());
    for export in &document.data {
        for read in &export.files {
            let file = report.file(&read.filename);
            lines(&read.segments, file, &mut budget)?;
            read.branches.iter().for_each(|region| branches(region, file));
            file.state(CoverageTotals {
                lines: CoverageCount::new(read.summary.lines.covered, read.summary.lines.count),
                branches: read.summary.branches.as_ref().and_then(Counts::some),
                functions: read.summary.functions.as_ref().and_then(Counts::some),
            });
        }
        for function in &export.functions {
            if let Some(path) = function.filenames.first() {
                report.file(path).function(mark_of([function.name.as_bytes()]), function.count.is_covered());
            }
        }
    }
    Ok(report)
}

/// The lines of a file. A line is covered if a region that begins in it ran, or the region that continues into it from
/// an earlier line.
fn lines(segments: &[Segment], file: &mut SourceFile, budget: &mut LineBudget) -> Result<(), ReportRefusal> {
    let mut rest = segments;
    let mut wrapped: Option<&Segment> = None;
    let mut next = segments.first().map_or(0, |segment| segment.0);
    while let Some(first) = rest.first() {
        // The lines between two segments belong to the region that continues over them.
        if first.0 > next {
            for line in budget.lines(next, first.0 - 1)? {
                if let Some(wrapped) = wrapped.filter(|wrapped| wrapped.has_count()) {
                    file.line(line, wrapped.2.is_covered());
                }
            }
        }
        let here = rest.iter().take_while(|segment| segment.0 == first.0).count();
        let (on_line, after) = rest.split_at(here);
        line(on_line, wrapped, file);
        wrapped = on_line.last();
        next = first.0.saturating_add(1);
        rest = after;
    }
    Ok(())
}

fn line(segments: &[Segment], wrapped: Option<&Segment>, file: &mut SourceFile) {
    let Some(first) = segments.first() else { return };
    let has_start = segments.iter().any(Segment::is_start);
    let is_skipped = !first.has_count() && first.4.is_covered();
    let is_wrapped = wrapped.is_some_and(Segment::has_count);
    if is_skipped || !(has_start || is_wrapped) {
        return;
    }
    let is_covered = segments.iter().any(|segment| segment.is_start() && segment.2.is_covered());
    file.line(first.0, is_covered || (is_wrapped && wrapped.is_some_and(|wrapped| wrapped.2.is_covered())));
}

/// The two branches of a region: line, column, last line, last column, how often it was true, how often false.
fn branches(region: &[Number], file: &mut SourceFile) {
    let numbers: Vec<f64> = region
        .iter()
        .map(|number| match number {
            Number::Number(number) => *number,
            Number::Flag(flag) => f64::from(u8::from(*flag)),
        })
        .collect();
    let [line, column, last, last_column, trues, falses, ..] = *numbers else { return };
    let place = [column, last, last_column].map(f64::to_le_bytes);
    for (outcome, hits) in [(b"t", trues), (b"f", falses)] {
        let mark = short_mark(place.iter().map(|part| &part[..]).chain([&outcome[..]]));
        file.branch(line.clamp(0.0, f64::from(u32::MAX)) as u32, mark, hits > 0.0);
    }
}
