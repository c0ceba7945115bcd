//! The icons of simple-icons by name. They are compiled in as compressed data, and each is decompressed when it is
//! drawn.

mod name;
mod table;

use crate::{color::Color, logo::Logo, style::Style};

/// An icon of simple-icons.
///
/// ```
/// use badgesmith_renderer::{Icon, Style};
///
/// let icon = Icon::find("NuGet").unwrap();
/// assert_eq!((icon.slug(), icon.color()), ("nuget", [0x00, 0x48, 0x80]));
/// assert_eq!(icon.logo(None, Style::Flat).width(), 14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon {
    /// The index in the table.
    index: usize,
}

impl Icon {
    /// Finds an icon by its slug or its title, in upper or lower case, with spaces or dashes: `dotnet`, `.NET`,
    /// `Vue.js`, `github-actions`. Former names of shields are found too.
    ///
    /// For names for which shields had its own pictures until 2024 (`npm`, `gitlab`, `bitcoin`, …), this finds the icon
    /// of simple-icons.
    ///
    /// ```
    /// use badgesmith_renderer::Icon;
    ///
    /// assert_eq!(Icon::find(".NET"), Icon::find("dotnet"));
    /// assert_eq!(Icon::find("travis"), Icon::find("Travis CI"));
    /// assert_eq!(Icon::find("no such brand"), None);
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        name::find(name).map(|index| Self { index })
    }

    /// Every icon, in the order of their slugs.
    ///
    /// ```
    /// use badgesmith_renderer::Icon;
    ///
    /// assert!(Icon::all().any(|icon| icon.slug() == "nuget"));
    /// ```
    pub fn all() -> impl Iterator<Item = Self> {
        (0..table::len()).map(|index| Self { index })
    }

    /// The name that simple-icons uses.
    pub fn slug(self) -> &'static str {
        table::slug(self.index).unwrap_or_default()
    }

    /// The brand's colour as red, green and blue.
    pub fn color(self) -> [u8; 3] {
        table::color(self.index).unwrap_or_default()
    }

    /// The icon as a logo 14 pixels wide, in `color`. Without a colour it has the brand's, unless that is too dark or
    /// too light for the style.
    ///
    /// shields' rule (lib/logos.js, `getSimpleIconStyle`): a brand's colour with a brightness of at most 0.4 is
    /// replaced by `whitesmoke`; in social one of at least 0.6 is replaced by `#333` instead. The badge's own colours
    /// do not matter.
    ///
    /// ```
    /// use badgesmith_renderer::{Color, Icon, Style};
    ///
    /// let icon = Icon::find("nuget").unwrap();
    /// assert!(icon.logo(None, Style::Flat).uri().contains("fill='whitesmoke'"));
    /// assert!(icon.logo(None, Style::Social).uri().contains("fill='%23004880'"));
    /// assert!(icon.logo(Some(&Color::RED), Style::Flat).uri().contains("fill='%23dd4343'"));
    /// ```
    pub fn logo(self, color: Option<&Color>, style: Style) -> Logo {
        self.to_logo(color, style, false)
    }

    /// The icon cropped to its shape, 14 pixels high and as wide as its proportions require: `logoSize=auto`.
    ///
    /// The width is rounded to whole pixels, which shields does not do, so that the edges beside the icon are sharp.
    ///
    /// ```
    /// use badgesmith_renderer::{Icon, Style};
    ///
    /// assert_eq!(Icon::find("amd").unwrap().fitted_logo(None, Style::Flat).width(), 59);
    /// assert_eq!(Icon::find("github").unwrap().fitted_logo(None, Style::Flat).width(), 14);
    /// ```
    pub fn fitted_logo(self, color: Option<&Color>, style: Style) -> Logo {
        self.to_logo(color, style, true)
    }

    fn to_logo(self, color: Option<&Color>, style: Style, is_fitted: bool) -> Logo {
        let brand = Color::from_rgb(self.color());
        let is_on_light = style.definition().logo_is_on_light;
        let fill = match color {
            Some(color) => color.svg(),
            None if !is_on_light && brand.brightness() <= 0.4 => "whitesmoke",
            None if is_on_light && brand.brightness() >= 0.6 => "#333",
            None => brand.svg(),
        };
        let drawing = table::drawing(self.index).unwrap_or_default();
        let (bounds, path) = drawing.split_once('\n').unwrap_or_default();
        if is_fitted && let Some(width) = width_at_height_14(bounds) {
            Logo::of_icon(fill, bounds, path, width)
        } else {
            Logo::of_icon(fill, "0 0 24 24", path, Logo::SIDE)
        }
    }
}

/// `None` for a shape that is as wide as high, for which the table has no bounds.
fn width_at_height_14(bounds: &str) -> Option<i64> {
    let mut numbers = bounds.split(' ').skip(2).map(str::parse::<f64>);
    let (width, height) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(((width / height * 14.0).round() as i64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_found_by_its_slug_and_can_be_drawn() {
        let mut last = "";
        for index in 0..table::len() {
            let icon = Icon { index };
            assert!(icon.slug() > last, "{last} {}", icon.slug());
            last = icon.slug();
            assert_eq!(Icon::find(last), Some(icon));
            let drawing = table::drawing(index).expect(last);
            let (bounds, path) = drawing.split_once('\n').expect(last);
            assert!(path.starts_with(['M', 'm']), "{last}");
            assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".,-".contains(&byte)), "{last}");
            assert!(bounds.is_empty() || matches!(width_at_height_14(bounds), Some(1..=400)), "{last}: {bounds}");
        }
        assert!(table::len() > 3_000);
        assert_eq!(table::drawing(table::len()), None);
    }

    #[test]
    fn an_icon_is_found_by_its_names() {
        for (name, slug) in [
            ("nuget", "nuget"),
            ("NuGet", "nuget"),
            (".NET", "dotnet"),
            ("dot-net", "dotnet"),
            ("Vue.js", "vuedotjs"),
            ("GitHub Actions", "githubactions"),
            ("github-actions", "githubactions"),
            ("C++", "cplusplus"),
            ("F#", "fsharp"),
            ("Citroën", "citroen"),
            ("ŠKODA", "skoda"),
            ("métro-de-paris", "metrodeparis"),
            ("Hive", "hive"),
            ("hive_blockchain", "hive_blockchain"),
            ("travis", "travisci"),
            ("stackoverflow", "stackoverflow"),
            ("Stack Overflow", "stackoverflow"),
            ("eclipse", "eclipseide"),
            ("gitter-white", "gitter"),
        ] {
            assert_eq!(Icon::find(name).map(Icon::slug), Some(slug), "{name}");
        }
        for name in ["", "-", "c#", "日本", "get", "__proto__", "data:image/png", "nugett"] {
            assert_eq!(Icon::find(name), None, "{name}");
        }
    }
}
