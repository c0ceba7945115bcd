//! Writes the known elements of a document as a new document, and notes the effort of each.

use std::{collections::HashMap, fmt::Write, str::FromStr};

use resvg::usvg::roxmltree::{Document, Node};
use svgtypes::{FuncIRI, Transform, ViewBox};

use super::attributes;
use super::effort::{ElementEffort, ElementRole};
use super::ids::{ElementIds, number};
use super::limits::MAX_STOPS;
use super::nodes::{attribute, is_svg, reference, style_property};
use super::path::{self, OutlineSize};
use super::values::{self, AttributeValue};

/// The most segments of an outline without path data: a rectangle with round corners.
const BASIC_SHAPE_SEGMENTS: usize = 16;

/// A document that is being written, and the effort of its elements.
pub(super) struct PlainSvgWriter<'a, 'input> {
    ids: ElementIds<'a, 'input>,
    pub(super) elements: HashMap<u32, ElementEffort>,
    /// The longer side, in the drawing's units.
    long_side: f64,
    /// The shorter side.
    pub(super) short_side: f64,
    pub(super) out: String,
}

/// The kind of an element's parent in the new document.
#[derive(Clone, Copy, PartialEq)]
enum ParentKind {
    None,
    Group,
    ClipPath,
    Gradient,
    Other,
}

impl<'a, 'input> PlainSvgWriter<'a, 'input> {
    pub(super) fn new(document: &'a Document<'input>) -> Self {
        Self {
            ids: ElementIds::of(document),
            elements: HashMap::new(),
            long_side: 0.0,
            short_side: 0.0,
            out: String::with_capacity(2 * document.input_text().len()),
        }
    }

    /// Writes the root element and returns its number; `None` if the drawing is refused.
    pub(super) fn write_root(&mut self, root: Node<'a, 'input>) -> Option<u32> {
        self.write(root, ParentKind::None)?
    }

    /// Writes an element with its content. Returns its number, or `Some(None)` if it was left out, or `None` if the
    /// drawing is refused.
    fn write(&mut self, node: Node<'a, 'input>, parent: ParentKind) -> Option<Option<u32>> {
        let (name, as_parent) = match (node.tag_name().name(), parent) {
            _ if !is_svg(node) => return Some(None),
            // Text is not drawn, and animations do not run.
            ("title" | "desc" | "metadata" | "text" | "animate" | "animateMotion" | "animateTransform" | "set", _) => {
                return Some(None);
            }
            ("svg", ParentKind::None) => ("svg", ParentKind::Group),
            ("g" | "a", ParentKind::Group) => ("g", ParentKind::Group),
            ("defs", ParentKind::Group) => ("defs", ParentKind::Group),
            ("clipPath", ParentKind::Group) => ("clipPath", ParentKind::ClipPath),
            (name @ ("linearGradient" | "radialGradient"), ParentKind::Group) => (name, ParentKind::Gradient),
            ("stop", ParentKind::Gradient) => ("stop", ParentKind::Other),
            (
                name @ ("path" | "rect" | "circle" | "ellipse" | "line" | "polyline" | "polygon" | "use"),
                ParentKind::Group | ParentKind::ClipPath,
            ) => (name, ParentKind::Other),
            _ => return None,
        };
        // Writing to a String cannot fail.
        let _ = write!(self.out, "<{name}");
        if parent == ParentKind::None {
            self.out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
            self.read_size(node);
        }
        if attribute(node, "id").is_some_and(|id| self.ids.belongs_to(id, node)) {
            let _ = write!(self.out, " id=\"n{}\"", number(node));
        }
        let mut element = ElementEffort::default();
        self.write_presentation(node, &mut element)?;
        for (attribute_name, kind) in attributes::of_element(name) {
            if let Some(text) = attribute(node, attribute_name) {
                self.write_attribute(attribute_name, values::write(*kind, text, &self.ids))?;
            }
        }
        element.role = self.write_role(node, name, parent)?;
        // A clip path and the shapes in it must not be clipped themselves.
        if element.clip.is_some() && (parent == ParentKind::ClipPath || as_parent == ParentKind::ClipPath) {
            return None;
        }
        self.write_children(node, name, as_parent, &mut element)?;
        self.elements.insert(number(node), element);
        Some(Some(number(node)))
    }

