//! Cobertura XML, as many tools write it. The lines of classes count; if a class has none of its own, the lines of its
//! methods count. A method counts as a function, and is covered if one of its lines is.

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        path::is_absolute,
        report::CoverageReport,
        source_file::{SourceFile, mark_of},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement},
};

const NAME: ReportFormat = ReportFormat::named("Cobertura");

pub(super) struct Cobertura {
    report: CoverageReport,
    sources: Vec<String>,
    class: Option<Class>,
    method: Option<Method>,
    /// What the report says of all its lines.
    totals: Option<CoverageTotals>,
    has_classes: bool,
    fault: Option<ReportRefusal>,
}

/// The class that is being read.
struct Class {
    name: String,
    path: String,
    file: SourceFile,
    /// The lines of its methods, which most tools repeat as lines of the class.
    methods: SourceFile,
}

/// The method that is being read.
struct Method {
    mark: u64,
    is_covered: bool,
    has_lines: bool,
    /// Whether the report states that the method is covered; used if the method has no lines.
    is_said_covered: bool,
}

impl Default for Cobertura {
    fn default() -> Self {
        Self {
            report: CoverageReport::new(NAME),
            sources: Vec::new(),
            class: None,
            method: None,
            totals: None,
            has_classes: false,
            fault: None,
        }
    }
}

impl Cobertura {
    fn line(&mut self, element: &XmlElement) {
        let (Some(class), Some(number)) = (&mut self.class, element.attribute("number")) else { return };
        let Ok(number) = number.trim().parse::<u32>() else {
            let number: String = number.chars().take(40).collect();
            let reason = format!("a line of {} has the number `{number}`", class.path);
            self.fault.get_or_insert(ReportRefusal::Damaged { reason });
            return;
        };
        // A line without a number of hits is not known to have run, so it is not covered.
        let hits = element.attribute("hits").and_then(|hits| hits.trim().parse::<f64>().ok());
        let is_covered = hits.is_some_and(|hits| hits > 0.0);
        let file = if self.method.is_some() { &mut class.methods } else { &mut class.file };
        file.line(number, is_covered);
        if let Some((covered, total)) = element.attribute("condition-coverage").and_then(conditions) {
            file.branches(number, covered, total);
        }
        if let Some(method) = &mut self.method {
            method.has_lines = true;
            method.is_covered |= is_covered;
        }
    }

    /// The path of a class: below the source directory, if there is only one.
    fn path(&self, name: &str) -> String {
        match &*self.sources {
            [source] if !is_absolute(name) && !source.contains("://") => format!("{source}/{name}"),
            _ => name.to_owned(),
        }
    }
}

impl ElementSink<CoverageReport> for Cobertura {
    fn open(&mut self, element: &XmlElement, _depth: usize) {
        match &*element.name {
            "coverage" => self.totals = totals(element),
            "class" => {
                self.has_classes = true;
                let name = element.attribute("name").unwrap_or_default().to_owned();
                let path = self.path(element.attribute("filename").unwrap_or(&name));
                self.class = Some(Class { name, path, file: SourceFile::new(NAME), methods: SourceFile::new(NAME) });
            }
            "method" => {
                let attribute = |name| element.attribute(name).unwrap_or_default().as_bytes();
                let class = self.class.as_ref().map_or("", |class| &class.name);
                self.method = Some(Method {
                    mark: mark_of([class.as_bytes(), attribute("name"), attribute("signature")]),
                    is_covered: false,
                    has_lines: false,
                    is_said_covered: element
                        .attribute("line-rate")
                        .and_then(|rate| rate.parse::<f64>().ok())
                        .is_some_and(|rate| rate > 0.0),
                });
            }
            "line" => self.line(element),
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, _depth: usize) {
        match name {
            "source" if self.class.is_none() => {
                let source = text.trim();
                if !source.is_empty() && source != "." {
                    self.sources.push(source.to_owned());
                }
            }
            "method" => {
                if let (Some(class), Some(method)) = (&mut self.class, self.method.take()) {
                    let is_covered = if method.has_lines { method.is_covered } else { method.is_said_covered };
                    class.file.function(method.mark, is_covered);
                }
            }
            "class" => {
                if let Some(mut class) = self.class.take() {
                    if !class.file.has_lines() {
                        class.file.merge_part(class.methods);
                    }
                    self.report.file(&class.path).merge_part(class.file);
                }
            }
            _ => {}
        }
    }

    fn finish(mut self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        if let Some(totals) = self.totals.filter(|_| !self.has_classes) {
            let path = self.sources.first().map_or("", String::as_str);
            self.report.file(path).state(totals);
        }
        self.fault.map_or(Ok(self.report), Err)
    }
}

/// The totals in the attributes of the root element.
fn totals(root: &XmlElement) -> Option<CoverageTotals> {
    let count = |covered, all| Some(CoverageCount::new(root.number(covered)?, root.number(all)?));
    let lines = count("lines-covered", "lines-valid").filter(|lines| lines.total > 0)?;
    let branches = count("branches-covered", "branches-valid").filter(|branches| branches.total > 0);
    Some(CoverageTotals { lines, branches, functions: None })
}

/// The covered and all conditions in `50% (1/2)`.
fn conditions(text: &str) -> Option<(u32, u32)> {
    let (_, text) = text.split_once('(')?;
    let (covered, total) = text.split_once(')')?.0.split_once('/')?;
    Some((covered.trim().parse().ok()?, total.trim().parse().ok()?))
}
