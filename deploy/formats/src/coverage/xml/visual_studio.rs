//! The XML of Visual Studio's and Microsoft's code coverage (`results`, as of `dotnet-coverage`). A line counts once in
//! each function, and a line that is partially covered is covered. A module without ranges has only its own totals.

use std::collections::HashMap;

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        line_budget::LineBudget,
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> =
    XmlFormat { roots: &["results"], start: |_| Some(Box::new(VisualStudio::default())) };

const NAME: ReportFormat = ReportFormat::named("Visual Studio coverage");

struct VisualStudio {
    report: CoverageReport,
    budget: LineBudget,
    has_modules: bool,
    module: Module,
    fault: Option<ReportRefusal>,
}

/// The module that is being read. The paths of its files come after its functions.
#[derive(Default)]
struct Module {
    name: String,
    totals: CoverageCount,
    functions: Vec<String>,
    /// How often each name was given to a function. Closures share the name of their function.
    names: HashMap<String, u32>,
    ranges: Vec<Range>,
    files: HashMap<String, String>,
}

struct Range {
    /// Its index in the functions.
    function: usize,
    source: String,
    first: u32,
    last: u32,
    is_covered: bool,
}

impl Default for VisualStudio {
    fn default() -> Self {
        Self {
            report: CoverageReport::new(NAME),
            budget: LineBudget::default(),
            has_modules: false,
            module: Module::default(),
            fault: None,
        }
    }
}

impl Module {
    fn new(element: &XmlElement) -> Self {
        let count = |name| element.number(name).unwrap_or_default();
        let covered = count("lines_covered").saturating_add(count("lines_partially_covered"));
        Self {
            name: element.attribute("name").unwrap_or_default().to_owned(),
            totals: CoverageCount::new(covered, covered.saturating_add(count("lines_not_covered"))),
            ..Self::default()
        }
    }

    fn function(&mut self, name: &str) {
        let number = self.names.entry(name.to_owned()).or_default();
        *number += 1;
        self.functions.push(format!("{name} {number}"));
    }

    fn range(&self, element: &XmlElement) -> Option<Range> {
        let line = |name| element.number(name).and_then(|line| u32::try_from(line).ok());
        let first = line("start_line")?;
        Some(Range {
            function: self.functions.len().checked_sub(1)?,
            source: element.attribute("source_id")?.to_owned(),
            first,
            last: line("end_line").unwrap_or(first),
            is_covered: element.is("covered", "yes") || element.is("covered", "partial"),
        })
    }

    fn write(self, report: &mut CoverageReport, budget: &mut LineBudget) -> Result<(), ReportRefusal> {
        if self.ranges.is_empty() {
            if self.totals.total > 0 {
                let totals = CoverageTotals { lines: self.totals, ..CoverageTotals::default() };
                report.file(&self.name).state(totals);
            }
            return Ok(());
        }
        for range in &self.ranges {
            let path = self.files.get(&range.source).ok_or_else(|| ReportRefusal::Damaged {
                reason: format!("{} has a range in a file that it does not list", self.name),
            })?;
            let function = self.functions.get(range.function).map_or("", |name| name).as_bytes();
            let file = report.file(path);
            for line in budget.lines(range.first, range.last)? {
                file.statements(line, short_mark([function]), 1, range.is_covered);
            }
            file.function(mark_of([function]), range.is_covered);
        }
        Ok(())
    }
}

impl ElementSink<CoverageReport> for VisualStudio {
    fn open(&mut self, element: &XmlElement, _depth: usize) {
        match &*element.name {
            "modules" => self.has_modules = true,
            "module" => self.module = Module::new(element),
            "function" => {
                let name = ["namespace", "type_name", "name"].map(|name| element.attribute(name).unwrap_or_default());
                self.module.function(&name.join("."));
            }
            "range" => match self.module.range(element) {
                Some(range) => self.module.ranges.push(range),
                None => {
                    let reason = format!("a range of {} has no line or no file", self.module.name);
                    self.fault.get_or_insert(ReportRefusal::Damaged { reason });
                }
            },
            "source_file" => {
                if let (Some(id), Some(path)) = (element.attribute("id"), element.attribute("path")) {
                    self.module.files.insert(id.to_owned(), path.to_owned());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, _text: &str, _depth: usize) {
        if name == "module"
            && let Err(fault) = std::mem::take(&mut self.module).write(&mut self.report, &mut self.budget)
        {
            self.fault.get_or_insert(fault);
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        if !self.has_modules {
            let found = "it is XML with the root <results>, without the modules of a coverage report".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        self.fault.map_or(Ok(self.report), Err)
    }
}
