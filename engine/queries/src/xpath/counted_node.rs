//! The tree as XPath sees it, every step through it counted.
//!
//! When the steps have run out there is nothing more to be seen: no children, no parents, no text. The evaluator then
//! comes to its end by itself, and what it found is thrown away.

use std::{cell::Cell, cmp::Ordering};

use roxmltree::{Attribute, Document, Node as Element, NodeId, NodeType};
use xpath_eval::{ExpandedName, Node, NodeKind};

use crate::step_budget::Steps;

/// How many bytes of text are read in one step.
const BYTES: usize = 32;
/// How many texts may be read in a row before each costs a step more: whoever reads many at once compares each with
/// each.
const ROW: u64 = 64;

/// What is left to be spent.
#[derive(Debug)]
pub(super) struct Budget<'s> {
    steps: &'s Steps,
    /// How many texts were read without a step through the tree between them.
    in_a_row: Cell<u64>,
    /// How often a text may be gone over once it was read.
    per_text: u64,
}

impl<'s> Budget<'s> {
    pub(super) const fn new(steps: &'s Steps, per_text: u64) -> Self {
        Self { steps, in_a_row: Cell::new(0), per_text }
    }

    /// Spends so many steps, and returns whether there were as many.
    fn spend(&self, steps: u64) -> bool {
        self.steps.spend(usize::try_from(steps).unwrap_or(usize::MAX)).is_ok()
    }

    /// One step through the tree.
    fn step(&self) -> bool {
        self.in_a_row.set(0);
        self.spend(1)
    }

    /// One text of so many bytes.
    fn read(&self, bytes: usize) -> bool {
        let row = self.in_a_row.get() + 1;
        self.in_a_row.set(row);
        self.spend(1 + row / ROW + (bytes / BYTES) as u64 * self.per_text)
    }
}

/// A document, and what is left to be spent on it.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) budget: Budget<'a>,
}

/// A node. An expression may find millions of them, so it is no larger than it has to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    node: NodeId,
    part: Part,
    ground: &'a Ground<'a>,
}

/// Which part of an element a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    /// One of its attributes, by its number.
    Attribute(u32),
    /// A prefix, by where in the document it is written.
    Prefix(u32),
}

/// The same node as its document has it.
enum Place<'a> {
    Node(Element<'a, 'a>),
    Attribute(Element<'a, 'a>, Attribute<'a, 'a>),
    /// A prefix that an element or one of its attributes is written with, and where in the document.
    Prefix(Element<'a, 'a>, usize),
}

impl PartialEq for Walk<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.node, self.part) == (other.node, other.part)
    }
}

impl Eq for Walk<'_> {}

impl<'a> Walk<'a> {
    pub(super) fn root(ground: &'a Ground<'a>) -> Self {
        Self { node: ground.document.root().id(), part: Part::Whole, ground }
    }

    fn place(self) -> Place<'a> {
        let document = self.ground.document;
        let node = document.get_node(self.node).unwrap_or_else(|| document.root());
        match self.part {
            Part::Whole => Place::Node(node),
            Part::Prefix(at) => Place::Prefix(node, at as usize),
            Part::Attribute(at) => match node.attributes().nth(at as usize) {
                Some(attribute) => Place::Attribute(node, attribute),
                None => Place::Node(node),
            },
        }
    }

    fn budget(self) -> &'a Budget<'a> {
        &self.ground.budget
    }

    fn at(self, node: Element<'a, 'a>, part: Part) -> Self {
        Self { node: node.id(), part, ..self }
    }
}

