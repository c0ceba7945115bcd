//! What the XML reader and the XML formats share: an element, the consumer of elements, and the entry of a format.

use xml::attribute::OwnedAttribute;

use crate::{refusal::ReportRefusal, report::TestReport};

/// An XML format, found by its root element.
pub(crate) struct XmlFormat<R = TestReport> {
    /// The names of its root elements, without a prefix.
    pub(crate) roots: &'static [&'static str],
    /// Starts to read a file with such a root. `None` if another tool's files have a root of the same name, and this is
    /// one of them.
    pub(crate) start: fn(&XmlElement) -> Option<Box<dyn ElementSink<R>>>,
}

/// Reads one file, element by element, and makes a report of it. Depths count from 1, the root.
pub(crate) trait ElementSink<R = TestReport> {
    /// An element begins.
    fn open(&mut self, element: &XmlElement, depth: usize);
    /// An element ends. The text is what comes before its end tag: all of its text, if it has no child elements.
    fn close(&mut self, name: &str, text: &str, depth: usize);
    /// Whether a further root element of this name may follow. It is skipped.
    fn skips_root(&self, _name: &str) -> bool {
        false
    }
    /// The file ends.
    fn finish(self: Box<Self>) -> Result<R, ReportRefusal>;
}

/// The start tag of an element.
pub(crate) struct XmlElement {
    /// Without its prefix.
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) attributes: Vec<OwnedAttribute>,
}

impl XmlElement {
    /// The value of an attribute, whatever its prefix is.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name.local_name == name).map(|attribute| &*attribute.value)
    }

    /// The value of an attribute that is a count.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether the attribute is there and has this value, in any case.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }
}
