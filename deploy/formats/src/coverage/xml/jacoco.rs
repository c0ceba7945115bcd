//! `JaCoCo` XML. A source file is its group, package and name. If the report has counters but no lines, as for code
//! without debug information, the counters of the source file, package or group are used as its totals.

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        report::CoverageReport,
        source_file::mark_of,
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> =
    XmlFormat { roots: &["report"], start: |_| Some(Box::new(Jacoco::default())) };

const NAME: ReportFormat = ReportFormat::named("JaCoCo");

struct Jacoco {
    report: CoverageReport,
    /// The elements that are open, from the root.
    open: Vec<Part>,
    is_of_jacoco: bool,
    fault: Option<ReportRefusal>,
}

/// An element of the report, and its counters.
#[derive(Default)]
struct Part {
    kind: PartKind,
    /// The path of the group, package, class or source file; for a method the path of its source file.
    path: String,
    /// The mark of a method or of the class it is in.
    mark: u64,
    has_lines: bool,
    lines: Option<CoverageCount>,
    branches: Option<CoverageCount>,
    methods: Option<CoverageCount>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum PartKind {
    Group,
    Package,
    Class,
    Method,
    SourceFile,
    #[default]
    Other,
}

impl Default for Jacoco {
    fn default() -> Self {
        Self { report: CoverageReport::new(NAME), open: Vec::new(), is_of_jacoco: false, fault: None }
    }
}

impl Jacoco {
    fn part(&self, element: &XmlElement) -> Part {
        let outer = self.open.last().map_or("", |part| &part.path);
        let name = element.attribute("name").unwrap_or_default();
        let beside = |name: &str| if outer.is_empty() { name.to_owned() } else { format!("{outer}/{name}") };
        let (kind, path, mark) = match &*element.name {
            "group" => (PartKind::Group, beside(name), 0),
            "package" => (PartKind::Package, beside(name), 0),
            "sourcefile" => (PartKind::SourceFile, beside(name), 0),
            "class" => {
                let file = element.attribute("sourcefilename").map(str::to_owned);
                let class = name.rsplit('/').next().unwrap_or_default();
                let file = file.unwrap_or_else(|| class.split('$').next().unwrap_or_default().to_owned());
                (PartKind::Class, beside(&file), mark_of([name.as_bytes()]))
            }
            "method" => {
                let class = self.open.last().map_or(0, |class| class.mark);
                let description = element.attribute("desc").unwrap_or_default();
                let line = element.attribute("line").unwrap_or_default();
                let parts = [&class.to_le_bytes(), name.as_bytes(), description.as_bytes(), line.as_bytes()];
                (PartKind::Method, outer.to_owned(), mark_of(parts))
            }
            _ => (PartKind::Other, outer.to_owned(), 0),
        };
        Part { kind, path, mark, ..Part::default() }
    }

    fn line(&mut self, element: &XmlElement) {
        let Some(file) = self.open.last_mut().filter(|part| part.kind == PartKind::SourceFile) else { return };
        let count = |name| element.number(name).and_then(|count| u32::try_from(count).ok());
        let Some(number) = count("nr") else {
            let reason = format!("a line of {} has no number", file.path);
            self.fault.get_or_insert(ReportRefusal::Damaged { reason });
            return;
        };
        // gcovr names the lines and leaves out their counts.
        let Some(covered) = count("ci") else { return };
        file.has_lines = true;
        let (missed, taken) = (count("mb").unwrap_or_default(), count("cb").unwrap_or_default());
        let source = self.report.file(&file.path);
        source.line(number, covered > 0);
        source.branches(number, taken, missed.saturating_add(taken));
    }

    fn counter(&mut self, element: &XmlElement) {
        let Some(part) = self.open.last_mut() else { return };
        let (Some(missed), Some(covered)) = (element.number("missed"), element.number("covered")) else { return };
        self.is_of_jacoco = true;
        let count = Some(CoverageCount::new(covered, missed.saturating_add(covered)));
        match element.attribute("type") {
            Some("LINE") => part.lines = count,
            Some("BRANCH") => part.branches = count,
            Some("METHOD") => part.methods = count,
            _ => {}
        }
    }

    /// Uses the counters of an element, if nothing in it had lines.
    fn close_part(&mut self, part: Part) {
        if part.kind == PartKind::Method {
            let is_covered = part.methods.is_some_and(|methods| methods.covered > 0);
            self.report.file(&part.path).function(part.mark, is_covered);
            return;
        }
        let mut has_lines = part.has_lines;
        let can_state = matches!(part.kind, PartKind::SourceFile | PartKind::Package | PartKind::Group)
            || (part.kind == PartKind::Other && self.open.is_empty());
        if let Some(lines) = part.lines.filter(|lines| can_state && !has_lines && lines.total > 0) {
            let totals = CoverageTotals { lines, branches: part.branches, functions: part.methods };
            self.report.file(&part.path).state(totals);
            has_lines = true;
        }
        if let Some(outer) = self.open.last_mut() {
            outer.has_lines |= has_lines;
        }
    }
}

impl ElementSink<CoverageReport> for Jacoco {
    fn open(&mut self, element: &XmlElement, _depth: usize) {
        match &*element.name {
            "line" => self.line(element),
            "counter" => self.counter(element),
            "sessioninfo" | "package" | "group" => self.is_of_jacoco = true,
            _ => {}
        }
        let mut part = self.part(element);
        if self.open.is_empty() {
            // The name of the report is not a part of any path.
            part.path.clear();
        }
        self.open.push(part);
    }

    fn close(&mut self, _name: &str, _text: &str, _depth: usize) {
        if let Some(part) = self.open.pop() {
            self.close_part(part);
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if !self.is_of_jacoco {
            let found = "it is XML with the root <report>, without anything of JaCoCo in it".into();
            return Err(ReportRefusal::NotAReport { found });
        }
        Ok(self.report)
    }
}
