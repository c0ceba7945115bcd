//! What the XML reader and the XML formats share: an element, the consumer of elements, and the entry of a format.

use xml::attribute::OwnedAttribute;

use crate::{refusal::ReportRefusal, report::TestReport};

/// An XML format, found by its root element.
pub(super) struct XmlFormat {
    /// The names of its root elements, without a prefix.
    pub(super) roots: &'static [&'static str],
    /// Starts to read a file with such a root. `None` if another tool's files have a root of the same name, and this is
    /// one of them.
    pub(super) start: fn(&XmlElement) -> Option<Box<dyn ElementSink>>,
}

/// Counts the tests of one file, element by element. Depths count from 1, the root.
pub(super) trait ElementSink {
    /// An element begins.
    fn open(&mut self, element: &XmlElement, depth: usize);
    /// An element ends. The text is what comes before its end tag: all of its text, if it has no child elements.
    fn close(&mut self, name: &str, text: &str, depth: usize);
    /// Whether a further root element of this name may follow. It is skipped.
    fn skips_root(&self, _name: &str) -> bool {
        false
    }
    /// The file ends.
    fn finish(self: Box<Self>) -> Result<TestReport, ReportRefusal>;
}

/// The start tag of an element.
pub(super) struct XmlElement {
    /// Without its prefix.
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) attributes: Vec<OwnedAttribute>,
}

impl XmlElement {
    /// The value of an attribute, whatever its prefix is.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.local_name == name).map(|attribute| &*attribute.value)
    }

    /// The value of an attribute that is a count.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether the attribute is there and has this value, in any case.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }
}
