//! The nodes of a document for the XPath evaluator, which count every step through it.
//!
//! The evaluator has no limit of its own and cannot be stopped. When the steps are spent, nodes have no children, no
//! parents and no text, so that the evaluation ends soon; its result is discarded.

use std::{cell::Cell, cmp::Ordering};

use roxmltree::{Attribute, Document, Node as Element, NodeId, NodeType};
use xpath_eval::{ExpandedName, Node, NodeKind};

use crate::step_budget::{BYTES_A_STEP, StepBudget};

/// Texts that are read in a row, without a step through the tree between them, may be compared with each other
/// pairwise. So each text costs one more step for every `ROW` texts before it in the row.
const ROW: u64 = 64;

/// The steps that are left, and how much a text costs.
#[derive(Debug)]
pub(super) struct TextBudget<'s> {
    steps: &'s StepBudget,
    /// How many texts were read in a row.
    in_a_row: Cell<u64>,
    /// How often the evaluator may go through a text after it was read.
    per_text: u64,
}

impl<'s> TextBudget<'s> {
    pub(super) const fn new(steps: &'s StepBudget, per_text: u64) -> Self {
        Self { steps, in_a_row: Cell::new(0), per_text }
    }

    /// Spends steps, and returns whether any are left.
    fn spend(&self, steps: u64) -> bool {
        self.steps.spend(usize::try_from(steps).unwrap_or(usize::MAX)).is_ok()
    }

    /// Spends a step through the tree.
    fn step(&self) -> bool {
        self.in_a_row.set(0);
        self.spend(1)
    }

    /// Spends the steps of reading a text of this length.
    fn read(&self, bytes: usize) -> bool {
        let row = self.in_a_row.get() + 1;
        self.in_a_row.set(row);
        self.spend(1 + row / ROW + (bytes / BYTES_A_STEP) as u64 * self.per_text)
    }
}

/// A document and its budget.
#[derive(Debug)]
pub(super) struct CountedDocument<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) budget: TextBudget<'a>,
}

/// A node. An expression may find millions of them, so it is small.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountedNode<'a> {
    node: NodeId,
    part: NodePart,
    counted: &'a CountedDocument<'a>,
}

/// Which node of an element this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NodePart {
    Whole,
    /// An attribute, by its index.
    Attribute(u32),
    /// A namespace prefix, by the offset in the document where it is written.
    Prefix(u32),
}

/// A node, looked up in its document.
enum LocatedNode<'a> {
    Node(Element<'a, 'a>),
    Attribute(Element<'a, 'a>, Attribute<'a, 'a>),
    /// A prefix of the name of an element or of its attribute, and its offset in the document.
    Prefix(Element<'a, 'a>, usize),
}

impl PartialEq for CountedNode<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.node, self.part) == (other.node, other.part)
    }
}

impl Eq for CountedNode<'_> {}

impl<'a> CountedNode<'a> {
    pub(super) fn root(counted: &'a CountedDocument<'a>) -> Self {
        Self { node: counted.document.root().id(), part: NodePart::Whole, counted }
    }

    fn locate(self) -> LocatedNode<'a> {
        let document = self.counted.document;
        let node = document.get_node(self.node).unwrap_or_else(|| document.root());
        match self.part {
            NodePart::Whole => LocatedNode::Node(node),
            NodePart::Prefix(at) => LocatedNode::Prefix(node, at as usize),
            NodePart::Attribute(at) => match node.attributes().nth(at as usize) {
                Some(attribute) => LocatedNode::Attribute(node, attribute),
                None => LocatedNode::Node(node),
            },
        }
    }

    fn budget(self) -> &'a TextBudget<'a> {
        &self.counted.budget
    }

    fn at(self, node: Element<'a, 'a>, part: NodePart) -> Self {
        Self { node: node.id(), part, ..self }
    }
}

