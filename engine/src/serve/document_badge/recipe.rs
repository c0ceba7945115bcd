//! How a badge is made from a document.

use std::fmt::Write;

use badgesmith_provider::Failure;

use super::{dynamic::DynamicRecipe, endpoint};
use crate::{addresses::Serves, badge_content::BadgeContent, request::Pairs};

/// How a badge is made from a document.
#[derive(Debug)]
pub(super) enum Recipe {
    /// The document describes the badge.
    Endpoint,
    /// The badge shows what is found in the document.
    Dynamic(DynamicRecipe),
}

impl Recipe {
    /// Reads the parameters of an address that serves document badges.
    pub(super) fn read(serves: Serves, pairs: &Pairs) -> Result<Self, Failure> {
        match serves {
            Serves::Queries(kind) => DynamicRecipe::read_queries(kind, pairs).map(Self::Dynamic),
            Serves::Regex => DynamicRecipe::read_regex(pairs).map(Self::Dynamic),
            _ => Ok(Self::Endpoint),
        }
    }

    /// The `Accept` header.
    pub(super) const fn accept(&self) -> &'static str {
        match self {
            Self::Endpoint => endpoint::ACCEPT,
            Self::Dynamic(recipe) => recipe.accept(),
        }
    }

    /// Whether a document is parsed on the request's own thread.
    pub(super) fn is_quick(&self, body: &[u8]) -> bool {
        matches!(self, Self::Endpoint) && body.len() <= endpoint::SMALL
    }

    /// The badge; `media_type` is the document's `Content-Type`, empty where it has none.
    pub(super) fn make(&self, body: &[u8], media_type: &str) -> Result<BadgeContent, Failure> {
        match self {
            Self::Endpoint => endpoint::read(body),
            Self::Dynamic(recipe) => recipe.make(body, media_type),
        }
    }

    /// The cache key of a badge of the document at this address.
    pub(super) fn key(&self, url: &str) -> String {
        let mut key = format!("open {}:{url}", url.len());
        if let Self::Dynamic(recipe) = self {
            // Writing to a String cannot fail.
            let _ = write!(key, "{recipe:?}");
        }
        key
    }
}
