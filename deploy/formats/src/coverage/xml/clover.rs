//! Clover XML, as Clover, PHPUnit and Istanbul write it. Lines are statements; the tests' own project does not count.
//!
//! A line of the kind `cond` is a condition with two outcomes, and a statement if the file's metrics count it as one.
//! Istanbul writes it with a count, and puts the covered and the other branches of the line into the two counts.

use std::collections::HashMap;

use crate::{
    coverage::{report::CoverageReport, source_file::SourceFile},
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement},
};

const NAME: ReportFormat = ReportFormat::named("Clover");

pub(super) struct Clover {
    report: CoverageReport,
    is_of_tests: bool,
    file: Option<FileLines>,
    fault: Option<ReportRefusal>,
}

/// The file that is being read.
#[derive(Default)]
struct FileLines {
    path: String,
    /// How many elements are open within the file.
    depth: usize,
    lines: Vec<CloverLine>,
    /// The number of statements that the file's own metrics state.
    statements: Option<u64>,
}

struct CloverLine {
    number: u32,
    kind: CloverKind,
    is_covered: bool,
}

enum CloverKind {
    Statement,
    Method,
    Condition { trues: u32, falses: u32, has_count: bool },
}

impl Default for Clover {
    fn default() -> Self {
        Self { report: CoverageReport::new(NAME), is_of_tests: false, file: None, fault: None }
    }
}

impl FileLines {
    fn open(&mut self, element: &XmlElement) -> Result<(), ReportRefusal> {
        self.depth += 1;
        match &*element.name {
            "metrics" if self.depth == 1 => {
                self.statements = element.number("statements");
            }
            "line" => {
                let number = element.number("num").and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
                    ReportRefusal::Damaged { reason: format!("a line of {} has no number", self.path) }
                })?;
                let count = |name| {
                    let count = element.attribute(name).and_then(|count| count.trim().parse::<f64>().ok());
                    count.map_or(0, |count| count.clamp(0.0, f64::from(u16::MAX)) as u32)
                };
                let kind = match element.attribute("type") {
                    Some("method") => CloverKind::Method,
                    Some("cond") => CloverKind::Condition {
                        trues: count("truecount"),
                        falses: count("falsecount"),
                        has_count: element.attribute("count").is_some(),
                    },
                    _ => CloverKind::Statement,
                };
                self.lines.push(CloverLine { number, kind, is_covered: count("count") > 0 });
            }
            _ => {}
        }
        Ok(())
    }

    fn write(self, file: &mut SourceFile) {
        let statements = self.lines.iter().filter(|line| matches!(line.kind, CloverKind::Statement)).count() as u64;
        let conditions =
            self.lines.iter().filter(|line| matches!(line.kind, CloverKind::Condition { .. })).count() as u64;
        let is_statement = self.statements.is_none_or(|stated| stated == statements + conditions);
        let mut marks: HashMap<u32, u32> = HashMap::new();
        for line in self.lines {
            // Several statements of a line are a line each.
            let mark = marks.entry(line.number).or_default();
            match line.kind {
                CloverKind::Method => file.function(u64::from(line.number), line.is_covered),
                CloverKind::Statement => file.statements(line.number, *mark, 1, line.is_covered),
                CloverKind::Condition { trues, falses, has_count } => {
                    if is_statement {
                        file.statements(line.number, *mark, 1, line.is_covered || (!has_count && trues + falses > 0));
                    }
                    if has_count {
                        file.branches(line.number, trues, trues + falses);
                    } else {
                        file.branch(line.number, 2 * *mark, trues > 0);
                        file.branch(line.number, 2 * *mark + 1, falses > 0);
                    }
                }
            }
            *mark += 1;
        }
    }
}

impl ElementSink<CoverageReport> for Clover {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        if depth == 2 {
            self.is_of_tests = element.name == "testproject";
        }
        if self.is_of_tests {
            return;
        }
        if let Some(file) = &mut self.file {
            if let Err(fault) = file.open(element) {
                self.fault.get_or_insert(fault);
            }
        } else if element.name == "file" {
            let path = element.attribute("path").or(element.attribute("name")).unwrap_or_default().to_owned();
            self.file = Some(FileLines { path, ..FileLines::default() });
        }
    }

    fn close(&mut self, _name: &str, _text: &str, _depth: usize) {
        match &mut self.file {
            Some(file) if file.depth > 0 => file.depth -= 1,
            Some(_) => {
                if let Some(file) = self.file.take() {
                    let path = file.path.clone();
                    let mut read = SourceFile::new(NAME);
                    file.write(&mut read);
                    self.report.file(&path).merge_part(read);
                }
            }
            None => {}
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        self.fault.map_or(Ok(self.report), Err)
    }
}