impl<'a> Node<'a> for CountedNode<'a> {
    fn kind(self) -> NodeKind {
        match self.locate() {
            LocatedNode::Attribute(..) => NodeKind::Attribute,
            LocatedNode::Prefix(..) => NodeKind::Namespace,
            LocatedNode::Node(node) => match node.node_type() {
                NodeType::Root => NodeKind::Root,
                NodeType::Element => NodeKind::Element,
                NodeType::Text => NodeKind::Text,
                NodeType::Comment => NodeKind::Comment,
                NodeType::PI => NodeKind::ProcessingInstruction,
            },
        }
    }

    fn parent(self) -> Option<Self> {
        let parent = match self.locate() {
            LocatedNode::Node(node) => node.parent()?,
            LocatedNode::Attribute(node, ..) | LocatedNode::Prefix(node, ..) => node,
        };
        self.budget().step().then(|| self.at(parent, NodePart::Whole))
    }

    fn children(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.locate() {
            LocatedNode::Node(node) => Some(node),
            LocatedNode::Attribute(..) | LocatedNode::Prefix(..) => None,
        };
        let children = node.into_iter().flat_map(|node| node.children());
        children.take_while(move |_| self.budget().step()).map(move |child| self.at(child, NodePart::Whole))
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.locate() {
            LocatedNode::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let attributes = node
            .into_iter()
            .flat_map(|node| (0..node.attributes().len()).map(move |at| (node, NodePart::Attribute(at as u32))));
        attributes.take_while(move |_| self.budget().step()).map(move |(node, part)| self.at(node, part))
    }

    /// The prefixes that `name()` needs: the element's own, and those of its attributes.
    fn namespaces(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.locate() {
            LocatedNode::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let prefixes = node.into_iter().flat_map(|node| {
            let uri = node.tag_name().namespace();
            let own = uri.map(|_| node.range().start + 1);
            let is_other = move |attribute: &Attribute| attribute.namespace().is_some() && attribute.namespace() != uri;
            let of_attributes = node.attributes().filter(is_other).map(|attribute| attribute.range_qname().start);
            own.into_iter().chain(of_attributes).map(move |at| (node, NodePart::Prefix(at as u32)))
        });
        prefixes.take_while(move |_| self.budget().step()).map(move |(node, part)| self.at(node, part))
    }

    fn expanded_name(self) -> Option<ExpandedName> {
        let named = |namespace: Option<&str>, name: &str| {
            Some(ExpandedName { namespace_uri: namespace.map(str::to_owned), local_name: name.to_owned() })
        };
        if !self.budget().step() {
            return None;
        }
        match self.locate() {
            LocatedNode::Attribute(_, attribute) => named(attribute.namespace(), attribute.name()),
            LocatedNode::Prefix(node, at) => named(None, prefix(node, at)),
            LocatedNode::Node(node) if node.is_element() => {
                let name = node.tag_name();
                named(name.namespace(), name.name())
            }
            LocatedNode::Node(node) => named(None, node.pi()?.target),
        }
    }

    fn has_expanded_name(self, namespace: Option<&str>, name: &str) -> bool {
        match self.locate() {
            LocatedNode::Attribute(_, attribute) => attribute.name() == name && attribute.namespace() == namespace,
            LocatedNode::Prefix(node, at) => prefix(node, at) == name && namespace.is_none(),
            LocatedNode::Node(node) if node.is_element() => {
                node.tag_name().name() == name && node.tag_name().namespace() == namespace
            }
            LocatedNode::Node(node) => namespace.is_none() && node.pi().is_some_and(|pi| pi.target == name),
        }
    }

    fn string_value(self) -> String {
        match self.locate() {
            LocatedNode::Node(node) if node.is_root() || node.is_element() => {
                let mut whole = String::new();
                let mut before = 0;
                for part in node.descendants() {
                    let text = if part.is_text() { part.text().unwrap_or_default() } else { "" };
                    whole.push_str(text);
                    // An element costs a step, and the collected text costs steps as it grows.
                    let grown = (whole.len() - before) / BYTES_A_STEP;
                    before += grown * BYTES_A_STEP;
                    if !self.budget().spend(1 + grown as u64 * self.budget().per_text) {
                        return String::new();
                    }
                }
                self.with_row(whole)
            }
            _ => self.with_string_value(str::to_owned),
        }
    }

    fn with_string_value<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let text = match self.locate() {
            LocatedNode::Attribute(_, attribute) => attribute.value(),
            LocatedNode::Prefix(node, at) => namespace_of(node, prefix(node, at)),
            LocatedNode::Node(node) if node.is_root() || node.is_element() => return read(&self.string_value()),
            LocatedNode::Node(node) if node.is_pi() => node.pi().and_then(|pi| pi.value).unwrap_or_default(),
            LocatedNode::Node(node) => node.text().unwrap_or_default(),
        };
        read(if self.budget().read(text.len()) { text } else { "" })
    }

    fn document_order(self, other: Self) -> Ordering {
        // A sort needs consistent answers, so the order is correct even after the steps are spent.
        self.budget().spend(1);
        (self.node.get(), self.part).cmp(&(other.node.get(), other.part))
    }
}

impl CountedNode<'_> {
    /// Counts one more text in a row. The steps for its bytes are spent already.
    fn with_row(self, text: String) -> String {
        if self.budget().read(0) { text } else { String::new() }
    }
}

/// The namespace of a prefix in the scope of an element.
fn namespace_of<'a>(node: Element<'a, 'a>, prefix: &str) -> &'a str {
    if prefix == "xml" {
        return roxmltree::NS_XML_URI;
    }
    node.lookup_namespace_uri((!prefix.is_empty()).then_some(prefix)).unwrap_or_default()
}

/// The prefix of the name at an offset in the document.
fn prefix<'a>(node: Element<'a, 'a>, at: usize) -> &'a str {
    let text = node.document().input_text().get(at..).unwrap_or_default();
    let end = text.find(|letter: char| letter.is_ascii_whitespace() || matches!(letter, ':' | '/' | '>' | '='));
    end.filter(|end| text[*end..].starts_with(':')).map_or("", |end| &text[..end])
}
