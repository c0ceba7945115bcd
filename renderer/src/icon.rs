//! The icons of simple-icons, by name: compiled in, and only the one asked for is decoded.

mod name;
mod table;

use crate::{Color, Logo, Style};

/// One of simple-icons' icons.
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
    /// Its place in the table.
    index: usize,
}

impl Icon {
    /// Finds an icon by its slug or its title, in either case, blanks written as blanks or dashes: `dotnet`, `.NET`, `Vue.js`,
    /// `github-actions`. Names shields once had lead to the icons that took their place.
    ///
    /// Where shields drew a picture of its own (`npm`, `gitlab`, `bitcoin`…, until its logos were removed in 2024) this is the icon.
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

    /// The name in simple-icons' own spelling.
    pub fn slug(self) -> &'static str {
        table::slug(self.index).unwrap_or_default()
    }

    /// Red, green and blue of the brand.
    pub fn color(self) -> [u8; 3] {
        table::color(self.index).unwrap_or_default()
    }

    /// The icon as it is drawn, 14 pixels wide: in `color`, or else in the brand's where that can be seen.
    ///
    /// shields' rule (lib/logos.js, `getSimpleIconStyle`): a brand with a brightness of at most 0.4 is drawn in `whitesmoke`, except in
    /// social, where one of at least 0.6 is drawn in `#333`. What is behind the icon is not looked at.
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
        self.drawn(color, style, false)
    }

    /// The icon cut to its shape and as wide as that makes it at 14 pixels' height: `logoSize=auto`.
    ///
    /// shields leaves the fraction of a pixel; here the width is whole, so that the edges beside the icon stay sharp.
    ///
    /// ```
    /// use badgesmith_renderer::{Icon, Style};
    ///
    /// assert_eq!(Icon::find("amd").unwrap().fitted_logo(None, Style::Flat).width(), 59);
    /// assert_eq!(Icon::find("github").unwrap().fitted_logo(None, Style::Flat).width(), 14);
    /// ```
    pub fn fitted_logo(self, color: Option<&Color>, style: Style) -> Logo {
        self.drawn(color, style, true)
    }

    fn drawn(self, color: Option<&Color>, style: Style, fitted: bool) -> Logo {
        let brand = Color::from_rgb(self.color());
        let fill = match color {
            Some(color) => color.svg(),
            None if style != Style::Social && brand.brightness() <= 0.4 => "whitesmoke",
            None if style == Style::Social && brand.brightness() >= 0.6 => "#333",
            None => brand.svg(),
        };
        let drawing = table::drawing(self.index).unwrap_or_default();
        let (bounds, path) = drawing.split_once('\n').unwrap_or_default();
        if fitted && let Some(width) = width_at_height_14(bounds) {
            Logo::of_icon(fill, bounds, path, width)
        } else {
            Logo::of_icon(fill, "0 0 24 24", path, Logo::SIDE)
        }
    }
}

/// `None` for a shape as wide as high, whose bounds are not written.
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
    fn a_name_leads_to_its_icon() {
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
