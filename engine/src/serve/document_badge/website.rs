//! Whether a website answers: `/website?url=…`, with `up_message`, `down_message`, `up_color` and `down_color`.

use badgesmith_provider::{Badge, Failure, FailureKind};

use super::document_rules::TOO_LARGE;
use crate::{badge_content::BadgeContent, code::Code, request::Pairs};

/// Statuses from this one on count as "down".
const FIRST_BAD_STATUS: u16 = 310;

/// The messages and colors of a website badge. Its `Debug` output is part of the cache key, so it must show every
/// field.
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

    /// The badge of a website whose request ended with this failure; `None` if the failure says nothing about the
    /// website.
    pub(super) fn unanswered(&self, failure: &Failure) -> Option<BadgeContent> {
        let is_down = [Code::UpstreamUnavailable, Code::UpstreamTimeout].iter().any(|code| code.name() == failure.code);
        match failure.kind {
            FailureKind::InvalidResponse if failure.words == TOO_LARGE => Some(self.up.badge()),
            FailureKind::InvalidResponse => Some(self.down.badge()),
            _ => is_down.then(|| self.down.badge()),
        }
    }
}

/// The parameters that an older address stands for: `website-up-down-green-red/https/example.com`, or without the
/// colors, or without all four. `--` is a dash, `__` an underscore and `_` a space.
pub(super) fn older(content: &str) -> Option<Pairs<'static>> {
    let (words, rest) = content.split_once('/')?;
    let (scheme, address) = rest.split_once('/')?;
    let url = ("url", format!("{}://{address}", scheme.to_ascii_lowercase()));
    let words = words.get("website".len()..)?;
    let Some(words) = words.strip_prefix('-') else { return words.is_empty().then(|| Pairs::of([url])) };
    let words = fields(words);
    let is_complete = matches!(words.len(), 2 | 4) && words.iter().all(|word| !word.is_empty());
    let names = ["up_message", "down_message", "up_color", "down_color"];
    is_complete.then(|| Pairs::of(names.into_iter().zip(words).chain([url])))
}

/// The fields between single dashes, without their escapes.
fn fields(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        let is_pair = matches!(char, '_' | '-') && rest.next_if_eq(&char).is_some();
        match (char, is_pair, fields.last_mut()) {
            ('-', false, _) => fields.push(String::new()),
            ('_', false, Some(field)) => field.push(' '),
            (_, _, Some(field)) => field.push(char),
            (_, _, None) => {}
        }
    }
    fields
}

impl State {
    fn badge(&self) -> BadgeContent {
        Badge::new(&*self.message).color(&*self.color).label("website").into()
    }
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn an_older_address_names_the_website_and_perhaps_words_and_colors() {
        let rows = [
            ("website/https/example.com/a", Some("https://example.com/a |  |  |  | ")),
            ("website-up-down/http/example.com", Some("http://example.com | up | down |  | ")),
            (
                "website-all__well-off--line_now-green-red/https/example.com",
                Some("https://example.com | all_well | off-line now | green | red"),
            ),
            ("website-up/https/example.com", None),
            ("website-up-down-green/https/example.com", None),
            ("website-up-/https/example.com", None),
        ];
        for (content, expected) in rows {
            let shown = older(content).map(|pairs| {
                let names = ["url", "up_message", "down_message", "up_color", "down_color"];
                names.map(|name| pairs.get(name).unwrap_or_default().to_owned()).join(" | ")
            });
            assert_eq!(shown.as_deref(), expected, "{content}");
        }
    }
}
