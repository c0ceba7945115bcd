//! Every field of a badge decided: the caller's overrides over the provider's badge over the manifest's defaults.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme, is_icon};

use crate::{error::Error, open::Opened, request::Pairs, response::Format, static_badge};

/// How many segments a badge takes.
const MOST_SEGMENTS: usize = 8;
/// The longest text that is drawn, in UTF-16 units: shields counts so, and leaves the rest out.
const LONGEST_TEXT: usize = 255;

/// What a caller may override on every badge, read once.
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
    links: Links,
    outline: bool,
    contrast: bool,
    theme: Theme,
    /// Whether shields' names are drawn as before 2026.
    classic: bool,
    segments: Vec<BadgeSegment>,
    /// How many times larger a picture is.
    pub(crate) scale: Option<Scale>,
    /// Seconds that lengthen the badge's time in caches.
    pub(crate) cache_seconds: Option<u32>,
}

impl Overrides {
    /// Reads the query. As JSON a mistake is an error that names the parameter; on an image it is left out, because a
    /// picture with the words is worth more than a refusal.
    pub(crate) fn read(pairs: &Pairs, format: Format) -> Result<Self, Error> {
        let strict = format == Format::Json;
        let has_image = pairs.get("logo").is_some_and(Logo::is_image);
        let read = Self {
            style: one(pairs, strict, "style", style)?,
            label: pairs.get("label").map(str::to_owned),
            color: one(pairs, strict, either(pairs, "color", "colorB"), Color::parse)?,
            label_color: one(pairs, strict, either(pairs, "labelColor", "colorA"), Color::parse)?,
            logo: if has_image { one(pairs, strict, "logo", Logo::parse)? } else { None },
            named_logo: if has_image { None } else { one(pairs, strict, "logo", named_logo)? },
            logo_color: pairs.get("logoColor").filter(|text| !text.is_empty()).map(str::to_owned),
            logo_size: one(pairs, strict, "logoSize", |text| (text == "auto").then(|| text.to_owned()))?,
            links: links(pairs, strict)?,
            outline: one(pairs, strict, "text", |text| (text == "outline").then_some(()))?.is_some(),
            contrast: one(pairs, strict, "contrast", |text| (text == "aa").then_some(()))?.is_some(),
            theme: one(pairs, strict, "theme", |text| (text == "auto").then_some(Theme::Auto))?.unwrap_or(Theme::Fixed),
            segments: segments(pairs, strict)?,
            scale: one(pairs, strict, "scale", |text| Scale::new(text.parse().ok()?))?,
            classic: one(pairs, strict, "palette", |text| (text == "classic").then_some(()))?.is_some(),
            cache_seconds: one(pairs, strict, either(pairs, "cacheSeconds", "maxAge"), |text| text.parse().ok())?,
        };
        Ok(read)
    }

    /// The caller's overrides over what a document says beyond its badge.
    pub(crate) fn over(mut self, opened: &Opened) -> Self {
        self.style = self.style.or(opened.style);
        if self.logo.is_none() && self.named_logo.is_none() {
            self.logo = opened.logo.clone();
            self.logo_color = self.logo_color.or_else(|| opened.logo_color.clone());
            self.logo_size = self.logo_size.or_else(|| opened.logo_size.clone());
        }
        self
    }

    /// The badge with every field final. An error keeps its colours whatever the caller wants.
    pub(crate) fn resolve(self, route: Option<&BadgeRoute>, badge: Badge, is_error: bool) -> ResolvedBadge {
        let default_label = || route.map(|route| route.label.clone()).unwrap_or_default();
        let provided = badge.color.as_deref().and_then(Color::parse);
        let fallback = || route.and_then(|route| Color::parse(route.color.as_deref()?)).unwrap_or(Color::LIGHTGREY);
        let (color, label_color) = if is_error { (None, None) } else { (self.color, self.label_color) };
        let default_logo = || badge.named_logo.or_else(|| route.and_then(|route| route.logo.clone()));
        let label = self.label.or(badge.label).unwrap_or_else(default_label);
        let mut resolved = ResolvedBadge::new(shortened(label), shortened(badge.message));
        resolved.color = color.or(provided).unwrap_or_else(fallback);
        resolved.label_color = label_color.or_else(|| badge.label_color.as_deref().and_then(Color::parse));
        resolved.style = self.style.unwrap_or(Style::Flat);
        resolved.is_error = is_error;
        resolved.named_logo = if self.logo.is_some() { None } else { self.named_logo.or_else(default_logo) };
        resolved.logo = self.logo;
        resolved.logo_color = self.logo_color;
        resolved.logo_size = self.logo_size;
        resolved.links = self.links;
        resolved.outline = self.outline;
        resolved.contrast = self.contrast;
        resolved.theme = self.theme;
        resolved.segments = self.segments;
        resolved.scale = self.scale.unwrap_or(Scale::ONE);
        if self.classic {
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

/// A parameter's value, read; an empty one counts as absent.
fn one<T>(
    pairs: &Pairs,
    strict: bool,
    name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    match pairs.get(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match read(text) {
            None if strict => Err(Error::invalid_override(name)),
            read => Ok(read),
        },
    }
}

/// Which of a parameter's two names the caller used; the older counts where the newer is not there.
fn either(pairs: &Pairs, name: &'static str, older: &'static str) -> &'static str {
    if pairs.get(name).is_none() && pairs.get(older).is_some() { older } else { name }
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

fn links(pairs: &Pairs, strict: bool) -> Result<Links, Error> {
    let mut links = [None, None];
    for (place, text) in links.iter_mut().zip(pairs.all("link")) {
        *place = Link::parse(text);
        if strict && place.is_none() && !text.is_empty() {
            return Err(Error::invalid_override("link"));
        }
    }
    let [left, right] = links;
    Ok(Links { left, right })
}

/// `segment=message-color`, by the rules of a static badge's path, as often as there are segments.
fn segments(pairs: &Pairs, strict: bool) -> Result<Vec<BadgeSegment>, Error> {
    let mut segments = Vec::new();
    for content in pairs.all("segment") {
        let read = static_badge::parse(content).filter(|(label, ..)| label.is_empty());
        let read = read.and_then(|(_, text, color)| match Color::parse(&color) {
            None if strict => None,
            color => Some(BadgeSegment { text: shortened(text), color: color.unwrap_or(Color::LIGHTGREY) }),
        });
        match read {
            Some(segment) if segments.len() < MOST_SEGMENTS => segments.push(segment),
            _ if strict => return Err(Error::invalid_override("segment")),
            _ => {}
        }
    }
    Ok(segments)
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
