//! Types that the XML reader and the XML formats share: an element, the consumer of elements, and the entry of a
//! format.

use xml::attribute::OwnedAttribute;

use crate::{refusal::ReportRefusal, report::TestReport};

/// An XML format, found by its root element.
pub(crate) struct XmlFormat<R = TestReport> {
    /// The names of its root elements, without a prefix.
    pub(crate) roots: &'static [&'static str],
    /// Starts to read a file with such a root. `None` if the file is another tool's, whose root has the same name.
    pub(crate) start: fn(&XmlElement) -> Option<Box<dyn ElementSink<R>>>,
}

/// Reads one file, element by element, and makes a report from it. The depth of the root is 1.
pub(crate) trait ElementSink<R = TestReport> {
    /// An element begins.
    fn open(&mut self, element: &XmlElement, depth: usize);
    /// An element ends. `text` is the text directly before its end tag: all of its text, if it has no child elements.
    fn close(&mut self, name: &str, text: &str, depth: usize);
    /// Whether a further root element of this name may follow, which is then skipped.
    fn skips_root(&self, _name: &str) -> bool {
        false
    }
    /// The file ends.
    fn finish(self: Box<Self>) -> Result<R, ReportRefusal>;
}

/// The start tag of an element.
pub(crate) struct XmlElement {
    /// The name without its prefix.
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

    /// Whether the attribute exists and has this value, in upper or lower case.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }
}
