//! The input of a style's drawing functions: a badge whose texts are measured and whose colours are final.

use std::borrow::Cow;

use crate::color::Color;
use crate::id::IdSuffix;
use crate::link::{Link, Links};
use crate::{logo::Logo, measured_text::MeasuredText, scale::Scale, spark::SparkPoint, theme::Theme};

/// The label's background if none is set.
const DEFAULT_LABEL_COLOR: &str = "#555";

/// A badge prepared for its style.
#[derive(Clone, Copy)]
pub(crate) struct Drawing<'a> {
    pub(crate) label: &'a MeasuredText<'a>,
    pub(crate) message: &'a MeasuredText<'a>,
    /// The segments that have a section of their own.
    pub(crate) segments: &'a [SegmentDrawing<'a>],
    /// The sparkline, if it has points.
    pub(crate) spark: Option<&'a SparkDrawing<'a>>,
    /// The background of the message.
    pub(crate) color: &'a Color,
    pub(crate) label_color: Option<&'a Color>,
    pub(crate) logo: Option<&'a Logo>,
    /// Whether the logo's colours are inverted if the reader prefers dark.
    pub(crate) icon_adapts: bool,
    pub(crate) links: &'a Links,
    pub(crate) scale: Scale,
    pub(crate) theme: Theme,
    /// The suffix of every id in the SVG.
    pub(crate) id: IdSuffix,
    /// Whether there is a text that is drawn as outlines.
    pub(crate) has_outlines: bool,
    /// Whether there are only texts and colours, and no outlines.
    pub(crate) is_plain: bool,
}

static NO_LINKS: Links = Links { left: None, right: None };

/// A segment's text and background.
pub(crate) struct SegmentDrawing<'a> {
    pub(crate) text: MeasuredText<'a>,
    pub(crate) color: &'a Color,
}

/// The points of a sparkline, and its escaped description.
pub(crate) struct SparkDrawing<'a> {
    pub(crate) points: &'a [SparkPoint],
    pub(crate) words_xml: Cow<'a, str>,
}

impl<'a> Drawing<'a> {
    /// The same drawing, if it is plain. When a style draws the result, the compiler removes the code for everything
    /// that a plain drawing cannot have, because it sees here that these parts are absent.
    #[inline(always)]
    pub(crate) fn plain(&self) -> Option<Self> {
        self.is_plain.then_some(Self {
            segments: &[],
            spark: None,
            logo: None,
            icon_adapts: false,
            links: &NO_LINKS,
            scale: Scale::ONE,
            theme: Theme::Fixed,
            has_outlines: false,
            is_plain: true,
            ..*self
        })
    }

    /// The link of the label alone.
    pub(crate) fn label_link(&self) -> Option<&'a Link> {
        self.links.left.as_ref().filter(|_| self.links.right.is_some())
    }

    pub(crate) fn message_link(&self) -> Option<&'a Link> {
        self.links.right.as_ref()
    }

    /// The link of the whole badge: the left link, if there is no right one.
    pub(crate) fn whole_link(&self) -> Option<&'a Link> {
        self.links.left.as_ref().filter(|_| self.links.right.is_none())
    }

    pub(crate) fn has_links(&self) -> bool {
        self.links.left.is_some() || self.links.right.is_some()
    }

    /// The width of the logo, in pixels; 0 without a logo.
    pub(crate) fn logo_width(&self) -> i64 {
        self.logo.map_or(0, Logo::width)
    }

    /// The width of the logo and of the gap between it and the label's text.
    pub(crate) fn logo_and_gap_width(&self) -> i64 {
        match self.logo {
            Some(logo) if !self.label.is_empty() => logo.width() + 3,
            _ => self.logo_width(),
        }
    }

    /// The label's background, as it is written into the SVG.
    pub(crate) fn label_fill(&self) -> &'a str {
        self.label_color.map_or(DEFAULT_LABEL_COLOR, Color::svg)
    }

    /// Whether the label needs dark text. The default background does not.
    pub(crate) fn label_is_light(&self) -> bool {
        self.label_color.is_some_and(Color::is_light)
    }

    /// Whether the SVG adapts to its reader's preference of light or dark.
    pub(crate) fn follows_reader(&self) -> bool {
        self.theme == Theme::Auto
    }

    /// Whether the label's background is lighter if the reader prefers dark.
    pub(crate) fn label_adapts(&self) -> bool {
        self.follows_reader() && self.label_color.is_none()
    }
}
