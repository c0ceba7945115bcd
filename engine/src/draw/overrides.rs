//! Every field of a badge decided: the caller's overrides over the provider's badge over the manifest's defaults.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme, is_icon};

use super::static_path;
use crate::{
    badge_content::{BadgeContent, Extras},
    error::Error,
    format::Format,
    request::Pairs,
};

/// How many segments a badge takes.
const MOST_SEGMENTS: usize = 8;
/// The longest text that is drawn, in UTF-16 units: shields counts so, and leaves the rest out.
const LONGEST_TEXT: usize = 255;

/// A query parameter that every badge takes.
pub(crate) struct Override {
    pub(crate) name: &'static str,
    /// The name it had at first; it counts where the newer one is missing.
    older: Option<&'static str>,
    /// Whether `/openapi.json` describes it.
    pub(crate) is_documented: bool,
    read: Read,
}

/// How an override is read; a reader returns whether the value is allowed. An empty value counts as missing, except of
/// [`Read::Text`].
enum Read {
    /// The first value of the name.
    One(fn(&mut Overrides, &str) -> bool),
    /// Any text, also an empty one.
    Text(fn(&mut Overrides, &str)),
    /// Every value of the name.
    Each(fn(&mut Overrides, &str) -> bool),
    /// `format` is read before, with the address.
    WithAddress,
}

/// The overrides, in the order in which a mistake in several of them is reported.
pub(crate) const OVERRIDES: [Override; 16] = [
    documented("format", Read::WithAddress),
    documented("style", Read::One(|all, text| set(&mut all.style, style(text)))),
    documented("label", Read::Text(|all, text| all.label = Some(text.to_owned()))),
    Override {
        older: Some("colorB"),
        ..documented("color", Read::One(|all, text| set(&mut all.color, Color::parse(text))))
    },
    Override {
        older: Some("colorA"),
        ..documented("labelColor", Read::One(|all, text| set(&mut all.label_color, Color::parse(text))))
    },
    documented("logo", Read::One(Overrides::read_logo)),
    documented("logoColor", Read::One(|all, text| set(&mut all.logo_color, Some(text.to_owned())))),
    documented(
        "logoSize",
        Read::One(|all, text| set(&mut all.logo_size, word(text, "auto").map(|()| text.to_owned()))),
    ),
    documented("link", Read::Each(Overrides::read_link)),
    documented("text", Read::One(|all, text| flag(&mut all.outline, text, "outline"))),
    documented("contrast", Read::One(|all, text| flag(&mut all.contrast, text, "aa"))),
    documented("theme", Read::One(|all, text| set(&mut all.theme, word(text, "auto").map(|()| Theme::Auto)))),
    documented("segment", Read::Each(Overrides::read_segment)),
    documented("scale", Read::One(|all, text| set(&mut all.scale, text.parse().ok().and_then(Scale::new)))),
    Override {
        is_documented: false,
        ..documented("palette", Read::One(|all, text| flag(&mut all.is_classic, text, "classic")))
    },
    Override {
        older: Some("maxAge"),
        ..documented("cacheSeconds", Read::One(|all, text| set(&mut all.cache_seconds, text.parse().ok())))
    },
];

const fn documented(name: &'static str, read: Read) -> Override {
    Override { name, older: None, is_documented: true, read }
}

/// What a caller overrides, read once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    style: Option<Style>,
    label: Option<String>,
    color: Option<Color>,
    label_color: Option<Color>,
    named_logo: Option<String>,
    logo: Option<Logo>,
    logo_color: Option<String>,
    logo_size: Option<String>,
    links: Vec<Option<Link>>,
    outline: bool,
    contrast: bool,
    theme: Option<Theme>,
    /// Whether shields' color names are drawn as before 2026.
    is_classic: bool,
    segments: Vec<BadgeSegment>,
    /// Whether a mistake is an error.
    is_strict: bool,
    /// How many times larger a picture is.
    pub(crate) scale: Option<Scale>,
    /// How long the caller wants the badge to be cached, in seconds.
    pub(crate) cache_seconds: Option<u32>,
}

impl Overrides {
    /// Reads the query. As JSON a mistake is an error that names the parameter; on a picture it is left out, because a
    /// picture with the words is worth more than a refusal.
    pub(crate) fn read(pairs: &Pairs, format: Format) -> Result<Self, Error> {
        let mut overrides = Self { is_strict: format == Format::Json, ..Self::default() };
        for Override { name, older, read, .. } in &OVERRIDES {
            let name = older.filter(|older| pairs.get(name).is_none() && pairs.get(older).is_some()).unwrap_or(name);
            let is_allowed = match read {
                Read::WithAddress => true,
                Read::Text(read) => {
                    pairs.get(name).into_iter().for_each(|text| read(&mut overrides, text));
                    true
                }
                Read::One(read) => match pairs.get(name) {
                    None | Some("") => true,
                    Some(text) => read(&mut overrides, text),
                },
                Read::Each(read) => {
                    let mistakes = pairs.all(name).filter(|text| !read(&mut overrides, text)).count();
                    mistakes == 0
                }
            };
            if overrides.is_strict && !is_allowed {
                return Err(Error::invalid_override(name));
            }
        }
        Ok(overrides)
    }

    /// An icon's name or a picture as a data URI.
    fn read_logo(&mut self, text: &str) -> bool {
        if Logo::is_image(text) {
            set(&mut self.logo, Logo::parse(text))
        } else {
            set(&mut self.named_logo, named_logo(text))
        }
    }

    /// The first link is that of the left half, the second that of the right one.
    fn read_link(&mut self, text: &str) -> bool {
        if self.links.len() == 2 {
            return true;
        }
        let link = Link::parse(text);
        let is_allowed = link.is_some() || text.is_empty();
        self.links.push(link);
        is_allowed
    }

