//! The XML that Visual Studio itself exports (`CoverageDSPriv`): tables with the values in elements. A line counts once
//! in each method, and a line that is partially covered is covered.

use std::collections::HashMap;

use crate::{
    coverage::{
        line_budget::LineBudget,
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> =
    XmlFormat { roots: &["CoverageDSPriv"], start: |_| Some(Box::new(VisualStudioTable::default())) };

const NAME: ReportFormat = ReportFormat::named("Visual Studio coverage");
/// The value of a range that is not covered at all.
const NOT_COVERED: &str = "2";

#[derive(Default)]
struct VisualStudioTable {
    method: String,
    row: Row,
    rows: Vec<Row>,
    file_id: String,
    files: HashMap<String, String>,
}

/// A range of lines in a method.
#[derive(Clone, Default)]
struct Row {
    method: u64,
    first: Option<u32>,
    last: Option<u32>,
    coverage: String,
    file: String,
}

impl VisualStudioTable {
    fn write(&self) -> Result<CoverageReport, ReportRefusal> {
        let (mut report, mut budget) = (CoverageReport::new(NAME), LineBudget::default());
        for row in &self.rows {
            let damaged = |reason: &str| ReportRefusal::Damaged { reason: reason.to_owned() };
            let path =
                self.files.get(&row.file).ok_or_else(|| damaged("its lines name a file that it does not list"))?;
            let first = row.first.ok_or_else(|| damaged("it has lines without a number"))?;
            let is_covered = matches!(&*row.coverage, "0" | "1");
            if !is_covered && row.coverage != NOT_COVERED {
                return Err(damaged("it has lines of which it does not say whether they are covered"));
            }
            let file = report.file(path);
            for line in budget.lines(first, row.last.unwrap_or(first))? {
                file.statements(line, short_mark([&row.method.to_le_bytes()[..]]), 1, is_covered);
            }
            file.function(row.method, is_covered);
        }
        Ok(report)
    }
}

impl ElementSink<CoverageReport> for VisualStudioTable {
    fn open(&mut self, element: &XmlElement, _depth: usize) {
        if element.name == "Lines" {
            self.row = Row { method: mark_of([self.method.as_bytes()]), ..Row::default() };
        }
    }

    fn close(&mut self, name: &str, text: &str, _depth: usize) {
        let text = text.trim();
        match name {
            "MethodKeyName" => self.method = text.to_owned(),
            "LnStart" => self.row.first = text.parse().ok(),
            "LnEnd" => self.row.last = text.parse().ok(),
            "Coverage" => text.clone_into(&mut self.row.coverage),
            "SourceFileID" => {
                text.clone_into(&mut self.row.file);
                text.clone_into(&mut self.file_id);
            }
            "SourceFileName" => {
                self.files.insert(self.file_id.clone(), text.to_owned());
            }
            "Lines" => self.rows.push(std::mem::take(&mut self.row)),
            _ => {}
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        self.write()
    }
}
