//! Files with the root `coverage`: Clover or Cobertura, by the elements in the root.

use crate::{
    coverage::{
        report::CoverageReport,
        xml::{clover::Clover, cobertura::Cobertura},
    },
    refusal::ReportRefusal,
    xml::element::{ElementSink, XmlElement, XmlFormat},
};

pub(super) const FORMAT: XmlFormat<CoverageReport> =
    XmlFormat { roots: &["coverage"], start: |_| Some(Box::new(CoverageRoot::Undecided)) };

enum CoverageRoot {
    Undecided,
    Decided(Box<dyn ElementSink<CoverageReport>>),
}

impl ElementSink<CoverageReport> for CoverageRoot {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        if matches!(self, Self::Undecided) {
            match (depth, &*element.name) {
                (1, _) if element.attribute("line-rate").is_some() => {
                    *self = Self::Decided(Box::new(Cobertura::default()));
                }
                (2, "sources" | "packages") => *self = Self::Decided(Box::new(Cobertura::default())),
                (2, "project" | "testproject") => *self = Self::Decided(Box::new(Clover::default())),
                _ => {}
            }
        }
        if let Self::Decided(sink) = self {
            sink.open(element, depth);
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        if let Self::Decided(sink) = self {
            sink.close(name, text, depth);
        }
    }

    fn finish(self: Box<Self>) -> Result<CoverageReport, ReportRefusal> {
        match *self {
            Self::Decided(sink) => sink.finish(),
            Self::Undecided => Err(ReportRefusal::NotAReport {
                found: "it is XML with the root <coverage>, without anything of Cobertura or Clover in it".into(),
            }),
        }
    }
}
