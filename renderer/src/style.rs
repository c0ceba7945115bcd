//! The five looks: their names, and the way from a badge to the one that draws it.

mod classic;
mod flat;
mod flat_square;
mod for_the_badge;
mod plastic;
mod social;

use std::borrow::Cow;

use badgesmith_fonts::Face;

#[cfg(feature = "png")]
use classic::Classic;

use crate::id::IdSuffix;
use crate::markup::Markup;
use crate::markup::frame::Drawing;
use crate::text::{self, Words};
use crate::{Color, ResolvedBadge};
#[cfg(feature = "png")]
use crate::{Scale, canvas::Canvas, png::PngError};

/// A stop of a gradient: how far along it is, its grey, its opacity.
pub(crate) type Stop = (f32, u8, f32);

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

    /// What label and message are set in.
    fn faces(self) -> (Face, Face) {
        match self {
            Self::Flat | Self::FlatSquare | Self::Plastic => (Face::Verdana11, Face::Verdana11),
            Self::ForTheBadge => (Face::Verdana10, Face::VerdanaBold10),
            Self::Social => (Face::HelveticaBold11, Face::HelveticaBold11),
        }
    }
}

/// Appends the badge, drawn in its style.
pub(crate) fn draw(badge: &ResolvedBadge, out: &mut String) {
    prepared(badge, badge.outline, |drawing| {
        let mut out = Markup::new(out);
        match badge.style {
            Style::Flat => flat::draw(drawing, &mut out),
            Style::FlatSquare => flat_square::draw(drawing, &mut out),
            Style::Plastic => plastic::draw(drawing, &mut out),
            Style::ForTheBadge => for_the_badge::draw(drawing, &mut out),
            Style::Social => social::draw(drawing, &mut out),
        }
    });
}

/// The badge painted onto pixels, its words as outlines.
#[cfg(feature = "png")]
pub(crate) fn paint(badge: &ResolvedBadge, scale: Scale) -> Result<Canvas, PngError> {
    prepared(badge, true, |drawing| match badge.style {
        Style::Flat => Classic::measure(drawing, &flat::LOOK).paint(scale),
        Style::FlatSquare => Classic::measure(drawing, &flat_square::LOOK).paint(scale),
        Style::Plastic => Classic::measure(drawing, &plastic::LOOK).paint(scale),
        Style::ForTheBadge => for_the_badge::paint(drawing, scale),
        Style::Social => social::paint(drawing, scale),
    })
}

/// Draws with the badge's words as its style sets them: before anything is measured, because they are as wide as they are drawn.
fn prepared<T>(badge: &ResolvedBadge, outline: bool, draw: impl FnOnce(&Drawing) -> T) -> T {
    let mut label = text::cleaned(&badge.label);
    let whole = if badge.style == Style::Social { badge.whole_message() } else { badge.message.as_str().into() };
    let mut message = text::cleaned(&whole);
    let mut segments = segments(badge);
    match badge.style {
        Style::ForTheBadge => {
            (label, message) = (text::upper(label), text::upper(message));
            segments = segments.into_iter().map(|(words, color)| (text::upper(words), color)).collect();
        }
        Style::Social => label = text::capitalized(label),
        Style::Flat | Style::FlatSquare | Style::Plastic => {}
    }
    let (label_face, message_face) = badge.style.faces();
    let (mut label, mut message) = (Words::new(&label, label_face), Words::new(&message, message_face));
    let mut segments: Vec<_> =
        segments.iter().map(|(words, color)| (Words::new(words, message_face), *color)).collect();
    if outline {
        let spacing = if badge.style == Style::ForTheBadge { for_the_badge::LETTER_SPACING as f32 / 4.0 } else { 0.0 };
        (label, message) = (label.outlined(spacing), message.outlined(spacing));
        segments = segments.into_iter().map(|(words, color)| (words.outlined(spacing), color)).collect();
    }
    draw(&Drawing { badge, label, message, segments, id: IdSuffix::of(badge).as_str() })
}

/// The words of the segments that are drawn by themselves.
fn segments(badge: &ResolvedBadge) -> Vec<(Cow<'_, str>, &Color)> {
    if badge.style == Style::Social {
        return Vec::new();
    }
    let segments = badge.segments.iter().map(|segment| (text::cleaned(&segment.text), &segment.color));
    segments.filter(|(words, _)| !words.is_empty()).collect()
}
