//! dotCover XML. Statements count as lines. Without them (the report type `XML` instead of `DetailedXML`) the totals of
//! each assembly count.

use std::collections::HashMap;

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> = XmlFormat {
    roots: &["Root"],
    start: |root| root.attribute("TotalStatements").map(|_| Box::new(DotCover::default()) as Box<_>),
};

const NAME: ReportFormat = ReportFormat::named("dotCover");

struct DotCover {
    report: CoverageReport,
    files: HashMap<String, String>,
    /// The assembly, namespaces, types and method that are open.
    names: Vec<String>,
    /// How often a method had the open method's name. Closures share the name of their method.
    number: u32,
    numbers: HashMap<String, u32>,
    /// Whether the open method is covered.
    is_method_covered: bool,
    has_statements: bool,
    assemblies: Vec<(String, CoverageCount)>,
    fault: Option<ReportRefusal>,
}

impl Default for DotCover {
    fn default() -> Self {
        Self {
            report: CoverageReport::new(NAME),
            files: HashMap::new(),
            names: Vec::new(),
            number: 0,
            numbers: HashMap::new(),
            is_method_covered: false,
            has_statements: false,
            assemblies: Vec::new(),
            fault: None,
        }
    }
}

/// The elements whose names make up the name of a method.
const NAMED: [&str; 6] = ["Assembly", "Namespace", "Type", "Method", "Property", "Event"];

impl DotCover {
    fn statement(&mut self, element: &XmlElement) {
        self.has_statements = true;
        let line = element.number("Line").and_then(|line| u32::try_from(line).ok());
        let path = element.attribute("FileIndex").and_then(|index| self.files.get(index));
        let (Some(line), Some(path)) = (line, path) else {
            let reason = "a statement of it has no line or names a file that it does not list".to_owned();
            self.fault.get_or_insert(ReportRefusal::Damaged { reason });
            return;
        };
        let method = format!("{} {}", self.names.join("\n"), self.number);
        let place = ["Column", "EndLine", "EndColumn"].map(|name| element.attribute(name).unwrap_or_default());
        let mark = short_mark(std::iter::once(&*method).chain(place).map(str::as_bytes));
        let file = self.report.file(path);
        file.statements(line, mark, 1, element.is("Covered", "True"));
        file.function(mark_of([method.as_bytes()]), self.is_method_covered);
    }
}

impl ElementSink<CoverageReport> for DotCover {
    fn open(&mut self, element: &XmlElement, _depth: usize) {
        let name = &*element.name;
        let count = |name| element.number(name).unwrap_or_default();
        if name == "File"
            && let (Some(index), Some(path)) = (element.attribute("Index"), element.attribute("Name"))
        {
            self.files.insert(index.to_owned(), path.to_owned());
        }
        if name == "Statement" {
            self.statement(element);
        }
        if NAMED.contains(&name) {
            let own = element.attribute("Name").unwrap_or_default().to_owned();
            if name == "Assembly" {
                let totals = CoverageCount::new(count("CoveredStatements"), count("TotalStatements"));
                self.assemblies.push((own.clone(), totals));
            }
            self.is_method_covered = count("CoveredStatements") > 0;
            self.names.push(own);
            if name == "Method" {
                let number = self.numbers.entry(self.names.join("\n")).or_default();
                *number += 1;
                self.number = *number;
            }
        }
    }

    fn close(&mut self, name: &str, _text: &str, _depth: usize) {
        if NAMED.contains(&name) {
            self.names.pop();
        }
    }

    fn finish(mut self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        if !self.has_statements {
            for (name, lines) in std::mem::take(&mut self.assemblies) {
                self.report.file(&name).state(CoverageTotals { lines, ..CoverageTotals::default() });
            }
        }
        self.fault.map_or(Ok(self.report), Err)
    }
}
