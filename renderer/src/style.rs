//! The five looks: their names, and the way from a badge to the one that draws it.

mod classic;
mod flat;
mod flat_square;
mod for_the_badge;
mod plastic;
mod social;

use crate::ResolvedBadge;
use crate::frame::Drawing;
use crate::id::IdSuffix;
use crate::markup::Markup;
use crate::text::{self, Words};

/// A look, by shields' name for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// `flat`: round corners, a slight gradient, words with a shadow.
    #[default]
    Flat,
    /// `flat-square`: no corners, no gradient, no shadow.
    FlatSquare,
    /// `plastic`: a strong gradient, two pixels lower than the others.
    Plastic,
    /// `for-the-badge`: large, square, all capitals.
    ForTheBadge,
    /// `social`: a button and a speech bubble.
    Social,
}

impl Style {
    /// Reads shields' name of a style; `None` for any other text.
    ///
    /// ```
    /// use badgesmith_renderer::Style;
    ///
    /// assert_eq!(Style::parse("for-the-badge"), Some(Style::ForTheBadge));
    /// assert_eq!(Style::parse("Flat"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Flat, Self::FlatSquare, Self::Plastic, Self::ForTheBadge, Self::Social]
            .into_iter()
            .find(|style| style.name() == name)
    }

    /// shields' name of the style.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::FlatSquare => "flat-square",
            Self::Plastic => "plastic",
            Self::ForTheBadge => "for-the-badge",
            Self::Social => "social",
        }
    }
}

/// Appends the badge, drawn in its style.
pub(crate) fn draw(badge: &ResolvedBadge, out: &mut String) {
    let mut label = text::cleaned(&badge.label);
    let mut message = text::cleaned(&badge.message);
    // Before anything is measured: the words are as wide as they are drawn.
    match badge.style {
        Style::ForTheBadge => (label, message) = (text::upper(label), text::upper(message)),
        Style::Social => label = text::capitalized(label),
        Style::Flat | Style::FlatSquare | Style::Plastic => {}
    }
    let drawing = Drawing { badge, label: Words::new(&label), message: Words::new(&message), id: IdSuffix::of(badge) };
    let mut out = Markup::new(out);
    match badge.style {
        Style::Flat => flat::draw(&drawing, &mut out),
        Style::FlatSquare => flat_square::draw(&drawing, &mut out),
        Style::Plastic => plastic::draw(&drawing, &mut out),
        Style::ForTheBadge => for_the_badge::draw(&drawing, &mut out),
        Style::Social => social::draw(&drawing, &mut out),
    }
}
