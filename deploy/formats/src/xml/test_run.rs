//! Files with the root `TestRun`: TRX by its namespace, otherwise TRX or `CppUnit` by the elements in the root.

use crate::{
    refusal::ReportRefusal,
    report::TestReport,
    xml::{
        cppunit::CppUnit,
        element::{ElementSink, XmlElement, XmlFormat},
        trx::Trx,
    },
};

pub(super) const FORMAT: XmlFormat =
    XmlFormat { roots: &["TestRun"], start: |root| Some(Box::new(TestRun::new(root))) };

/// How the namespaces of TRX begin; a year follows.
const TRX_NAMESPACE: &str = "http://microsoft.com/schemas/VisualStudio/TeamTest/";
/// The elements in the root of a TRX file.
const TRX_ELEMENTS: [&str; 9] = [
    "Results",
    "ResultSummary",
    "TestDefinitions",
    "TestEntries",
    "TestLists",
    "TestSettings",
    "TestRunConfiguration",
    "Times",
    "Build",
];
/// The elements in the root of a `CppUnit` file.
const CPPUNIT_ELEMENTS: [&str; 3] = ["FailedTests", "SuccessfulTests", "Statistics"];

#[derive(Debug)]
enum TestRun {
    Undecided,
    Trx(Box<Trx>),
    CppUnit(Box<CppUnit>),
}

impl TestRun {
    fn new(root: &XmlElement) -> Self {
        match &root.namespace {
            Some(namespace) if namespace.starts_with(TRX_NAMESPACE) => Self::Trx(Box::default()),
            _ => Self::Undecided,
        }
    }

    fn sink(&mut self) -> Option<&mut dyn ElementSink> {
        match self {
            Self::Undecided => None,
            Self::Trx(trx) => Some(&mut **trx),
            Self::CppUnit(cppunit) => Some(&mut **cppunit),
        }
    }
}

impl ElementSink for TestRun {
    fn open(&mut self, element: &XmlElement, depth: usize) {
        if matches!(self, Self::Undecided) && depth == 2 {
            if TRX_ELEMENTS.contains(&&*element.name) {
                *self = Self::Trx(Box::default());
            } else if CPPUNIT_ELEMENTS.contains(&&*element.name) {
                *self = Self::CppUnit(Box::default());
            }
        }
        if let Some(sink) = self.sink() {
            sink.open(element, depth);
        }
    }

    fn close(&mut self, name: &str, text: &str, depth: usize) {
        if let Some(sink) = self.sink() {
            sink.close(name, text, depth);
        }
    }

    fn finish(self: Box<Self>) -> Result<TestReport, ReportRefusal> {
        match *self {
            Self::Undecided => {
                let found = "it is XML with the root <TestRun>, without anything of TRX or CppUnit in it".into();
                Err(ReportRefusal::NotAReport { found })
            }
            Self::Trx(trx) => trx.finish(),
            Self::CppUnit(cppunit) => cppunit.finish(),
        }
    }
}