    fn write_children(
        &mut self,
        node: Node<'a, 'input>,
        name: &str,
        as_parent: ParentKind,
        element: &mut ElementEffort,
    ) -> Option<()> {
        let before = self.out.len();
        self.out.push('>');
        for child in node.children().filter(Node::is_element) {
            element.children.extend(self.write(child, as_parent)?);
        }
        if as_parent == ParentKind::Gradient && element.children.len() > MAX_STOPS {
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

    /// Writes the presentation properties. Those in `style` have precedence over attributes.
    fn write_presentation(&mut self, node: Node<'a, 'input>, element: &mut ElementEffort) -> Option<()> {
        let style = attribute(node, "style").unwrap_or_default();
        if style.contains("/*") {
            return None;
        }
        for (name, kind) in attributes::PRESENTATION {
            let Some(text) = style_property(style, name).or_else(|| attribute(node, name)) else { continue };
            let value = values::write(*kind, text, &self.ids);
            match (*name, &value) {
                ("stroke", AttributeValue::Written(paint)) if paint != "inherit" => {
                    element.has_stroke = Some(paint != "none")
                }
                ("clip-path", AttributeValue::Written(_)) => {
                    element.clip = FuncIRI::from_str(text.trim()).ok().and_then(|id| self.ids.clip_path(id.0));
                }
                ("transform", AttributeValue::Written(_)) => {
                    let transform = Transform::from_str(text.trim()).ok();
                    element.linear = transform.map(|Transform { a, b, c, d, .. }| [a, b, c, d]);
                }
                _ => {}
            }
            self.write_attribute(name, value)?;
        }
        let mut declarations = String::new();
        for (name, kind) in attributes::STYLE_ONLY {
            let Some(text) = style_property(style, name) else { continue };
            match values::write(*kind, text, &self.ids) {
                AttributeValue::Written(value) => declarations += &format!("{name}:{value};"),
                AttributeValue::Ignored => {}
                AttributeValue::Refused => return None,
            }
        }
        if !declarations.is_empty() {
            self.write_attribute("style", AttributeValue::Written(declarations))?;
        }
        Some(())
    }

    fn write_attribute(&mut self, name: &str, value: AttributeValue) -> Option<()> {
        match value {
            AttributeValue::Written(value) => {
                let _ = write!(self.out, " {name}=\"{value}\"");
                Some(())
            }
            AttributeValue::Ignored => Some(()),
            AttributeValue::Refused => None,
        }
    }

    /// Writes the attributes that are not in the tables: outlines and references.
    fn write_role(&mut self, node: Node<'a, 'input>, name: &str, parent: ParentKind) -> Option<ElementRole> {
        Some(match name {
            "path" | "polyline" | "polygon" => {
                let data_name = if name == "path" { "d" } else { "points" };
                let Some(text) = attribute(node, data_name) else { return Some(ElementRole::default()) };
                let _ = write!(self.out, " {data_name}=\"");
                let write = if name == "path" { path::write } else { path::write_points };
                let outline = write(text, &mut self.out)?;
                self.out.push('"');
                ElementRole::Shape(outline)
            }
            "rect" | "circle" | "ellipse" | "line" => {
                let lengths = attributes::of_element(name).iter();
                let lengths = lengths.filter_map(|(name, _)| values::units(attribute(node, name)?, self.long_side));
                // The outline of a basic shape is at most eight times as long as the sum of its attributes.
                let length = 8.0 * lengths.map(f64::abs).sum::<f64>();
                ElementRole::Shape(OutlineSize { segments: BASIC_SHAPE_SEGMENTS, length })
            }
            "use" => {
                let Some(id) = reference(node) else { return Some(ElementRole::Use(None)) };
                let target = match parent {
                    ParentKind::ClipPath if self.ids.has(id) => Some(self.ids.shape(id)?),
                    _ => self.ids.shape_or_group(id),
                };
                self.write_reference(target);
                ElementRole::Use(target)
            }
            "linearGradient" | "radialGradient" => {
                if !self.ids.has_short_chain(node) {
                    return None;
                }
                self.write_reference(reference(node).and_then(|id| self.ids.gradient(id)));
                ElementRole::Definition
            }
            "defs" | "clipPath" => ElementRole::Definition,
            _ => ElementRole::Group,
        })
    }

    fn write_reference(&mut self, target: Option<u32>) {
        if let Some(target) = target {
            let _ = write!(self.out, " href=\"#n{target}\"");
        }
    }

    /// Reads the size of the drawing.
    fn read_size(&mut self, root: Node) {
        let side = |name| attribute(root, name).and_then(|text| values::units(text, 100.0)).unwrap_or(100.0);
        let view = attribute(root, "viewBox").and_then(|text| ViewBox::from_str(text).ok());
        let (width, height) = view.map_or_else(|| (side("width"), side("height")), |view| (view.w, view.h));
        self.long_side = width.max(height);
        self.short_side = width.min(height);
    }
}
