//! XML reports. The format is recognized by the root element.
//!
//! A new format is a file here that exports an [`XmlFormat`], and a row in [`FORMATS`].

mod boost;
mod catch2;
mod characters;
mod check;
mod cppunit;
mod ctest;
mod doctest;
mod doctype;
pub(crate) mod element;
mod junit;
mod nunit;
pub(crate) mod reader;
mod robot;
mod test_run;
mod testng;
mod trx;
mod xunit;

use crate::{refusal::ReportRefusal, report::TestReport};
use element::XmlFormat;

/// All formats. Where several have a root element of the same name, the first one that accepts it reads the file.
const FORMATS: &[XmlFormat] = &[
    boost::FORMAT,
    catch2::FORMAT,
    check::FORMAT,
    ctest::FORMAT,
    doctest::FORMAT,
    junit::FORMAT,
    nunit::FORMAT,
    robot::FORMAT,
    test_run::FORMAT,
    testng::FORMAT,
    xunit::FORMAT,
];

/// Reads a file that begins with `<`.
pub(crate) fn read(text: &str) -> Result<TestReport, ReportRefusal> {
    reader::read(text, FORMATS)
}

/// Refuses an XML report that follows other text, such as the output of a package manager.
pub(crate) fn refuse_after_output(text: &str) -> Option<ReportRefusal> {
    reader::refuse_after_output(text, FORMATS)
}
