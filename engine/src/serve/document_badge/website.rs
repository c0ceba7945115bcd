//! Whether a website answers: `/website?url=…`, with `up_message`, `down_message`, `up_color` and `down_color`.

use badgesmith_provider::{Badge, Failure, FailureKind};

use super::document_rules::TOO_LARGE;
use crate::{badge_content::BadgeContent, code::Code, request::Pairs};

/// Statuses from here on say that there is nothing at the address.
const FIRST_BAD_STATUS: u16 = 310;

/// What the badge says of a website. Its `Debug` output is part of the cache key, so it must show every field.
#[derive(Debug)]
pub(super) struct Website {
    up: State,
    down: State,
}

/// A message and its color.
#[derive(Debug)]
struct State {
    message: String,
    color: String,
}

impl Website {
    /// Reads the words and colors that the caller chose.
    pub(super) fn read(pairs: &Pairs) -> Self {
        let text =
            |name: &str, default: &str| pairs.get(name).filter(|text| !text.is_empty()).unwrap_or(default).to_owned();
        Self {
            up: State { message: text("up_message", "up"), color: text("up_color", "brightgreen") },
            down: State { message: text("down_message", "down"), color: text("down_color", "red") },
        }
    }

    /// The badge of a website that answered with this status.
    pub(super) fn answered(&self, status: u16) -> BadgeContent {
        if status < FIRST_BAD_STATUS { self.up.badge() } else { self.down.badge() }
    }

    /// The badge of a website of which this failure is known; none if the failure says nothing about the website.
    pub(super) fn unanswered(&self, failure: &Failure) -> Option<BadgeContent> {
        let is_down = [Code::UpstreamUnavailable, Code::UpstreamTimeout].iter().any(|code| code.name() == failure.code);
        match failure.kind {
            FailureKind::InvalidResponse if failure.words == TOO_LARGE => Some(self.up.badge()),
            FailureKind::InvalidResponse => Some(self.down.badge()),
            _ => is_down.then(|| self.down.badge()),
        }
    }
}

impl State {
    fn badge(&self) -> BadgeContent {
        Badge::new(&*self.message).color(&*self.color).label("website").into()
    }
}
