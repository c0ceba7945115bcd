//! The input of the renderer: a badge whose fields are all resolved.

use std::borrow::Cow;

use badgesmith_fonts::AddedFaces;

use crate::segment::{BadgeSegment, SEPARATOR};
use crate::{color::Color, link::Links, logo::Logo, scale::Scale, spark::Spark};
use crate::{style::Style, text::cleaned, theme::Theme};

/// A badge that is ready to be drawn. Fields have the names of shields' endpoint schema.
///
/// ```
/// use badgesmith_renderer::{Color, ResolvedBadge, Style};
///
/// let style = Style::ForTheBadge;
/// let badge = ResolvedBadge { color: Color::BLUE, style, ..ResolvedBadge::new("nuget", "13.0.3") };
/// assert_eq!(badge.label, "nuget");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedBadge {
    /// The text on the left; empty for a badge without a label.
    pub label: String,
    /// The text on the right.
    pub message: String,
    /// Further sections right of the message. The style social and JSON cannot show them and append them to the
    /// message: `188 passed | 2 failed`.
    pub segments: Vec<BadgeSegment>,
    /// A sparkline right of everything else.
    pub spark: Option<Spark>,
    /// The background of the message.
    pub color: Color,
    /// The background of the label; the style's own grey if it is `None`.
    pub label_color: Option<Color>,
    /// The style.
    pub style: Style,
    /// Whether the badge reports an error. Only JSON contains this field; a picture shows an error by its text and
    /// colour.
    pub is_error: bool,
    /// The name of an icon. Only JSON contains it, unless [`with_icon`](Self::with_icon) turns it into a logo.
    pub named_logo: Option<String>,
    /// An image drawn left of the label.
    pub logo: Option<Logo>,
    /// The colour of a named icon, as the caller gave it.
    pub logo_color: Option<String>,
    /// The width of a named icon: `auto` fits it to its shape, otherwise it is as wide as it is high.
    pub logo_size: Option<String>,
    /// Whether text is drawn as outlines of the bundled font, so that the badge looks the same without installed fonts.
    /// Without the feature `faces` it remains text.
    pub outline: bool,
    /// The links.
    pub links: Links,
    /// Whether text and background colours are adjusted to be readable (WCAG level AA) instead of being badge-maker's.
    pub contrast: bool,
    /// The scale of the SVG. It changes only the SVG's own width and height. The scale of a PNG is an argument of
    /// [`png`](crate::png()).
    pub scale: Scale,
    /// Whether the SVG adapts to its reader's preference of light or dark. A PNG cannot.
    pub theme: Theme,
    /// Faces for characters that the bundled font lacks, where text is drawn as outlines or as pixels.
    pub faces: AddedFaces,
}

impl ResolvedBadge {
    /// A light grey flat badge with two texts and nothing else, as shields draws a badge without a colour.
    ///
    /// ```
    /// use badgesmith_renderer::{Color, ResolvedBadge, Style};
    ///
    /// let badge = ResolvedBadge::new("build", "unknown");
    /// assert_eq!((badge.color, badge.style), (Color::LIGHTGREY, Style::Flat));
    /// ```
    pub fn new(label: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            message: message.into(),
            segments: Vec::new(),
            spark: None,
            color: Color::LIGHTGREY,
            label_color: None,
            style: Style::Flat,
            is_error: false,
            named_logo: None,
            logo: None,
            logo_color: None,
            logo_size: None,
            outline: false,
            faces: AddedFaces::default(),
            links: Links::default(),
            contrast: false,
            scale: Scale::ONE,
            theme: Theme::Fixed,
        }
    }

    /// Whether the badge has only texts and colours, as nearly all badges do.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        let Self { segments, spark, logo, links, outline, scale, theme, .. } = self;
        let has_links = links.left.is_some() || links.right.is_some();
        let has_parts = !segments.is_empty() || spark.is_some() || logo.is_some() || has_links;
        !has_parts && !outline && *scale == Scale::ONE && *theme == Theme::Fixed
    }

    /// The message and all segments as one text.
    pub(crate) fn message_with_segments(&self) -> Cow<'_, str> {
        if self.segments.is_empty() {
            return Cow::Borrowed(&self.message);
        }
        let texts = std::iter::once(&self.message).chain(self.segments.iter().map(|segment| &segment.text));
        let texts: Vec<_> = texts.map(|text| cleaned(text)).filter(|text| !text.is_empty()).collect();
        Cow::Owned(texts.join(SEPARATOR))
    }
}
