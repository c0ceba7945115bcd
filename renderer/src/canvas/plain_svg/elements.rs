//! The elements that are known, written one after the other.

use std::{collections::HashMap, fmt::Write, str::FromStr};

use resvg::usvg::roxmltree::{Document, Node};
use svgtypes::{Transform, ViewBox};

use super::{
    Drawing, attributes, is_svg,
    path::{self, Outline},
    values::{self, Value},
};

/// The most stops of a gradient: each pixel is compared with all.
const MOST_STOPS: usize = 32;
/// The most gradients that one rests on.
const LONGEST_CHAIN: usize = 8;
/// How many segments an outline without path data has at the most: a rectangle with round corners.
const PLAIN_SEGMENTS: usize = 16;

/// What an element will cost wherever it is drawn.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) role: Role,
    /// How its transform turns and stretches: `a b c d`.
    pub(super) linear: Option<[f64; 4]>,
    /// Whether outlines in it are stroked, if it says so.
    pub(super) strokes: Option<bool>,
    /// The clip path it has.
    pub(super) clip: Option<u32>,
    /// The elements in it.
    pub(super) children: Vec<u32>,
}

/// What an element does where it stands.
#[derive(Debug, Default)]
pub(super) enum Role {
    /// It holds others.
    #[default]
    Group,
    Shape(Outline),
    /// It draws another one again.
    Use(Option<u32>),
    /// It is drawn only where others refer to it.
    Definition,
}

/// Where an element stands.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Nothing,
    Group,
    ClipPath,
    Gradient,
    Other,
}