impl<'a> Node<'a> for Walk<'a> {
    fn kind(self) -> NodeKind {
        match self.place() {
            Place::Attribute(..) => NodeKind::Attribute,
            Place::Prefix(..) => NodeKind::Namespace,
            Place::Node(node) => match node.node_type() {
                NodeType::Root => NodeKind::Root,
                NodeType::Element => NodeKind::Element,
                NodeType::Text => NodeKind::Text,
                NodeType::Comment => NodeKind::Comment,
                NodeType::PI => NodeKind::ProcessingInstruction,
            },
        }
    }

    fn parent(self) -> Option<Self> {
        let parent = match self.place() {
            Place::Node(node) => node.parent()?,
            Place::Attribute(node, ..) | Place::Prefix(node, ..) => node,
        };
        self.budget().step().then(|| self.at(parent, Part::Whole))
    }

    fn children(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place() {
            Place::Node(node) => Some(node),
            Place::Attribute(..) | Place::Prefix(..) => None,
        };
        let children = node.into_iter().flat_map(|node| node.children());
        children.take_while(move |_| self.budget().step()).map(move |child| self.at(child, Part::Whole))
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place() {
            Place::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let attributes = node
            .into_iter()
            .flat_map(|node| (0..node.attributes().len()).map(move |at| (node, Part::Attribute(at as u32))));
        attributes.take_while(move |_| self.budget().step()).map(move |(node, part)| self.at(node, part))
    }

    /// The prefixes that `name()` needs: the element's own, as it is written, and its attributes'.
    fn namespaces(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place() {
            Place::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let prefixes = node.into_iter().flat_map(|node| {
            let uri = node.tag_name().namespace();
            let own = uri.map(|_| node.range().start + 1);
            let is_other = move |attribute: &Attribute| attribute.namespace().is_some() && attribute.namespace() != uri;
            let of_attributes = node.attributes().filter(is_other).map(|attribute| attribute.range_qname().start);
            own.into_iter().chain(of_attributes).map(move |at| (node, Part::Prefix(at as u32)))
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
        match self.place() {
            Place::Attribute(_, attribute) => named(attribute.namespace(), attribute.name()),
            Place::Prefix(node, at) => named(None, prefix(node, at)),
            Place::Node(node) if node.is_element() => {
                let name = node.tag_name();
                named(name.namespace(), name.name())
            }
            Place::Node(node) => named(None, node.pi()?.target),
        }
    }

    fn has_expanded_name(self, namespace: Option<&str>, name: &str) -> bool {
        match self.place() {
            Place::Attribute(_, attribute) => attribute.name() == name && attribute.namespace() == namespace,
            Place::Prefix(node, at) => prefix(node, at) == name && namespace.is_none(),
            Place::Node(node) if node.is_element() => {
                node.tag_name().name() == name && node.tag_name().namespace() == namespace
            }
            Place::Node(node) => namespace.is_none() && node.pi().is_some_and(|pi| pi.target == name),
        }
    }

    fn string_value(self) -> String {
        match self.place() {
            Place::Node(node) if node.is_root() || node.is_element() => {
                let mut whole = String::new();
                let mut before = 0;
                for part in node.descendants() {
                    let text = if part.is_text() { part.text().unwrap_or_default() } else { "" };
                    whole.push_str(text);
                    // A long text costs as it grows, an element without one as much as a step.
                    let grown = (whole.len() - before) / BYTES;
                    before += grown * BYTES;
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
        let text = match self.place() {
            Place::Attribute(_, attribute) => attribute.value(),
            Place::Prefix(node, at) => meaning(node, prefix(node, at)),
            Place::Node(node) if node.is_root() || node.is_element() => return read(&self.string_value()),
            Place::Node(node) if node.is_pi() => node.pi().and_then(|pi| pi.value).unwrap_or_default(),
            Place::Node(node) => node.text().unwrap_or_default(),
        };
        read(if self.budget().read(text.len()) { text } else { "" })
    }

    fn document_order(self, other: Self) -> Ordering {
        // Sorting has to be told the truth to its end, so it only counts.
        self.budget().spend(1);
        (self.node.get(), self.part).cmp(&(other.node.get(), other.part))
    }
}

impl Walk<'_> {
    /// A text that was put together and paid for, as one more in a row.
    fn with_row(self, text: String) -> String {
        if self.budget().read(0) { text } else { String::new() }
    }
}

/// The namespace that a prefix means for an element.
fn meaning<'a>(node: Element<'a, 'a>, prefix: &str) -> &'a str {
    if prefix == "xml" {
        return roxmltree::NS_XML_URI;
    }
    node.lookup_namespace_uri((!prefix.is_empty()).then_some(prefix)).unwrap_or_default()
}

/// The prefix of the name that is written at a place of the document.
fn prefix<'a>(node: Element<'a, 'a>, at: usize) -> &'a str {
    let text = node.document().input_text().get(at..).unwrap_or_default();
    let end = text.find(|letter: char| letter.is_ascii_whitespace() || matches!(letter, ':' | '/' | '>' | '='));
    end.filter(|end| text[*end..].starts_with(':')).map_or("", |end| &text[..end])
}
