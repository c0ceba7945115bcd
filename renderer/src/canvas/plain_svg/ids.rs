//! The elements of a document by their ids, and the ids that they get in the new document.

use std::collections::HashMap;

use resvg::usvg::roxmltree::{Document, Node};

use super::limits::MAX_GRADIENT_CHAIN;
use super::nodes::{attribute, is_svg, reference};

/// The elements by their ids. If two elements have the same id, it belongs to the first one.
pub(super) struct ElementIds<'a, 'input>(HashMap<&'a str, Node<'a, 'input>>);

impl<'a, 'input> ElementIds<'a, 'input> {
    pub(super) fn of(document: &'a Document<'input>) -> Self {
        let mut ids = HashMap::new();
        for node in document.descendants().filter(|node| node.is_element() && is_svg(*node)) {
            if let Some(id) = attribute(node, "id") {
                ids.entry(id).or_insert(node);
            }
        }
        Self(ids)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Whether the id belongs to this element.
    pub(super) fn belongs_to(&self, id: &str, node: Node<'a, 'input>) -> bool {
        self.0.get(id) == Some(&node)
    }

    pub(super) fn gradient(&self, id: &str) -> Option<u32> {
        self.element(id, &["linearGradient", "radialGradient"])
    }

    pub(super) fn clip_path(&self, id: &str) -> Option<u32> {
        self.element(id, &["clipPath"])
    }

    pub(super) fn shape(&self, id: &str) -> Option<u32> {
        self.element(id, &["path", "rect", "circle", "ellipse", "line", "polyline", "polygon"])
    }

    pub(super) fn shape_or_group(&self, id: &str) -> Option<u32> {
        self.element(id, &["g", "a", "use"]).or_else(|| self.shape(id))
    }

    fn element(&self, id: &str, tag_names: &[&str]) -> Option<u32> {
        let node = self.0.get(id).filter(|node| tag_names.contains(&node.tag_name().name()))?;
        Some(number(*node))
    }

    /// Whether the chain of gradients that starts with this one is short enough, and so has no cycle.
    pub(super) fn has_short_chain(&self, gradient: Node<'a, 'input>) -> bool {
        let next = |node: &Node<'a, 'input>| self.0.get(reference(*node)?).copied();
        std::iter::successors(Some(gradient), next).take(MAX_GRADIENT_CHAIN + 1).count() <= MAX_GRADIENT_CHAIN
    }
}

/// The number of an element, with which its id in the new document ends.
pub(super) fn number(node: Node) -> u32 {
    node.id().get()
}
