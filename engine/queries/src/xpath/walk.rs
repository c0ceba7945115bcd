//! The tree as XPath sees it, every step through it counted.
//!
//! When the steps have run out there is nothing more to be seen: no children, no parents, no text. The evaluator then
//! comes to its end by itself, and what it found is thrown away.

use std::{cell::Cell, cmp::Ordering};

use roxmltree::{Attribute, Document, Node as Element, NodeType};
use xpath_eval::{ExpandedName, Node, NodeKind};

use crate::{steps::Steps, xml::MOST_ATTRIBUTES};

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

/// A node, and what is left to be spent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    place: Place<'a>,
    budget: &'a Budget<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place<'a> {
    Node(Element<'a, 'a>),
    /// An attribute, and which of its element's it is.
    Attribute(Element<'a, 'a>, Attribute<'a, 'a>, usize),
    /// A prefix that an element or one of its attributes is written with, what it means, and where it is written.
    Prefix(Element<'a, 'a>, &'a str, &'a str, usize),
}

impl PartialEq for Walk<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Walk<'_> {}

impl<'a> Walk<'a> {
    pub(super) fn root<'text>(document: &'a Document<'text>, budget: &'a Budget<'a>) -> Self {
        Self { place: Place::Node(document.root()), budget }
    }

    /// Its place in the document: the element's, then 0, or its attribute's from 1.
    fn key(&self) -> (u32, usize) {
        match self.place {
            Place::Node(node) => (node.id().get(), 0),
            Place::Attribute(node, _, at) => (node.id().get(), at + 1),
            Place::Prefix(node, _, _, at) => (node.id().get(), MOST_ATTRIBUTES + 1 + at),
        }
    }

    fn at(self, place: Place<'a>) -> Self {
        Self { place, ..self }
    }
}

impl<'a> Node<'a> for Walk<'a> {
    fn kind(self) -> NodeKind {
        match self.place {
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
        let parent = match self.place {
            Place::Node(node) => node.parent()?,
            Place::Attribute(node, ..) | Place::Prefix(node, ..) => node,
        };
        self.budget.step().then(|| self.at(Place::Node(parent)))
    }

    fn children(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place {
            Place::Node(node) => Some(node),
            Place::Attribute(..) | Place::Prefix(..) => None,
        };
        let children = node.into_iter().flat_map(|node| node.children());
        children.take_while(move |_| self.budget.step()).map(move |child| self.at(Place::Node(child)))
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place {
            Place::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let attributes = node.into_iter().flat_map(|node| {
            node.attributes().enumerate().map(move |(at, attribute)| Place::Attribute(node, attribute, at))
        });
        attributes.take_while(move |_| self.budget.step()).map(move |place| self.at(place))
    }

    /// The prefixes that `name()` needs: the element's own, as it is written, and its attributes'.
    fn namespaces(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self.place {
            Place::Node(node) if node.is_element() => Some(node),
            _ => None,
        };
        let prefixes = node.into_iter().flat_map(|node| {
            let own = node.tag_name().namespace().map(|uri| (node.range().start + 1, uri));
            let of_attributes = node.attributes().filter_map(move |attribute| {
                let uri = attribute.namespace().filter(|uri| own.is_none_or(|(_, own)| own != *uri))?;
                Some((attribute.range_qname().start, uri))
            });
            let written = own.into_iter().chain(of_attributes);
            written.map(move |(at, uri)| Place::Prefix(node, prefix(node, at), uri, at))
        });
        prefixes.take_while(move |_| self.budget.step()).map(move |place| self.at(place))
    }

    fn expanded_name(self) -> Option<ExpandedName> {
        let named = |namespace: Option<&str>, name: &str| {
            Some(ExpandedName { namespace_uri: namespace.map(str::to_owned), local_name: name.to_owned() })
        };
        if !self.budget.step() {
            return None;
        }
        match self.place {
            Place::Attribute(_, attribute, _) => named(attribute.namespace(), attribute.name()),
            Place::Prefix(_, prefix, ..) => named(None, prefix),
            Place::Node(node) if node.is_element() => {
                let name = node.tag_name();
                named(name.namespace(), name.name())
            }
            Place::Node(node) => named(None, node.pi()?.target),
        }
    }

    fn has_expanded_name(self, namespace: Option<&str>, name: &str) -> bool {
        match self.place {
            Place::Attribute(_, attribute, _) => attribute.name() == name && attribute.namespace() == namespace,
            Place::Prefix(_, prefix, ..) => prefix == name && namespace.is_none(),
            Place::Node(node) if node.is_element() => {
                node.tag_name().name() == name && node.tag_name().namespace() == namespace
            }
            Place::Node(node) => namespace.is_none() && node.pi().is_some_and(|pi| pi.target == name),
        }
    }

    fn string_value(self) -> String {
        match self.place {
            Place::Node(node) if node.is_root() || node.is_element() => {
                let mut whole = String::new();
                let mut before = 0;
                for part in node.descendants() {
                    let text = if part.is_text() { part.text().unwrap_or_default() } else { "" };
                    whole.push_str(text);
                    // A long text costs as it grows, an element without one as much as a step.
                    let grown = (whole.len() - before) / BYTES;
                    before += grown * BYTES;
                    if !self.budget.spend(1 + grown as u64 * self.budget.per_text) {
                        return String::new();
                    }
                }
                self.with_row(whole)
            }
            _ => self.with_string_value(str::to_owned),
        }
    }

    fn with_string_value<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let text = match self.place {
            Place::Attribute(_, attribute, _) => attribute.value(),
            Place::Prefix(_, _, uri, _) => uri,
            Place::Node(node) if node.is_root() || node.is_element() => return read(&self.string_value()),
            Place::Node(node) if node.is_pi() => node.pi().and_then(|pi| pi.value).unwrap_or_default(),
            Place::Node(node) => node.text().unwrap_or_default(),
        };
        read(if self.budget.read(text.len()) { text } else { "" })
    }

    fn document_order(self, other: Self) -> Ordering {
        // Sorting has to be told the truth to its end, so it only counts.
        self.budget.spend(1);
        self.key().cmp(&other.key())
    }
}

impl Walk<'_> {
    /// A text that was put together and paid for, as one more in a row.
    fn with_row(self, text: String) -> String {
        if self.budget.read(0) { text } else { String::new() }
    }
}

/// The prefix of the name that is written at a place of the document.
fn prefix<'a>(node: Element<'a, 'a>, at: usize) -> &'a str {
    let text = node.document().input_text().get(at..).unwrap_or_default();
    let end = text.find(|letter: char| letter.is_ascii_whitespace() || matches!(letter, ':' | '/' | '>' | '='));
    end.filter(|end| text[*end..].starts_with(':')).map_or("", |end| &text[..end])
}
