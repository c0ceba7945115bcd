//! The content of a badge, from a provider or a document, before the caller's overrides.

use badgesmith_provider::Badge;
use badgesmith_renderer::{Logo, Style};

use crate::{bounded::Weight, call::outcome::Outcome, fetch::marks::Source};

/// The content of a badge before the caller's overrides.
#[derive(Clone, Debug)]
pub(crate) struct BadgeContent {
    pub(crate) badge: Badge,
    /// The additional fields of a document; a provider has none.
    pub(crate) extras: Option<Box<Extras>>,
}

/// The fields of the endpoint schema that a provider does not have.
#[derive(Clone, Debug)]
pub(crate) struct Extras {
    pub(crate) is_error: bool,
    pub(crate) style: Option<Style>,
    pub(crate) logo: Option<Logo>,
    pub(crate) logo_color: Option<String>,
    pub(crate) logo_size: Option<String>,
    /// For how many seconds the badge is fresh.
    pub(crate) fresh_seconds: u32,
}

impl BadgeContent {
    pub(crate) fn is_error(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.is_error)
    }
}

impl From<Badge> for BadgeContent {
    fn from(badge: Badge) -> Self {
        Self { badge, extras: None }
    }
}

impl Weight for Outcome<BadgeContent> {
    fn weight(&self) -> usize {
        let text = match &self.result {
            Ok(BadgeContent { badge, extras }) => {
                let logo = extras.as_ref().and_then(|extras| extras.logo.as_ref()).map_or(0, |logo| logo.uri().len());
                let extras = extras.as_ref().map_or(0, |_| size_of::<Self>());
                badge.message.len() + badge.label.as_ref().map_or(0, String::len) + extras + logo
            }
            Err(failure) => failure.words.len() + failure.code.len(),
        };
        let sources = self.sources.len() * size_of::<Source>();
        size_of::<Outcome<Badge>>() + text + sources
    }
}
