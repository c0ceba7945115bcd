//! Cover profiles of `go test -coverprofile`. Statements count as lines, as in `go tool cover -func`.

use crate::{
    coverage::{report::CoverageReport, source_file::short_mark, text::damaged::damaged},
    refusal::ReportRefusal,
    report::ReportFormat,
};

const NAME: ReportFormat = ReportFormat::named("go cover profile");

/// Whether the text begins as a profile does.
pub(super) fn is_profile(text: &str) -> bool {
    text.lines().next().is_some_and(|line| mode(line).is_some())
}

/// Reads a profile, or several concatenated ones.
pub(super) fn read(text: &str) -> Result<CoverageReport, ReportRefusal> {
    let mut report = CoverageReport::new(NAME);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || mode(line).is_some() {
            continue;
        }
        let block = Block::parse(line).ok_or_else(|| {
            damaged(number, "it is not a block of a cover profile, so the profile is broken or cut off")
        })?;
        let mark = short_mark([block.place.as_bytes()]);
        report.file(block.path).statements(block.line, mark, block.statements, block.is_covered);
    }
    Ok(report)
}

fn mode(line: &str) -> Option<&str> {
    line.trim_end().strip_prefix("mode: ").filter(|mode| ["set", "count", "atomic", "regionless"].contains(mode))
}

/// `shop/cart.go:12.30,15.2 3 1`: from line 12 column 30 to line 15 column 2 there are 3 statements that ran once.
struct Block<'a> {
    path: &'a str,
    place: &'a str,
    line: u32,
    statements: u32,
    is_covered: bool,
}

impl<'a> Block<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (rest, count) = line.trim_end().rsplit_once(' ')?;
        let (rest, statements) = rest.rsplit_once(' ')?;
        let (path, place) = rest.rsplit_once(':')?;
        let (start, end) = place.split_once(',')?;
        let number = |text: &str| text.parse::<u32>().ok();
        let [(line, column), (last, last_column)] = [start.split_once('.')?, end.split_once('.')?];
        for text in [column, last, last_column] {
            number(text)?;
        }
        let count = count.parse::<u64>().ok()?;
        Some(Self { path, place, line: number(line)?, statements: number(statements)?, is_covered: count > 0 })
    }
}
