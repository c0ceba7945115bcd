//! Overrides: query parameters that every badge accepts. They take precedence over the provider's badge, which takes
//! precedence over the manifest's defaults.

use badgesmith_renderer::{BadgeSegment, Color, Link, Logo, Scale, Spark, Style, Theme, is_icon};

use super::static_path;
use crate::{error::Error, format::Format, request::Pairs};

/// The most `segment` parameters of a badge.
const MOST_SEGMENTS: usize = 8;
/// The longest text that is drawn, in UTF-16 code units, as in shields. A longer text is cut.
const LONGEST_TEXT: usize = 255;

/// A query parameter that every badge accepts.
pub(crate) struct Override {
    pub(crate) name: &'static str,
    /// A deprecated name, which is used if the current one is missing.
    older: Option<&'static str>,
    /// Whether `/openapi.json` describes it.
    pub(crate) is_documented: bool,
    /// The allowed values, which the error for any other value lists; empty if there are too many to list.
    choices: &'static [&'static str],
    read: Read,
}

/// How an override is parsed. A parser returns whether the value is allowed. An empty value counts as missing, except
/// for [`Read::Text`] and [`Read::Each`].
enum Read {
    /// The first value of the parameter.
    One(fn(&mut Overrides, &str) -> bool),
    /// Any text, an empty one included.
    Text(fn(&mut Overrides, &str)),
    /// All values of the parameter.
    Each(fn(&mut Overrides, &str) -> bool),
    /// Already parsed with the address: `format`.
    WithAddress,
}

/// All overrides. If several values are invalid, the first in this order is reported.
pub(crate) const OVERRIDES: [Override; 16] = [
    documented("format", Read::WithAddress),
    among(&Style::NAMES, documented("style", Read::One(|all, text| set(&mut all.style, style(text))))),
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
    documented(
        "logoColor",
        Read::One(|all, text| set(&mut all.logo_color, Color::parse(text).map(|_| text.to_owned()))),
    ),
    among(
        &["auto"],
        documented(
            "logoSize",
            Read::One(|all, text| set(&mut all.logo_size, word(text, "auto").map(|()| text.to_owned()))),
        ),
    ),
    documented("link", Read::Each(Overrides::read_link)),
    among(&["outline"], documented("text", Read::One(|all, text| flag(&mut all.outline, text, "outline")))),
    among(&["aa"], documented("contrast", Read::One(|all, text| flag(&mut all.contrast, text, "aa")))),
    among(
        &["auto"],
        documented("theme", Read::One(|all, text| set(&mut all.theme, word(text, "auto").map(|()| Theme::Auto)))),
    ),
    documented("segment", Read::Each(Overrides::read_segment)),
    documented("scale", Read::One(|all, text| set(&mut all.scale, text.parse().ok().and_then(Scale::new)))),
    Override {
        is_documented: false,
        choices: &["classic"],
        ..documented("palette", Read::One(|all, text| flag(&mut all.is_classic, text, "classic")))
    },
    Override {
        older: Some("maxAge"),
        ..documented("cacheSeconds", Read::One(|all, text| set(&mut all.cache_seconds, text.parse().ok())))
    },
];

const fn documented(name: &'static str, read: Read) -> Override {
    Override { name, older: None, is_documented: true, choices: &[], read }
}

const fn among(choices: &'static [&'static str], parameter: Override) -> Override {
    Override { choices, ..parameter }
}

/// The overrides of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    pub(super) style: Option<Style>,
    pub(super) label: Option<String>,
    pub(super) color: Option<Color>,
    pub(super) label_color: Option<Color>,
    pub(super) named_logo: Option<String>,
    pub(super) logo: Option<Logo>,
    pub(super) logo_color: Option<String>,
    pub(super) logo_size: Option<String>,
    pub(super) links: Vec<Option<Link>>,
    pub(super) outline: bool,
    pub(super) contrast: bool,
    pub(super) theme: Option<Theme>,
    /// Whether color names mean the colors that shields had before 2026.
    pub(super) is_classic: bool,
    pub(super) segments: Vec<BadgeSegment>,
    /// Whether an invalid value is an error.
    is_strict: bool,
    /// The scale of a picture.
    pub(crate) scale: Option<Scale>,
    /// The sparkline of the history of the badge's records.
    pub(crate) spark: Option<Spark>,
    /// The least `max-age` that the caller asks for, in seconds.
    pub(crate) cache_seconds: Option<u32>,
}

impl Overrides {
    /// Parses the query. For JSON an invalid value is an error that names the parameter and, if they are
    /// few, its values. For a picture it is ignored, because a badge without the override is more useful to a reader
    /// than an error.
    pub(crate) fn read(pairs: &Pairs, format: Format) -> Result<Self, Error> {
        let mut overrides = Self { is_strict: format == Format::Json, ..Self::default() };
        for Override { name, older, choices, read, .. } in &OVERRIDES {
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
                return Err(Error::not_among(name, pairs.get(name).unwrap_or_default(), choices));
            }
        }
        Ok(overrides)
    }

    /// The name of an icon, or a picture as a data URI.
    fn read_logo(&mut self, text: &str) -> bool {
        if Logo::is_image(text) {
            set(&mut self.logo, Logo::parse(text))
        } else {
            set(&mut self.named_logo, named_logo(text))
        }
    }

    /// The first link is for the left half, the second for the right half; further ones are ignored.
    fn read_link(&mut self, text: &str) -> bool {
        if self.links.len() == 2 {
            return true;
        }
        let link = Link::parse(text);
        let is_allowed = link.is_some() || text.is_empty();
        self.links.push(link);
        is_allowed
    }

    /// `message-color`, in the syntax of a static badge's path.
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

    /// Whether the caller named a style; if so, JSON contains it.
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

/// Sets a flag if the text is the only value that is allowed.
fn flag(field: &mut bool, text: &str, expected: &str) -> bool {
    *field = text == expected;
    *field
}

fn word(text: &str, expected: &str) -> Option<()> {
    (text == expected).then_some(())
}

/// The icon's name, if there is such an icon. Form decoding turns the signs of `logo=c++` into spaces. An icon's name
/// has no trailing and no consecutive spaces, so such spaces are turned back into `+`.
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

/// Parses a style. The deprecated `popout` styles are drawn flat, as in shields.
fn style(name: &str) -> Option<Style> {
    match name {
        "popout" => Some(Style::Flat),
        "popout-square" => Some(Style::FlatSquare),
        name => Style::parse(name),
    }
}

/// Cuts a text to [`LONGEST_TEXT`].
pub(super) fn shortened(mut text: String) -> String {
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
    fn a_plus_that_form_decoding_made_a_space_is_restored() {
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
    fn a_text_is_cut_where_shields_cuts_it_and_between_characters() {
        for (text, length) in [("a".repeat(255), 255), ("a".repeat(256), 255), ("é".repeat(300), 510)] {
            assert_eq!(shortened(text).len(), length);
        }
        assert_eq!(shortened("😀".repeat(200)), "😀".repeat(127));
    }
}
