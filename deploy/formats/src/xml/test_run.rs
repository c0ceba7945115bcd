//! Files with the root `TestRun`: TRX by its namespace, otherwise TRX, `CppUnit` or a stranger by what lies in the
//! root.

use crate::{
    refusal::Refusal,
    report::Report,
    xml::{Element, Elements, cppunit::CppUnit, trx::Trx},
};

/// How the namespaces of TRX begin; a year follows.
const TRX: &str = "http://microsoft.com/schemas/VisualStudio/TeamTest/";
/// What lies in a root of TRX, and in one of `CppUnit`.
const OF_TRX: [&str; 9] = [
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
const OF_CPPUNIT: [&str; 3] = ["FailedTests", "SuccessfulTests", "Statistics"];

#[derive(Debug)]
pub(crate) enum TestRun {
    Undecided,
    Trx(Box<Trx>),
    CppUnit(Box<CppUnit>),
}

impl TestRun {
    pub(crate) fn new(root: &Element) -> Self {
        match &root.namespace {
            Some(namespace) if namespace.starts_with(TRX) => Self::Trx(Box::default()),
            _ => Self::Undecided,
        }
    }

    fn kind(&mut self) -> Option<&mut dyn Elements> {
        match self {
            Self::Undecided => None,
            Self::Trx(trx) => Some(&mut **trx),
            Self::CppUnit(cppunit) => Some(&mut **cppunit),
        }
    }
}

impl Elements for TestRun {
    fn open(&mut self, element: &Element, depth: usize) {
        if matches!(self, Self::Undecided) && depth == 2 {
            if OF_TRX.contains(&&*element.name) {
                *self = Self::Trx(Box::default());
            } else if OF_CPPUNIT.contains(&&*element.name) {
                *self = Self::CppUnit(Box::default());
            }
        }
        if let Some(kind) = self.kind() {
            kind.open(element, depth);
        }
    }

    fn text(&mut self, text: &str, depth: usize) {
        if let Some(kind) = self.kind() {
            kind.text(text, depth);
        }
    }

    fn close(&mut self, name: &str, depth: usize) {
        if let Some(kind) = self.kind() {
            kind.close(name, depth);
        }
    }

    fn finish(self: Box<Self>) -> Result<Report, Refusal> {
        match *self {
            Self::Undecided => {
                let found = "it is XML with the root <TestRun>, without anything of TRX or CppUnit in it".into();
                Err(Refusal::NotAReport { found })
            }
            Self::Trx(trx) => trx.finish(),
            Self::CppUnit(cppunit) => cppunit.finish(),
        }
    }
}