    /// `message-color`, by the rules of a static badge's path.
    fn read_segment(&mut self, text: &str) -> bool {
        let Some((_, text, color)) = static_path::parse(text).filter(|(label, ..)| label.is_empty()) else {
            return false;
        };
        let color = Color::parse(&color);
        if self.segments.len() == MOST_SEGMENTS || (self.is_strict && color.is_none()) {
            return false;
        }
        self.segments.push(BadgeSegment { text: shortened(text), color: color.unwrap_or(Color::LIGHTGREY) });
        true
    }

    /// The caller's overrides over what a document says beyond its badge.
    pub(crate) fn over(mut self, content: &BadgeContent) -> Self {
        let Some(Extras { style, logo, logo_color, logo_size, .. }) = content.extras.as_deref() else { return self };
        self.style = self.style.or(*style);
        if self.logo.is_none() && self.named_logo.is_none() {
            self.logo = logo.clone();
            self.logo_color = self.logo_color.or_else(|| logo_color.clone());
            self.logo_size = self.logo_size.or_else(|| logo_size.clone());
        }
        self
    }

    /// The badge with every field final. An error keeps its colours whatever the caller wants.
    pub(crate) fn resolve(self, route: &BadgeRoute, badge: Badge, is_error: bool) -> ResolvedBadge {
        let provided = badge.color.as_deref().and_then(Color::parse);
        let fallback = || route.color.as_deref().and_then(Color::parse).unwrap_or(Color::LIGHTGREY);
        let (color, label_color) = if is_error { (None, None) } else { (self.color, self.label_color) };
        let default_logo = || badge.named_logo.or_else(|| route.logo.clone());
        let label = self.label.or(badge.label).unwrap_or_else(|| route.label.clone());
        let mut resolved = ResolvedBadge::new(shortened(label), shortened(badge.message));
        resolved.color = color.or(provided).unwrap_or_else(fallback);
        resolved.label_color = label_color.or_else(|| badge.label_color.as_deref().and_then(Color::parse));
        resolved.style = self.style.unwrap_or(Style::Flat);
        resolved.is_error = is_error;
        resolved.named_logo = if self.logo.is_some() { None } else { self.named_logo.or_else(default_logo) };
        resolved.logo = self.logo;
        resolved.logo_color = self.logo_color;
        resolved.logo_size = self.logo_size;
        let mut links = self.links.into_iter();
        resolved.links = Links { left: links.next().flatten(), right: links.next().flatten() };
        resolved.outline = self.outline;
        resolved.contrast = self.contrast;
        resolved.theme = self.theme.unwrap_or(Theme::Fixed);
        resolved.segments = self.segments;
        resolved.scale = self.scale.unwrap_or(Scale::ONE);
        if self.is_classic {
            resolved.color = resolved.color.classic();
            resolved.label_color = resolved.label_color.map(|color| color.classic());
            resolved.segments.iter_mut().for_each(|segment| segment.color = segment.color.classic());
        }
        resolved
    }

    /// Whether the caller named a style, which JSON then repeats.
    pub(crate) const fn names_style(&self) -> bool {
        self.style.is_some()
    }
}

/// Sets a field, and returns whether there was a value.
fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    let is_allowed = value.is_some();
    *field = value;
    is_allowed
}

/// Sets a field where the text is the one word that it may be.
fn flag(field: &mut bool, text: &str, expected: &str) -> bool {
    *field = text == expected;
    *field
}

fn word(text: &str, expected: &str) -> Option<()> {
    (text == expected).then_some(())
}

/// The icon's name, if it is one. A form has blanks where `logo=c++` has its signs; a name ends in no blank and has no two
/// of them together.
fn named_logo(text: &str) -> Option<String> {
    let words = text.trim_end_matches(' ');
    let mut name = String::with_capacity(text.len());
    let mut blanks = 0;
    for letter in words.chars() {
        if letter == ' ' {
            blanks += 1;
            continue;
        }
        if blanks > 0 {
            name.extend(std::iter::repeat_n('+', blanks - 1));
            name.push(' ');
            blanks = 0;
        }
        name.push(letter);
    }
    name.extend(std::iter::repeat_n('+', text.len() - words.len()));
    if is_icon(&name) { Some(name) } else { is_icon(text).then(|| text.to_owned()) }
}

/// A style; those that popped out of the page long ago are flat.
fn style(name: &str) -> Option<Style> {
    match name {
        "popout" => Some(Style::Flat),
        "popout-square" => Some(Style::FlatSquare),
        name => Style::parse(name),
    }
}

/// As much of a text as is drawn.
fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let mut units = 0;
        let end = text.char_indices().find(|(_, letter)| {
            units += letter.len_utf16();
            units > LONGEST_TEXT
        });
        if let Some((end, _)) = end {
            text.truncate(end);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "icons")]
    #[test]
    fn a_plus_of_a_name_that_a_form_made_a_blank_is_one_again() {
        for (text, name) in [
            ("c  ", Some("c++")),
            ("c++", Some("c++")),
            ("c", Some("c")),
            ("c ", Some("c ")),
            ("notepad  ", Some("notepad++")),
            ("visual studio code", None),
            ("github actions", Some("github actions")),
            ("github actions ", Some("github actions ")),
            ("c   builder", Some("c++ builder")),
            ("  ", None),
            ("", None),
        ] {
            assert_eq!(named_logo(text).as_deref(), name, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_as_long_as_shields_lets_it_be_and_no_letter_is_cut() {
        for (text, length) in [("a".repeat(255), 255), ("a".repeat(256), 255), ("é".repeat(300), 510)] {
            assert_eq!(shortened(text).len(), length);
        }
        assert_eq!(shortened("😀".repeat(200)), "😀".repeat(127));
    }
}
