//! `OpenCover` XML, as `OpenCover`, coverlet and `AltCover` write it. Its sequence points, which are statements, count
//! as lines.

use std::collections::HashMap;

use crate::{
    coverage::{
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    refusal::ReportRefusal,
    report::ReportFormat,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> =
    XmlFormat { roots: &["CoverageSession"], start: |_| Some(Box::new(OpenCover::default())) };

const NAME: ReportFormat = ReportFormat::named("OpenCover");

struct OpenCover {
    report: CoverageReport,
    /// The paths of the module's files, by their ids.
    files: HashMap<String, String>,
    method: Option<MethodPoints>,
    /// How many sequence points the report itself states.
    stated: u64,
    points: u64,
    fault: Option<ReportRefusal>,
}

/// The method that is being read.
#[derive(Default)]
struct MethodPoints {
    name: String,
    file: Option<String>,
    is_covered: bool,
    statements: Vec<Point>,
    branches: Vec<Point>,
}

struct Point {
    file: Option<String>,
    line: u32,
    /// The other numbers that distinguish it from other points.
    place: String,
    is_covered: bool,
}

impl Default for OpenCover {
    fn default() -> Self {
        Self {
            report: CoverageReport::new(NAME),
            files: HashMap::new(),
            method: None,
            stated: 0,
            points: 0,
            fault: None,
        }
    }
}

impl OpenCover {
    fn point(element: &XmlElement, places: [&str; 4]) -> Option<Point> {
        let line = element.number("sl").and_then(|line| u32::try_from(line).ok())?;
        let place = places.map(|name| element.attribute(name).unwrap_or_default()).join(" ");
        let file = element.attribute("fileid").filter(|file| *file != "0").map(str::to_owned);
        let is_covered = element.number("vc").is_some_and(|visits| visits > 0);
        Some(Point { file, line, place, is_covered })
    }

    fn close_method(&mut self, method: &MethodPoints) {
        let path_of = |point: Option<&String>| point.or(method.file.as_ref()).and_then(|file| self.files.get(file));
        for point in &method.statements {
            let Some(path) = path_of(point.file.as_ref()) else { continue };
            let mark = short_mark([method.name.as_bytes(), point.place.as_bytes()]);
            self.report.file(path).statements(point.line, mark, 1, point.is_covered);
        }
        for point in &method.branches {
            let Some(path) = path_of(point.file.as_ref()) else { continue };
            let mark = short_mark([method.name.as_bytes(), point.place.as_bytes()]);
            self.report.file(path).branch(point.line, mark, point.is_covered);
        }
        let first = method.statements.iter().find_map(|point| point.file.as_ref());
        if let Some(path) = path_of(method.file.as_ref().or(first)) {
            self.report.file(path).function(mark_of([method.name.as_bytes()]), method.is_covered);
        }
    }
}

impl ElementSink<CoverageReport> for OpenCover {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        match (&*element.name, &mut self.method) {
            ("Summary", _) if depth == 2 => self.stated = element.number("numSequencePoints").unwrap_or_default(),
            ("Module", _) => self.files.clear(),
            ("File", _) => {
                if let (Some(id), Some(path)) = (element.attribute("uid"), element.attribute("fullPath")) {
                    self.files.insert(id.to_owned(), path.to_owned());
                }
            }
            ("Method", _) => {
                self.method =
                    Some(MethodPoints { is_covered: element.is("visited", "true"), ..MethodPoints::default() });
            }
            ("FileRef", Some(method)) => method.file = element.attribute("uid").map(str::to_owned),
            ("SequencePoint", Some(method)) => {
                if let Some(point) = Self::point(element, ["sc", "el", "ec", "ordinal"]) {
                    self.points += 1;
                    method.statements.push(point);
                } else {
                    let reason = format!("a sequence point of {} has no line", method.name);
                    self.fault.get_or_insert(ReportRefusal::Damaged { reason });
                }
            }
            ("BranchPoint", Some(method)) => {
                method.branches.extend(Self::point(element, ["ordinal", "offset", "path", "offsetend"]));
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, text: &str, _depth: usize) {
        match (name, &mut self.method) {
            ("Name", Some(method)) => method.name = text.trim().to_owned(),
            ("Method", _) => {
                if let Some(method) = self.method.take() {
                    self.close_method(&method);
                }
            }
            _ => {}
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        if self.points == 0 && self.stated > 0 {
            let reason = format!("it states {} sequence points and has none", self.stated);
            return Err(ReportRefusal::Damaged { reason });
        }
        self.fault.map_or(Ok(self.report), Err)
    }
}
