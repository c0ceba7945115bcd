//! Coverage reports in XML, recognized by the root element.

mod clover;
mod cobertura;
mod coverage_root;
mod dot_cover;
mod jacoco;
mod open_cover;
mod visual_studio;
mod visual_studio_table;

use crate::{
    coverage::report::CoverageReport,
    refusal::ReportRefusal,
    xml::{element::XmlFormat, reader},
};

/// All formats. If several formats have a root element of the same name, the first one that accepts it reads the file.
const FORMATS: &[XmlFormat<CoverageReport>] = &[
    coverage_root::FORMAT,
    jacoco::FORMAT,
    open_cover::FORMAT,
    dot_cover::FORMAT,
    visual_studio::FORMAT,
    visual_studio_table::FORMAT,
];

/// Reads a file that begins with `<`.
pub(super) fn read(text: &str) -> Result<CoverageReport, ReportRefusal> {
    reader::read(text, FORMATS)
}

/// Refuses an XML report that follows other text, such as the output of a package manager.
pub(super) fn refuse_after_output(text: &str) -> Option<ReportRefusal> {
    reader::refuse_after_output(text, FORMATS)
}
