//! The badge as it is handed over: every field final, ready to draw.

use crate::{Color, Link, Logo, Scale, Segment, Style, Theme};

/// A badge with every field final, in the words of shields' endpoint schema.
///
/// ```
/// use badgesmith_renderer::{Color, ResolvedBadge, Style};
///
/// let badge = ResolvedBadge { color: Color::BLUE, style: Style::ForTheBadge, ..ResolvedBadge::new("nuget", "13.0.3") };
/// assert_eq!(badge.label, "nuget");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedBadge {
    /// The text on the left; empty for a badge of one half.
    pub label: String,
    /// The text on the right.
    pub message: String,
    /// Further halves right of the message. Social and JSON, which have no place for them, add them to the message: `188 passed | 2 failed`.
    pub segments: Vec<Segment>,
    /// The background of the message.
    pub color: Color,
    /// The background of the label; without it the style's own grey.
    pub label_color: Option<Color>,
    /// The look.
    pub style: Style,
    /// Whether the badge tells of an error. JSON only: the words and the colour say it in the picture.
    pub is_error: bool,
    /// The name of an icon. JSON only, until [`with_icon`](Self::with_icon) makes a logo of it.
    pub named_logo: Option<String>,
    /// An image drawn left of the label.
    pub logo: Option<Logo>,
    /// The colour of a named icon, as it was asked for.
    pub logo_color: Option<String>,
    /// How wide a named icon may become: `auto`, or as wide as high.
    pub logo_size: Option<String>,
    /// Whether the words are drawn as outlines of the shipped face, laid out by its widths, so that the badge looks the same where no
    /// font is installed. Without the feature `faces` they remain text.
    pub outline: bool,
    /// Where a click leads.
    pub links: Links,
    /// Whether words and backgrounds are chosen so that the words can be read (WCAG level AA) rather than as badge-maker does.
    pub contrast: bool,
    /// How large the SVG says it is; its picture and its JSON are the same. A PNG's scale is [`png`](crate::png())'s own argument.
    pub scale: Scale,
    /// Whether the SVG follows what its reader prefers, light or dark. A PNG cannot.
    pub theme: Theme,
}

impl ResolvedBadge {
    /// A light grey flat badge with nothing but its words, as shields draws what has no colour.
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
            color: Color::LIGHTGREY,
            label_color: None,
            style: Style::Flat,
            is_error: false,
            named_logo: None,
            logo: None,
            logo_color: None,
            logo_size: None,
            outline: false,
            links: Links::default(),
            contrast: false,
            scale: Scale::ONE,
            theme: Theme::Fixed,
        }
    }
}

/// Where a click on either half leads. A left link alone makes the whole badge one link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The label's link, or the whole badge's where there is no right one.
    pub left: Option<Link>,
    /// The message's link.
    pub right: Option<Link>,
}