/// The elements by their ids; the first of two with one id has it.
pub(super) struct Names<'a, 'input>(HashMap<&'a str, Node<'a, 'input>>);

impl<'a, 'input> Names<'a, 'input> {
    pub(super) fn of(document: &'a Document<'input>) -> Self {
        let mut names = HashMap::new();
        for node in document.descendants().filter(|node| node.is_element() && is_svg(*node)) {
            if let Some(id) = attributes::own(node, "id") {
                names.entry(id).or_insert(node);
            }
        }
        Self(names)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn of_gradient(&self, id: &str) -> Option<u32> {
        self.of_any(id, &["linearGradient", "radialGradient"])
    }

    pub(super) fn of_clip_path(&self, id: &str) -> Option<u32> {
        self.of_any(id, &["clipPath"])
    }

    fn of_shape(&self, id: &str) -> Option<u32> {
        self.of_any(id, &["path", "rect", "circle", "ellipse", "line", "polyline", "polygon"])
    }

    fn of_any(&self, id: &str, kinds: &[&str]) -> Option<u32> {
        let node = self.0.get(id).filter(|node| kinds.contains(&node.tag_name().name()))?;
        Some(number(*node))
    }

    /// Whether the gradients that one rests on end somewhere.
    fn ends(&self, node: Node<'a, 'input>) -> bool {
        let next = |node: &Node<'a, 'input>| self.0.get(attributes::reference(*node)?).copied();
        std::iter::successors(Some(node), next).take(LONGEST_CHAIN + 1).count() <= LONGEST_CHAIN
    }
}

/// What an element is called in the new document.
fn number(node: Node) -> u32 {
    node.id().get()
}

impl<'a, 'input> Drawing<'a, 'input> {
    /// Writes the outermost element.
    pub(super) fn write_root(&mut self, root: Node<'a, 'input>) -> Option<u32> {
        self.write(root, Inside::Nothing)?
    }

    /// Writes an element and all in it, and returns its number unless it was left out; `None` refuses the drawing.
    fn write(&mut self, node: Node<'a, 'input>, inside: Inside) -> Option<Option<u32>> {
        let (name, within) = match (node.tag_name().name(), inside) {
            _ if !is_svg(node) => return Some(None),
            // Words are not drawn, and nothing moves.
            ("title" | "desc" | "metadata" | "text" | "animate" | "animateMotion" | "animateTransform" | "set", _) => {
                return Some(None);
            }
            ("svg", Inside::Nothing) => ("svg", Inside::Group),
            ("g" | "a", Inside::Group) => ("g", Inside::Group),
            ("defs", Inside::Group) => ("defs", Inside::Group),
            ("clipPath", Inside::Group) => ("clipPath", Inside::ClipPath),
            (name @ ("linearGradient" | "radialGradient"), Inside::Group) => (name, Inside::Gradient),
            ("stop", Inside::Gradient) => ("stop", Inside::Other),
            (
                name @ ("path" | "rect" | "circle" | "ellipse" | "line" | "polyline" | "polygon" | "use"),
                Inside::Group | Inside::ClipPath,
            ) => (name, Inside::Other),
            _ => return None,
        };
        // Writing to a String cannot fail.
        let _ = write!(self.out, "<{name}");
        if inside == Inside::Nothing {
            self.out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
            self.look_at_size(node);
        }
        if attributes::own(node, "id").is_some_and(|id| self.names.0.get(id) == Some(&node)) {
            let _ = write!(self.out, " id=\"n{}\"", number(node));
        }
        let mut element = Element::default();
        self.write_presentation(node, &mut element)?;
        for (attribute, kind) in attributes::of_element(name) {
            if let Some(text) = attributes::own(node, attribute) {
                self.write_attribute(attribute, values::write(*kind, text, &self.names))?;
            }
        }
        element.role = self.write_role(node, name, inside)?;
        // A clip path is plain shapes, none of which is clipped itself.
        if element.clip.is_some() && (inside == Inside::ClipPath || within == Inside::ClipPath) {
            return None;
        }
        self.write_children(node, name, within, &mut element)?;
        self.elements.insert(number(node), element);
        Some(Some(number(node)))
    }

    fn write_children(
        &mut self,
        node: Node<'a, 'input>,
        name: &str,
        within: Inside,
        element: &mut Element,
    ) -> Option<()> {
        let before = self.out.len();
        self.out.push('>');
        for child in node.children().filter(Node::is_element) {
            element.children.extend(self.write(child, within)?);
        }
        if within == Inside::Gradient && element.children.len() > MOST_STOPS {
            return None;
        }
        if element.children.is_empty() && name != "svg" {
            self.out.truncate(before);
            self.out.push_str("/>");
        } else {
            let _ = write!(self.out, "</{name}>");
        }
        Some(())
    }

    /// Writes how it looks: what `style` says before what attributes say.
    fn write_presentation(&mut self, node: Node<'a, 'input>, element: &mut Element) -> Option<()> {
        let style = attributes::own(node, "style").unwrap_or_default();
        if style.contains("/*") {
            return None;
        }
        for (name, kind) in attributes::PRESENTATION {
            let Some(text) = attributes::styled(style, name).or_else(|| attributes::own(node, name)) else { continue };
            let value = values::write(*kind, text, &self.names);
            match (*name, &value) {
                ("stroke", Value::Written(paint)) if paint != "inherit" => element.strokes = Some(paint != "none"),
                ("clip-path", Value::Written(_)) => {
                    element.clip =
                        svgtypes::FuncIRI::from_str(text.trim()).ok().and_then(|id| self.names.of_clip_path(id.0));
                }
                ("transform", Value::Written(_)) => {
                    let transform = Transform::from_str(text.trim()).ok();
                    element.linear = transform.map(|Transform { a, b, c, d, .. }| [a, b, c, d]);
                }
                _ => {}
            }
            self.write_attribute(name, value)?;
        }
        let mut declared = String::new();
        for (name, kind) in attributes::STYLE_ONLY {
            let Some(text) = attributes::styled(style, name) else { continue };
            match values::write(*kind, text, &self.names) {
                Value::Written(value) => declared += &format!("{name}:{value};"),
                Value::Ignored => {}
                Value::Refused => return None,
            }
        }
        if !declared.is_empty() {
            self.write_attribute("style", Value::Written(declared))?;
        }
        Some(())
    }

    fn write_attribute(&mut self, name: &str, value: Value) -> Option<()> {
        match value {
            Value::Written(value) => {
                let _ = write!(self.out, " {name}=\"{value}\"");
                Some(())
            }
            Value::Ignored => Some(()),
            Value::Refused => None,
        }
    }

    /// Writes what the tables of attributes do not know: outlines and references.
    fn write_role(&mut self, node: Node<'a, 'input>, name: &str, inside: Inside) -> Option<Role> {
        Some(match name {
            "path" | "polyline" | "polygon" => {
                let attribute = if name == "path" { "d" } else { "points" };
                let Some(text) = attributes::own(node, attribute) else { return Some(Role::default()) };
                let _ = write!(self.out, " {attribute}=\"");
                let write = if name == "path" { path::write } else { path::write_points };
                let outline = write(text, &mut self.out)?;
                self.out.push('"');
                Role::Shape(outline)
            }
            "rect" | "circle" | "ellipse" | "line" => {
                let lengths = attributes::of_element(name).iter();
                let lengths = lengths.filter_map(|(name, _)| values::units(attributes::own(node, name)?, self.whole));
                // A round corner, a circle and a line are no longer than eight times what they are made of.
                let length = 8.0 * lengths.map(f64::abs).sum::<f64>();
                Role::Shape(Outline { segments: PLAIN_SEGMENTS, length })
            }
            "use" => {
                let Some(id) = attributes::reference(node) else { return Some(Role::Use(None)) };
                let target = match inside {
                    Inside::ClipPath if self.names.has(id) => Some(self.names.of_shape(id)?),
                    _ => self.names.of_any(id, &["g", "a", "use"]).or_else(|| self.names.of_shape(id)),
                };
                self.write_reference(target);
                Role::Use(target)
            }
            "linearGradient" | "radialGradient" => {
                if !self.names.ends(node) {
                    return None;
                }
                self.write_reference(attributes::reference(node).and_then(|id| self.names.of_gradient(id)));
                Role::Definition
            }
            "defs" | "clipPath" => Role::Definition,
            _ => Role::Group,
        })
    }

    fn write_reference(&mut self, target: Option<u32>) {
        if let Some(target) = target {
            let _ = write!(self.out, " href=\"#n{target}\"");
        }
    }

    /// How large the drawing says it is.
    fn look_at_size(&mut self, root: Node) {
        let side = |name| attributes::own(root, name).and_then(|text| values::units(text, 100.0)).unwrap_or(100.0);
        let view = attributes::own(root, "viewBox").and_then(|text| ViewBox::from_str(text).ok());
        let (width, height) = view.map_or_else(|| (side("width"), side("height")), |view| (view.w, view.h));
        self.whole = width.max(height);
        self.narrow = width.min(height);
    }
}
